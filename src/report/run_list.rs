//! The past of a probe stretch by stretch: everything but that all was well.

use super::outage_list::outages_of;
use super::probe_history::ProbeHistory;
use crate::domain::inconclusive::Inconclusive;
use crate::domain::observation::{Failure, Reason};
use crate::domain::outage::{Blip, OutageWindow};
use crate::domain::outage_id::OutageId;
use crate::domain::period_set::PeriodSet;
use crate::domain::time::{Millis, Period, UnixMillis};

words! {
    /// What a stretch was. Stretches of different kinds may overlap.
    RunKind, "kind of run" {
        /// An outage window.
        Outage = "outage",
        /// Failures too few to be one.
        Blip = "blip",
        /// Degraded, but not by scattered failures.
        Slow = "slow",
        /// Failures were scattered.
        Flapping = "flapping",
        /// Nobody watched.
        Unobserved = "unobserved",
        /// Requests that say nothing about the endpoint.
        Inconclusive = "inconclusive",
    }
}

/// With its true times: also where it reaches out of the period that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub kind: RunKind,
    /// Of an outage.
    pub id: Option<OutageId>,
    pub from: UnixMillis,
    /// Where it is over; of blips and what was inconclusive, the last of them. `None` while an
    /// outage is open.
    pub to: Option<UnixMillis>,
    pub duration: Millis,
    /// In it. `None` of what is no failure.
    pub failures: Option<u64>,
    /// In it. `None` where they are not counted.
    pub observations: Option<u64>,
    pub first_failure: Option<Failure>,
    /// Why requests were inconclusive, if they tell.
    pub reason: Option<Reason>,
}

/// Those of one probe that reach into the period, in order of their start.
pub fn runs_of(probe: &ProbeHistory, period: Period) -> Vec<Run> {
    let (past, history) = (&probe.past, &probe.past.history);
    let windows = history.windows.iter().map(OutageWindow::period);
    let slow = history.degraded.difference(&history.flapping);
    let slow = slow.difference(&windows.collect());
    let mut runs: Vec<Run> = outages_of(probe, period)
        .into_iter()
        .map(|outage| Run {
            id: Some(outage.id),
            to: (!outage.window.is_open()).then_some(outage.window.end),
            failures: Some(outage.window.failures),
            observations: Some(outage.window.observations),
            first_failure: outage.window.first_failure.clone(),
            ..Run::plain(RunKind::Outage, outage.window.period())
        })
        .collect();
    let reaches = |first: UnixMillis, last: UnixMillis| first < period.to && period.from <= last;
    let blips = history.blips.iter();
    let blips = blips.filter(|blip| reaches(blip.first, blip.last));
    runs.extend(blips.map(of_blip));
    for (kind, stretches) in [
        (RunKind::Slow, &slow),
        (RunKind::Flapping, &history.flapping),
        (RunKind::Unobserved, &history.unknown),
    ] {
        runs.extend(of_stretches(kind, stretches, period));
    }
    let inconclusive = past.inconclusive.iter();
    let inconclusive = inconclusive.filter(|some| reaches(some.first, some.last));
    runs.extend(inconclusive.map(of_inconclusive));
    runs.sort_by_key(|run| (run.from, run.kind));
    runs
}

fn of_stretches(kind: RunKind, stretches: &PeriodSet, period: Period) -> impl Iterator<Item = Run> {
    let stretches = stretches.periods().iter();
    let inside = stretches.filter(move |stretch| stretch.overlaps(period));
    inside.map(move |stretch| Run::plain(kind, *stretch))
}

fn of_blip(blip: &Blip) -> Run {
    Run {
        failures: Some(blip.failures),
        observations: Some(blip.failures),
        first_failure: blip.first_failure.clone(),
        ..Run::plain(RunKind::Blip, Period::new(blip.first, blip.last))
    }
}

fn of_inconclusive(some: &Inconclusive) -> Run {
    Run {
        observations: Some(some.count),
        reason: some.reason,
        ..Run::plain(RunKind::Inconclusive, Period::new(some.first, some.last))
    }
}

impl Run {
    fn plain(kind: RunKind, period: Period) -> Self {
        Self {
            kind,
            id: None,
            from: period.from,
            to: Some(period.to),
            duration: period.to - period.from,
            failures: None,
            observations: None,
            first_failure: None,
            reason: None,
        }
    }
}
