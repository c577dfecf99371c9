//! The same observations judged with other parameters than they were.

use std::mem::discriminant;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::BadUsage;
use super::period::length;
use crate::domain::parameters::{ParameterHistory, Parameters};
use crate::domain::probe::ProbeId;
use crate::domain::time::Millis;

/// `--what-if KEY=VALUE`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct WhatIfArgs {
    /// Judge with another value.
    #[arg(
        long,
        value_name = "KEY=VALUE",
        help = "Judge with another value of failure_threshold, recovery_threshold, grace, \
                flap_failures or flap_of; may be repeated"
    )]
    what_if: Vec<Change>,
}

/// One parameter with the value to judge by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    FailureThreshold(NonZeroU32),
    RecoveryThreshold(NonZeroU32),
    Grace(Millis),
    FlapFailures(NonZeroU32),
    FlapOf(NonZeroU32),
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or("write it as in failure_threshold=5")?;
        let (key, value) = (key.trim(), value.trim());
        let count = || {
            value
                .parse::<NonZeroU32>()
                .map_err(|_| format!("`{value}` is no count from 1 to {}", u32::MAX))
        };
        match key.replace('-', "_").as_str() {
            "failure_threshold" => count().map(Self::FailureThreshold),
            "recovery_threshold" => count().map(Self::RecoveryThreshold),
            "flap_failures" => count().map(Self::FlapFailures),
            "flap_of" => count().map(Self::FlapOf),
            "grace" => length(value)
                .map(Self::Grace)
                .ok_or_else(|| format!("`{value}` is no length; write it as in 90s")),
            "interval" | "timeout" | "confirm_interval" => {
                Err(format!("{key} decides what is observed, and that is past"))
            }
            _ => Err(format!(
                "`{key}` is none of failure_threshold, recovery_threshold, grace, flap_failures \
                 and flap_of"
            )),
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FailureThreshold(count) => write!(f, "failure_threshold={count}"),
            Self::RecoveryThreshold(count) => write!(f, "recovery_threshold={count}"),
            Self::Grace(length) => write!(f, "grace={length}"),
            Self::FlapFailures(count) => write!(f, "flap_failures={count}"),
            Self::FlapOf(count) => write!(f, "flap_of={count}"),
        }
    }
}

impl WhatIfArgs {
    pub(super) fn is_empty(&self) -> bool {
        self.what_if.is_empty()
    }

    /// As they are told in reports.
    pub(super) fn changes(&self) -> Vec<String> {
        self.what_if.iter().map(ToString::to_string).collect()
    }

    /// The parameters with the changes. A second value for one key is an error; so are a grace
    /// shorter than an interval, which would leave nothing observed, and more failures than the
    /// observations they are counted among.
    pub(super) fn apply(
        &self,
        probe: &ProbeId,
        parameters: ParameterHistory,
    ) -> Result<ParameterHistory, BadUsage> {
        for (at, change) in self.what_if.iter().enumerate() {
            let same = |other: &&Change| discriminant(*other) == discriminant(change);
            if let Some(other) = self.what_if[..at].iter().find(same) {
                return Err(BadUsage(format!(
                    "--what-if {other} and --what-if {change}: one of them at a time"
                )));
            }
        }
        let mut problem = None;
        let changed = parameters.map(|parameters| {
            for change in &self.what_if {
                change.apply(parameters);
            }
            problem = problem.take().or_else(|| nonsense(parameters));
        });
        match problem {
            Some(problem) if !self.is_empty() => {
                let asked = self.changes().join(", ");
                Err(BadUsage(format!("--what-if {asked}: {probe} {problem}")))
            }
            _ => Ok(changed),
        }
    }
}

/// What makes the parameters useless, if anything does.
fn nonsense(parameters: &Parameters) -> Option<String> {
    let Parameters {
        grace,
        interval,
        flap_failures,
        flap_of,
        ..
    } = parameters;
    if grace < interval {
        Some(format!(
            "has an interval of {interval}; with a shorter grace nothing would count as observed"
        ))
    } else if flap_failures > flap_of {
        Some(format!(
            "cannot have {flap_failures} failures (flap_failures) among {flap_of} observations \
             (flap_of)"
        ))
    } else {
        None
    }
}

impl Change {
    fn apply(self, parameters: &mut Parameters) {
        match self {
            Self::FailureThreshold(count) => parameters.failure_threshold = count,
            Self::RecoveryThreshold(count) => parameters.recovery_threshold = count,
            Self::Grace(length) => parameters.grace = length,
            Self::FlapFailures(count) => parameters.flap_failures = count,
            Self::FlapOf(count) => parameters.flap_of = count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_reads_back_as_it_shows() {
        for (text, shown) in [
            ("failure_threshold=5", "failure_threshold=5"),
            ("recovery-threshold = 1", "recovery_threshold=1"),
            ("grace=90s", "grace=1m 30s"),
            ("flap_failures=4", "flap_failures=4"),
            ("flap_of=20", "flap_of=20"),
        ] {
            let change: Change = text.parse().unwrap();
            assert_eq!(change.to_string(), shown);
            assert_eq!(shown.parse(), Ok(change));
        }
    }

    #[test]
    fn a_bad_change_says_what_would_be_right() {
        for (text, problem) in [
            ("failure_threshold", "write it as in failure_threshold=5"),
            (
                "failure_threshold=0",
                "`0` is no count from 1 to 4294967295",
            ),
            ("grace=-5s", "`-5s` is no length; write it as in 90s"),
            (
                "interval=5s",
                "interval decides what is observed, and that is past",
            ),
        ] {
            assert_eq!(text.parse::<Change>(), Err(problem.to_owned()));
        }
    }

    #[test]
    fn changes_that_make_no_sense_together_are_refused() {
        let count = |count| NonZeroU32::new(count).unwrap();
        for (what_if, problem) in [
            (
                vec![Change::Grace(Millis::from_secs(10))],
                "--what-if grace=10s: a/b/c has an interval of 30s; with a shorter grace nothing \
                 would count as observed",
            ),
            (
                vec![Change::FlapFailures(count(20))],
                "--what-if flap_failures=20: a/b/c cannot have 20 failures (flap_failures) among \
                 10 observations (flap_of)",
            ),
            (
                vec![
                    Change::FailureThreshold(count(3)),
                    Change::FailureThreshold(count(4)),
                ],
                "--what-if failure_threshold=3 and --what-if failure_threshold=4: one of them at \
                 a time",
            ),
        ] {
            let configured = ParameterHistory::constant(Parameters::default());
            let error = WhatIfArgs { what_if }
                .apply(&"a/b/c".parse().unwrap(), configured)
                .unwrap_err();
            assert_eq!(error.0, problem);
        }
    }
}
