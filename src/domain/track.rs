//! What an endpoint, a platform or a service was over time. Availability is computed from it, and
//! the members of a platform or service vote with it.

use std::ops::Range;

use super::history::History;
use super::outage::OutageWindow;
use super::period_set::PeriodSet;
use super::time::{Period, UnixMillis};

/// One subject's past. The five states follow from it: where it existed, maintenance goes before
/// unknown, unknown before down, down before degraded, and the rest is up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Where it existed, in order of time, apart from each other.
    pub covered: Vec<Period>,
    /// In order of time, apart from each other, outside of `unknown`.
    pub windows: Vec<OutageWindow>,
    /// Where it was degraded or worse.
    pub degraded: PeriodSet,
    pub unknown: PeriodSet,
    /// Declared.
    pub maintenance: PeriodSet,
    /// Where it was down for sure.
    pub certain: PeriodSet,
    /// Where it may have been down. In order of time; they do not overlap, but may touch.
    pub possible: Vec<Possible>,
}

/// A stretch in which it may have been down without a break. At its beginning it was seen up, and
/// at its end again, unless nobody watched there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible {
    pub period: Period,
    /// Whether anybody saw what was before; else it reaches as far back as it existed.
    pub from_seen: bool,
    /// Whether anybody saw what was after.
    pub to_seen: bool,
}

impl Track {
    /// That of one probe.
    pub fn of(history: &History, maintenance: PeriodSet) -> Self {
        Self::new(
            history.covered.clone(),
            history.windows.clone(),
            history.degraded.clone(),
            history.unknown.clone(),
            maintenance,
        )
    }

    /// That of one probe, from what its reducer told.
    pub(super) fn new(
        covered: Vec<Period>,
        windows: Vec<OutageWindow>,
        degraded: PeriodSet,
        unknown: PeriodSet,
        maintenance: PeriodSet,
    ) -> Self {
        let certain = windows
            .iter()
            .map(|window| Period::new(window.start, window.end_earliest));
        Self {
            certain: certain.collect(),
            possible: possible(&windows, &covered),
            covered,
            windows,
            degraded,
            unknown,
            maintenance,
        }
    }

    /// The stretch of possible down time that an instant lies in.
    pub fn possible_at(&self, instant: UnixMillis) -> Option<&Possible> {
        let next = self
            .possible
            .partition_point(|stretch| stretch.period.from <= instant);
        let stretch = &self.possible[next.checked_sub(1)?];
        (instant < stretch.period.to).then_some(stretch)
    }

    /// Which of its windows meet a period that is not empty.
    pub fn windows_in(&self, period: Period) -> Range<usize> {
        let windows = &self.windows;
        let first = windows.partition_point(|window| window.end <= period.from);
        let met = windows[first..].partition_point(|window| window.start < period.to);
        first..first + met
    }
}

/// A missing bound reaches as far as the probe existed.
fn possible(windows: &[OutageWindow], covered: &[Period]) -> Vec<Possible> {
    let mut stretches: Vec<Possible> = Vec::with_capacity(windows.len());
    for window in windows {
        let begun = covered.partition_point(|life| life.from <= window.start);
        let life = begun.checked_sub(1).map(|at| covered[at]);
        let life = life.unwrap_or_else(|| window.period());
        let stretch = Possible {
            period: Period::new(
                window.start_earliest.unwrap_or(life.from),
                window.end_latest.unwrap_or(life.to.max(window.end)),
            ),
            from_seen: window.start_earliest.is_some(),
            to_seen: window.end_latest.is_some(),
        };
        match stretches.last_mut() {
            // it was down before the gap and after it
            Some(last) if stretch.period.from < last.period.to => {
                last.period.to = last.period.to.max(stretch.period.to);
                last.to_seen = stretch.to_seen;
            }
            _ => stretches.push(stretch),
        }
    }
    stretches
}
