//! What was counted of a probe in a period, from as few rows as will do.

use std::ops::Range;

use super::Reader;
use crate::domain::counted::Counted;
use crate::domain::observation::Timings;
use crate::domain::tally::Tally;
use crate::domain::time::{Micros, Period, UnixMillis};
use crate::store::ProbeKey;
use crate::store::chunk::{self, hour_of};
use crate::store::counted::{self, Depth, Tier, hours_of_days};
use crate::store::derive::start_of;
use crate::store::error::StoreError;
use crate::store::pack::HOUR_MAX;
use crate::store::prune;
use crate::store::rounds::day_of;

/// What was counted in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InPeriod<T> {
    pub counted: T,
    /// Whether an hour or a day that lies only partly in the period counts as a whole, since nothing
    /// finer is kept of it.
    pub is_rounded: bool,
}

impl Reader {
    /// Counts the probe's observations of that part of `period` which is before `until`: the beginning
    /// of an hour, up to which the hours of this probe are counted.
    ///
    /// Whole days (UTC) and hours come from their tables. Of an hour that the period cuts the
    /// observations are read, as long as there are any.
    pub fn counted(
        &self,
        probe: ProbeKey,
        period: Period,
        until: UnixMillis,
    ) -> Result<InPeriod<Counted>, StoreError> {
        Sum::new(self, probe, Depth::Everything).of(period, until)
    }

    /// As [`counted`](Self::counted), but knows no histograms, which cost most of the time.
    pub fn tally(
        &self,
        probe: ProbeKey,
        period: Period,
        until: UnixMillis,
    ) -> Result<InPeriod<Tally>, StoreError> {
        let sum = Sum::new(self, probe, Depth::Tally).of(period, until)?;
        Ok(InPeriod {
            counted: sum.counted.tally,
            is_rounded: sum.is_rounded,
        })
    }
}

/// An amount that grows.
pub(super) struct Sum<'a> {
    reader: &'a Reader,
    probe: ProbeKey,
    depth: Depth,
    so_far: InPeriod<Counted>,
}

impl<'a> Sum<'a> {
    pub(super) fn new(reader: &'a Reader, probe: ProbeKey, depth: Depth) -> Self {
        Self {
            reader,
            probe,
            depth,
            so_far: InPeriod::default(),
        }
    }

    /// Of that part of `period` which is before `until`.
    pub(super) fn of(
        mut self,
        period: Period,
        until: UnixMillis,
    ) -> Result<InPeriod<Counted>, StoreError> {
        let countable = Period::new(start_of(-HOUR_MAX), start_of(HOUR_MAX).min(until));
        let period = period.clip(countable);
        if period.is_empty() {
            return Ok(self.so_far);
        }
        let mut hours = hour_of(period.from.0)..hour_of(period.to.0 - 1) + 1;
        if self.observed(hours.start, period)? {
            hours.start += 1;
        }
        if !hours.is_empty() && self.observed(hours.end - 1, period)? {
            hours.end -= 1;
        }
        if hours.is_empty() {
            return Ok(self.so_far);
        }
        let mut days = day_of(hours.start)..day_of(hours.end - 1) + 1;
        if self.hour_by_hour(days.start, &hours)? {
            days.start += 1;
        }
        if !days.is_empty() && self.hour_by_hour(days.end - 1, &hours)? {
            days.end -= 1;
        }
        self.add_days(days, &hours)?;
        Ok(self.so_far)
    }

    /// Adds the observations of an hour that the period cuts; if there are none any more, the hour is
    /// to count as a whole. Whether they were added.
    fn observed(&mut self, hour: i64, period: Period) -> Result<bool, StoreError> {
        let whole = Period::new(start_of(hour), start_of(hour + 1));
        let part = whole.clip(period);
        if part == whole {
            return Ok(false);
        }
        let pruned = prune::before(&self.reader.connection)?;
        if pruned.is_some_and(|before| hour < before) {
            self.so_far.is_rounded = true;
            return Ok(false);
        }
        let (reader, depth) = (self.reader, self.depth);
        let texts = reader.lookup.with(&reader.connection);
        let read = match depth {
            Depth::Tally | Depth::Total => chunk::Depth::Sightings,
            Depth::Everything => chunk::Depth::Everything,
        };
        reader.hours(self.probe, part, read, |rows| {
            for row in rows {
                let counted = &mut self.so_far.counted;
                let timings = match depth {
                    Depth::Everything => row.timings(),
                    Depth::Tally | Depth::Total => Timings::default(),
                };
                let duration = row.duration_us.map(Micros);
                let duration = duration.filter(|_| depth != Depth::Tally);
                counted.count(&row.sighting(&texts)?, duration, &timings);
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(true)
    }

    /// The same for a day of which only some hours are wanted.
    fn hour_by_hour(&mut self, day: i64, wanted: &Range<i64>) -> Result<bool, StoreError> {
        let whole = hours_of_days(day..day + 1);
        let part = common(&whole, wanted);
        if part == whole {
            return Ok(false);
        }
        let pruned = prune::before_of(&self.reader.connection, Tier::Hourly.as_str())?;
        if pruned.is_some_and(|before| part.start < before) {
            self.so_far.is_rounded = true;
            return Ok(false);
        }
        self.add(Tier::Hourly, part, |_| {})?;
        Ok(true)
    }

    /// Adds whole days. One without a row may have hours all the same: it is not over, or was not
    /// when the derivation last came by.
    fn add_days(&mut self, days: Range<i64>, wanted: &Range<i64>) -> Result<(), StoreError> {
        let mut next = days.start;
        let mut without = Vec::new();
        self.add(Tier::Daily, days.clone(), |day| {
            without.push(next..day);
            next = day + 1;
        })?;
        without.push(next..days.end);
        for days in without {
            let hours = common(&hours_of_days(days), wanted);
            self.add(Tier::Hourly, hours, |_| {})?;
        }
        Ok(())
    }

    /// Adds the rows of these hours or days, and tells of which there is one.
    fn add(
        &mut self,
        tier: Tier,
        numbers: Range<i64>,
        mut found: impl FnMut(i64),
    ) -> Result<(), StoreError> {
        let sum = &mut self.so_far.counted;
        let (connection, probe) = (&self.reader.connection, self.probe.0);
        counted::visit(
            connection,
            tier,
            probe,
            numbers,
            self.depth,
            |number, more| {
                sum.merge(&more);
                found(number);
                Ok(())
            },
        )
    }
}

fn common(a: &Range<i64>, b: &Range<i64>) -> Range<i64> {
    a.start.max(b.start)..a.end.min(b.end)
}

#[cfg(test)]
#[path = "counted_tests.rs"]
mod tests;
