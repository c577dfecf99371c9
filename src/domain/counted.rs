//! The observations of a stretch of time in numbers.

use super::failures::Failures;
use super::latency::Latency;
use super::observation::{Outcome, Timings};
use super::sighting::Sighting;
use super::tally::Tally;
use super::time::Micros;

/// How many there were, and how long the answers took. Those of two stretches merge into those of
/// both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub tally: Tally,
    /// Of those that were ok or slow.
    pub latency: Latency,
    /// As many as failed, by cause and phase.
    pub failures: Failures,
}

impl Counted {
    /// Takes the next observation, in any order. `duration` and `timings` are its own.
    pub fn count(&mut self, sighting: &Sighting, duration: Option<Micros>, timings: &Timings) {
        self.tally.count(sighting);
        if let (Outcome::Fail(failure), false) = (&sighting.outcome, sighting.set_aside) {
            self.failures.add(failure.cause, failure.phase, 1);
        }
        let is_answer = matches!(sighting.outcome, Outcome::Ok | Outcome::Slow { .. });
        if is_answer && !sighting.set_aside {
            self.latency.add(duration, timings);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.tally += other.tally;
        self.latency.merge(&other.latency);
        self.failures.merge(&other.failures);
    }

    pub fn is_empty(&self) -> bool {
        self.tally == Tally::default() && self.latency.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::latency::LatencyPart;
    use crate::domain::observation::{Cause, Failure, Phase, Reason};
    use crate::domain::time::UnixMillis;

    #[test]
    fn only_answers_that_count_have_a_latency_and_only_failures_a_phase() {
        let mut counted = Counted::default();
        let mut count = |outcome: Outcome, set_aside: bool, us: u64| {
            let sighting = Sighting {
                ts: UnixMillis(0),
                finished: UnixMillis(0),
                outcome,
                epoch: None,
                set_aside,
            };
            counted.count(&sighting, Some(Micros(us)), &Timings::default());
        };
        let failure = Failure {
            cause: Some(Cause::Timeout),
            phase: Some(Phase::Connect),
            detail: None,
        };
        count(Outcome::Ok, false, 10);
        count(Outcome::Slow { detail: None }, false, 20);
        count(Outcome::Fail(failure.clone()), false, 30);
        count(Outcome::Fail(failure), true, 30);
        let inconclusive = Outcome::Inconclusive {
            reason: Some(Reason::Stalled),
            detail: None,
        };
        count(inconclusive, false, 40);
        count(Outcome::Ok, true, 50);
        let total = counted.latency.of(LatencyPart::Total);
        assert_eq!(total.count(), 2);
        assert_eq!(total.quantile(1000), Some(Micros(20)));
        let Tally {
            ok,
            slow,
            fail,
            inconclusive,
            set_aside,
            ..
        } = counted.tally;
        assert_eq!((ok, slow, fail, inconclusive, set_aside), (1, 1, 1, 1, 2));
        let failures: Vec<_> = counted.failures.iter().collect();
        assert_eq!(failures, [(Some(Cause::Timeout), Some(Phase::Connect), 1)]);
    }
}
