//! A calendar of days, each with its downtime: a heat map.

use crate::domain::availability::{Percent, State};
use crate::domain::time::{Millis, Period};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub label: String,
    /// In order of time.
    pub days: Vec<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// As in `2024-09-29`, where the report's days begin.
    pub date: String,
    /// As far as it lies in the period.
    pub period: Period,
    /// Of observed time. `None` without any.
    pub uptime: Option<Percent>,
    pub down: Millis,
    pub unobserved: Millis,
    /// The worst that it was. `None` where it was not configured.
    pub worst: Option<State>,
}
