//! `outwatch db backup`: a copy of the database, while a daemon may write to it.

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;

use crate::cli::Exit;
use crate::cli::progress::Meter;
use crate::store::upkeep;

const EXAMPLES: &str = "\
Examples:
  outwatch db backup /backup/outwatch.db          refuses to replace one
  outwatch db backup --force /backup/outwatch.db  the same copy anew, as for cron
  outwatch status --db /backup/outwatch.db        reads it like any other

The copy is the database as it was when the command began, is checked before it gets its name, and
is one file: to restore it, stop the daemon, remove outwatch.db-wal and outwatch.db-shm, and put it
in the place of outwatch.db. A plain copy of a database in use may lack what is in its -wal file.";

/// Copy the database to a file, while the daemon runs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Backup {
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(super) fn run(&self, db: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let mut meter = Meter::default();
        let made = upkeep::backup(db, &self.file, self.force, &mut |told| meter.show(told))?;
        drop(meter);
        let (file, bytes) = (self.file.display(), HumanBytes(made.bytes));
        writeln!(
            out,
            "{file} is a copy of {}, checked: {bytes}",
            db.display()
        )?;
        Ok(Exit::Done)
    }
}
