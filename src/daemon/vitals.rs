//! How the daemon fares: gathered now and then, for the log and for `outwatch status --self`.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use super::descriptors;
use super::fleet::Fleet;
use crate::domain::schedule::agenda::{Limits, Tally};
use crate::domain::time::{Millis, UnixMillis};
use crate::report::fares::{
    AskedFares, CommitFares, Fares, ProcessFares, ScheduleFares, StoreFares,
};
use crate::store::{self, Sender, Workload};

/// How often it is told to the database, with a commit that is made anyway.
pub(super) const TELL_EVERY: Duration = Duration::from_secs(10);

/// How often it is worth a commit of its own.
const COMMIT_EVERY: Duration = Duration::from_mins(1);

/// What is called lately, in marks that are set as often as that.
const LATELY: Duration = Duration::from_mins(5);
const MARK_EVERY: Duration = Duration::from_mins(1);

pub(super) struct Vitals {
    begin: Instant,
    committed: Instant,
    descriptors_max: Option<u64>,
    /// What was counted up to some instants of the last minutes, the oldest first. Never empty.
    marks: VecDeque<Mark>,
}

struct Mark {
    at: Instant,
    tally: Tally,
    workload: Workload,
}

impl Vitals {
    pub(super) fn new(descriptors_max: Option<usize>) -> Self {
        let now = Instant::now();
        let first = Mark {
            at: now,
            tally: Tally::default(),
            workload: Workload::default(),
        };
        Self {
            begin: now,
            committed: now,
            descriptors_max: descriptors_max.and_then(|most| u64::try_from(most).ok()),
            marks: VecDeque::from([first]),
        }
    }

    /// Sends how it fares to the database.
    pub(super) fn tell(&mut self, fleet: &Fleet<'_>, sender: &Sender, now: UnixMillis) {
        let fares = self.fares(fleet, sender, false);
        let is_due = self.committed.elapsed() >= COMMIT_EVERY;
        if is_due {
            self.committed = Instant::now();
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
        if newest.is_some_and(|newest| newest.at.elapsed() < MARK_EVERY) {
            return;
        }
        self.marks.push_back(Mark {
            at: Instant::now(),
            tally: fleet.agenda().tally().clone(),
            workload: sender.workload(),
        });
        while self.marks.len() > 1 && self.marks[0].at.elapsed() > LATELY {
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
        let (lately, earlier) = match self.marks.front() {
            Some(mark) => (mark.at.elapsed(), (&mark.tally, &mark.workload)),
            None => (uptime, (&Tally::default(), &Workload::default())),
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
                lately: asked(&tally.since(earlier.0), lately),
            },
            store: StoreFares {
                queued: count(workload.queued),
                queued_max: count(workload.queued_max),
                queue_room: count(workload.queue_room),
                waited: workload.counts.waited,
                retries: workload.counts.retries,
                batch_max: workload.batch_max,
                lost: workload.counts.unknown,
                evidence_lost: workload.counts.evidence_lost,
                packing_steps: workload.packing.count(),
                packing_time: (&workload.packing).into(),
                since_start: committed(&workload, &Workload::default(), uptime),
                lately: committed(&workload, earlier.1, lately),
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
            waited = store.waited,
            retries = store.retries,
            packing_steps = store.packing_steps,
            packing_max_ms = store.packing_time.max_ms,
            memory_bytes = process.memory_bytes,
            descriptors = process.descriptors,
            epochs = fares.epochs,
            "how the daemon fares"
        );
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

fn committed(workload: &Workload, earlier: &Workload, span: Duration) -> CommitFares {
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
