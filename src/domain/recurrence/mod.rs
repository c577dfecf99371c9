//! When something that recurs by a cron expression takes place: right over changes of the clocks.
//!
//! A start that the clocks are put forward over is at the instant they are; one that they show
//! twice is at the first, but if the hours are not named (`*/10 * * * *`), at both. How long it
//! takes is real time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::domain::cron::Cron;
use crate::domain::period_set::PeriodSet;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;

const DAY: Millis = Millis::from_secs(86_400);

/// How far ahead the next one is looked for: 29 February on a Monday may take 40 years.
const AHEAD_DAYS: [i64; 4] = [2, 35, 400, 41 * 366];

/// All that reach into `range`, whole, and joined where they touch.
pub(in crate::domain) fn occurrences(
    cron: &Cron,
    duration: Millis,
    zone: &Zone,
    range: Period,
) -> PeriodSet {
    if range.is_empty() {
        return PeriodSet::default();
    }
    let starts = Period::new(range.from.saturating_sub(duration), range.to);
    // a day more at both ends: a date that a zone skipped begins on the next
    let first = zone.local(timestamp(starts.from)).date();
    let first = first.yesterday().unwrap_or(first);
    let last = zone.local(timestamp(starts.to)).date();
    let last = last.tomorrow().unwrap_or(last);

    let plain_day = PlainDay::new(cron, duration);
    let mut plain = None;
    let mut found = Vec::new();
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    for date in days
        .take_while(|day| *day <= last)
        .filter(|day| cron.on(*day))
    {
        if !plain
            .as_ref()
            .is_some_and(|plain: &Plain| plain.holds(date))
        {
            plain = Plain::from(zone, date);
        }
        match plain.as_ref().filter(|plain| plain.holds(date)) {
            Some(plain) => found.extend(plain_day.on(plain.midnight(date))),
            None => found.extend(changing_day(cron, duration, zone, date)),
        }
    }
    found
        .into_iter()
        .filter(|period| period.overlaps(range))
        .collect()
}

/// The one under way at `now`, or the next, joined with those that it touches. Without an end in
/// sight it ends at the end of time.
pub(in crate::domain) fn next(
    cron: &Cron,
    duration: Millis,
    zone: &Zone,
    now: UnixMillis,
) -> Option<Period> {
    let mut endless = None;
    for days in AHEAD_DAYS {
        let reach = Period::new(now, now + Millis(DAY.0 * days));
        let found = occurrences(cron, duration, zone, reach);
        let Some(first) = found.periods().first() else {
            continue;
        };
        if first.to < reach.to {
            return Some(*first);
        }
        endless = Some(Period::new(first.from, UnixMillis(i64::MAX)));
    }
    endless
}

/// The occurrences that begin on a day of 24 hours, from its midnight on; joined where they touch.
struct PlainDay(PeriodSet);

impl PlainDay {
    fn new(cron: &Cron, duration: Millis) -> Self {
        let starts = cron
            .minutes()
            .map(|minute| UnixMillis(i64::from(minute) * 60_000));
        Self(
            starts
                .map(|start| Period::new(start, start + duration))
                .collect(),
        )
    }

    fn on(&self, midnight: UnixMillis) -> impl Iterator<Item = Period> {
        let shift = Millis(midnight.0);
        self.0
            .periods()
            .iter()
            .map(move |period| Period::new(period.from + shift, period.to + shift))
    }
}

/// A stretch in which the clocks are not changed.
struct Plain {
    offset: Offset,
    /// From the beginning of a day on.
    from: UnixMillis,
    /// Until the clocks are changed.
    until: UnixMillis,
}

impl Plain {
    /// From the midnight of a date on.
    fn from(zone: &Zone, date: Date) -> Option<Self> {
        let (midnight, _) = zone.instants(date.at(0, 0, 0, 0))?;
        let change = zone.rules().following(midnight).next();
        Some(Self {
            offset: zone.rules().to_offset(midnight),
            from: millis(midnight),
            until: change.map_or(UnixMillis(i64::MAX), |change| millis(change.timestamp())),
        })
    }

    /// Whether all times of the date are in it, and would not be shown again after it.
    fn holds(&self, date: Date) -> bool {
        let midnight = self.midnight(date);
        self.from <= midnight && midnight + DAY + DAY <= self.until
    }

    fn midnight(&self, date: Date) -> UnixMillis {
        let seconds = i64::from(self.offset.seconds());
        let utc = date
            .at(0, 0, 0, 0)
            .duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
        UnixMillis((utc.as_secs() - seconds) * 1000)
    }
}

/// The occurrences that begin on a date on which the clocks may be changed.
fn changing_day(
    cron: &Cron,
    duration: Millis,
    zone: &Zone,
    date: Date,
) -> impl Iterator<Item = Period> {
    let starts = cron.minutes().filter_map(move |minute| {
        let [hour, minute] = [minute / 60, minute % 60].map(|part| i8::try_from(part).unwrap_or(0));
        let (first, second) = zone.instants(date.at(hour, minute, 0, 0))?;
        Some([Some(first), second.filter(|_| cron.any_hour())])
    });
    let starts = starts.flatten().flatten().map(millis);
    starts.map(move |start| Period::new(start, start + duration))
}

/// The nearest that the calendar has.
fn timestamp(instant: UnixMillis) -> Timestamp {
    Timestamp::from_millisecond(instant.0).unwrap_or(if instant.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

fn millis(instant: Timestamp) -> UnixMillis {
    UnixMillis(instant.as_millisecond())
}

#[cfg(test)]
mod tests;
