//! What each subject was over the period: one row each.

use crate::domain::availability::State;
use crate::domain::time::{Millis, Period};

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
    /// When it can have begun at the earliest; `None` if nobody saw.
    pub start_earliest: Option<crate::domain::time::UnixMillis>,
    /// When it can have ended at the earliest, and at the latest; `None` if nobody saw.
    pub end_earliest: crate::domain::time::UnixMillis,
    pub end_latest: Option<crate::domain::time::UnixMillis>,
    /// Its length.
    pub length: Millis,
}
