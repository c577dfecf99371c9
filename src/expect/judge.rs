//! The verdict on an answer.

use super::Expectations;
use super::check::{Finding, State};
use super::rule::Rule;
use super::seen::Seen;
use super::subject::Subject;
use crate::domain::observation::{Detail, Failure, Outcome, Phase};

impl Expectations {
    /// What the answer is worth: the first rule that is not met decides. What is quoted is short,
    /// but neither masked nor escaped.
    pub fn judge(&self, seen: &Seen<'_>) -> Outcome {
        let subject = Subject::new(seen, false);
        for rule in &self.rules {
            let Finding {
                state, complaint, ..
            } = subject.check(rule);
            if state != State::Met {
                return Outcome::Fail(Failure {
                    cause: Some(rule.cause()),
                    phase: Some(Phase::Verdict),
                    detail: Some(complaint.into()),
                });
            }
        }
        let slow = self.slow_if.iter().find_map(|rule| {
            let finding = subject.check(rule);
            makes_slow(rule, &finding).then(|| why_slow(rule, finding))
        });
        match slow {
            Some(detail) => Outcome::Slow {
                detail: Some(detail),
            },
            None => Outcome::Ok,
        }
    }
}

/// A limit does if it is overstepped, a condition if it holds; what cannot apply does neither.
pub(super) fn makes_slow(rule: &Rule, finding: &Finding) -> bool {
    let decisive = if rule.is_limit() {
        State::Unmet
    } else {
        State::Met
    };
    finding.state == decisive
}

fn why_slow(rule: &Rule, finding: Finding) -> Detail {
    match rule {
        Rule::Expression(_) => format!("{rule} is true").into(),
        rule if rule.is_limit() => finding.complaint.into(),
        rule => rule.to_string().into(),
    }
}
