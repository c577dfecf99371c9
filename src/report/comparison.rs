//! A period beside the one before.

use super::latency::Figures;
use super::measured::Measured;
use super::totals::{OutageTotals, Totals};
use crate::domain::availability::{Availability, Percent};
use crate::domain::time::{Millis, Period};

/// What became of a subject since the period before.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub before: Before,
    /// What is more now; in thousandths of a percent. These are `None` unless something was observed
    /// in both: where nobody watched, nothing got better.
    pub uptime: Option<i64>,
    pub coverage: Option<i64>,
    pub down: Option<Millis>,
    pub outages: Option<i64>,
    pub blips: Option<i64>,
    /// Of the 95th percentile of whole answers, in microseconds. `None` unless there were answers in
    /// both.
    pub p95_us: Option<i64>,
}

/// What was found of the period before, which ends where that of the report begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    pub period: Period,
    pub availability: Availability,
    pub outages: OutageTotals,
    pub blips: u64,
    /// Of whole answers. `None` without any.
    pub latency: Option<Figures>,
}

impl Before {
    pub(super) fn new(period: Period, totals: &Totals, measured: &Measured) -> Self {
        Self {
            period,
            availability: totals.availability,
            outages: totals.outages,
            blips: totals.blips,
            latency: measured.before,
        }
    }

    /// Whether anything was observed, so that there is something to compare with.
    pub fn is_observed(&self) -> bool {
        self.availability.observed() > Millis::ZERO
    }
}

impl Comparison {
    pub(super) fn new(before: Before, now: &Totals, measured: &Measured) -> Self {
        let (was, is) = (&before.availability, &now.availability);
        let total = measured.latency.total();
        let can_tell = before.is_observed() && is.observed() > Millis::ZERO;
        Self {
            uptime: more(was.uptime(), is.uptime()),
            coverage: can_tell
                .then(|| more(was.coverage(), is.coverage()))
                .flatten(),
            down: can_tell.then(|| is.down - was.down),
            outages: can_tell.then(|| difference(before.outages.count, now.outages.count)),
            blips: can_tell.then(|| difference(before.blips, now.blips)),
            p95_us: before
                .latency
                .zip(total)
                .map(|(was, is)| difference(was.p95.0, is.p95.0)),
            before,
        }
    }

    /// Of all of a report, from those of its probes. `None` if these have none.
    pub(super) fn sum<'c>(
        parts: impl Iterator<Item = &'c Self>,
        now: &Totals,
        measured: &Measured,
    ) -> Option<Self> {
        let befores = parts.map(|part| part.before);
        let sum = befores.reduce(|mut sum, before| {
            sum.availability = sum.availability + before.availability;
            sum.outages += before.outages;
            sum.blips += before.blips;
            sum
        });
        let latency = measured.before;
        sum.map(|sum| Self::new(Before { latency, ..sum }, now, measured))
    }
}

fn more(was: Option<Percent>, is: Option<Percent>) -> Option<i64> {
    let (was, is) = was.zip(is)?;
    Some(i64::from(is.thousandths) - i64::from(was.thousandths))
}

fn difference(was: u64, is: u64) -> i64 {
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    signed(is).saturating_sub(signed(was))
}
