//! What is tried: a seed says all of it.

use std::fmt;
use std::num::NonZeroU32;

use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::schedule::agenda::Timing;
use outwatch::domain::time::Millis;

use super::rng::Rng;

pub(crate) const INTERVALS: [i64; 4] = [10, 30, 60, 300];
pub(crate) const FAILURE_THRESHOLDS: [u32; 3] = [1, 2, 3];

/// How the probes are set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) interval: Millis,
    pub(crate) failure_threshold: u32,
    /// The probes of the service are spread over the interval, else all are asked at once.
    pub(crate) is_staggered: bool,
    /// Undecided runs are asked again after the confirm interval, else after the interval.
    pub(crate) is_confirmed: bool,
}

/// One run of the simulator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) setting: Setting,
    /// The observer has troubles of its own.
    pub(crate) is_troubled: bool,
    pub(crate) recovery_threshold: u32,
}

impl Setting {
    pub(crate) const COUNT: usize = INTERVALS.len() * FAILURE_THRESHOLDS.len() * 4;

    /// Each of them once, `index` below [`Setting::COUNT`].
    pub(crate) fn nth(index: usize) -> Self {
        let thresholds = FAILURE_THRESHOLDS.len();
        Self {
            is_confirmed: index.is_multiple_of(2),
            is_staggered: (index / 2).is_multiple_of(2),
            failure_threshold: FAILURE_THRESHOLDS[index / 4 % thresholds],
            interval: Millis::from_secs(INTERVALS[index / 4 / thresholds % INTERVALS.len()]),
        }
    }

    pub(crate) fn index(self) -> usize {
        (0..Self::COUNT)
            .find(|index| Self::nth(*index) == self)
            .expect("settings come from `nth`")
    }

    /// Until the next try of an undecided run, after the one before ended.
    pub(crate) fn retry(self) -> Millis {
        if self.is_confirmed {
            Parameters::default().confirm_interval
        } else {
            self.interval
        }
    }
}

impl Case {
    /// Consecutive seeds go through all settings, each calm and troubled.
    pub(crate) fn of(seed: u64) -> Self {
        let index = (seed % (2 * Setting::COUNT as u64)) as usize;
        let is_troubled = index >= Setting::COUNT;
        Self {
            seed,
            setting: Setting::nth(index % Setting::COUNT),
            is_troubled,
            recovery_threshold: if is_troubled {
                1 + Rng::of_part(seed, 1).below(3) as u32
            } else {
                2
            },
        }
    }

    pub(crate) fn parameters(&self) -> Parameters {
        let count = |n| NonZeroU32::new(n).expect("thresholds are 1 to 3");
        let interval = self.setting.interval;
        // one as long as the interval would leave out every second turn of what hangs
        let timeout = Parameters::default().timeout.min(Millis(interval.0 / 2));
        Parameters {
            interval,
            timeout,
            confirm_interval: self.setting.retry(),
            failure_threshold: count(self.setting.failure_threshold),
            recovery_threshold: count(self.recovery_threshold),
            grace: Parameters::default_grace(interval, timeout),
            ..Parameters::default()
        }
    }

    pub(crate) fn parameter_history(&self) -> ParameterHistory {
        ParameterHistory::constant(self.parameters())
    }

    pub(crate) fn timing(&self) -> Timing {
        let Parameters {
            interval,
            confirm_interval,
            ..
        } = self.parameters();
        Timing {
            interval: interval.into(),
            confirm_interval: confirm_interval.into(),
        }
    }

    /// An outage that nothing keeps from being watched for longer is confirmed for sure: an asking
    /// from before it ends, the next turn comes, and each further try a timeout and a wait later.
    pub(crate) fn certainly_confirmed_after(&self) -> Millis {
        self.certainly_after(self.setting.retry())
    }

    /// The same of a slow stretch, which is asked about no sooner than at each turn.
    pub(crate) fn certainly_degraded_after(&self) -> Millis {
        self.certainly_after(self.setting.interval)
    }

    fn certainly_after(&self, retry: Millis) -> Millis {
        let Parameters {
            interval, timeout, ..
        } = self.parameters();
        let further = i64::from(self.setting.failure_threshold) - 1;
        let retry = timeout + retry.min(interval);
        timeout + interval + Millis(further * retry.0) + Millis(1)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "interval {}, failure_threshold {}, {}, {}",
            self.interval,
            self.failure_threshold,
            if self.is_staggered {
                "staggered"
            } else {
                "all at once"
            },
            if self.is_confirmed {
                "with confirmation"
            } else {
                "without confirmation"
            },
        )
    }
}
