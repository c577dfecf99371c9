//! Why an asking went as it did, in one sentence.

use crate::domain::observation::{Failure, Outcome, Phase};

/// As in `refused in connect: connection refused by 127.0.0.1:81`. `None` if there is nothing to
/// say.
pub(super) fn why(outcome: &Outcome) -> Option<String> {
    let words = match outcome {
        Outcome::Ok | Outcome::Slow { .. } => None,
        Outcome::Fail(Failure { cause, phase, .. }) => cause.map(|cause| match phase {
            // a whole answer that is not as expected: the cause says in what
            None | Some(Phase::Verdict) => cause.to_string(),
            Some(phase) if phase.as_str() == cause.as_str() => cause.to_string(),
            Some(phase) => format!("{cause} in {phase}"),
        }),
        Outcome::Inconclusive { reason, .. } => reason.map(|reason| reason.to_string()),
    };
    match (words, outcome.detail()) {
        (None, None) => None,
        (Some(words), None) => Some(words),
        (None, Some(detail)) => Some(detail.to_string()),
        (Some(words), Some(detail)) => Some(format!("{words}: {detail}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Cause, Reason};

    #[test]
    fn a_sentence_tells_what_is_wrong_and_where() {
        let fail = |cause, phase, detail: Option<&str>| {
            Outcome::Fail(Failure {
                cause,
                phase,
                detail: detail.map(Into::into),
            })
        };
        for (outcome, sentence) in [
            (Outcome::Ok, None),
            (
                Outcome::Slow {
                    detail: Some("took 3s".into()),
                },
                Some("took 3s"),
            ),
            (
                fail(Some(Cause::Refused), Some(Phase::Connect), Some("by a")),
                Some("refused in connect: by a"),
            ),
            (
                fail(Some(Cause::Status), Some(Phase::Verdict), Some("503")),
                Some("status: 503"),
            ),
            (fail(Some(Cause::Dns), None, None), Some("dns")),
            (
                fail(Some(Cause::Dns), Some(Phase::Dns), Some("no such name")),
                Some("dns: no such name"),
            ),
            (fail(None, None, None), None),
            (
                Outcome::Inconclusive {
                    reason: Some(Reason::ObserverOffline),
                    detail: None,
                },
                Some("observer_offline"),
            ),
        ] {
            assert_eq!(why(&outcome).as_deref(), sentence);
        }
    }
}
