//! Each expectation with what came, to be shown.

use super::Expectations;
use super::check::State;
use super::judge::makes_slow;
use super::seen::Seen;
use super::subject::Subject;
use super::words::SlowIf;

/// One expectation and what came, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As in `status 2xx`; as in `slow if latency above 800ms` if it is about slow.
    pub expectation: String,
    pub check: Check,
    /// What came instead, or in fulfilment; empty if the answer does not tell.
    pub came: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// What would make an answer slow is met if it does not.
    Met,
    Unmet,
    /// What it is about was not read, since another expectation had decided.
    Unchecked,
}

impl Expectations {
    /// Each expectation with what came: those that decide about failing, then those that decide
    /// about slow. What is quoted is short, but neither masked nor escaped.
    pub fn explain(&self, seen: &Seen<'_>) -> Vec<Checked> {
        let subject = Subject::new(seen, true);
        let checked = |is_met, state| match (state, is_met) {
            (State::Unread, _) => Check::Unchecked,
            (_, true) => Check::Met,
            (_, false) => Check::Unmet,
        };
        let rules = self.rules.iter().map(|rule| {
            let finding = subject.check(rule);
            Checked {
                expectation: rule.to_string(),
                check: checked(finding.state == State::Met, finding.state),
                came: finding.came,
            }
        });
        let slow_if = self.slow_if.iter().map(|rule| {
            let finding = subject.check(rule);
            Checked {
                expectation: SlowIf(rule).to_string(),
                check: checked(!makes_slow(rule, &finding), finding.state),
                came: finding.came,
            }
        });
        rules.chain(slow_if).collect()
    }
}
