//! What is exported besides observations. The header is written once, and then rows as they come.

use std::io::{self, Write};

use super::{FIGURES, cell, figures_of, instant, optional};
use crate::domain::latency::LatencyPart;
use crate::domain::observation::{Cause, Phase, Reason};
use crate::domain::probe::Probe;
use crate::report::latency_list::Bucket;
use crate::report::run_list::Run;

const WHOSE: [&str; 4] = ["service", "platform", "endpoint", "probe_id"];

fn whose(probe: &Probe) -> [String; 4] {
    [
        cell(probe.service.slug()),
        cell(probe.platform.slug()),
        cell(probe.endpoint.slug()),
        cell(probe.id.as_str()),
    ]
}

fn number(count: Option<u64>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}

const RUN_COLUMNS: [&str; 11] = [
    "kind",
    "id",
    "started_at",
    "ended_at",
    "duration_ms",
    "failures",
    "observations",
    "first_failure_cause",
    "first_failure_phase",
    "first_failure_detail",
    "reason",
];

pub fn runs_header(out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(WHOSE.iter().chain(&RUN_COLUMNS))?;
    csv.flush()
}

/// One row for each stretch of a probe.
pub fn runs(probe: &Probe, runs: &[Run], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    for run in runs {
        let failure = run.first_failure.as_ref();
        let row: [String; RUN_COLUMNS.len()] = [
            run.kind.to_string(),
            run.id.map(|id| id.to_string()).unwrap_or_default(),
            run.from.to_string(),
            instant(run.to),
            run.duration.0.to_string(),
            number(run.failures),
            number(run.observations),
            optional(failure.and_then(|of| of.cause).map(Cause::as_str)),
            optional(failure.and_then(|of| of.phase).map(Phase::as_str)),
            optional(failure.and_then(|of| of.detail.as_deref())),
            optional(run.reason.map(Reason::as_str)),
        ];
        csv.write_record(whose(probe).into_iter().chain(row))?;
    }
    csv.flush()
}

const BUCKET_COLUMNS: [&str; 9] = [
    "from",
    "to",
    "observations",
    "ok",
    "slow",
    "fail",
    "inconclusive",
    "set_aside",
    "rounded",
];

pub fn latency_header(out: &mut dyn Write) -> io::Result<()> {
    let figures = LatencyPart::ALL.iter().flat_map(|part| {
        let figures = FIGURES.iter();
        figures.map(|figure| format!("{}_{figure}", part.as_str()))
    });
    let columns = WHOSE.iter().chain(&BUCKET_COLUMNS);
    let columns = columns.map(|column| (*column).to_owned()).chain(figures);
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns)?;
    csv.flush()
}

/// One row for each step of a probe.
pub fn latency<'m>(
    probe: &Probe,
    buckets: impl IntoIterator<Item = &'m Bucket>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    for bucket in buckets {
        let tally = &bucket.tally;
        let counts: [String; BUCKET_COLUMNS.len()] = [
            bucket.period.from.to_string(),
            bucket.period.to.to_string(),
            tally.observations().to_string(),
            tally.ok.to_string(),
            tally.slow.to_string(),
            tally.fail.to_string(),
            tally.inconclusive.to_string(),
            tally.set_aside.to_string(),
            bucket.is_rounded.to_string(),
        ];
        let parts = bucket
            .parts
            .iter()
            .flat_map(|part| figures_of(part.as_ref()));
        csv.write_record(whose(probe).into_iter().chain(counts).chain(parts))?;
    }
    csv.flush()
}
