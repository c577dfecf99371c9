//! A period day by day, and the worst windows of it.

use schemars::JsonSchema;
use serde::Serialize;

use super::totals::AvailabilityJson;
use super::{Instant, Ms, Share};
use crate::domain::windowed::Point;
use crate::report::days::Day;

#[derive(Serialize, JsonSchema)]
pub(super) struct DayJson<'m> {
    date: &'m str,
    /// That part of it which lies in the period.
    from: Instant,
    to: Instant,
    #[serde(flatten)]
    availability: AvailabilityJson,
    /// Outages that reach into it.
    outages: u64,
}

/// Of all windows of this length inside the period the one that was down the longest.
#[derive(Serialize, JsonSchema)]
pub(super) struct PointJson {
    length_ms: Ms,
    from: Instant,
    to: Instant,
    down_ms: Ms,
    /// 1 - down / length,
    availability_percent: Share,
    /// and of the worst windows by the longest and by the shortest that outages can have been.
    low_percent: Share,
    high_percent: Share,
}

impl<'m> From<&'m Day> for DayJson<'m> {
    fn from(day: &'m Day) -> Self {
        Self {
            date: &day.date,
            from: Instant(day.period.from),
            to: Instant(day.period.to),
            availability: (&day.availability).into(),
            outages: day.outages,
        }
    }
}

impl From<&Point> for PointJson {
    fn from(point: &Point) -> Self {
        Self {
            length_ms: point.length.into(),
            from: Instant(point.worst.window.from),
            to: Instant(point.worst.window.to),
            down_ms: point.worst.down.into(),
            availability_percent: point.availability.into(),
            low_percent: point.low.into(),
            high_percent: point.high.into(),
        }
    }
}
