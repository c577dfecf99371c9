//! `outwatch db rebuild`: what follows from the observations is made again.

use std::io::Write;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::progress::Meter;
use crate::domain::time::UnixMillis;
use crate::store::Store;

const EXAMPLES: &str = "\
Examples:
  outwatch db check || outwatch db rebuild

Stop the daemon before. Where observations were pruned, what follows from them stays as it is. If it
is interrupted, run it again, or start the daemon, which takes it up.";

/// Make windows, runs and counts again from the observations
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Rebuild {}

impl Rebuild {
    #[expect(clippy::unused_self, reason = "as the other commands")]
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let mut store = Store::open(db, now)?;
        let mut meter = Meter::default();
        store.rebuild(now, &mut |told| meter.show(told))?;
        drop(meter);
        store.close()?;
        writeln!(
            out,
            "{}: windows, runs and counts are made again",
            db.display()
        )?;
        Ok(Exit::Done)
    }
}
