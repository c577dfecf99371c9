//! What the answer of a URL must be like that is not configured.

use std::sync::Arc;
use std::time::Duration;

use super::super::BadUsage;
use super::durations::parse_duration;
use crate::domain::time::Millis;
use crate::expect::{Expectations, Expression, LatencyPart, Rule, StatusSet, TextTest};

/// What the answers of URLs must be like that are not configured.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Expectations of URLs")]
pub(super) struct ExpectArgs {
    /// Status: 200, 2xx, 200-299; may be repeated [default: 2xx]
    #[arg(long, value_name = "STATUS")]
    expect_status: Vec<StatusSet>,
    /// Text that the body contains; may be repeated
    #[arg(long, value_name = "TEXT")]
    expect_body: Vec<String>,
    /// Expression in CEL that must be true, as in `size(json.items) > 3`; may be repeated
    #[arg(long, value_name = "CEL")]
    expression: Vec<String>,
    /// Whole days that the server's certificate stays valid at least
    #[arg(long, value_name = "DAYS")]
    expect_certificate_days_min: Option<u32>,
    /// Time that all of it may take; longer is a failure
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expect_latency_max: Option<Duration>,
    /// Time that all of it may take; longer is slow
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    slow_if_latency_max: Option<Duration>,
}

impl ExpectArgs {
    pub(super) fn read(&self) -> Result<Arc<Expectations>, BadUsage> {
        let mut rules = Vec::new();
        if !self.expect_status.is_empty() {
            let sets = self.expect_status.iter().cloned();
            rules.push(Rule::Status(StatusSet::union(sets)));
        }
        let contains = |text: &String| Rule::Body(TextTest::Contains(text.as_str().into()));
        rules.extend(self.expect_body.iter().map(contains));
        for text in &self.expression {
            let expression = Expression::try_new(text)
                .map_err(|bad| BadUsage(format!("--expression `{text}`: {bad}")))?;
            rules.push(Rule::Expression(expression));
        }
        rules.extend(
            self.expect_certificate_days_min
                .map(Rule::CertificateDaysMin),
        );
        let latency =
            |max: Duration| Rule::LatencyMax(LatencyPart::Total, Millis::from_duration(max));
        rules.extend(self.expect_latency_max.map(latency));
        let slow_if = self.slow_if_latency_max.map(latency).into_iter().collect();
        Ok(Arc::new(Expectations::new(rules, slow_if)))
    }

    pub(super) fn looks_at_body(&self) -> bool {
        !self.expect_body.is_empty()
    }
}
