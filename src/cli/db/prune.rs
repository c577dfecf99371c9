//! `outwatch db prune`: drops what is older than it is to be kept.

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{HumanBytes, HumanCount};

use crate::cli::period::when;
use crate::cli::progress::Meter;
use crate::cli::{BadUsage, Exit};
use crate::config;
use crate::domain::retention::Retention;
use crate::domain::time::UnixMillis;
use crate::domain::zone::Zone;
use crate::report::text::instant_utc;
use crate::store::Store;
use crate::store::upkeep::{self, Prunable};

const EXAMPLES: &str = "\
Examples:
  outwatch db prune --dry-run             what the configured retention would drop
  outwatch db prune --before 30d
  outwatch db prune --before 2024-09-01 && outwatch db vacuum

Stop the daemon before, but for --dry-run; a daemon prunes by itself, by the retention in probes.yaml.
Outages, runs and counts are written down before their observations go, and stay. The file does not
become smaller: its pages are free, and are filled before it grows; `outwatch db vacuum` gives them
back to the disk.";

/// Drop old observations; outages and counts stay
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Prune {
    /// Drop observations before this: an instant (RFC 3339), a date (00:00 UTC), or so long ago
    /// (90d). Default: what storage.retention in the configuration says
    #[arg(long, value_name = "WHEN")]
    before: Option<String>,
    /// Only tell how many observations would go; works beside a running daemon
    #[arg(long)]
    dry_run: bool,
}

impl Prune {
    pub(super) fn run(
        &self,
        config: &[PathBuf],
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let retention = self.retention(config, now)?;
        let Some(kept) = retention.observations else {
            writeln!(
                out,
                "observations are kept for ever, as the configuration says"
            )?;
            return Ok(Exit::Done);
        };
        let mut meter = Meter::default();
        if self.dry_run {
            let found = upkeep::prunable(db, kept, now, &mut |told| meter.show(told))?;
            drop(meter);
            writeln!(out, "{} would go", words(found))?;
            return Ok(Exit::Done);
        }
        let mut store = Store::open(db, now)?;
        let pruned = store.prune_now(retention, now, &mut |told| meter.show(told))?;
        drop(meter);
        store.close()?;
        write!(out, "{}", words(pruned.prunable))?;
        if pruned.counts > 0 {
            let counts = HumanCount(pruned.counts);
            write!(out, " and the counts of {counts} hours and days")?;
        }
        let freed = HumanBytes(pruned.freed_bytes);
        writeln!(
            out,
            " are gone; {freed} of the file are free now, and filled before it grows"
        )?;
        Ok(Exit::Done)
    }

    fn retention(&self, config: &[PathBuf], now: UnixMillis) -> anyhow::Result<Retention> {
        let Some(text) = &self.before else {
            return Ok(config::load(config)?.storage.retention);
        };
        let before = when("--before", text, now, &Zone::utc())?;
        let kept = now - before;
        if kept < Retention::OBSERVATIONS_MIN {
            let days = Retention::OBSERVATIONS_MIN;
            return Err(BadUsage(format!(
                "--before {text}: the last {days} are kept in any case, since they may still be \
                 read again"
            ))
            .into());
        }
        Ok(Retention {
            observations: Some(kept),
            hourly: None,
            daily: None,
        })
    }
}

/// As in `1,234 observations before 2024-09-01 00:00:00Z`.
fn words(found: Prunable) -> String {
    let (count, before) = (HumanCount(found.observations), instant_utc(found.before));
    format!("{count} observations before {before}")
}
