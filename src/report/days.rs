//! A period day by day.

use crate::domain::availability::{Availability, State, availability};
use crate::domain::calendar::{CalendarPeriod, CalendarUnit};
use crate::domain::time::{Millis, Period};
use crate::domain::track::Track;
use crate::domain::zone::Zone;

/// What a subject was on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// As in `2024-09-29`.
    pub date: String,
    /// That part of it which lies in the period of the report, and after the first of all probes was
    /// configured.
    pub period: Period,
    /// As far as it counts. The days of a period add up to it.
    pub availability: Availability,
    /// Windows that reach into it.
    pub outages: u64,
}

impl Day {
    /// `days` are dates and what of them lies in the period.
    pub(super) fn all(track: &Track, days: &[(String, Period)]) -> Vec<Self> {
        let days = days.iter().map(|(date, period)| Self {
            date: date.clone(),
            period: *period,
            availability: availability(track, *period),
            outages: track.windows_in(*period).len() as u64,
        });
        days.collect()
    }

    /// The worst that it was: down, else degraded, unknown, in maintenance, up. `None` where it was
    /// not configured.
    pub fn worst(&self) -> Option<State> {
        let Availability {
            up,
            degraded,
            down,
            unknown,
            maintenance,
            ..
        } = self.availability;
        let states = [
            (down, State::Down),
            (degraded, State::Degraded),
            (unknown, State::Unknown),
            (maintenance, State::Maintenance),
            (up, State::Up),
        ];
        let mut there = states.into_iter().filter(|(time, _)| *time > Millis::ZERO);
        there.next().map(|(_, state)| state)
    }
}

/// The dates of a period in a zone, each with what of it lies in the period.
pub(super) fn days_of(period: Period, zone: &Zone) -> Vec<(String, Period)> {
    let days = CalendarPeriod::all(CalendarUnit::Day, period, zone);
    days.map(|day| (day.to_string(), day.period.clip(period)))
        .collect()
}
