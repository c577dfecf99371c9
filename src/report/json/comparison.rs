//! A period beside the one before.

use schemars::JsonSchema;
use serde::Serialize;

use super::measured::FiguresJson;
use super::totals::{AvailabilityJson, OutageTotalsJson};
use super::{Instant, Ms};
use crate::report::comparison::{Before, Comparison};

/// What is more than in the period before; less is negative.
#[derive(Serialize, JsonSchema)]
pub(super) struct ComparisonJson {
    before: BeforeJson,
    /// In percent. These changes are `null` unless something was observed in both.
    uptime_change_percent: Option<f64>,
    coverage_change_percent: Option<f64>,
    down_change_ms: Option<Ms>,
    outages_change: Option<i64>,
    blips_change: Option<i64>,
    /// Of whole answers; `null` unless there were any in both.
    p95_change_us: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct BeforeJson {
    from: Instant,
    to: Instant,
    #[serde(flatten)]
    availability: AvailabilityJson,
    outages: OutageTotalsJson,
    blips: u64,
    /// Of whole answers; `null` without any.
    latency: Option<FiguresJson>,
}

impl From<&Comparison> for ComparisonJson {
    fn from(comparison: &Comparison) -> Self {
        Self {
            before: (&comparison.before).into(),
            uptime_change_percent: comparison.uptime.map(percent),
            coverage_change_percent: comparison.coverage.map(percent),
            down_change_ms: comparison.down.map(Into::into),
            outages_change: comparison.outages,
            blips_change: comparison.blips,
            p95_change_us: comparison.p95_us,
        }
    }
}

/// From thousandths: the nearest number to three decimals prints as just these.
#[allow(clippy::cast_precision_loss, reason = "at most 100,000 either way")]
fn percent(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

impl From<&Before> for BeforeJson {
    fn from(before: &Before) -> Self {
        Self {
            from: Instant(before.period.from),
            to: Instant(before.period.to),
            availability: (&before.availability).into(),
            outages: (&before.outages).into(),
            blips: before.blips,
            latency: before.latency.as_ref().map(Into::into),
        }
    }
}
