//! Where a command's data goes: standard output, or a file that is written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// `-o FILE` of every command that prints data.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Output {
    /// Write to a file instead of standard output; whole or not at all
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl Output {
    /// Whether the data goes to `out`, where a person may be reading.
    pub(super) fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Lets `write` fill the file, or `out` if there is none. If it fails, the file stays as it was.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match &self.path {
            None => write(out),
            Some(path) => {
                write_whole(path, write).with_context(|| format!("cannot write {}", path.display()))
            }
        }
    }
}

/// Fills the file at `path`. If `write` fails, what was there stays as it was.
pub(super) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // beside the target, since only within one file system a rename is atomic
    let mut name = path.file_name().context("is not a file name")?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let result = (|| {
        let mut file = io::BufWriter::new(fs::File::create(&part)?);
        write(&mut file)?;
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&part, path)?;
        Ok(())
    })();
    if result.is_err() {
        // best effort: the error that matters is the first
        let _ = fs::remove_file(&part);
    }
    result
}
