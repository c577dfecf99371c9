//! The verdict on an answer.

use http::StatusCode;

use super::rule::Rule;
use super::seen::Seen;
use super::text::TextTest;
use super::{Expectations, LatencyPart};
use crate::domain::observation::{Cause, Failure, Outcome, Phase};
use crate::domain::time::{Micros, Millis};

impl Expectations {
    /// What the answer is worth. Details are as long as what they quote: bound and mask them.
    pub fn judge(&self, seen: &Seen<'_>) -> Outcome {
        for rule in &self.rules {
            match rule {
                Rule::Status(set) if !set.contains(seen.status) => {
                    return unmet(Cause::Status, describe_status(seen.status));
                }
                Rule::Body(test) if !test.holds(seen.body.unwrap_or_default()) => {
                    let TextTest::Contains(text) = test else {
                        continue;
                    };
                    return unmet(Cause::Body, format!("body does not contain `{text}`"));
                }
                _ => {}
            }
        }
        for rule in &self.slow_if {
            if let Rule::LatencyMax(LatencyPart::Total, max) = rule
                && exceeds(seen.latency, *max)
            {
                return Outcome::Slow {
                    detail: Some(
                        format!("took {}, longer than {max}", seen.latency.to_millis()).into(),
                    ),
                };
            }
        }
        Outcome::Ok
    }
}

fn unmet(cause: Cause, detail: String) -> Outcome {
    Outcome::Fail(Failure {
        cause: Some(cause),
        phase: Some(Phase::Verdict),
        detail: Some(detail.into()),
    })
}

/// As in `503 Service Unavailable`; just the number for one without a registered phrase.
pub(super) fn describe_status(status: u16) -> String {
    let phrase = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match phrase {
        Some(phrase) => format!("{status} {phrase}"),
        None => status.to_string(),
    }
}

pub(super) fn exceeds(latency: Micros, max: Millis) -> bool {
    u128::from(latency.0) > max.to_duration().as_micros()
}
