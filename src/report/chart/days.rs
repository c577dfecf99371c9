//! A calendar of days, each with its downtime: a heat map.

use crate::domain::availability::State;
use crate::domain::time::Millis;
use crate::report::days::Day;
use crate::report::text::{length, many};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub label: String,
    /// In order of time, without a gap.
    pub days: Vec<Day>,
}

/// How good a day was, by its uptime of observed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// 100 %.
    Whole,
    /// From 99.9 %.
    Most,
    /// From 99 %.
    Much,
    Less,
    /// Nobody watched for most of it.
    Unobserved,
    /// Nothing of it counted.
    Maintenance,
    NotConfigured,
}

impl Class {
    pub const ALL: [Self; 7] = [
        Self::Whole,
        Self::Most,
        Self::Much,
        Self::Less,
        Self::Unobserved,
        Self::Maintenance,
        Self::NotConfigured,
    ];

    pub fn of(day: &Day) -> Self {
        let availability = &day.availability;
        let uptime = availability.uptime().map(|uptime| uptime.thousandths);
        match (uptime, day.worst()) {
            (_, None) => Self::NotConfigured,
            (Some(..99_000), _) => Self::Less,
            (Some(..99_900), _) => Self::Much,
            (Some(..100_000), _) => Self::Most,
            // what little was seen says nothing of the rest
            _ if availability.unknown > availability.observed() => Self::Unobserved,
            (Some(_), _) => Self::Whole,
            (None, Some(State::Maintenance)) => Self::Maintenance,
            (None, Some(_)) => Self::Unobserved,
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            Self::Whole => "100 %",
            Self::Most => "≥ 99.9 %",
            Self::Much => "≥ 99 %",
            Self::Less => "< 99 %",
            Self::Unobserved => "unobserved",
            Self::Maintenance => "maintenance",
            Self::NotConfigured => "not configured",
        }
    }
}

/// As in `2024-09-29: 99.123 %, 1 outage, down 12m 38s`.
pub fn in_words(day: &Day) -> String {
    let availability = &day.availability;
    let mut parts = Vec::new();
    match (availability.uptime(), Class::of(day)) {
        (Some(uptime), _) => parts.push(format!("{uptime} %")),
        (None, class) => parts.push(class.word().to_owned()),
    }
    if day.outages > 0 {
        parts.push(many(day.outages, "outage", "outages"));
    }
    for (time, what) in [
        (availability.down, "down"),
        (availability.degraded, "degraded"),
        (availability.unknown, "unobserved"),
        (availability.maintenance, "in maintenance"),
    ] {
        if time > Millis::ZERO {
            parts.push(format!("{what} {}", length(time)));
        }
    }
    format!("{}: {}", day.date, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::availability::Availability;
    use crate::domain::time::{Period, UnixMillis};

    fn day(up: i64, down: i64, unknown: i64, maintenance: i64) -> Day {
        let covered = Millis(up + down + unknown + maintenance);
        Day {
            date: "2024-09-29".to_owned(),
            period: Period::new(UnixMillis(0), UnixMillis(covered.0)),
            availability: Availability {
                covered,
                up: Millis(up),
                down: Millis(down),
                unknown: Millis(unknown),
                maintenance: Millis(maintenance),
                ..Availability::default()
            },
            outages: u64::from(down > 0),
        }
    }

    #[test]
    fn a_day_is_as_good_as_what_was_seen_of_it() {
        for (day, class) in [
            (day(100_000, 0, 0, 0), Class::Whole),
            (day(10_000_000, 1, 0, 0), Class::Most),
            (day(99_900, 100, 0, 0), Class::Most),
            (day(99_899, 101, 0, 0), Class::Much),
            (day(99_000, 1000, 0, 0), Class::Much),
            (day(98_999, 1001, 0, 0), Class::Less),
            (day(0, 1, 100_000, 0), Class::Less),
            (day(100, 0, 100, 0), Class::Whole),
            (day(100, 0, 101, 0), Class::Unobserved),
            (day(0, 0, 100, 100), Class::Unobserved),
            (day(0, 0, 0, 100), Class::Maintenance),
            (day(0, 0, 0, 0), Class::NotConfigured),
        ] {
            assert_eq!(Class::of(&day), class, "{:?}", day.availability);
        }
    }

    #[test]
    fn a_day_is_told_in_words() {
        assert_eq!(
            in_words(&day(85_641_600, 758_400, 0, 0)),
            "2024-09-29: 99.122 %, 1 outage, down 12m 38s"
        );
        assert_eq!(in_words(&day(0, 0, 0, 0)), "2024-09-29: not configured");
    }
}
