//! How long answers took, over the period and over time.

use crate::domain::histogram::Histogram;
use crate::domain::latency::LatencyPart;
use crate::domain::time::{Micros, Period};

/// Of one probe, or of all probes of a platform, a service or a report together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyReport {
    /// Whole answers and each phase, where there was any.
    pub parts: Vec<(LatencyPart, Figures)>,
    /// Of whole answers, step by step in order of time; `None` where nothing answered.
    pub over_time: Vec<(Period, Option<Figures>)>,
}

/// What a histogram says. Off by less than 1 %, but for `min` and `max`, which are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// So many answers.
    pub count: u64,
    pub min: Micros,
    pub median: Micros,
    pub p95: Micros,
    pub p99: Micros,
    pub max: Micros,
}

impl LatencyReport {
    /// Of whole answers. `None` without any.
    pub fn total(&self) -> Option<&Figures> {
        let mut parts = self.parts.iter();
        let total = parts.find(|(part, _)| *part == LatencyPart::Total);
        total.map(|(_, figures)| figures)
    }
}

impl Figures {
    /// `None` of nothing.
    pub fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            count: histogram.count(),
            min: histogram.quantile(0)?,
            median: histogram.quantile(500)?,
            p95: histogram.quantile(950)?,
            p99: histogram.quantile(990)?,
            max: histogram.quantile(1000)?,
        })
    }
}
