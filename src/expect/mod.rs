//! What an answer must be like, and what one is worth: expectation × answer → outcome.
//!
//! Pure, as the domain is, but built on the crates that know regular expressions, paths and schemas
//! of JSON, and CEL. Everything that can be wrong with a rule is found when it is made, so judging
//! never errs; a rule that cannot apply to what came (a path on a body that is no JSON) is not met,
//! and says so.
//!
//! Two kinds of rules. A **limit** (`…_max`, `…_min`) names the last value that is fine. A
//! **condition** (all others) holds or does not. Under `expect` every rule must be met; under
//! `slow_if` an answer is slow as soon as a limit is overstepped or a condition holds.

mod certificate;
mod check;
mod date;
mod explain;
mod expression;
mod header;
mod json_body;
mod json_path;
mod json_test;
mod json_value;
mod judge;
mod quote;
mod rule;
mod schema;
mod seen;
mod status;
mod subject;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod words;

pub use certificate::CertificateFacts;
pub use explain::{Check, Checked};
pub use expression::{BadExpression, Expression};
pub use header::HeaderTest;
pub use json_body::{JSON_BYTES_MAX, JSON_VALUES_MAX, NoJson, read_json};
pub use json_path::{BadPath, JsonPath, TooMuchWork};
pub use json_test::{JsonTest, JsonType};
pub use rule::Rule;
pub use schema::{BadSchema, Schema};
pub use seen::Seen;
pub use status::{BadStatus, StatusSet, describe_status};
pub use text::{BadPattern, Pattern, TextTest};
pub use tls::TlsVersion;

use std::ops::RangeInclusive;

pub use crate::domain::latency::LatencyPart;
use crate::domain::time::Millis;

/// How many of something: `1..=1`, `0..=3`.
pub type Count = RangeInclusive<u64>;

/// What an answer must be like. Private inside, since what has to be gathered of an answer follows
/// from the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectations {
    rules: Vec<Rule>,
    slow_if: Vec<Rule>,
    needs: Needs,
}

/// What has to be gathered of an answer to judge it, beside what is there anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The whole body, decoded.
    pub body: bool,
    /// What the certificates say.
    pub certificates: bool,
}

impl Default for Expectations {
    /// Any 2xx.
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Expectations {
    /// All of `rules` must be met; of `slow_if` none may be. Without a rule on the status, it must
    /// be 2xx.
    pub fn new(rules: Vec<Rule>, slow_if: Vec<Rule>) -> Self {
        let mut rules = rules;
        // the status first: it is there before anything else, and decides most
        rules.sort_by_key(|rule| !matches!(rule, Rule::Status(_)));
        if !matches!(rules.first(), Some(Rule::Status(_))) {
            rules.insert(0, Rule::Status(StatusSet::default()));
        }
        let needs = rules
            .iter()
            .chain(&slow_if)
            .fold(Needs::default(), |needs, rule| needs.and(rule.needs()));
        Self {
            rules,
            slow_if,
            needs,
        }
    }

    pub fn needs(&self) -> Needs {
        self.needs
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub fn slow_if(&self) -> &[Rule] {
        &self.slow_if
    }

    /// That are right.
    #[expect(clippy::missing_panics_doc, reason = "it never does")]
    pub fn status(&self) -> &StatusSet {
        let status = self.rules.iter().find_map(|rule| match rule {
            Rule::Status(set) => Some(set),
            _ => None,
        });
        status.expect("there is always a rule on the status")
    }

    /// The total latency above which an answer is slow.
    pub fn slow_above(&self) -> Option<Millis> {
        self.slow_if.iter().find_map(|rule| match rule {
            Rule::LatencyMax(LatencyPart::Total, max) => Some(*max),
            _ => None,
        })
    }

    /// Whether an answer with this status can still be what is expected; if not, its body need not
    /// be waited for.
    pub fn status_may_be(&self, status: u16) -> bool {
        self.rules.iter().all(|rule| match rule {
            Rule::Status(set) => set.contains(status),
            _ => true,
        })
    }
}

impl Needs {
    fn and(self, other: Self) -> Self {
        Self {
            body: self.body || other.body,
            certificates: self.certificates || other.certificates,
        }
    }
}
