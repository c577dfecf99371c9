//! `outwatch db info`: what a database holds, and how much room that takes.

use std::io::Write;
use std::path::Path;

use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::Format;
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::cli::progress::Meter;
use crate::cli::terminal::page;
use crate::domain::time::UnixMillis;
use crate::report::document::{Document, Fields, Grid, Text, left, right};
use crate::report::table;
use crate::report::text::instant_utc;
use crate::store::upkeep::{self, Info as Found};

const EXAMPLES: &str = "\
Examples:
  outwatch db info
  outwatch db info --db /backup/outwatch.db
  outwatch db info --format json | jq .bytes_per_observation

It reads every page once, so a large database takes a while. It works beside a running daemon.";

/// Show the size of the database by table, its observations, and what they take each
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Info {
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// Instants are RFC 3339; what there is none of is null.
#[derive(Serialize)]
struct InfoJson<'f> {
    generated_at: String,
    path: String,
    format: i32,
    held_by: Option<&'f str>,
    bytes: u64,
    log_bytes: u64,
    page_bytes: u64,
    pages: u64,
    free_pages: u64,
    probes: u64,
    probes_configured: u64,
    observations: u64,
    staged: u64,
    packed: u64,
    bytes_per_observation: Option<f64>,
    bytes_per_packed_observation: Option<f64>,
    oldest: Option<String>,
    newest: Option<String>,
    derived_until: Option<String>,
    pruned: Vec<PrunedJson<'f>>,
    tables: Vec<TableJson<'f>>,
}

#[derive(Serialize)]
struct PrunedJson<'f> {
    tier: &'f str,
    before: String,
}

#[derive(Serialize)]
struct TableJson<'f> {
    name: &'f str,
    rows: u64,
    bytes: u64,
}

impl Info {
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let mut meter = Meter::default();
        let found = upkeep::info(db, &mut |told| meter.show(told))?;
        drop(meter);
        self.output.write(out, |out| match self.format {
            Format::Text => Ok(table::render(&document(&found), page(&self.output), out)?),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &json(&found, now))?;
                Ok(writeln!(out)?)
            }
        })?;
        Ok(Exit::Done)
    }
}

fn json(found: &Found, now: UnixMillis) -> InfoJson<'_> {
    let text = |at: Option<UnixMillis>| at.map(|at| at.to_string());
    let pruned = found.pruned.iter().map(|(tier, before)| PrunedJson {
        tier,
        before: before.to_string(),
    });
    let tables = found.tables.iter().map(|table| TableJson {
        name: &table.name,
        rows: table.rows,
        bytes: table.bytes,
    });
    InfoJson {
        generated_at: now.to_string(),
        path: found.path.display().to_string(),
        format: found.format,
        held_by: found.held_by.as_deref(),
        bytes: found.bytes,
        log_bytes: found.log_bytes,
        page_bytes: found.page_bytes,
        pages: found.pages,
        free_pages: found.free_pages,
        probes: found.probes,
        probes_configured: found.probes_configured,
        observations: found.observations(),
        staged: found.staged,
        packed: found.packed,
        bytes_per_observation: found.bytes_per_observation().map(tenths),
        bytes_per_packed_observation: found.bytes_per_packed_observation().map(tenths),
        oldest: text(found.oldest),
        newest: text(found.newest),
        derived_until: text(found.derived_until),
        pruned: pruned.collect(),
        tables: tables.collect(),
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn document(found: &Found) -> Document {
    let mut fields = Fields::titled(found.path.display().to_string());
    let free = HumanBytes(found.free_pages * found.page_bytes);
    fields.add(
        "size",
        format!("{}, of which {free} are free", HumanBytes(found.bytes)),
    );
    if found.log_bytes > 0 {
        let log = HumanBytes(found.log_bytes);
        fields.add(
            "log",
            format!("{log} beside it, written back from time to time"),
        );
    }
    fields.add("format", found.format.to_string());
    fields.add("held by", found.held_by.as_deref().unwrap_or("nobody"));
    fields.add(
        "probes",
        format!(
            "{}, of which {} are configured",
            HumanCount(found.probes),
            HumanCount(found.probes_configured)
        ),
    );
    let [all, packed, staged] = [found.observations(), found.packed, found.staged].map(HumanCount);
    fields.add(
        "observations",
        format!("{all}: {packed} packed by the hour, {staged} to be packed"),
    );
    if let Some(bytes) = found.bytes_per_observation() {
        let packed = found.bytes_per_packed_observation();
        let packed = packed.map_or(String::new(), |bytes| format!("; {bytes:.1} if packed"));
        fields.add("bytes for each", format!("{bytes:.1}{packed}"));
    }
    fields.add_any("oldest", found.oldest.map(instant_utc));
    fields.add_any("newest", found.newest.map(instant_utc));
    let derived = found.derived_until.map(|until| {
        let until = instant_utc(until);
        format!("windows and counts up to {until}")
    });
    fields.add_any("derived", derived);
    for (tier, before) in &found.pruned {
        let before = instant_utc(*before);
        fields.add("pruned", format!("{tier} before {before}"));
    }
    let mut grid = Grid::new(&[left("Table"), right("Rows"), right("Size"), right("Share")]);
    let all = found.bytes.max(1);
    for table in &found.tables {
        grid.row([
            Text::quoted(table.name.clone()),
            HumanCount(table.rows).to_string().into(),
            HumanBytes(table.bytes).to_string().into(),
            format!("{} %", table.bytes * 100 / all).into(),
        ]);
    }
    let mut document = Document::default();
    document.fields(fields);
    document.grid(grid);
    document
}
