//! `outwatch export`: observations as NDJSON or CSV.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use clap::ValueEnum;
use indicatif::ProgressBar;

use super::Exit;
use super::output::Output;
use crate::domain::probe::ProbeId;
use crate::domain::time::{Period, UnixMillis};
use crate::exchange::{Record, csv, ndjson};
use crate::store::{Reader, StoredProbe};

const EXAMPLES: &str = "\
Examples:
  outwatch export -o observations.ndjson    all there are, for outwatch import
  outwatch export --format csv --probe spotify/web/player
  outwatch export --from 2024-09-29T00:00:00Z | gzip > since-sunday.ndjson.gz";

/// Write observations as NDJSON or CSV, to read them elsewhere or import them again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    format: Format,
    /// Only observations from this instant on (RFC 3339)
    #[arg(long, help_heading = "Filter", value_name = "INSTANT")]
    from: Option<UnixMillis>,
    /// Only observations before this instant (RFC 3339)
    #[arg(long, help_heading = "Filter", value_name = "INSTANT")]
    to: Option<UnixMillis>,
    /// Only this probe; may be repeated
    #[arg(long, help_heading = "Filter", value_name = "ID")]
    probe: Vec<ProbeId>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Ndjson,
    Csv,
}

/// Runs the command on the database at `db`.
pub(super) fn run(export: &Export, db: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let reader = Reader::open(db)?;
    let probes = chosen(reader.probes()?, &export.probe)?;
    let period = Period::new(
        export.from.unwrap_or(UnixMillis(i64::MIN)),
        export.to.unwrap_or(UnixMillis(i64::MAX)),
    );
    if period.is_empty() {
        bail!("--from {} is not before --to {}", period.from, period.to);
    }
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

fn chosen(probes: Vec<StoredProbe>, ids: &[ProbeId]) -> anyhow::Result<Vec<StoredProbe>> {
    for id in ids {
        if !probes.iter().any(|stored| stored.probe.id == *id) {
            let known = probes.iter().map(|stored| stored.probe.id.to_string());
            let known: Vec<_> = known.take(10).collect();
            return Err(anyhow::anyhow!("it knows {} …", known.join(", ")))
                .with_context(|| format!("probe `{id}` is not in the database"));
        }
    }
    Ok(probes
        .into_iter()
        .filter(|stored| ids.is_empty() || ids.contains(&stored.probe.id))
        .collect())
}
