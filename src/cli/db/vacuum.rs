//! `outwatch db vacuum`: gives the room of what was dropped back to the disk.

use std::io::Write;
use std::path::Path;

use indicatif::HumanBytes;

use crate::cli::Exit;
use crate::cli::progress::Meter;
use crate::domain::time::UnixMillis;
use crate::store::Store;
use crate::store::upkeep::Progress;

const EXAMPLES: &str = "\
Examples:
  outwatch db info      shows how much of the file is free
  outwatch db vacuum

Stop the daemon before. The database is written anew, which takes up to twice its room beside it for
a while; if it is interrupted, everything is as it was. It is seldom worth while: what was dropped
leaves pages free, and these are filled before the file grows.";

/// Make the database file as small as what it holds
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Vacuum {}

impl Vacuum {
    #[expect(clippy::unused_self, reason = "as the other commands")]
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let store = Store::open(db, now)?;
        let needs = HumanBytes(store.vacuum_needs()?);
        tracing::info!(
            "writing {} anew, which takes up to {needs} beside it",
            db.display()
        );
        let mut meter = Meter::default();
        meter.show(Progress {
            what: "writing the database anew",
            done: 0,
            of: 0,
        });
        let vacuumed = store.vacuum()?;
        drop(meter);
        let [before, after] = [vacuumed.before, vacuumed.after].map(HumanBytes);
        writeln!(out, "{}: {before} before, {after} now", db.display())?;
        Ok(Exit::Done)
    }
}
