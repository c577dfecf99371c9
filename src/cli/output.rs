//! Where a command's data goes: standard output, or a file that is written whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::files::write_whole;

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

    /// The file that the data goes to.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
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
