//! Where an axis of time is marked, and with what words. In UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

use crate::domain::time::{Millis, Period, UnixMillis};

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const MONTH_MS: i64 = 30 * DAY_MS;

/// Most days whose boundaries are told apart: more would be a grey field.
const DAYS_MAX: usize = 62;

/// A mark on an axis of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    pub at: UnixMillis,
    /// The date where a day begins, else the time of day.
    pub label: String,
}

/// Between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// So many milliseconds, that divide a day.
    Time(i64),
    /// So many days.
    Days(i64),
    /// On Mondays, every so many weeks.
    Weeks(i64),
    /// On the first of a month, every so many months.
    Months(i64),
}

/// From the finest.
const STEPS: &[Step] = &[
    Step::Time(1),
    Step::Time(2),
    Step::Time(5),
    Step::Time(10),
    Step::Time(20),
    Step::Time(50),
    Step::Time(100),
    Step::Time(200),
    Step::Time(500),
    Step::Time(SECOND_MS),
    Step::Time(2 * SECOND_MS),
    Step::Time(5 * SECOND_MS),
    Step::Time(10 * SECOND_MS),
    Step::Time(15 * SECOND_MS),
    Step::Time(30 * SECOND_MS),
    Step::Time(MINUTE_MS),
    Step::Time(2 * MINUTE_MS),
    Step::Time(5 * MINUTE_MS),
    Step::Time(10 * MINUTE_MS),
    Step::Time(15 * MINUTE_MS),
    Step::Time(30 * MINUTE_MS),
    Step::Time(HOUR_MS),
    Step::Time(2 * HOUR_MS),
    Step::Time(3 * HOUR_MS),
    Step::Time(6 * HOUR_MS),
    Step::Time(12 * HOUR_MS),
    Step::Days(1),
    Step::Days(2),
    Step::Weeks(1),
    Step::Weeks(2),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(24),
    Step::Months(60),
    Step::Months(120),
    Step::Months(1200),
];

impl Step {
    /// Roughly.
    const fn length(self) -> i64 {
        match self {
            Self::Time(ms) => ms,
            Self::Days(days) => days * DAY_MS,
            Self::Weeks(weeks) => weeks * 7 * DAY_MS,
            Self::Months(months) => months * MONTH_MS,
        }
    }
}

/// At round times of the period, both ends included, at most so many and one; if that were a single one, twice as many. None of an empty
/// period, nor outside the years that dates are known of.
pub fn ticks(period: Period, most: usize) -> Vec<Tick> {
    let length = period.length().0;
    let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
    let fits = STEPS.iter().position(|step| length / step.length() <= most);
    let (Some(fits), false) = (fits, period.is_empty()) else {
        return Vec::new();
    };
    let at_steps = |step: Step| match step {
        Step::Time(ms) => multiples(period, ms),
        step => dates(period, step),
    };
    let (mut step, mut instants) = (STEPS[fits], at_steps(STEPS[fits]));
    if instants.len() < 2 && fits > 0 {
        // one mark is no scale: rather a few more than there is room for
        step = STEPS[fits - 1];
        instants = at_steps(step);
    }
    let labelled = instants.into_iter().filter_map(|at| {
        let label = label(at, step)?;
        Some(Tick { at, label })
    });
    labelled.collect()
}

/// The midnights inside the period. None if they are too many to be told apart.
pub fn days(period: Period) -> Vec<UnixMillis> {
    let count = usize::try_from(period.length().0 / DAY_MS).unwrap_or(usize::MAX);
    if count > DAYS_MAX || period.is_empty() {
        return Vec::new();
    }
    multiples(period, DAY_MS)
}

fn multiples(period: Period, step: i64) -> Vec<UnixMillis> {
    let short = (-period.from.0.rem_euclid(step)).rem_euclid(step);
    let mut all = Vec::new();
    let mut next = period.from.0.checked_add(short);
    while let Some(at) = next.filter(|at| *at <= period.to.0) {
        all.push(UnixMillis(at));
        next = at.checked_add(step);
    }
    all
}

fn dates(period: Period, step: Step) -> Vec<UnixMillis> {
    let mut all = Vec::new();
    let mut next = utc(period.from).and_then(|from| first(from.date(), step));
    while let Some(date) = next {
        let Some(at) = midnight(date).filter(|at| *at <= period.to) else {
            break;
        };
        if at >= period.from {
            all.push(at);
        }
        next = match step {
            Step::Days(days) => date.checked_add(days.days()),
            Step::Weeks(weeks) => date.checked_add(weeks.weeks()),
            Step::Months(months) => date.checked_add(months.months()),
            Step::Time(_) => break,
        }
        .ok();
    }
    all
}

/// The last date on the step's grid that is not after this one.
fn first(date: Date, step: Step) -> Option<Date> {
    let days = midnight(date)?.0.div_euclid(DAY_MS);
    let back = match step {
        Step::Time(_) => 0,
        Step::Days(every) => days.rem_euclid(every),
        // the epoch began on a Thursday
        Step::Weeks(every) => (days + 3).rem_euclid(7 * every),
        Step::Months(every) => {
            let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
            let first = date.first_of_month();
            let back = month.rem_euclid(every).months();
            return first.checked_sub(back).ok();
        }
    };
    date.checked_sub(back.days()).ok()
}

fn utc(at: UnixMillis) -> Option<DateTime> {
    let instant = Timestamp::from_millisecond(at.0).ok()?;
    Some(Offset::UTC.to_datetime(instant))
}

fn midnight(date: Date) -> Option<UnixMillis> {
    let instant = Offset::UTC.to_timestamp(date.to_datetime(Time::midnight()));
    Some(UnixMillis(instant.ok()?.as_millisecond()))
}

fn label(at: UnixMillis, step: Step) -> Option<String> {
    let local = utc(at)?;
    let month = MONTHS.get(usize::try_from(local.month()).ok()?.checked_sub(1)?)?;
    Some(match step {
        Step::Months(every) if every >= 12 => local.year().to_string(),
        Step::Months(_) if local.month() == 1 => local.year().to_string(),
        Step::Months(_) => (*month).to_owned(),
        _ if at.0.rem_euclid(DAY_MS) == 0 => format!("{} {month}", local.day()),
        Step::Time(ms) if ms < SECOND_MS => {
            format!("{:02}.{:03}", local.second(), at.0.rem_euclid(SECOND_MS))
        }
        Step::Time(ms) if ms < MINUTE_MS => {
            let (hour, minute, second) = (local.hour(), local.minute(), local.second());
            format!("{hour:02}:{minute:02}:{second:02}")
        }
        _ => format!("{:02}:{:02}", local.hour(), local.minute()),
    })
}

/// From January.
pub const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Round lengths on an axis from a minute on, at most up to this one.
pub fn lengths(most: Millis) -> Vec<(Millis, &'static str)> {
    let all = [
        (MINUTE_MS, "1m"),
        (5 * MINUTE_MS, "5m"),
        (HOUR_MS, "1h"),
        (6 * HOUR_MS, "6h"),
        (DAY_MS, "1d"),
        (7 * DAY_MS, "7d"),
        (30 * DAY_MS, "30d"),
        (365 * DAY_MS, "1y"),
    ];
    let all = all.into_iter().map(|(ms, label)| (Millis(ms), label));
    all.filter(|(length, _)| *length <= most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let instant = |text: &str| text.parse().expect("an instant");
        let found = ticks(Period::new(instant(from), instant(to)), 6);
        let found: Vec<_> = found.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(found.join(" | "), expected, "{from} to {to}");
    }

    #[test]
    fn ticks_stand_at_round_times() {
        check(
            "2024-09-29T14:00:00.000Z",
            "2024-09-29T14:00:00.001Z",
            "00.000 | 00.001",
        );
        check(
            "2024-09-29T14:00:03Z",
            "2024-09-29T14:01:00Z",
            "14:00:10 | 14:00:20 | 14:00:30 | 14:00:40 | 14:00:50 | 14:01:00",
        );
        check(
            "2024-09-29T14:00:00Z",
            "2024-09-29T18:00:00Z",
            "14:00 | 15:00 | 16:00 | 17:00 | 18:00",
        );
        check(
            "2024-09-29T14:00:00Z",
            "2024-09-30T14:00:00Z",
            "18:00 | 30 Sep | 06:00 | 12:00",
        );
        check(
            "2024-09-27T00:00:00Z",
            "2024-10-02T00:00:00Z",
            "27 Sep | 28 Sep | 29 Sep | 30 Sep | 1 Oct | 2 Oct",
        );
        check(
            "2024-09-01T00:00:00Z",
            "2024-10-01T00:00:00Z",
            "2 Sep | 9 Sep | 16 Sep | 23 Sep | 30 Sep",
        );
        check(
            "2024-01-15T00:00:00Z",
            "2024-12-31T00:00:00Z",
            "Mar | May | Jul | Sep | Nov",
        );
        check(
            "2023-07-02T00:00:00Z",
            "2025-02-01T00:00:00Z",
            "Oct | 2024 | Apr | Jul | Oct | 2025",
        );
        check(
            "1990-07-01T00:00:00Z",
            "2024-02-01T00:00:00Z",
            "1995 | 2000 | 2005 | 2010 | 2015 | 2020",
        );
    }

    #[test]
    fn no_period_is_too_odd_for_an_axis() {
        for (from, to) in [
            (0, 0),
            (5, 4),
            (i64::MIN, i64::MAX),
            (i64::MIN, i64::MIN + 1),
            (i64::MAX - 1, i64::MAX),
            (-1, 1),
        ] {
            let period = Period::new(UnixMillis(from), UnixMillis(to));
            assert!(ticks(period, 6).len() <= 7, "{from} to {to}");
            assert!(days(period).len() <= DAYS_MAX + 1, "{from} to {to}");
        }
    }

    #[test]
    fn day_boundaries_are_shown_until_they_are_too_many() {
        let days_of = |count: i64| {
            let to = UnixMillis(1 + count * DAY_MS);
            days(Period::new(UnixMillis(1), to)).len()
        };
        assert_eq!(
            [days_of(0), days_of(1), days_of(62), days_of(63)],
            [0, 1, 62, 0]
        );
    }
}
