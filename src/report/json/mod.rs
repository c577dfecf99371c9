//! JSON of every model: a contract, to which fields are added and in which none is changed.
//!
//! Instants are RFC 3339 in UTC with milliseconds, lengths whole milliseconds, percentages numbers
//! cut to three decimals. What isn't known is `null`, never 0.

mod annotation;
mod comparison;
mod difference;
mod evidence;
mod exported;
mod fares;
mod incident;
mod lines;
mod maintenance;
mod measured;
mod outage;
mod post_mortem;
mod promised;
mod report;
mod schema;
mod status;
mod totals;
mod unobserved;
mod windowed;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::domain::availability::Percent;
use crate::domain::observation::Failure;
use crate::domain::parameters::Parameters;
use crate::domain::time::{Millis, UnixMillis};

pub use annotation::annotated;
pub use difference::difference;
pub use evidence::evidence;
pub use exported::{latency_lines, outage_lines, run_lines};
pub use fares::self_status;
pub use incident::incidents;
pub use lines::lines;
pub use outage::outages;
pub use post_mortem::post_mortem;
pub use report::report;
pub use schema::schema;
pub use status::status;
pub use unobserved::unobserved;

/// The sentences as one text.
fn joined(sentences: &[String]) -> String {
    sentences.join(" ")
}

fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// An instant as text.
struct Instant(UnixMillis);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A length of time as a number of milliseconds.
#[derive(Serialize, JsonSchema)]
struct Ms(i64);

impl From<Millis> for Ms {
    fn from(length: Millis) -> Self {
        Self(length.0)
    }
}

/// Such as `99.817`.
#[derive(Serialize, JsonSchema)]
struct Share(#[schemars(range(min = 0, max = 100))] f64);

impl From<Percent> for Share {
    fn from(share: Percent) -> Self {
        // the nearest number to three decimals prints as just these
        Self(f64::from(share.thousandths) / 1000.0)
    }
}

/// Counts by word, in their order: an object.
struct Counts<K>(Vec<(K, u64)>);

impl<K: std::fmt::Display> Serialize for Counts<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(word, count)| (word.to_string(), count)))
    }
}

#[derive(Serialize, JsonSchema)]
struct FailureJson<'m> {
    cause: Option<&'static str>,
    phase: Option<&'static str>,
    detail: Option<&'m str>,
}

impl<'m> From<&'m Failure> for FailureJson<'m> {
    fn from(failure: &'m Failure) -> Self {
        Self {
            cause: failure.cause.map(crate::domain::observation::Cause::as_str),
            phase: failure.phase.map(crate::domain::observation::Phase::as_str),
            detail: failure.detail.as_deref(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct ParametersJson {
    interval_ms: Ms,
    timeout_ms: Ms,
    confirm_interval_ms: Ms,
    failure_threshold: u32,
    recovery_threshold: u32,
    grace_ms: Ms,
    flap_failures: u32,
    flap_of: u32,
}

impl From<&Parameters> for ParametersJson {
    fn from(parameters: &Parameters) -> Self {
        Self {
            interval_ms: parameters.interval.into(),
            timeout_ms: parameters.timeout.into(),
            confirm_interval_ms: parameters.confirm_interval.into(),
            failure_threshold: parameters.failure_threshold.get(),
            recovery_threshold: parameters.recovery_threshold.get(),
            grace_ms: parameters.grace.into(),
            flap_failures: parameters.flap_failures.get(),
            flap_of: parameters.flap_of.get(),
        }
    }
}
