//! Each expectation with what came, to be shown.

use super::judge::{describe_status, exceeds};
use super::rule::Rule;
use super::seen::Seen;
use super::text::TextTest;
use super::{Expectations, LatencyPart};

/// One expectation and what came, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As in `status 2xx`.
    pub expectation: String,
    pub check: Check,
    /// What came instead, or in fulfilment; empty if the answer does not tell.
    pub came: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Met,
    Unmet,
    /// What it is about was not read, since another expectation had decided.
    Unchecked,
}

impl Expectations {
    /// Each expectation with what came.
    pub fn explain(&self, seen: &Seen<'_>) -> Vec<Checked> {
        let met = |met| if met { Check::Met } else { Check::Unmet };
        self.rules
            .iter()
            .chain(&self.slow_if)
            .filter_map(|rule| match rule {
                Rule::Status(set) => Some(Checked {
                    expectation: format!("status {set}"),
                    check: met(set.contains(seen.status)),
                    came: describe_status(seen.status),
                }),
                Rule::Body(test @ TextTest::Contains(text)) => Some(Checked {
                    expectation: format!("body contains `{text}`"),
                    check: seen
                        .body
                        .map_or(Check::Unchecked, |body| met(test.holds(body))),
                    came: String::new(),
                }),
                Rule::LatencyMax(LatencyPart::Total, max) => Some(Checked {
                    expectation: format!("latency at most {max}"),
                    check: met(!exceeds(seen.latency, *max)),
                    came: seen.latency.to_millis().to_string(),
                }),
                _ => None,
            })
            .collect()
    }
}
