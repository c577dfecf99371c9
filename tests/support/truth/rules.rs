//! What other probers would have reported of the same answers, by the rules that are common among
//! them. All of them take trouble of their own for the endpoint's.

use outwatch::domain::history::History;
use outwatch::domain::observation::{Outcome, Reason};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::case::Case;

/// How answers become outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// That of this crate.
    Outwatch,
    /// The threshold as here; but an outage begins with the failure that confirms it, and ends with
    /// the first success.
    ConfirmingFailure,
    /// Each change of the latest answer is an event.
    EveryFlip,
    /// As before; but down time is the number of failures times the interval.
    Beats,
}

/// An outage as reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) period: Period,
    /// The down time that is counted for it.
    pub(crate) down: Millis,
    /// Resumed after a gap by a success, with which it is not decided whether it goes on.
    pub(crate) is_mute: bool,
}

impl Rule {
    pub(crate) const ALL: [Self; 4] = [
        Self::Outwatch,
        Self::ConfirmingFailure,
        Self::EveryFlip,
        Self::Beats,
    ];

    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Outwatch => "outwatch",
            Self::ConfirmingFailure => "from the confirming failure",
            Self::EveryFlip => "each flip an event",
            Self::Beats => "failures x interval",
        }
    }

    /// `now` is the present; `answers` are in the order in which they came.
    pub(crate) fn report(
        self,
        case: &Case,
        answers: &[Sighting],
        history: &History,
        now: UnixMillis,
    ) -> Vec<Reported> {
        let interval = case.setting.interval;
        match self {
            Self::Outwatch => history
                .windows
                .iter()
                .map(|window| Reported {
                    period: window.period(),
                    down: window.duration(),
                    is_mute: window.failures == 0,
                })
                .collect(),
            Self::ConfirmingFailure => {
                runs(answers, case.setting.failure_threshold, now, |period, _| {
                    period.length()
                })
            }
            Self::EveryFlip => runs(answers, 1, now, |period, _| period.length()),
            Self::Beats => runs(answers, 1, now, |_, failures| Millis(failures * interval.0)),
        }
    }
}

/// Runs of at least `threshold` failures, from the one that reaches it to the next success.
fn runs(
    answers: &[Sighting],
    threshold: u32,
    now: UnixMillis,
    down: impl Fn(Period, i64) -> Millis,
) -> Vec<Reported> {
    let mut reported = Vec::new();
    let mut failures = 0;
    let mut from = now;
    let mut end = |failures: i64, period: Period| {
        if failures >= i64::from(threshold) && !period.is_empty() {
            reported.push(Reported {
                period,
                down: down(period, failures),
                is_mute: false,
            });
        }
    };
    for answer in answers {
        match answer.outcome {
            // not even a simple prober stores what its end cut short
            Outcome::Inconclusive {
                reason: Some(Reason::Shutdown),
                ..
            } => {}
            Outcome::Fail(_) | Outcome::Inconclusive { .. } => {
                failures += 1;
                if failures == i64::from(threshold) {
                    from = answer.ts;
                }
            }
            Outcome::Ok | Outcome::Slow { .. } => {
                end(failures, Period::new(from, answer.ts));
                failures = 0;
            }
        }
    }
    end(failures, Period::new(from, now));
    reported
}
