//! Many askings of one endpoint in figures. Pure: answers in, figures out.

use std::collections::{BTreeMap, VecDeque};

use crate::domain::observation::{Cause, Failure, Outcome, OutcomeKind, Phase, Reason};
use crate::domain::time::Micros;
use crate::expect::LatencyPart;
use crate::prober::Reply;

/// How many askings went which way, and how long the answers took.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) ok: u64,
    pub(super) slow: u64,
    pub(super) fail: u64,
    pub(super) inconclusive: u64,
    /// Of the failures.
    pub(super) causes: BTreeMap<Cause, u64>,
    /// Of what is inconclusive.
    pub(super) reasons: BTreeMap<Reason, u64>,
    /// Of the newest whole answers; each has a place for every part of an answer's time.
    times: VecDeque<[Option<Micros>; PARTS]>,
    /// Whole answers, those included whose times are forgotten.
    pub(super) answers: u64,
}

/// The order in which times pass.
pub(super) const ORDER: [LatencyPart; PARTS] = [
    LatencyPart::Dns,
    LatencyPart::Connect,
    LatencyPart::Tls,
    LatencyPart::FirstByte,
    LatencyPart::Body,
    LatencyPart::Total,
];
const PARTS: usize = 6;

/// Whole answers whose times are kept: more than a day of one a second, in 10 MB.
const TIMES_MAX: usize = 100_000;

/// The spread of one part of the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) min: Micros,
    pub(super) median: Micros,
    pub(super) p95: Micros,
    pub(super) max: Micros,
}

impl Summary {
    pub(super) fn add(&mut self, reply: &Reply) {
        match &reply.outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Slow { .. } => self.slow += 1,
            Outcome::Fail(Failure { cause, .. }) => {
                self.fail += 1;
                if let Some(cause) = cause {
                    *self.causes.entry(*cause).or_default() += 1;
                }
            }
            Outcome::Inconclusive { reason, .. } => {
                self.inconclusive += 1;
                if let Some(reason) = reason {
                    *self.reasons.entry(*reason).or_default() += 1;
                }
            }
        }
        if !is_whole(&reply.outcome) {
            return;
        }
        let timings = reply.answer.timings;
        self.answers += 1;
        if self.times.len() == TIMES_MAX {
            self.times.pop_front();
        }
        let times = ORDER.map(|part| part.of(Some(reply.duration), &timings));
        self.times.push_back(times);
    }

    pub(super) fn asked(&self) -> u64 {
        self.ok + self.slow + self.fail + self.inconclusive
    }

    pub(super) fn count(&self, kind: OutcomeKind) -> u64 {
        match kind {
            OutcomeKind::Ok => self.ok,
            OutcomeKind::Slow => self.slow,
            OutcomeKind::Fail => self.fail,
            OutcomeKind::Inconclusive => self.inconclusive,
        }
    }

    /// The share of failures in what says something about the endpoint, in percent. `None` if
    /// nothing does.
    pub(super) fn loss_percent(&self) -> Option<f64> {
        let telling = self.ok + self.slow + self.fail;
        #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 askings")]
        let percent = |part: u64| 100.0 * part as f64 / telling as f64;
        (telling > 0).then(|| percent(self.fail))
    }

    /// Whole answers whose times are known.
    pub(super) fn timed(&self) -> usize {
        self.times.len()
    }

    /// The parts of the time that whole answers had, in their order.
    pub(super) fn spreads(&self) -> Vec<(LatencyPart, Spread)> {
        let of = |at: usize| spread(self.times.iter().filter_map(|times| times[at]).collect());
        let parts = ORDER.iter().enumerate();
        parts
            .filter_map(|(at, part)| Some((*part, of(at)?)))
            .collect()
    }
}

/// Whether the answer came whole, so that its times are an answer's: also if it is not as expected,
/// but not if it broke off.
fn is_whole(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Ok | Outcome::Slow { .. } => true,
        Outcome::Fail(failure) => failure.phase == Some(Phase::Verdict),
        Outcome::Inconclusive { .. } => false,
    }
}

fn spread(mut times: Vec<Micros>) -> Option<Spread> {
    times.sort_unstable();
    Some(Spread {
        min: *times.first()?,
        median: percentile(&times, 50)?,
        p95: percentile(&times, 95)?,
        max: *times.last()?,
    })
}

/// By nearest rank: the smallest value that at least `percent` of all do not exceed. It is one of
/// the values, never one between two. `None` of nothing.
fn percentile(sorted: &[Micros], percent: usize) -> Option<Micros> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Answer, Timings};
    use crate::prober::Hints;

    fn reply(outcome: Outcome, ms: u64) -> Reply {
        Reply {
            outcome,
            duration: Micros(ms * 1000),
            answer: Answer {
                timings: Timings {
                    connect: Some(Micros(ms * 100)),
                    ..Timings::default()
                },
                ..Answer::default()
            },
            evidence: None,
            hints: Hints::default(),
        }
    }

    fn failed(cause: Cause, phase: Phase) -> Outcome {
        Outcome::Fail(Failure {
            cause: Some(cause),
            phase: Some(phase),
            detail: None,
        })
    }

    #[test]
    fn a_percentile_is_the_value_at_the_nearest_rank() {
        let values = |count: u64| (1..=count).map(Micros).collect::<Vec<_>>();
        for (count, median, p95) in [
            (1, 1, 1),
            (2, 1, 2),
            (3, 2, 3),
            (10, 5, 10),
            (20, 10, 19),
            (100, 50, 95),
            (101, 51, 96),
        ] {
            let sorted = values(count);
            assert_eq!(percentile(&sorted, 50), Some(Micros(median)), "{count}");
            assert_eq!(percentile(&sorted, 95), Some(Micros(p95)), "{count}");
        }
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn askings_are_counted_and_only_whole_answers_timed() {
        let mut summary = Summary::default();
        for (outcome, ms) in [
            (Outcome::Ok, 30),
            (Outcome::Ok, 10),
            (Outcome::Slow { detail: None }, 900),
            (failed(Cause::Status, Phase::Verdict), 20),
            (failed(Cause::Timeout, Phase::Headers), 10_000),
            (failed(Cause::Timeout, Phase::Connect), 10_000),
            (
                Outcome::Inconclusive {
                    reason: Some(Reason::ObserverOffline),
                    detail: None,
                },
                1,
            ),
        ] {
            summary.add(&reply(outcome, ms));
        }
        assert_eq!(summary.asked(), 7);
        assert_eq!(summary.loss_percent(), Some(50.0));
        assert_eq!(
            summary.causes,
            [(Cause::Timeout, 2), (Cause::Status, 1)].into()
        );
        assert_eq!(summary.reasons, [(Reason::ObserverOffline, 1)].into());
        let spread = |min, median, p95, max| Spread {
            min: Micros(min),
            median: Micros(median),
            p95: Micros(p95),
            max: Micros(max),
        };
        assert_eq!(
            summary.spreads(),
            [
                (LatencyPart::Connect, spread(1000, 2000, 90_000, 90_000)),
                (LatencyPart::Total, spread(10_000, 20_000, 900_000, 900_000)),
            ]
        );
    }

    #[test]
    fn nothing_asked_gives_no_shares() {
        let summary = Summary::default();
        assert_eq!(summary.loss_percent(), None);
        assert!(summary.spreads().is_empty());
    }
}
