//! What each subject was over the period: one row each.

use crate::domain::availability::State;
use crate::domain::outage::OutageWindow;
use crate::domain::time::{Period, UnixMillis};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timelines {
    pub period: Period,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub label: String,
    /// In order of time; where there is none it was not configured. Neighbours differ.
    pub stretches: Vec<(Period, State)>,
    /// Of each window down inside the period, how much longer it can have been.
    pub bounds: Vec<Bounds>,
}

/// The bounds of one window, clipped to the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub window: Period,
    /// When it can have begun at the earliest; `None` if nobody saw. At the latest it began where the
    /// window does.
    pub start_earliest: Option<UnixMillis>,
    /// When it can have ended at the earliest, and at the latest; `None` if nobody saw.
    pub end_earliest: UnixMillis,
    pub end_latest: Option<UnixMillis>,
}

impl Bounds {
    /// A bound outside of the period is where the period ends, and there is none of an end that lies
    /// outside.
    pub(in crate::report) fn of(window: &OutageWindow, period: Period) -> Self {
        let clip = |at| period.from.max(at).min(period.to);
        let (begins_before, ends_after) = (window.start < period.from, window.end > period.to);
        Self {
            window: window.period().clip(period),
            start_earliest: if begins_before {
                Some(period.from)
            } else {
                window.start_earliest.map(clip)
            },
            end_earliest: if ends_after {
                period.to
            } else {
                clip(window.end_earliest)
            },
            end_latest: if ends_after {
                Some(period.to)
            } else {
                window.end_latest.map(clip)
            },
        }
    }
}
