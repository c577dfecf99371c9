//! How the daemon fares: gathered now and then, for the log and for `outwatch status --self`.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, warn};

use super::descriptors;
use super::fleet::Fleet;
use crate::domain::durations::Durations;
use crate::domain::schedule::agenda::{Limits, Tally};
use crate::domain::time::{Millis, UnixMillis};
use crate::report::fares::{
    AskedFares, CommitFares, Fares, ProcessFares, ScheduleFares, StoreFares,
};
use crate::store::{self, Counts, Sender, Workload};

/// How often it is told to the database, with a commit that is made anyway.
pub(super) const TELL_EVERY: Duration = Duration::from_secs(10);

/// How often it is logged, at debug.
pub(super) const LOG_EVERY: Duration = Duration::from_mins(5);

/// How often it is worth a commit of its own.
const COMMIT_EVERY: Duration = Duration::from_mins(1);

/// What is called lately, in marks that are set as often as that.
const LATELY: Duration = Duration::from_mins(5);
const MARK_EVERY: Duration = Duration::from_mins(1);

pub(super) struct Vitals {
    begin: Instant,
    /// When the last one went that was worth a commit of its own.
    sent: Instant,
    descriptors_max: Option<u64>,
    /// What was counted up to some instants of the last minutes, the oldest first. Never empty.
    marks: VecDeque<(Instant, Counted)>,
}

/// What was counted so far.
#[derive(Clone, Default)]
struct Counted {
    tally: Tally,
    counts: Counts,
    commits: Durations,
}

impl Vitals {
    pub(super) fn new(descriptors_max: Option<usize>) -> Self {
        let now = Instant::now();
        Self {
            begin: now,
            sent: now,
            descriptors_max: descriptors_max.and_then(|most| u64::try_from(most).ok()),
            marks: VecDeque::from([(now, Counted::default())]),
        }
    }

    /// Sends how it fares to the database.
    pub(super) fn tell(&mut self, fleet: &Fleet<'_>, sender: &Sender, now: UnixMillis) {
        let fares = self.fares(fleet, sender, false);
        let is_due = self.sent.elapsed() >= COMMIT_EVERY;
        if is_due {
            self.sent = Instant::now();
        }
        send(&fares, sender, now, is_due);
        self.mark(fleet, sender);
    }

    /// The last time.
    pub(super) fn tell_stopped(&self, fleet: &Fleet<'_>, sender: &Sender, now: UnixMillis) {
        send(&self.fares(fleet, sender, true), sender, now, true);
    }

    fn mark(&mut self, fleet: &Fleet<'_>, sender: &Sender) {
        let newest = self.marks.back();
        if newest.is_some_and(|(at, _)| at.elapsed() < MARK_EVERY) {
            return;
        }
        let workload = sender.workload();
        let counted = Counted {
            tally: fleet.agenda().tally().clone(),
            counts: workload.counts,
            commits: workload.commits,
        };
        self.marks.push_back((Instant::now(), counted));
        while self.marks.len() > 1 && self.marks[0].0.elapsed() > LATELY {
            self.marks.pop_front();
        }
    }

    fn fares(&self, fleet: &Fleet<'_>, sender: &Sender, is_stopped: bool) -> Fares {
        let agenda = fleet.agenda();
        let Limits {
            in_flight,
            in_flight_per_host,
        } = agenda.limits();
        let (tally, workload) = (agenda.tally(), sender.workload());
        let uptime = self.begin.elapsed();
        let nothing = Counted::default();
        let (lately, earlier) = match self.marks.front() {
            Some((at, counted)) => (at.elapsed(), counted),
            None => (uptime, &nothing),
        };
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Fares {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_ms: Millis::from_duration(uptime).0,
            is_stopped,
            probes: count(fleet.len()),
            down: count(fleet.down()),
            epochs: count(fleet.epochs()),
            schedule: ScheduleFares {
                in_flight: count(agenda.in_flight()),
                in_flight_max: count(in_flight),
                in_flight_per_host_max: count(in_flight_per_host),
                waiting: count(agenda.waiting()),
                since_start: asked(tally, uptime),
                lately: asked(&tally.since(&earlier.tally), lately),
            },
            store: StoreFares {
                queued: count(workload.backlog.waiting),
                queued_max: count(workload.waiting_max),
                room: count(workload.backlog.room),
                retries: workload.counts.retries,
                batch_max: workload.batch_max,
                lost: workload.counts.unknown,
                evidence_lost: workload.counts.evidence_lost,
                housekeeping_steps: workload.housekeeping.count(),
                housekeeping_time: (&workload.housekeeping).into(),
                since_start: committed(&workload, &nothing, uptime),
                lately: committed(&workload, earlier, lately),
            },
            process: ProcessFares {
                memory_bytes: memory(),
                descriptors: descriptors::in_use(),
                descriptors_max: self.descriptors_max,
            },
        }
    }

    /// Writes what is told into the log.
    pub(super) fn log(&self, fleet: &Fleet<'_>, sender: &Sender) {
        let fares = self.fares(fleet, sender, false);
        let Fares {
            schedule,
            store,
            process,
            ..
        } = &fares;
        let spans = [
            ("lately", &schedule.lately, &store.lately),
            ("since the start", &schedule.since_start, &store.since_start),
        ];
        for (span, asked, commits) in spans {
            debug!(
                span,
                span_ms = asked.span_ms,
                asked = asked.asked,
                late_p50_ms = asked.lateness.p50_ms,
                late_p99_ms = asked.lateness.p99_ms,
                late_max_ms = asked.lateness.max_ms,
                missed = asked.missed,
                committed = commits.observations,
                commits = commits.commits,
                commit_p50_ms = commits.commit_time.p50_ms,
                commit_p99_ms = commits.commit_time.p99_ms,
                commit_max_ms = commits.commit_time.max_ms,
                "so far"
            );
        }
        debug!(
            under_way = schedule.in_flight,
            waiting = schedule.waiting,
            queued = store.queued,
            queued_max = store.queued_max,
            batch_max = store.batch_max,
            retries = store.retries,
            housekeeping_steps = store.housekeeping_steps,
            housekeeping_max_ms = store.housekeeping_time.max_ms,
            memory_bytes = process.memory_bytes,
            descriptors = process.descriptors,
            epochs = fares.epochs,
            "how the daemon fares"
        );
        tell_lost(sender.counts());
    }
}

fn send(fares: &Fares, sender: &Sender, now: UnixMillis, is_due: bool) {
    // numbers and a version make JSON
    if let Ok(data) = serde_json::to_string(fares) {
        sender.tell_fares(store::Fares { at: now, data }, is_due);
    }
}

fn asked(tally: &Tally, span: Duration) -> AskedFares {
    AskedFares {
        span_ms: Millis::from_duration(span).0,
        asked: tally.lateness.count(),
        missed: tally.missed,
        lateness: (&tally.lateness).into(),
    }
}

fn committed(workload: &Workload, earlier: &Counted, span: Duration) -> CommitFares {
    let (now, before) = (workload.counts, earlier.counts);
    CommitFares {
        span_ms: Millis::from_duration(span).0,
        observations: now.committed - before.committed,
        commits: now.batches - before.batches,
        commit_time: (&workload.commits.since(&earlier.commits)).into(),
    }
}

/// Memory that is this process's own, in bytes. `None` where the system does not tell.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn tell_lost(counts: Counts) {
    if counts.unknown > 0 {
        warn!(
            observations = counts.unknown,
            "lost: of probes that are not registered"
        );
    }
    if counts.evidence_lost > 0 {
        warn!(changes = counts.evidence_lost, "lost: evidence of failures");
    }
}
