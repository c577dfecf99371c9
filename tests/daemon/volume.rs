//! A small disk of a test's own, which it can fill and empty.

#![allow(clippy::print_stderr, reason = "says that a test was skipped")]

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// Gone when it is dropped, whoever still uses it.
pub(crate) struct Volume {
    folder: TempDir,
}

impl Volume {
    /// `None`, after telling why, where nothing can be mounted: it takes root.
    pub(crate) fn try_new(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "none"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                eprintln!("skipped: no small disk can be mounted: {}", why.trim());
                None
            }
            Err(why) => {
                eprintln!("skipped: no small disk can be mounted: {why}");
                None
            }
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves not a byte.
    pub(crate) fn fill(&self) {
        let mut filler = File::options()
            .create(true)
            .append(true)
            .open(self.path("filler"))
            .unwrap();
        // with pages while they fit, and what is left of the last one
        for piece in [&[0; 4096][..], &[0]] {
            while filler.write_all(piece).is_ok() {}
        }
    }

    /// As `ro` or `rw`, while nobody has a file of it open.
    pub(crate) fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        let mut mount = Command::new("mount");
        let status = mount
            .args(["-o", &options])
            .arg(self.folder.path())
            .status();
        assert!(status.unwrap().success(), "{options}");
    }

    /// Leaves the room that it had before it was filled.
    pub(crate) fn free(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let mut unmount = Command::new("umount");
        // a daemon that failed its test may still be there
        let _ = unmount.arg("--lazy").arg(self.folder.path()).status();
    }
}
