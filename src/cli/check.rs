//! `outwatch check`: is the configuration right, what does it probe, and what load does that make?

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::controlled::{Controlled, controlled, words};
use super::maintenance::{end, upcoming, when};
use super::output::Output;
use super::promised::{Promised, Reported, promised, promised_grid, reported, reported_grid};
use super::terminal::page;
use crate::config::{self, Configuration, Probe};
use crate::daemon::{self, descriptors};
use crate::domain::maintenance::Declaration;
use crate::domain::rollup::{RollupParameters, Weight};
use crate::domain::schedule::agenda::Limits;
use crate::domain::schedule::demand::significant;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Period, UnixMillis};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::table;
use crate::report::text::many;

const EXAMPLES: &str = "\
Examples:
  outwatch check                                 probes.yaml
  outwatch check -c services/ -c staging.yaml    a folder and a file
  outwatch check --format json | jq .load        for a program

Exits with 2 if anything is wrong, after showing all of it.";

/// Validate the configuration; show its probes and the load they make
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// What an observation takes in the store's packed hourly chunks, on disk, rounded up.
const OBSERVATION_BYTES: f64 = 15.0;

/// Requests per second to one host from which on its owner should have been asked.
const POLITE_RATE_MAX: f64 = 1.0;

const DAY_SECONDS: f64 = 86_400.0;

impl Check {
    pub(super) fn run(
        &self,
        paths: &[PathBuf],
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let configuration = config::load(paths)?;
        // as a daemon started from here would have it
        let (limits, _) = descriptors::Wanted::default().limits(descriptors::available());
        let report = Report::new(&configuration, limits, now);
        self.output.write(out, |out| match self.format {
            Format::Table => Ok(table::render(&report.document(), page(&self.output), out)?),
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &report)?;
                Ok(writeln!(out)?)
            }
        })
    }
}

#[derive(Serialize)]
struct Report<'c> {
    probes: Vec<Row<'c>>,
    controls: Vec<Controlled<'c>>,
    rollups: Vec<Rollup>,
    maintenance: Vec<Maintained<'c>>,
    promises: Vec<Promised<'c>>,
    reports: Vec<Reported<'c>>,
    load: Load,
    warnings: Vec<String>,
    /// What is well as long as endpoints answer.
    notes: Vec<String>,
    #[serde(skip)]
    now: UnixMillis,
}

/// How a service, a platform or an endpoint counts.
#[derive(Serialize)]
struct Rollup {
    scope: &'static str,
    subject: String,
    /// Null of an endpoint, which has no members.
    down_when: Option<String>,
    /// Null of a service, which is part of nothing.
    weight: Option<f64>,
    /// Null of all but a service, which alone has incidents.
    merge_gap_ms: Option<i64>,
    #[serde(skip)]
    parameters: RollupParameters,
}

/// What is maintained when. Instants are RFC 3339; null is what there is none of.
#[derive(Serialize)]
struct Maintained<'c> {
    scope: &'static str,
    subject: String,
    schedule: String,
    note: Option<&'c str>,
    /// Of what is under way, or else comes next.
    next_from: Option<String>,
    next_to: Option<String>,
    #[serde(skip)]
    declaration: &'c Declaration,
    #[serde(skip)]
    next: Option<Period>,
}

/// A probe as it is shown. The names are those of probes.yaml, with the unit where there is none.
#[derive(Serialize)]
struct Row<'c> {
    probe_id: &'c str,
    service: &'c str,
    platform: &'c str,
    endpoint: &'c str,
    method: &'c str,
    url: &'c str,
    /// The names of a journey's steps; none of a plain endpoint.
    steps: Vec<&'c str>,
    /// What an answer must be like, of a journey the last step's, and what makes it slow; secrets
    /// are masked.
    expect: Vec<String>,
    interval_ms: i64,
    timeout_ms: i64,
    confirm_interval_ms: i64,
    failure_threshold: u32,
    recovery_threshold: u32,
    grace_ms: i64,
    flap_failures: u32,
    flap_of: u32,
    #[serde(skip)]
    probe: &'c Probe,
}

#[derive(Serialize)]
struct Load {
    probes_per_second: f64,
    observations_per_day: f64,
    megabytes_per_day: f64,
}

impl<'c> Report<'c> {
    fn new(configuration: &'c Configuration, limits: Limits, now: UnixMillis) -> Self {
        let Configuration {
            probes,
            rollups,
            maintenance,
            promises,
            reports,
            ..
        } = configuration;
        let per_day: f64 = probes.iter().map(per_day).sum();
        let shortfalls = daemon::shortfalls(probes, limits);
        let (certain, possible): (Vec<_>, Vec<_>) = shortfalls
            .iter()
            .partition(|shortfall| shortfall.is_certain());
        let mut warnings = impolite(probes);
        warnings.extend(slow_to_fail(probes));
        warnings.extend(certain.iter().map(ToString::to_string));
        Self {
            probes: probes.iter().map(row).collect(),
            controls: controlled(probes),
            rollups: rollups.iter().map(rollup).collect(),
            maintenance: maintenance.iter().map(|it| maintained(it, now)).collect(),
            promises: promises.iter().map(promised).collect(),
            reports: reports.iter().map(reported).collect(),
            load: Load {
                probes_per_second: per_day / DAY_SECONDS,
                observations_per_day: per_day,
                megabytes_per_day: per_day * OBSERVATION_BYTES / 1e6,
            },
            warnings,
            notes: possible.iter().map(ToString::to_string).collect(),
            now,
        }
    }

    fn document(&self) -> Document {
        let mut document = Document::default();
        document.grid(self.grid());
        document.grid(self.rollup_grid());
        if !self.maintenance.is_empty() {
            document.grid(self.maintenance_grid());
        }
        if !self.promises.is_empty() {
            document.grid(promised_grid(&self.promises));
        }
        if !self.reports.is_empty() {
            document.grid(reported_grid(&self.reports));
        }
        let load = &self.load;
        document.paragraph(format!(
            "{}: {} per second, {:.0} observations and {} MB a day",
            many(self.probes.len() as u64, "probe", "probes"),
            significant(load.probes_per_second),
            load.observations_per_day,
            significant(load.megabytes_per_day),
        ));
        for controls in &self.controls {
            document.paragraph(controls.line());
        }
        for warning in &self.warnings {
            let told = Text::toned(Tone::Warn, "warning:").then(format!(" {warning}"));
            document.paragraph(told);
        }
        for note in &self.notes {
            document.paragraph(format!("note: {note}"));
        }
        document
    }

    fn grid(&self) -> Grid {
        let mut grid = Grid::new(&[
            left("Service"),
            left("Platform"),
            left("Endpoint"),
            left("ID"),
            left("Method"),
            left("URL"),
            left("Expects"),
            right("Interval"),
            right("Timeout"),
            right("Confirm"),
            right("Down/up"),
            right("Grace"),
        ])
        .conceding(&[
            Concession::Cut("URL", URL_WIDTH_MIN),
            Concession::Below("URL", ""),
            Concession::Below("Method", ""),
            Concession::Below("ID", ""),
            Concession::Below("Expects", "expects "),
            Concession::Below("Confirm", "confirm "),
            Concession::Below("Grace", "grace "),
        ]);
        for row in &self.probes {
            let parameters = &row.probe.parameters;
            grid.row([
                row.service.into(),
                row.platform.into(),
                row.endpoint.into(),
                Text::quoted(row.probe_id),
                row.asks().into(),
                row.url.into(),
                row.expect.join(", ").into(),
                parameters.interval.to_string().into(),
                parameters.timeout.to_string().into(),
                parameters.confirm_interval.to_string().into(),
                format!("{}/{}", row.failure_threshold, row.recovery_threshold).into(),
                parameters.grace.to_string().into(),
            ]);
        }
        grid
    }
}

impl Report<'_> {
    /// What is built in is told of services and platforms, too: it decides when they are down.
    fn rollup_grid(&self) -> Grid {
        let mut grid = Grid::new(&[
            left("Scope"),
            left("Subject"),
            left("Down when"),
            right("Weight"),
            right("Merge gap"),
        ]);
        for row in &self.rollups {
            let parameters = &row.parameters;
            let weight = row.weight.filter(|_| parameters.weight != Weight::ONE);
            grid.row([
                row.scope.into(),
                Text::quoted(row.subject.clone()),
                row.down_when.clone().unwrap_or_default().into(),
                weight
                    .map_or_else(String::new, |_| parameters.weight.to_string())
                    .into(),
                row.merge_gap_ms
                    .map_or_else(String::new, |_| parameters.merge_gap.to_string())
                    .into(),
            ]);
        }
        grid
    }

    fn maintenance_grid(&self) -> Grid {
        let mut grid = Grid::new(&[left("Maintained"), left("When"), left("Next"), left("Note")])
            .conceding(&[Concession::Below("Note", ""), Concession::Below("When", "")]);
        for row in &self.maintenance {
            grid.row([
                Text::quoted(row.subject.clone()),
                when(&row.declaration.schedule).into(),
                upcoming(row.next, self.now),
                row.note.unwrap_or_default().into(),
            ]);
        }
        grid
    }
}

impl Row<'_> {
    /// The method of a plain endpoint, how many steps a journey has.
    fn asks(&self) -> String {
        match self.steps.len() {
            0 => self.method.to_owned(),
            steps => many(steps as u64, "step", "steps"),
        }
    }
}

/// Narrower, a URL shows little more than its host.
const URL_WIDTH_MIN: usize = 40;

fn row(probe: &Probe) -> Row<'_> {
    let parameters = &probe.parameters;
    let last = probe.inquiry.last();
    let steps = probe.inquiry.steps.iter();
    Row {
        probe_id: probe.probe.id.as_str(),
        service: probe.probe.service.display(),
        platform: probe.probe.platform.display(),
        endpoint: probe.probe.endpoint.display(),
        method: probe.inquiry.first().method.as_str(),
        url: &probe.shown_url,
        steps: steps.filter_map(|step| step.name.as_deref()).collect(),
        expect: words(last),
        interval_ms: parameters.interval.0,
        timeout_ms: parameters.timeout.0,
        confirm_interval_ms: parameters.confirm_interval.0,
        failure_threshold: parameters.failure_threshold.get(),
        recovery_threshold: parameters.recovery_threshold.get(),
        grace_ms: parameters.grace.0,
        flap_failures: parameters.flap_failures.get(),
        flap_of: parameters.flap_of.get(),
        probe,
    }
}

fn rollup((subject, parameters): &(Subject, RollupParameters)) -> Rollup {
    let scope = subject.scope();
    Rollup {
        scope: scope.as_str(),
        subject: subject.key(),
        down_when: (scope != Scope::Endpoint).then(|| parameters.down_when.to_string()),
        weight: (scope != Scope::Service).then(|| f64::from(parameters.weight.0) / 1000.0),
        merge_gap_ms: (scope == Scope::Service).then_some(parameters.merge_gap.0),
        parameters: *parameters,
    }
}

fn maintained(declaration: &Declaration, now: UnixMillis) -> Maintained<'_> {
    let next = declaration.schedule.next(now);
    Maintained {
        scope: declaration.subject.scope().as_str(),
        subject: declaration.subject.key(),
        schedule: declaration.schedule.to_string(),
        note: declaration.note.as_deref(),
        next_from: next.map(|next| next.from.to_string()),
        next_to: next.and_then(end).map(|to| to.to_string()),
        declaration,
        next,
    }
}

/// How often a probe asks while all is well.
fn per_day(probe: &Probe) -> f64 {
    DAY_SECONDS / probe.parameters.interval.to_duration().as_secs_f64()
}

/// How often the host that a probe is shown by is asked each time.
fn requests_to_the_first_host(probe: &Probe) -> f64 {
    let first = probe.inquiry.first().url.host_str();
    let steps = probe.inquiry.steps.iter();
    let to_it = steps.filter(|step| step.request.url.host_str() == first);
    to_it.map(|_| 1.0).sum()
}

/// A warning for each host that is asked more often than is polite.
fn impolite(probes: &[Probe]) -> Vec<String> {
    let mut hosts: BTreeMap<&str, (f64, &Probe)> = BTreeMap::new();
    for probe in probes {
        // by the shown URL, since the host may be a secret
        let host = probe.shown_host();
        let (rate, _) = hosts.entry(host).or_insert((0.0, probe));
        *rate += per_day(probe) * requests_to_the_first_host(probe) / DAY_SECONDS;
    }
    hosts
        .into_iter()
        .filter(|(_, (rate, probe))| *rate > POLITE_RATE_MAX && !probe.is_local())
        .map(|(host, (rate, _))| {
            let rate = significant(rate);
            format!("{host} is asked {rate} times a second; do its owners know?")
        })
        .collect()
}

/// A warning if there are probes whose timeout is their interval: while they hang, every second turn
/// is due before the last is over.
fn slow_to_fail(probes: &[Probe]) -> Option<String> {
    let timings = || probes.iter().map(|probe| (probe, &probe.parameters));
    let mut slow = timings().filter(|(_, it)| it.timeout >= it.interval);
    let (first, parameters) = slow.next()?;
    let others = match slow.count() {
        0 => String::new(),
        others => format!(" and {}", many(others as u64, "other", "others")),
    };
    Some(format!(
        "{}{others}: with a timeout as long as the interval, {}, an endpoint that hangs may miss every second turn; a shorter timeout prevents that",
        first.probe.id, parameters.interval,
    ))
}
