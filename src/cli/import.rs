//! `outwatch import`: observations of other databases and tools, all of a file or nothing.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::export::Format;
use super::{CONFIG_DEFAULT, Exit};
use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::exchange::{ExchangeError, Found, csv, ndjson};
use crate::store::{ProbeRecord, Store, StoreError};
use crate::{config, daemon};

const EXAMPLES: &str = "\
Examples:
  outwatch import observations.ndjson
  outwatch import --db copy.db march.csv    into another database
  zcat since-sunday.ndjson.gz | outwatch import -

A line needs probe_id, ts and outcome. Importing the same file twice changes nothing.";

/// Read observations from NDJSON or CSV: all of a file or nothing
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Import {
    /// Format of the file; default: by its extension, NDJSON for `-`
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// File to read; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Why an import was refused; nothing of it is in the database then.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Bad(#[from] ExchangeError),
    #[error("line {line}, ts: {ts} is still to come; it is only {now}")]
    Early {
        line: u64,
        ts: UnixMillis,
        now: UnixMillis,
    },
    #[error(
        "line {line}: probe `{probe}` is neither configured nor in the database; add it to probes.yaml first"
    )]
    Unknown { line: u64, probe: ProbeId },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs the command on the database at `db`, where the configured probes are added first.
pub(super) fn run(
    import: &Import,
    config: &[PathBuf],
    db: &Path,
    now: UnixMillis,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let input: Box<dyn Read> = if import.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(&import.file);
        Box::new(opened.with_context(|| format!("cannot read {}", import.name()))?)
    };
    let configured = configured(config)?;
    let mut store = Store::create_or_open(db, now)?;
    store.register_also(&configured, now)?;
    let known: HashSet<ProbeId> = store.probe_ids().cloned().collect();
    let progress = super::progress::counter("observations");
    let count = |found: Result<Found, ExchangeError>| -> Result<(ProbeId, Observation), Refused> {
        let Found {
            line,
            probe,
            observation,
        } = found?;
        progress.inc(1);
        let ts = observation.ts;
        if now < ts.saturating_sub(daemon::SET_BACK_MAX) {
            Err(Refused::Early { line, ts, now })
        } else if known.contains(&probe) {
            Ok((probe, observation))
        } else {
            Err(Refused::Unknown { line, probe })
        }
    };
    let imported = match import.format() {
        Format::Ndjson => store.import(ndjson::Reader::new(BufReader::new(input)).map(count)),
        Format::Csv => match csv::Reader::new(input) {
            Ok(rows) => store.import(rows.map(count)),
            Err(bad) => Err(bad.into()),
        },
    };
    progress.finish_and_clear();
    let imported = imported.with_context(|| format!("{}: nothing was imported", import.name()))?;
    // what follows from it, so that nobody who reads has to find it out
    store.derive(now)?;
    store.close()?;
    let (added, repeated) = (imported.added, imported.repeated);
    let [plural, were] = [
        if added == 1 { "" } else { "s" },
        if repeated == 1 { "was" } else { "were" },
    ];
    writeln!(
        out,
        "imported {added} observation{plural}; {repeated} {were} there already"
    )?;
    Ok(Exit::Done)
}

/// The configured probes. Without a configuration, those in the database will do.
fn configured(paths: &[PathBuf]) -> Result<Vec<ProbeRecord>, config::Errors> {
    if let [only] = paths
        && only == Path::new(CONFIG_DEFAULT)
        && !only.exists()
    {
        return Ok(Vec::new());
    }
    Ok(daemon::configured(&config::load(paths)?).probes)
}

impl Import {
    /// The file, as messages name it.
    fn name(&self) -> Cow<'_, str> {
        match self.file.to_string_lossy() {
            name if name == "-" => "standard input".into(),
            name => name,
        }
    }

    fn format(&self) -> Format {
        let by_name = || match self.file.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("csv") => Format::Csv,
            _ => Format::Ndjson,
        };
        self.format.unwrap_or_else(by_name)
    }
}
