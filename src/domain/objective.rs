//! Objectives (`slo`): a target over a span of time, its error budget, how fast the budget burns,
//! and when it will be gone. After the SRE workbook, chapter 5 (Alerting on SLOs).

use std::num::NonZeroU16;

use super::availability::Percent;
use super::time::{Millis, Period, UnixMillis};
use super::zone::Zone;

/// The terms of an objective.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Of the observed time in its span; below 100 %.
    pub target: Percent,
    pub over: Span,
    /// Whether time degraded counts as down.
    pub degraded_counts: bool,
}

/// Over what an objective is kept.
#[derive(Clone, Debug)]
pub enum Span {
    /// Each calendar month.
    Month(Zone),
    /// The last so many days, at any instant; a day has 24 hours.
    Days(NonZeroU16),
}

/// An amount as reported, with the least and the most that it can have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounded<T> {
    pub reported: T,
    pub least: T,
    pub most: T,
}

/// How an objective fares at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The span that is looked at, up to the end of the calendar month or the instant.
    pub span: Period,
    /// Up to which it is known.
    pub until: UnixMillis,
    /// Of observed time. `None` without any.
    pub attained: Option<Bounded<Percent>>,
    /// Bad time that the whole span may have.
    pub budget: Millis,
    pub spent: Bounded<Millis>,
    /// `budget - spent`; negative where it is overspent.
    pub left: Bounded<Millis>,
    /// Each pair of the workbook's table.
    pub burn: Vec<Burn>,
    /// `None` where nothing burns, or the span is over.
    pub forecast: Option<Forecast>,
}

/// How fast the budget burns over two windows: 1 spends it exactly by the end of the span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burn {
    pub long: Millis,
    pub short: Millis,
    /// In hundredths; `None` where nothing was observed.
    pub long_rate: Option<u64>,
    pub short_rate: Option<u64>,
    /// In hundredths: above this in both windows it is too fast.
    pub threshold: u64,
    pub is_too_fast: bool,
}

/// What comes of it if it burns on as over the longest window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Over which it was looked at how fast it burns.
    pub over: Millis,
    /// When the budget is gone; `None` if not before the end of the span.
    pub exhausted_at: Option<UnixMillis>,
    /// Bad time by the end of the span.
    pub spent_at_end: Millis,
}
