//! How the daemon fares, in words.

use crate::domain::time::Millis;
use crate::report::document::{Document, Fields, Grid, Text, Tone, left, right};
use crate::report::fares::{
    AskedFares, CommitFares, Fares, ProcessFares, Running, ScheduleFares, SelfStatus, Spread,
    StoreFares,
};
use crate::report::text::{instant_utc, length, many};

pub fn self_status(status: &SelfStatus) -> Document {
    let mut document = Document::default();
    document.paragraph(headline(status));
    let Fares {
        schedule,
        store,
        process,
        ..
    } = &status.fares;
    document.grid(times(schedule, store));
    document.fields(state(&status.fares, schedule, store, process));
    if let Some(lost) = lost(store) {
        document.paragraph(Text::toned(Tone::Warn, lost));
    }
    document.paragraph(
        "Late: from when a probe was due to when it was asked. Missed: turns that fell out, since \
         the one before was still waiting or under way. Stored: observations. Waiting: probes that \
         are due, and are held up by the limits. Queued: what waits for the disk. Housekeeping: steps in which hours that \
         are over are packed.",
    );
    document
}

fn headline(status: &SelfStatus) -> Text {
    let SelfStatus { fares, running, .. } = status;
    let uptime = length(Millis(fares.uptime_ms));
    let started = instant_utc(status.started_at());
    let who = format!("process {}, version {}", fares.pid, fares.version);
    let age = length(status.age());
    let told_at = instant_utc(status.told_at);
    match running {
        Running::Yes => Text::from(format!(
            "The daemon runs since {started} ({uptime}): {who}. It told this {age} ago."
        )),
        Running::Stopped => Text::toned(Tone::Warn, "The daemon does not run.").then(format!(
            " It was stopped {age} ago, at {told_at}, after {uptime}: {who}."
        )),
        Running::Ended => Text::toned(Tone::Bad, "The daemon does not run.").then(format!(
            " It ended without a word: killed, or the machine went down. It told this {age} ago, at {told_at}, after {uptime}: {who}."
        )),
        Running::Unknown => Text::from(format!(
            "The daemon told this {age} ago, {uptime} after its start: {who}. Whether it still runs, this system does not tell."
        )),
    }
}

/// Of the last minutes, and since the start.
fn times(schedule: &ScheduleFares, store: &StoreFares) -> Grid {
    let mut grid = Grid::new(&[
        left("Within"),
        left("What"),
        right("Count"),
        left(""),
        right("p50"),
        right("p99"),
        right("Max"),
    ]);
    // soon after the start, both are the same
    if schedule.lately.span_ms < schedule.since_start.span_ms {
        grid.row(asked_row(&schedule.lately));
        grid.row(commits_row(&store.lately));
    }
    grid.row(asked_row(&schedule.since_start));
    grid.row(commits_row(&store.since_start));
    if store.housekeeping_steps > 0 {
        let within = length(Millis(store.since_start.span_ms));
        let (count, spread) = (store.housekeeping_steps, &store.housekeeping_time);
        grid.row(row(&within, "housekeeping", count, "", spread));
    }
    grid
}

fn asked_row(asked: &AskedFares) -> [Text; 7] {
    let missed = match asked.missed {
        0 => "none missed".to_owned(),
        missed => format!("{missed} missed"),
    };
    let within = length(Millis(asked.span_ms));
    row(&within, "late", asked.asked, &missed, &asked.lateness)
}

fn commits_row(commits: &CommitFares) -> [Text; 7] {
    let within = length(Millis(commits.span_ms));
    let stored = format!("{} stored", commits.observations);
    let (count, spread) = (commits.commits, &commits.commit_time);
    row(&within, "commits", count, &stored, spread)
}

fn row(within: &str, what: &str, count: u64, more: &str, spread: &Spread) -> [Text; 7] {
    [
        within.into(),
        what.into(),
        count.to_string().into(),
        more.into(),
        milliseconds(spread.p50_ms).into(),
        milliseconds(spread.p99_ms).into(),
        milliseconds(spread.max_ms).into(),
    ]
}

/// Nothing of nothing.
fn milliseconds(ms: Option<f64>) -> String {
    ms.map_or_else(String::new, |ms| format!("{ms:.1} ms"))
}

fn state(
    fares: &Fares,
    schedule: &ScheduleFares,
    store: &StoreFares,
    process: &ProcessFares,
) -> Fields {
    let mut fields = Fields::default();
    let of = |count: Option<u64>, most: Option<u64>| {
        let count = count?.to_string();
        Some(most.map_or(count.clone(), |most| format!("{count} of {most}")))
    };
    fields.add(
        "probes",
        format!("{}, {} of them down", fares.probes, fares.down),
    );
    fields.add(
        "under way",
        format!(
            "{} of {}, of one host {} at most",
            schedule.in_flight, schedule.in_flight_max, schedule.in_flight_per_host_max
        ),
    );
    fields.add("waiting", schedule.waiting.to_string());
    fields.add(
        "queued",
        format!(
            "{}, {} at most so far; room for {}",
            store.queued, store.queued_max, store.room
        ),
    );
    fields.add(
        "commits",
        format!(
            "{} at most in one; {}",
            many(store.batch_max, "observation", "observations"),
            many(store.retries, "retry", "retries")
        ),
    );
    let memory = process.memory_bytes;
    #[expect(clippy::cast_precision_loss, reason = "megabytes to one digit")]
    let memory = memory.map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    fields.add_any("memory", memory);
    let descriptors = of(process.descriptors, process.descriptors_max);
    fields.add_any("descriptors", descriptors);
    fields.add("epochs", fares.epochs.to_string());
    fields
}

/// A fault of ours, or of the disk.
fn lost(store: &StoreFares) -> Option<String> {
    let mut lost = Vec::new();
    if store.lost > 0 {
        lost.push(many(store.lost, "observation", "observations"));
    }
    if store.evidence_lost > 0 {
        let changes = many(store.evidence_lost, "change", "changes");
        lost.push(format!("{changes} of evidence"));
    }
    (!lost.is_empty()).then(|| format!("lost since the start: {}", lost.join(", ")))
}
