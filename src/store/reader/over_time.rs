//! What was counted of a probe, in a period as a whole and step by step.

use super::Reader;
use super::counted::{InPeriod, Sum};
use crate::domain::counted::Counted;
use crate::domain::latency::{Latency, LatencyPart};
use crate::domain::observation::Timings;
use crate::domain::time::{Micros, Period, UnixMillis};
use crate::store::ProbeKey;
use crate::store::chunk::{self, HOUR_MS, hour_of};
use crate::store::counted::Depth;
use crate::store::derive::start_of;
use crate::store::error::StoreError;
use crate::store::prune;
use crate::store::rounds::DAY_HOURS;

/// What was counted over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverTime {
    /// Of all steps together.
    pub whole: InPeriod<Counted>,
    /// Of each. Of latencies they know those of whole answers alone: the phases of so many steps would
    /// take long to read, and much room.
    pub steps: Vec<InPeriod<Counted>>,
}

impl Reader {
    /// Counts the probe's observations in each of `steps`, which follow one another without a gap, and
    /// in all of them. Up to `until`, the beginning of an hour [up to which](Self::counted_until) they are
    /// counted, from what is written down; from there on from the observations.
    ///
    /// Days of UTC are the quickest by far; others are made of their hours, and parts of an hour of
    /// observations, each of which is read once.
    pub fn over_time(
        &self,
        probe: ProbeKey,
        steps: &[Period],
        until: UnixMillis,
    ) -> Result<OverTime, StoreError> {
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
            return Ok(OverTime::default());
        };
        debug_assert!(steps.windows(2).all(|two| two[0].to == two[1].from));
        let whole = Period::new(first.from, last.to);
        let mut found = if cuts(steps, DAY_HOURS * HOUR_MS) {
            OverTime {
                whole: self.counted(probe, whole, until)?,
                steps: self.step_by_step(probe, steps, until)?,
            }
        } else {
            self.day_by_day(probe, steps, until)?
        };
        let rest = Period::new(whole.from.max(until), whole.to);
        let all = Some(&mut found.whole.counted);
        self.add_observed(probe, rest, steps, &mut found.steps, all)?;
        Ok(found)
    }

    /// The same of one period, which knows no phases either: half the work, for who asks of nothing else.
    pub fn answers(
        &self,
        probe: ProbeKey,
        period: Period,
        until: UnixMillis,
    ) -> Result<InPeriod<Counted>, StoreError> {
        let mut found = [Sum::new(self, probe, Depth::Total).of(period, until)?];
        let rest = Period::new(period.from.max(until), period.to);
        self.add_observed(probe, rest, &[period], &mut found, None)?;
        let [found] = found;
        Ok(found)
    }

    /// As far as it is written down, all of it read once: no day lies in two steps.
    fn day_by_day(
        &self,
        probe: ProbeKey,
        steps: &[Period],
        until: UnixMillis,
    ) -> Result<OverTime, StoreError> {
        let mut found = OverTime::default();
        for step in steps {
            let InPeriod {
                mut counted,
                is_rounded,
            } = self.counted(probe, *step, until)?;
            found.whole.counted.merge(&counted);
            found.whole.is_rounded |= is_rounded;
            let mut latency = Latency::default();
            let total = LatencyPart::Total;
            std::mem::swap(latency.of_mut(total), counted.latency.of_mut(total));
            counted.latency = latency;
            found.steps.push(InPeriod {
                counted,
                is_rounded,
            });
        }
        Ok(found)
    }

    /// As far as it is written down, whatever the steps are. Of hours that lie in several of them the
    /// observations are read, all in one go.
    fn step_by_step(
        &self,
        probe: ProbeKey,
        steps: &[Period],
        until: UnixMillis,
    ) -> Result<Vec<InPeriod<Counted>>, StoreError> {
        let pruned = prune::before(&self.connection)?.map_or(UnixMillis(i64::MIN), start_of);
        let is_kept = |hour: Period| pruned <= hour.from;
        let mut found = vec![InPeriod::default(); steps.len()];
        let mut observed: Vec<Period> = Vec::new();
        for (step, found) in steps.iter().zip(&mut found) {
            let step = step.clip(Period::new(UnixMillis(i64::MIN), until));
            if step.is_empty() {
                continue;
            }
            let (head, tail) = (hour_at(step.from), hour_at(UnixMillis(step.to.0 - 1)));
            let mut rest = step;
            if head.from < step.from && is_kept(head) {
                rest.from = head.to.min(step.to);
                observed.push(Period::new(step.from, rest.from));
            }
            if step.to < tail.to && is_kept(tail) && rest.from < rest.to {
                rest.to = tail.from.max(rest.from);
                observed.push(Period::new(rest.to, step.to));
            }
            *found = Sum::new(self, probe, Depth::Total).of(rest, until)?;
        }
        for together in observed.chunk_by(|a, b| a.to == b.from) {
            if let (Some(first), Some(last)) = (together.first(), together.last()) {
                let period = Period::new(first.from, last.to);
                self.add_observed(probe, period, steps, &mut found, None)?;
            }
        }
        Ok(found)
    }

    /// Counts the observations of `period` in the steps that they lie in, and in all of them.
    fn add_observed(
        &self,
        probe: ProbeKey,
        period: Period,
        steps: &[Period],
        found: &mut [InPeriod<Counted>],
        mut all: Option<&mut Counted>,
    ) -> Result<(), StoreError> {
        let texts = self.lookup.with(&self.connection);
        let depth = match all {
            Some(_) => chunk::Depth::Everything,
            None => chunk::Depth::Sightings,
        };
        self.hours(probe, period, depth, |rows| {
            for row in rows {
                let (sighting, duration) = (row.sighting(&texts)?, row.duration_us.map(Micros));
                if let Some(all) = &mut all {
                    all.count(&sighting, duration, &row.timings());
                }
                let at = steps.partition_point(|step| step.to <= sighting.ts);
                if let Some(step) = found.get_mut(at) {
                    let no_phases = Timings::default();
                    step.counted.count(&sighting, duration, &no_phases);
                }
            }
            Ok(())
        })
    }
}

/// Whether a step ends where no unit of time does, but for the last.
fn cuts(steps: &[Period], unit_ms: i64) -> bool {
    let mut cuts = steps.iter().skip(1).map(|step| step.from.0);
    cuts.any(|at| at.rem_euclid(unit_ms) != 0)
}

/// The hour that an instant lies in.
fn hour_at(instant: UnixMillis) -> Period {
    let hour = hour_of(instant.0);
    Period::new(start_of(hour), start_of(hour + 1))
}
