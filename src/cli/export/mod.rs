//! `outwatch export`: observations, and what they come to, as NDJSON or CSV.

mod past;

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use indicatif::ProgressBar;

use super::output::Output;
use super::period::{PresentArgs, when};
use super::{BadUsage, Exit};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::exchange::{Record, csv, ndjson};
use crate::replay::Filter;
use crate::store::{Reader, StoredProbe};

const EXAMPLES: &str = "\
Examples:
  outwatch export -o observations.ndjson    all there are, for outwatch import
  outwatch export --format csv --probe spotify/web/player
  outwatch export --from 2024-09-29 | gzip > since-sunday.ndjson.gz
  outwatch export --what outages --format csv -o outages.csv
  outwatch export --what latency --step 1d --from 30d

Only observations can be imported again: all else is made from them.";

/// Write observations, or what they come to, as NDJSON or CSV, to read them elsewhere; observations
/// can be imported again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// What is written
    #[arg(long, value_enum, value_name = "WHAT", default_value = "observations")]
    what: What,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    format: Format,
    /// How long each step of --what latency is. Default: 1h
    #[arg(long, value_enum, value_name = "LENGTH")]
    step: Option<Step>,
    /// Where the data begins: an instant (RFC 3339), a date (00:00 UTC), or so long ago (7d, 24h).
    /// Default: with the first observation
    #[arg(long, help_heading = "Period", value_name = "WHEN")]
    from: Option<String>,
    /// Where it ends, in the same ways; the end itself is outside. Default: after the last
    /// observation, and for all else now
    #[arg(long, help_heading = "Period", value_name = "WHEN")]
    to: Option<String>,
    #[command(flatten)]
    present: PresentArgs,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// One for each request
    Observations,
    /// The windows of endpoints, platforms and services
    Outages,
    /// Of each endpoint the outages, blips and slow, flapping, unobserved and inconclusive stretches
    Runs,
    /// How many requests had which outcome and how long answers took, step by step (UTC)
    Latency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    #[value(name = "1h")]
    Hour,
    #[value(name = "1d")]
    Day,
}

impl Step {
    const fn length(self) -> Millis {
        Millis::from_secs(match self {
            Self::Hour => 3600,
            Self::Day => 24 * 3600,
        })
    }
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
    let now = export.present.or(now);
    let period = export.period(now)?;
    if export.step.is_some() && export.what != What::Latency {
        return Err(BadUsage("--step is of --what latency alone".to_owned()).into());
    }
    let reader = Reader::open(db)?;
    let progress = if export.output.is_stdout() {
        // the data itself shows how far it is
        ProgressBar::hidden()
    } else {
        super::progress::bar(0, "probes")
    };
    export.output.write(out, |out| {
        export.write(&reader, period, now, &progress, out)
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
        let from = bound("--from", &self.from, i64::MIN)?;
        let mut to = bound("--to", &self.to, i64::MAX)?;
        // observations that are to come, by a clock that was wrong, are exported like all others
        if self.what != What::Observations {
            to = to.min(now);
        } else if self.present.is_given() {
            to = to.min(now.saturating_add(Millis(1)));
        }
        let period = Period::new(from, to);
        if period.is_empty() {
            let Period { from, to } = period;
            return Err(BadUsage(format!("--from {from} is not before --to {to}")));
        }
        Ok(period)
    }

    fn write(
        &self,
        reader: &Reader,
        period: Period,
        now: UnixMillis,
        progress: &ProgressBar,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let export = past::Export {
            reader,
            filter: &self.filter,
            period,
            now,
            format: self.format,
            progress,
        };
        match self.what {
            What::Observations => self.observations(reader, period, progress, out),
            What::Outages => export.outages(out),
            What::Runs => export.runs(out),
            What::Latency => export.latency(self.step.unwrap_or(Step::Hour).length(), out),
        }
    }

    fn observations(
        &self,
        reader: &Reader,
        period: Period,
        progress: &ProgressBar,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let probes = self.chosen(reader.probes()?)?;
        progress.set_length(probes.len() as u64);
        match self.format {
            Format::Ndjson => visit(reader, &probes, period, progress, |record| {
                Ok(ndjson::write(out, record)?)
            }),
            Format::Csv => {
                let mut writer = csv::Writer::new(out)?;
                visit(reader, &probes, period, progress, |record| {
                    Ok(writer.write(record)?)
                })?;
                Ok(writer.flush()?)
            }
        }
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
