//! The library that is preloaded into the daemon and the commands beside it: it shows them another
//! clock than the system's, and a disk that is full.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use outwatch::clock::system_now;
use outwatch::domain::time::{Millis, UnixMillis};

const SOURCE: &str = include_str!("shim.c");

pub(crate) struct Shim {
    library: PathBuf,
    path: PathBuf,
    control: File,
    ahead: Millis,
}

impl Shim {
    /// Compiles it, and sees that it works.
    pub(crate) fn build(folder: &Path, outwatch: &Path) -> anyhow::Result<Self> {
        let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
        fs::write(&source, SOURCE)?;
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .output()
            .context("no C compiler `cc` for the shim of the clock")?;
        if !output.status.success() {
            bail!("cc: {}", String::from_utf8_lossy(&output.stderr));
        }
        let path = folder.join("control");
        fs::write(&path, [0; 16])?;
        let control = File::options().write(true).open(&path)?;
        let mut shim = Self {
            library,
            path,
            control,
            ahead: Millis::ZERO,
        };
        shim.prove(folder, outwatch)?;
        Ok(shim)
    }

    /// A clock a year ahead must be seen by the binary that is tried.
    fn prove(&mut self, folder: &Path, outwatch: &Path) -> anyhow::Result<()> {
        let year = Millis::from_secs(365 * 86_400);
        let db = folder.join("proof.db");
        let proof = r#"{"probe_id":"a/b/c","ts":"2026-01-01T00:00:00Z","outcome":"ok"}"#;
        let begun = system_now();
        self.set(year)?;
        fs::write(
            folder.join("proof.yaml"),
            "service: a\nplatforms: { b: [{ name: c, url: \"http://127.0.0.1/\" }] }\n",
        )?;
        fs::write(folder.join("proof.ndjson"), proof)?;
        let run = |arguments: &[&OsStr]| {
            let mut command = Command::new(outwatch);
            self.apply(&mut command);
            command.args(arguments).current_dir(folder).output()
        };
        let word = OsStr::new;
        let imported = run(&[
            word("import"),
            word("-c"),
            word("proof.yaml"),
            word("--db"),
            db.as_os_str(),
            word("proof.ndjson"),
        ])?;
        let listed = run(&[
            word("outages"),
            word("--db"),
            db.as_os_str(),
            word("--format"),
            word("json"),
        ])?;
        self.set(Millis::ZERO)?;
        let told: serde_json::Value =
            serde_json::from_slice(&listed.stdout).with_context(|| {
                format!(
                    "{} does not run: {}{}",
                    outwatch.display(),
                    String::from_utf8_lossy(&imported.stderr),
                    String::from_utf8_lossy(&listed.stderr),
                )
            })?;
        let shown = told["generated_at"].as_str().unwrap_or_default();
        let shown: UnixMillis = shown.parse().context("generated_at")?;
        if shown < begun + year {
            bail!(
                "{} does not read the clock through libc: it shows {shown}",
                outwatch.display()
            );
        }
        Ok(())
    }

    /// By how much the clock of the daemon is ahead.
    pub(crate) fn ahead(&self) -> Millis {
        self.ahead
    }

    /// What the daemon's clock shows.
    pub(crate) fn now(&self) -> UnixMillis {
        system_now() + self.ahead
    }

    pub(crate) fn set(&mut self, ahead: Millis) -> anyhow::Result<()> {
        self.ahead = ahead;
        self.control.write_all_at(&ahead.0.to_ne_bytes(), 0)?;
        Ok(())
    }

    pub(crate) fn set_full(&self, is_full: bool) -> anyhow::Result<()> {
        self.control
            .write_all_at(&i64::from(is_full).to_ne_bytes(), 8)?;
        Ok(())
    }

    /// The process ends with this one, and sees the clock and the disk of the soak.
    pub(crate) fn apply(&self, command: &mut Command) {
        self.tie(command);
        command.env("SOAK_CONTROL", &self.path);
    }

    /// The process ends with this one.
    pub(crate) fn tie(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library);
    }
}
