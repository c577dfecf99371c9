//! Months, weeks and days as a time zone has them: a day in which the clocks are put forward or back
//! is shorter or longer, and one that a zone skipped does not exist.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Timestamp, ToSpan};

use super::time::{Period, UnixMillis};
use super::zone::Zone;

words! {
    /// What the calendar divides time into.
    CalendarUnit, "part of the calendar" {
        Day = "day",
        /// From Monday on (ISO 8601).
        Week = "week",
        Month = "month",
    }
}

/// One month, week or day.
///
/// Shows as its label: `2024-09`, `2024-W39`, `2024-09-29`. Labels of one unit with years of four
/// digits are in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalendarPeriod {
    /// From its first midnight to that after it. Not empty.
    pub period: Period,
    pub unit: CalendarUnit,
    first: Date,
}

impl CalendarPeriod {
    /// The one that holds the instant. `None` at the ends of the calendar, some 9,999 years away.
    pub fn holding(unit: CalendarUnit, instant: UnixMillis, zone: &Zone) -> Option<Self> {
        let local = zone
            .local(Timestamp::from_millisecond(instant.0).ok()?)
            .date();
        let mut found = Self::reaching(unit, first_of(unit, local)?, zone)?;
        // clocks that are put back over midnight show the date before once more
        while instant < found.period.from {
            found = found.previous(zone)?;
        }
        while found.period.to <= instant {
            found = found.next(zone)?;
        }
        Some(found)
    }

    /// The one with this label. `None` if there is none: the text is no label, or the zone skipped
    /// it.
    pub fn labelled(unit: CalendarUnit, label: &str, zone: &Zone) -> Option<Self> {
        let first: Date = match unit {
            CalendarUnit::Day => label.parse().ok()?,
            CalendarUnit::Month => format!("{label}-01").parse().ok()?,
            CalendarUnit::Week => {
                let (year, week) = label.split_once("-W")?;
                let monday = |year, week| ISOWeekDate::new(year, week, Weekday::Monday).ok();
                monday(year.parse().ok()?, week.parse().ok()?)?.date()
            }
        };
        let found = Self::of(unit, first, zone)?;
        // there is one way to write it
        (found.to_string() == label && !found.period.is_empty()).then_some(found)
    }

    /// The one after it.
    pub fn next(&self, zone: &Zone) -> Option<Self> {
        Self::reaching(self.unit, after(self.unit, self.first)?, zone)
    }

    /// The one before it.
    pub fn previous(&self, zone: &Zone) -> Option<Self> {
        let mut first = self.first;
        loop {
            first = first_of(self.unit, first.yesterday().ok()?)?;
            let found = Self::of(self.unit, first, zone)?;
            if !found.period.is_empty() {
                return Some(found);
            }
        }
    }

    /// All that reach into a period, in order of time, whole. None beyond the ends of the calendar.
    pub fn all(unit: CalendarUnit, period: Period, zone: &Zone) -> impl Iterator<Item = Self> {
        let first = if period.is_empty() {
            None
        } else {
            Self::holding(unit, period.from, zone)
        };
        std::iter::successors(first, |last| last.next(zone))
            .take_while(move |found| found.period.from < period.to)
    }

    /// That of a first date, or the next, if the zone skipped it.
    fn reaching(unit: CalendarUnit, mut first: Date, zone: &Zone) -> Option<Self> {
        loop {
            let found = Self::of(unit, first, zone)?;
            if !found.period.is_empty() {
                return Some(found);
            }
            first = after(unit, first)?;
        }
    }

    /// Empty if the zone skipped it.
    fn of(unit: CalendarUnit, first: Date, zone: &Zone) -> Option<Self> {
        let midnight = |date: Date| {
            let (first, _) = zone.instants(date.at(0, 0, 0, 0))?;
            Some(UnixMillis(first.as_millisecond()))
        };
        Some(Self {
            period: Period::new(midnight(first)?, midnight(after(unit, first)?)?),
            unit,
            first,
        })
    }
}

/// The first date of the one that holds a date.
fn first_of(unit: CalendarUnit, date: Date) -> Option<Date> {
    match unit {
        CalendarUnit::Day => Some(date),
        CalendarUnit::Week => {
            let since = date.weekday().to_monday_zero_offset();
            date.checked_sub(since.days()).ok()
        }
        CalendarUnit::Month => Some(date.first_of_month()),
    }
}

/// The first date of the one after that which begins with a date.
fn after(unit: CalendarUnit, first: Date) -> Option<Date> {
    let length = match unit {
        CalendarUnit::Day => 1.day(),
        CalendarUnit::Week => 1.week(),
        CalendarUnit::Month => 1.month(),
    };
    first.checked_add(length).ok()
}

impl fmt::Display for CalendarPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first;
        match self.unit {
            CalendarUnit::Day => write!(f, "{first}"),
            CalendarUnit::Month => write!(f, "{:04}-{:02}", first.year(), first.month()),
            CalendarUnit::Week => {
                let week = first.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZONES: &[&str] = &[
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "America/St_Johns",
        "Pacific/Apia",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Kwajalein",
    ];

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[track_caller]
    fn check(unit: CalendarUnit, zone_name: &str, instant: &str, expected: &str) {
        let zone = zone(zone_name);
        let instant: UnixMillis = instant.parse().unwrap();
        let found = CalendarPeriod::holding(unit, instant, &zone).unwrap();
        let minutes = found.period.length().0 / 60_000;
        let shown = format!(
            "{found} from {} for {}h {}m, after {}, before {}",
            found.period.from.to_string().replace(":00.000Z", "Z"),
            minutes / 60,
            minutes % 60,
            found.previous(&zone).unwrap(),
            found.next(&zone).unwrap(),
        );
        assert_eq!(shown, expected);
    }

    #[test]
    fn days_are_as_long_as_the_clocks_make_them() {
        use CalendarUnit::Day;
        for (zone, instant, expected) in [
            (
                "UTC",
                "2024-02-29T23:59:59.999Z",
                "2024-02-29 from 2024-02-29T00:00Z for 24h 0m, after 2024-02-28, before 2024-03-01",
            ),
            (
                "Europe/Berlin",
                "2024-03-31T12:00:00Z",
                "2024-03-31 from 2024-03-30T23:00Z for 23h 0m, after 2024-03-30, before 2024-04-01",
            ),
            (
                "Europe/Berlin",
                "2024-10-27T00:30:00Z",
                "2024-10-27 from 2024-10-26T22:00Z for 25h 0m, after 2024-10-26, before 2024-10-28",
            ),
            // half an hour only
            (
                "Australia/Lord_Howe",
                "2024-04-07T00:00:00Z",
                "2024-04-07 from 2024-04-06T13:00Z for 24h 30m, after 2024-04-06, before 2024-04-08",
            ),
            // midnight does not exist: clocks go from 23:59 to 01:00
            (
                "America/Sao_Paulo",
                "2018-11-04T03:00:00Z",
                "2018-11-04 from 2018-11-04T03:00Z for 23h 0m, after 2018-11-03, before 2018-11-05",
            ),
            // and are put back from midnight to 23:00
            (
                "America/Sao_Paulo",
                "2018-02-18T02:30:00Z",
                "2018-02-17 from 2018-02-17T02:00Z for 25h 0m, after 2018-02-16, before 2018-02-18",
            ),
            // put back from 00:01: the date before is shown once more
            (
                "America/St_Johns",
                "2010-11-07T03:00:00Z",
                "2010-11-07 from 2010-11-07T02:30Z for 25h 0m, after 2010-11-06, before 2010-11-08",
            ),
            // 30 December did not take place
            (
                "Pacific/Apia",
                "2011-12-30T09:59:59.999Z",
                "2011-12-29 from 2011-12-29T10:00Z for 24h 0m, after 2011-12-28, before 2011-12-31",
            ),
            (
                "Pacific/Apia",
                "2011-12-30T10:00:00Z",
                "2011-12-31 from 2011-12-30T10:00Z for 24h 0m, after 2011-12-29, before 2012-01-01",
            ),
        ] {
            check(Day, zone, instant, expected);
        }
    }

    #[test]
    fn weeks_and_months_are_labelled_by_the_calendar() {
        use CalendarUnit::{Month, Week};
        for (unit, zone, instant, expected) in [
            (
                Week,
                "UTC",
                "2024-12-30T00:00:00Z",
                "2025-W01 from 2024-12-30T00:00Z for 168h 0m, after 2024-W52, before 2025-W02",
            ),
            (
                Week,
                "UTC",
                "2021-01-03T23:59:59Z",
                "2020-W53 from 2020-12-28T00:00Z for 168h 0m, after 2020-W52, before 2021-W01",
            ),
            (
                Week,
                "Europe/Berlin",
                "2024-10-27T22:59:59Z",
                "2024-W43 from 2024-10-20T22:00Z for 169h 0m, after 2024-W42, before 2024-W44",
            ),
            (
                Week,
                "Pacific/Apia",
                "2011-12-28T00:00:00Z",
                "2011-W52 from 2011-12-26T10:00Z for 144h 0m, after 2011-W51, before 2012-W01",
            ),
            (
                Month,
                "Europe/Berlin",
                "2024-09-30T22:00:00Z",
                "2024-10 from 2024-09-30T22:00Z for 745h 0m, after 2024-09, before 2024-11",
            ),
            (
                Month,
                "UTC",
                "2023-12-31T23:59:59.999Z",
                "2023-12 from 2023-12-01T00:00Z for 744h 0m, after 2023-11, before 2024-01",
            ),
            (
                Month,
                "Europe/Berlin",
                "2024-03-15T00:00:00Z",
                "2024-03 from 2024-02-29T23:00Z for 743h 0m, after 2024-02, before 2024-04",
            ),
        ] {
            check(unit, zone, instant, expected);
        }
    }

    #[test]
    fn labels_that_name_nothing_are_refused() {
        use CalendarUnit::{Day, Month, Week};
        for (unit, zone_name, label) in [
            (Month, "UTC", "2024-13"),
            (Month, "UTC", "2024-9"),
            (Month, "UTC", "2024-09-01"),
            (Month, "UTC", ""),
            (Month, "UTC", "-2024-09"),
            (Week, "UTC", "2024-W53"),
            (Week, "UTC", "2024-W1"),
            (Week, "UTC", "2024-w01"),
            (Week, "UTC", "2024-W+1"),
            (Day, "UTC", "2023-02-29"),
            (Day, "UTC", "2023-02-28T00:00"),
            (Day, "UTC", "20230228"),
            (Day, "Pacific/Apia", "2011-12-30"),
        ] {
            let found = CalendarPeriod::labelled(unit, label, &zone(zone_name));
            assert_eq!(found, None, "{label}");
        }
    }

    #[test]
    fn nothing_is_told_beyond_the_calendar() {
        for instant in [i64::MIN, i64::MAX] {
            for &unit in CalendarUnit::ALL {
                let found = CalendarPeriod::holding(unit, UnixMillis(instant), &Zone::utc());
                assert_eq!(found, None);
            }
        }
        let all = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
        assert_eq!(
            CalendarPeriod::all(CalendarUnit::Day, all, &Zone::utc()).count(),
            0
        );
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_one_and_they_follow_each_other(
            unit in proptest::sample::select(CalendarUnit::ALL),
            name in proptest::sample::select(ZONES),
            // 1970 to 2070
            instant in 0..3_155_760_000_000i64,
            length in 0..8_000_000_000i64,
        ) {
            let (zone, instant) = (zone(name), UnixMillis(instant));
            let found = CalendarPeriod::holding(unit, instant, &zone).unwrap();
            prop_assert!(found.period.from <= instant && instant < found.period.to);
            let label = found.to_string();
            prop_assert_eq!(CalendarPeriod::labelled(unit, &label, &zone), Some(found));
            let (next, previous) = (found.next(&zone).unwrap(), found.previous(&zone).unwrap());
            prop_assert_eq!(next.period.from, found.period.to);
            prop_assert_eq!(previous.period.to, found.period.from);
            prop_assert!(previous.to_string() < label && label < next.to_string());
            prop_assert_eq!(next.previous(&zone), Some(found));
            prop_assert_eq!(previous.next(&zone), Some(found));

            let period = Period::new(instant, UnixMillis(instant.0 + length));
            let parts = CalendarPeriod::all(unit, period, &zone);
            let parts: Vec<_> = parts.map(|part| part.period.clip(period)).collect();
            prop_assert!(parts.iter().all(|part| !part.is_empty()));
            let sum: i64 = parts.iter().map(|part| part.length().0).sum();
            prop_assert_eq!(sum, length);
        }
    }
}
