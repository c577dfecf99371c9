//! `outwatch init`: a configuration to start from.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::files::write_whole;

const EXAMPLES: &str = "\
Examples:
  outwatch init                      write probes.yaml
  outwatch init services/shop.yaml   write another file
  outwatch init --force              replace probes.yaml";

/// Write a commented probes.yaml to start from
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// The file to write
    #[arg(default_value = "probes.yaml")]
    path: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
}

/// The example at the root of the repository, so that the two cannot differ.
const STARTER: &str = include_str!("../../probes.yaml");

impl Init {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let path = self.path.display();
        // also what is no file, and a link that leads nowhere
        if !self.force && fs::symlink_metadata(&self.path).is_ok() {
            bail!("{path} exists already; --force replaces it");
        }
        write_whole(&self.path, |file| Ok(file.write_all(STARTER.as_bytes())?))
            .with_context(|| format!("cannot write {path}"))?;
        writeln!(out, "wrote {path}: edit it, then `outwatch check`")?;
        Ok(())
    }
}
