//! `outwatch export`: observations as NDJSON or CSV.

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use indicatif::ProgressBar;

use super::output::Output;
use super::period::when;
use super::{BadUsage, Exit};
use crate::domain::time::{Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::exchange::{Record, csv, ndjson};
use crate::replay::Filter;
use crate::store::{Reader, StoredProbe};

const EXAMPLES: &str = "\
Examples:
  outwatch export -o observations.ndjson    all there are, for outwatch import
  outwatch export --format csv --probe spotify/web/player
  outwatch export --from 2024-09-29 | gzip > since-sunday.ndjson.gz";

/// Write observations as NDJSON or CSV, to read them elsewhere or import them again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    format: Format,
    /// Where the data begins: an instant (RFC 3339), a date (00:00 UTC), or so long ago (7d, 24h).
    /// Default: with the first observation
    #[arg(long, help_heading = "Period", value_name = "WHEN")]
    from: Option<String>,
    /// Where it ends, in the same ways; the end itself is outside. Default: after the last one
    #[arg(long, help_heading = "Period", value_name = "WHEN")]
    to: Option<String>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Ndjson,
    Csv,
}

/// Runs the command on the database at `db`.
pub(super) fn run(
    export: &Export,
    db: &Path,
    now: UnixMillis,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let period = export.period(now)?;
    let reader = Reader::open(db)?;
    let probes = export.chosen(reader.probes()?)?;
    let progress = if export.output.is_stdout() {
        // the data itself shows how far it is
        ProgressBar::hidden()
    } else {
        super::progress::bar(probes.len() as u64, "probes")
    };
    export.output.write(out, |out| {
        match export.format {
            Format::Ndjson => visit(&reader, &probes, period, &progress, |record| {
                Ok(ndjson::write(out, record)?)
            })?,
            Format::Csv => {
                let mut writer = csv::Writer::new(out)?;
                visit(&reader, &probes, period, &progress, |record| {
                    Ok(writer.write(record)?)
                })?;
                writer.flush()?;
            }
        }
        Ok(())
    })?;
    progress.finish_and_clear();
    Ok(Exit::Done)
}

fn visit(
    reader: &Reader,
    probes: &[StoredProbe],
    period: Period,
    progress: &ProgressBar,
    mut write: impl FnMut(Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for stored in probes {
        reader.observations(stored.key, period, |observation, set_aside| {
            write(Record {
                probe: &stored.probe.id,
                url: &stored.url,
                observation: &observation,
                set_aside,
            })
        })?;
        progress.inc(1);
    }
    Ok(())
}

impl Export {
    fn period(&self, now: UnixMillis) -> Result<Period, BadUsage> {
        let bound = |flag, text: &Option<String>, none| match text {
            Some(text) => when(flag, text, now, &Zone::utc()),
            None => Ok(UnixMillis(none)),
        };
        let period = Period::new(
            bound("--from", &self.from, i64::MIN)?,
            bound("--to", &self.to, i64::MAX)?,
        );
        if period.is_empty() {
            let Period { from, to } = period;
            return Err(BadUsage(format!("--from {from} is not before --to {to}")));
        }
        Ok(period)
    }

    fn chosen(&self, stored: Vec<StoredProbe>) -> Result<Vec<StoredProbe>, BadUsage> {
        let probes: Vec<_> = stored.iter().map(|stored| stored.probe.clone()).collect();
        let chosen = self.filter.choose(&probes)?;
        let wanted = stored.into_iter().zip(chosen);
        Ok(wanted
            .filter_map(|(stored, chosen)| chosen.then_some(stored))
            .collect())
    }
}
