//! Rules in the words of probes.yaml.

use std::fmt::{self, Display, Formatter};

use super::Expectations;
use super::header::title;
use super::json_test::range;
use super::quote::quoted;
use super::rule::Rule;
use crate::domain::latency::LatencyPart;

impl Display for Rule {
    /// What an answer is that meets it, as in "status 2xx" or "latency at most 2s".
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(limit) = self.limit() {
            let side = if limit.is_most { "most" } else { "least" };
            return write!(f, "{} at {side} {}", limit.name, limit.value);
        }
        match self {
            Self::Status(set) => write!(f, "status {set}"),
            Self::Header(name, test) => write!(f, "header {} {}", title(name), test.words()),
            Self::Body(test) => write!(f, "body {}", test.words()),
            Self::Json(path, test) => write!(f, "{} {}", path.as_str(), test.words()),
            Self::JsonSchema(_) => f.write_str("body fits json_schema"),
            Self::FinalUrl(test) => write!(f, "final_url {}", test.words()),
            Self::Redirects(counts) => write!(f, "redirects {}", range(counts)),
            Self::HttpVersion(versions) => write!(f, "http_version {}", any_of(versions)),
            Self::Expression(expression) => {
                write!(f, "expression {}", quoted(expression.as_str()))
            }
            // the limits
            _ => Ok(()),
        }
    }
}

impl Expectations {
    /// Each rule in words, as in "status 2xx" and "slow if latency above 800ms". Texts that are
    /// expected stand in there as they are.
    pub fn words(&self) -> Vec<String> {
        let rules = self.rules().iter().map(ToString::to_string);
        let slow_if = self.slow_if().iter().map(|rule| SlowIf(rule).to_string());
        rules.chain(slow_if).collect()
    }
}

/// A rule as what makes an answer slow, as in "slow if latency above 800ms".
pub(super) struct SlowIf<'a>(pub(super) &'a Rule);

impl Display for SlowIf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.limit() {
            Some(limit) => {
                let side = if limit.is_most { "above" } else { "below" };
                write!(f, "slow if {} {side} {}", limit.name, limit.value)
            }
            None => write!(f, "slow if {}", self.0),
        }
    }
}

/// The last value that is fine.
struct Limit<'a> {
    name: &'static str,
    is_most: bool,
    value: &'a dyn Display,
}

impl Rule {
    /// `None` for a condition.
    fn limit(&self) -> Option<Limit<'_>> {
        let limit = |name, is_most, value| {
            Some(Limit {
                name,
                is_most,
                value,
            })
        };
        match self {
            Self::BodyBytesMin(bytes) => limit("bytes", false, bytes),
            Self::BodyBytesMax(bytes) => limit("bytes", true, bytes),
            Self::TlsVersionMin(version) => limit("tls_version", false, version),
            Self::CertificateDaysMin(days) => limit("certificate_days", false, days),
            Self::ChainDaysMin(days) => limit("chain_days", false, days),
            Self::LatencyMax(LatencyPart::Total, max) => limit("latency", true, max),
            Self::LatencyMax(part, max) => limit(part.as_str(), true, max),
            Self::DateSkewMax(max) => limit("date_skew", true, max),
            Self::LastModifiedAgeMax(max) => limit("last_modified_age", true, max),
            _ => None,
        }
    }
}

/// As in `1.1 or 2`.
pub(super) fn any_of(words: &[impl Display]) -> String {
    let words: Vec<_> = words.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
