//! How long answers took, and how failures came about.

use schemars::JsonSchema;
use serde::Serialize;

use super::Instant;
use crate::domain::observation::{Cause, Phase};
use crate::domain::time::Period;
use crate::report::latency::Figures;
use crate::report::measured::Measured;

#[derive(Serialize, JsonSchema)]
pub(super) struct MeasuredJson {
    /// Whole answers (`total`) and each phase that there was any of.
    latency: Vec<PartJson>,
    /// Of whole answers, step by step.
    latency_over_time: Vec<StepJson>,
    /// The most frequent first.
    failures: Vec<FailuresJson>,
}

#[derive(Serialize, JsonSchema)]
struct PartJson {
    /// `total`, `dns`, `connect`, `tls`, `first_byte` or `body`.
    part: &'static str,
    #[serde(flatten)]
    figures: FiguresJson,
}

#[derive(Serialize, JsonSchema)]
struct StepJson {
    from: Instant,
    to: Instant,
    /// `null` where nothing answered.
    figures: Option<FiguresJson>,
}

/// In microseconds. Percentiles are off by less than 1 %; `min_us` and `max_us` are exact.
#[derive(Serialize, JsonSchema)]
pub(super) struct FiguresJson {
    /// So many answers.
    count: u64,
    min_us: u64,
    median_us: u64,
    p95_us: u64,
    p99_us: u64,
    max_us: u64,
}

/// Failures of one cause in one phase; `null` for what is not known.
#[derive(Serialize, JsonSchema)]
struct FailuresJson {
    cause: Option<&'static str>,
    phase: Option<&'static str>,
    count: u64,
}

impl From<&Measured> for MeasuredJson {
    fn from(measured: &Measured) -> Self {
        let parts = measured.latency.parts.iter();
        let steps = measured.latency.over_time.iter();
        let failures = measured.failures.ranked().into_iter();
        Self {
            latency: parts
                .map(|(part, figures)| PartJson {
                    part: part.as_str(),
                    figures: figures.into(),
                })
                .collect(),
            latency_over_time: steps
                .map(|(Period { from, to }, figures)| StepJson {
                    from: Instant(*from),
                    to: Instant(*to),
                    figures: figures.as_ref().map(Into::into),
                })
                .collect(),
            failures: failures
                .map(|(cause, phase, count)| FailuresJson {
                    cause: cause.map(Cause::as_str),
                    phase: phase.map(Phase::as_str),
                    count,
                })
                .collect(),
        }
    }
}

impl From<&Figures> for FiguresJson {
    fn from(figures: &Figures) -> Self {
        Self {
            count: figures.count,
            min_us: figures.min.0,
            median_us: figures.median.0,
            p95_us: figures.p95.0,
            p99_us: figures.p99.0,
            max_us: figures.max.0,
        }
    }
}
