//! How long answers took, step by step and phase by phase: for those who reckon on their own.

use super::latency::Figures;
use crate::domain::counted::Counted;
use crate::domain::latency::LatencyPart;
use crate::domain::tally::Tally;
use crate::domain::time::Period;

/// What was counted of one probe in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    pub period: Period,
    pub tally: Tally,
    /// Of whole answers, and of each phase; `None` where there was none.
    pub parts: [Option<Figures>; LatencyPart::ALL.len()],
    /// Whether more than the step was counted, since nothing finer is kept.
    pub is_rounded: bool,
}

impl Bucket {
    pub fn new(period: Period, counted: &Counted, is_rounded: bool) -> Self {
        Self {
            period,
            tally: counted.tally,
            parts: LatencyPart::ALL.map(|part| Figures::of(counted.latency.of(part))),
            is_rounded,
        }
    }
}
