//! How long answers took over time: the median, with bands up to p95 and p99.

use crate::domain::time::Period;
use crate::report::latency::Figures;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyBands {
    pub period: Period,
    /// In order of time; `None` where nothing answered.
    pub steps: Vec<(Period, Option<Figures>)>,
}
