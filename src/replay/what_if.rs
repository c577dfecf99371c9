//! The same observations judged with other parameters than they were.

use std::collections::HashSet;
use std::mem::discriminant;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::BadUsage;
use crate::domain::parameters::{ParameterHistory, Parameters};
use crate::domain::probe::{Probe, ProbeId};
use crate::domain::rollup::{BadDownWhen, DownWhen, RollupParameters};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::Millis;
use crate::report::circumstances::Circumstances;

/// What is judged otherwise. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf(pub Vec<Change>);

/// One parameter with the value to judge by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    FailureThreshold(NonZeroU32),
    RecoveryThreshold(NonZeroU32),
    Grace(Millis),
    FlapFailures(NonZeroU32),
    FlapOf(NonZeroU32),
    DownWhen(Level, DownWhen),
    MergeGap(Millis),
    /// As if none had been declared.
    MaintenanceOff,
    /// As if nobody had said anything of any outage.
    AnnotationsOff,
}

/// Whose policy is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Both,
    Platform,
    Service,
}

/// All that can be changed, as it is written.
const KEYS: &str = "failure_threshold, recovery_threshold, grace, flap_failures, flap_of, \
                    merge_gap, down_when, platform.down_when, service.down_when, maintenance and \
                    annotations";

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
        let time = || {
            Millis::from_words(value)
                .ok_or_else(|| format!("`{value}` is no length; write it as in 90s"))
        };
        let policy = |level| {
            let down_when = value.parse().map_err(|bad: BadDownWhen| bad.to_string())?;
            Ok(Self::DownWhen(level, down_when))
        };
        let off = |change| match value {
            "off" => Ok(change),
            _ => Err(format!("it can only be left out: write {key}=off")),
        };
        match key.replace('-', "_").as_str() {
            "failure_threshold" => count().map(Self::FailureThreshold),
            "recovery_threshold" => count().map(Self::RecoveryThreshold),
            "flap_failures" => count().map(Self::FlapFailures),
            "flap_of" => count().map(Self::FlapOf),
            "grace" => time().map(Self::Grace),
            "merge_gap" => time().map(Self::MergeGap),
            "down_when" => policy(Level::Both),
            "platform.down_when" => policy(Level::Platform),
            "service.down_when" => policy(Level::Service),
            "maintenance" => off(Self::MaintenanceOff),
            "annotations" => off(Self::AnnotationsOff),
            "interval" | "timeout" | "confirm_interval" => {
                Err(format!("{key} decides what is observed, and that is past"))
            }
            _ => Err(format!("`{key}` is none of {KEYS}")),
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
            Self::DownWhen(Level::Both, down_when) => write!(f, "down_when={down_when}"),
            Self::DownWhen(Level::Platform, down_when) => {
                write!(f, "platform.down_when={down_when}")
            }
            Self::DownWhen(Level::Service, down_when) => {
                write!(f, "service.down_when={down_when}")
            }
            Self::MergeGap(length) => write!(f, "merge_gap={length}"),
            Self::MaintenanceOff => f.write_str("maintenance=off"),
            Self::AnnotationsOff => f.write_str("annotations=off"),
        }
    }
}

impl WhatIf {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they are told in reports.
    pub fn changes(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// A second value for one key is an error.
    pub fn check(&self) -> Result<(), BadUsage> {
        for (at, change) in self.0.iter().enumerate() {
            if let Some(other) = self.0[..at].iter().find(|other| other.clashes(change)) {
                return Err(BadUsage(format!(
                    "--what-if {other} and --what-if {change}: one of them at a time"
                )));
            }
        }
        Ok(())
    }

    /// What is known besides the observations, with the changes; `probes` are all that are judged.
    pub fn circumstances<'p>(
        &self,
        mut circumstances: Circumstances,
        probes: impl Iterator<Item = &'p Probe>,
    ) -> Circumstances {
        if self.is_empty() {
            return circumstances;
        }
        let subjects: HashSet<_> = probes
            .flat_map(|probe| [Subject::service_of(probe), Subject::platform_of(probe)])
            .collect();
        for subject in subjects {
            let scope = subject.scope();
            let changed = circumstances.rollup(&subject).map(|parameters| {
                for change in &self.0 {
                    change.apply_to_rollup(scope, parameters);
                }
            });
            circumstances.rollups.insert(subject, changed);
        }
        if self.0.contains(&Change::MaintenanceOff) {
            circumstances.maintenance.clear();
        }
        if self.0.contains(&Change::AnnotationsOff) {
            circumstances.annotations.clear();
        }
        circumstances
    }

    /// The parameters with the changes. A grace shorter than an interval, which would leave nothing
    /// observed, is an error, and so are more failures than the observations they are counted among.
    pub fn apply(
        &self,
        probe: &ProbeId,
        parameters: ParameterHistory,
    ) -> Result<ParameterHistory, BadUsage> {
        let mut problem = None;
        let changed = parameters.map(|parameters| {
            for change in &self.0 {
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
            Self::DownWhen(..)
            | Self::MergeGap(_)
            | Self::MaintenanceOff
            | Self::AnnotationsOff => {}
        }
    }

    fn apply_to_rollup(self, scope: Scope, parameters: &mut RollupParameters) {
        match (self, scope) {
            (Self::DownWhen(Level::Both, down_when), _)
            | (Self::DownWhen(Level::Platform, down_when), Scope::Platform)
            | (Self::DownWhen(Level::Service, down_when), Scope::Service) => {
                parameters.down_when = down_when;
            }
            (Self::MergeGap(length), _) => parameters.merge_gap = length,
            _ => {}
        }
    }

    /// Whether both change the same.
    fn clashes(self, other: &Self) -> bool {
        match (self, other) {
            (Self::DownWhen(a, _), Self::DownWhen(b, _)) => {
                a == *b || a == Level::Both || *b == Level::Both
            }
            (this, other) => discriminant(&this) == discriminant(other),
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
            ("down_when=all", "down_when=all"),
            ("platform.down-when = 2", "platform.down_when=2"),
            ("service.down_when=50%", "service.down_when=50%"),
            ("merge_gap=5m", "merge_gap=5m"),
            ("maintenance=off", "maintenance=off"),
            ("annotations=off", "annotations=off"),
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
            ("merge_gap=soon", "`soon` is no length; write it as in 90s"),
            (
                "down_when=most",
                "`most` is none of any, all, a count as in 2, and a share as in 50%",
            ),
            (
                "maintenance=on",
                "it can only be left out: write maintenance=off",
            ),
            (
                "weight=2",
                "`weight` is none of failure_threshold, recovery_threshold, grace, \
                 flap_failures, flap_of, merge_gap, down_when, platform.down_when, \
                 service.down_when, maintenance and annotations",
            ),
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
        ] {
            let configured = ParameterHistory::constant(Parameters::default());
            let error = WhatIf(what_if)
                .apply(&"a/b/c".parse().unwrap(), configured)
                .unwrap_err();
            assert_eq!(error.0, problem);
        }
    }

    #[test]
    fn one_thing_is_changed_once() {
        for (changes, clash) in [
            (&["failure_threshold=3", "failure_threshold=4"][..], true),
            (&["failure_threshold=3", "recovery_threshold=3"], false),
            (&["down_when=any", "service.down_when=all"], true),
            (&["platform.down_when=any", "down_when=all"], true),
            (&["platform.down_when=any", "service.down_when=all"], false),
            (&["platform.down_when=any", "platform.down_when=2"], true),
            (&["maintenance=off", "annotations=off"], false),
            (&["maintenance=off", "maintenance=off"], true),
        ] {
            let what_if = changes.iter().map(|change| change.parse().unwrap());
            let what_if = WhatIf(what_if.collect());
            let error = what_if.check().err().map(|error| error.0);
            let [a, b] = changes else {
                unreachable!("all are pairs")
            };
            let told = format!("--what-if {a} and --what-if {b}: one of them at a time");
            assert_eq!(error, clash.then_some(told), "{changes:?}");
        }
    }
}
