//! `outwatch db check`: whether a database is what it should be.

use std::io::Write;
use std::path::Path;

use indicatif::HumanCount;
use serde::Serialize;

use super::Format;
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::cli::progress::Meter;
use crate::domain::time::UnixMillis;
use crate::report::text::plain;
use crate::store::upkeep::{self, Checked, Finding, Part};

const EXAMPLES: &str = "\
Examples:
  outwatch db check                       0: all is well; 1: something is wrong, and what
  outwatch db check --db /backup/outwatch.db
  outwatch db check --format json | jq '.findings[].part'

It reads all there is and changes nothing: every page and index, every observation and what it refers
to, what was seen of failures, and whether windows, runs and counts are what follows from the
observations. It works beside a running daemon, whose log grows meanwhile, and on a copy.";

/// Most of what is wrong with one part that is shown.
const EXAMPLES_MAX: usize = 10;

/// Check every page, observation and reference, and that windows equal their rebuild
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Page<'c> {
    generated_at: String,
    sound: bool,
    observations: u64,
    chunks: u64,
    evidence: u64,
    checkpoints: u64,
    findings: Vec<FindingJson<'c>>,
}

#[derive(Serialize)]
struct FindingJson<'c> {
    part: &'static str,
    count: u64,
    /// The first of them.
    examples: &'c [String],
    remedy: &'static str,
}

impl Check {
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let mut meter = Meter::default();
        let checked = upkeep::check(db, EXAMPLES_MAX, &mut |told| meter.show(told))?;
        drop(meter);
        self.output.write(out, |out| match self.format {
            Format::Text => Ok(show(&checked, db, out)?),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &page(&checked, now))?;
                Ok(writeln!(out)?)
            }
        })?;
        Ok(if checked.findings.is_empty() {
            Exit::Done
        } else {
            Exit::Failing
        })
    }
}

fn page(checked: &Checked, now: UnixMillis) -> Page<'_> {
    let findings = checked.findings.iter().map(|finding| FindingJson {
        part: finding.part.as_str(),
        count: finding.count,
        examples: &finding.examples,
        remedy: remedy(finding.part),
    });
    Page {
        generated_at: now.to_string(),
        sound: checked.findings.is_empty(),
        observations: checked.observations,
        chunks: checked.chunks,
        evidence: checked.evidence,
        checkpoints: checked.checkpoints,
        findings: findings.collect(),
    }
}

fn show(checked: &Checked, db: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let Checked {
        observations,
        chunks,
        evidence,
        checkpoints,
        findings,
    } = checked;
    let [observations, chunks, evidence, checkpoints] =
        [observations, chunks, evidence, checkpoints].map(|count| HumanCount(*count));
    writeln!(
        out,
        "{}: {observations} observations read, {chunks} chunks, {evidence} pieces of evidence, \
         {checkpoints} checkpoints",
        db.display()
    )?;
    if findings.is_empty() {
        return writeln!(out, "nothing is wrong");
    }
    for finding in findings {
        let Finding {
            part,
            count,
            examples,
        } = finding;
        writeln!(out, "\n{}: {}", title(*part), HumanCount(*count))?;
        for example in examples {
            writeln!(out, "  {}", plain(example))?;
        }
        let more = count - examples.len() as u64;
        if more > 0 {
            writeln!(out, "  and {} more", HumanCount(more))?;
        }
        writeln!(out, "  → {}", remedy(*part))?;
    }
    Ok(())
}

const fn title(part: Part) -> &'static str {
    match part {
        Part::Structure => "pages and indexes that are damaged",
        Part::References => "rows that refer to others which are not there",
        Part::Observations => "observations that cannot be read as they were written",
        Part::Evidence => "evidence that cannot be read",
        Part::Derived => "windows, runs and counts that are not what follows from the observations",
    }
}

/// What to do about it.
const fn remedy(part: Part) -> &'static str {
    match part {
        Part::Structure | Part::References | Part::Observations => {
            "restore a backup made by `outwatch db backup`; without one, save what can be read with \
             `outwatch export` and import it into a new database"
        }
        Part::Evidence => {
            "restore a backup made by `outwatch db backup`, or leave it: outages are told without it"
        }
        Part::Derived => "stop the daemon and run `outwatch db rebuild`, which makes them again",
    }
}
