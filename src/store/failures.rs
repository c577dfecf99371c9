//! Failures by cause and phase in a column: `{"timeout/connect": 3}`.

use std::fmt;
use std::str::FromStr;

use super::error::StoreError;
use super::word_counts;
use crate::domain::failures::Failures;
use crate::domain::observation::{Cause, Phase};
use crate::domain::tally::Tally;

/// In place of a cause or a phase that nobody told.
const NOT_TOLD: &str = "?";

struct Pair {
    cause: Option<Cause>,
    phase: Option<Phase>,
}

/// `None` for no failures.
pub(super) fn to_json(failures: &Failures) -> Result<Option<String>, StoreError> {
    let counts = failures.iter();
    word_counts::to_json(counts.map(|(cause, phase, count)| (Pair { cause, phase }, count)))
}

pub(super) fn from_json(json: &str) -> Result<Failures, StoreError> {
    let mut failures = Failures::default();
    for (Pair { cause, phase }, count) in word_counts::from_json(Some(json))? {
        failures.add(cause, phase, count);
    }
    Ok(failures)
}

/// As far as it is known from them: by cause alone.
pub(super) fn of_tally(tally: &Tally) -> Failures {
    let mut failures = Failures::default();
    let mut rest = tally.fail;
    for (cause, count) in tally.causes() {
        failures.add(Some(cause), None, count);
        rest = rest.saturating_sub(count);
    }
    failures.add(None, None, rest);
    failures
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.cause.map_or(NOT_TOLD, Cause::as_str);
        let phase = self.phase.map_or(NOT_TOLD, Phase::as_str);
        write!(f, "{cause}/{phase}")
    }
}

impl FromStr for Pair {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (cause, phase) = text.split_once('/').ok_or(())?;
        Ok(Self {
            cause: told(cause)?,
            phase: told(phase)?,
        })
    }
}

fn told<W: FromStr>(word: &str) -> Result<Option<W>, ()> {
    if word == NOT_TOLD {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_read_back_also_those_of_which_not_all_is_told() {
        let mut failures = Failures::default();
        failures.add(Some(Cause::Timeout), Some(Phase::Connect), 3);
        failures.add(Some(Cause::Status), None, 2);
        failures.add(None, Some(Phase::Body), 1);
        failures.add(None, None, 4);
        let json = to_json(&failures).unwrap().unwrap();
        assert_eq!(
            json,
            r#"{"?/?":4,"?/body":1,"status/?":2,"timeout/connect":3}"#
        );
        assert_eq!(from_json(&json).unwrap(), failures);
        assert_eq!(to_json(&Failures::default()).unwrap(), None);
    }

    #[test]
    fn what_is_no_pair_is_an_error() {
        for json in [
            r#"{"timeout": 1}"#,
            r#"{"timeout/weather": 1}"#,
            r#"{"/": 1}"#,
            r#"{"timeout/connect/": 1}"#,
        ] {
            assert!(from_json(json).is_err(), "{json}");
        }
    }
}
