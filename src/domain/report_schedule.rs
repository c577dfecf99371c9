//! When reports are due: one on each month or week, once it is over.

use super::calendar::{CalendarPeriod, CalendarUnit};
use super::time::UnixMillis;
use super::zone::Zone;

words! {
    /// What one report is about.
    Every, "report period" {
        Month = "month",
        /// From Monday on (ISO 8601).
        Week = "week",
    }
}

/// A report on every month or week of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSchedule {
    pub every: Every,
    pub zone: Zone,
}

impl Every {
    pub const fn unit(self) -> CalendarUnit {
        match self {
            Self::Month => CalendarUnit::Month,
            Self::Week => CalendarUnit::Week,
        }
    }
}

/// All are `None` at the ends of the calendar only, some 9,999 years away.
impl ReportSchedule {
    /// The latest period that is over at an instant.
    pub fn latest(&self, at: UnixMillis) -> Option<CalendarPeriod> {
        self.current(at)?.previous(&self.zone)
    }

    /// When the next period is over: later than `at`.
    pub fn next(&self, at: UnixMillis) -> Option<UnixMillis> {
        Some(self.current(at)?.period.to)
    }

    /// The periods that ended later than `after`, up to `until`, in order of time.
    pub fn over_between(
        &self,
        after: UnixMillis,
        until: UnixMillis,
    ) -> impl Iterator<Item = CalendarPeriod> {
        let first = self.current(after);
        std::iter::successors(first, |last| last.next(&self.zone))
            .take_while(move |period| period.period.to <= until)
    }

    /// The period with this label, as in `2024-09` and `2024-W39`. `None` if there is none.
    pub fn labelled(&self, label: &str) -> Option<CalendarPeriod> {
        CalendarPeriod::labelled(self.every.unit(), label, &self.zone)
    }

    /// The one that holds the instant.
    fn current(&self, at: UnixMillis) -> Option<CalendarPeriod> {
        CalendarPeriod::holding(self.every.unit(), at, &self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(every: Every, zone: &str) -> ReportSchedule {
        ReportSchedule {
            every,
            zone: zone.parse().unwrap(),
        }
    }

    fn at(text: &str) -> UnixMillis {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_over_at_its_last_midnight() {
        for (every, zone, instant, latest, next) in [
            (
                Every::Month,
                "UTC",
                "2024-10-01T00:00:00Z",
                "2024-09",
                "2024-11-01T00:00:00.000Z",
            ),
            (
                Every::Month,
                "UTC",
                "2024-09-30T23:59:59.999Z",
                "2024-08",
                "2024-10-01T00:00:00.000Z",
            ),
            // the clocks are put back in between
            (
                Every::Month,
                "Europe/Berlin",
                "2024-09-30T22:00:00Z",
                "2024-09",
                "2024-10-31T23:00:00.000Z",
            ),
            (
                Every::Week,
                "UTC",
                "2025-01-01T12:00:00Z",
                "2024-W52",
                "2025-01-06T00:00:00.000Z",
            ),
            (
                Every::Week,
                "America/New_York",
                "2024-03-11T04:00:00Z",
                "2024-W10",
                "2024-03-18T04:00:00.000Z",
            ),
        ] {
            let schedule = schedule(every, zone);
            let found = schedule.latest(at(instant)).unwrap();
            assert_eq!(found.to_string(), latest, "{instant}");
            assert_eq!(
                schedule.next(at(instant)).unwrap().to_string(),
                next,
                "{instant}"
            );
            assert_eq!(schedule.labelled(latest), Some(found));
        }
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let schedule = schedule(Every::Month, "Europe/Berlin");
        for (after, until, expected) in [
            (
                "2024-09-15T00:00:00Z",
                "2024-12-01T00:00:00Z",
                "2024-09 2024-10 2024-11",
            ),
            // one that ended right then was over already
            ("2024-09-30T22:00:00Z", "2024-10-31T23:00:00Z", "2024-10"),
            (
                "2024-09-30T21:59:59.999Z",
                "2024-09-30T22:00:00Z",
                "2024-09",
            ),
            ("2024-09-30T22:00:00Z", "2024-10-31T22:59:59.999Z", ""),
            ("2024-10-15T00:00:00Z", "2024-09-15T00:00:00Z", ""),
        ] {
            let found = schedule.over_between(at(after), at(until));
            let found: Vec<_> = found.map(|period| period.to_string()).collect();
            assert_eq!(found.join(" "), expected, "{after}");
        }
    }
}
