//! Windowed availability, after Hauer et al., "Meaningful Availability" (NSDI 2020): the worst window
//! of every length tells one long outage from many short ones.

use super::availability::Percent;
use super::time::{Millis, Period};

/// The window of one length that holds the most time down, the earliest of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    pub window: Period,
    pub down: Millis,
}

/// What is known of windows of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub length: Millis,
    /// By the reported outages.
    pub worst: Worst,
    /// 1 - down / length, of the worst window.
    pub availability: Percent,
    /// The same had every outage been as long as it can have been, and as short; the worst windows of
    /// these may lie elsewhere.
    pub low: Percent,
    pub high: Percent,
}

/// Of ascending lengths, from a minute to the whole period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowedAvailability {
    pub points: Vec<Point>,
    /// Whether a straight line between neighbours, of the time down, is exact everywhere.
    pub is_complete: bool,
}

impl WindowedAvailability {
    /// Of a subject over a period.
    pub fn of(_track: &super::track::Track, _period: Period) -> Self {
        Self::default()
    }
}
