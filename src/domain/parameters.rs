//! The numbers that a probe's observations are judged with, and since when each set is in force.

use std::num::NonZeroU32;

use super::time::Millis;
use super::versions::Versions;

/// Per probe; the defaults stand in [`Parameters::default`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// Planned spacing. Longer than zero.
    pub interval: Millis,
    /// Total limit of one request, body included.
    pub timeout: Millis,
    /// Spacing of the extra tries while a run is undecided, after the previous try ended.
    pub confirm_interval: Millis,
    /// Failures in a row that open an outage.
    pub failure_threshold: NonZeroU32,
    /// Successes in a row that close it.
    pub recovery_threshold: NonZeroU32,
    /// Longest spacing still treated as continuous. At least the interval.
    pub grace: Millis,
    /// Failures among `flap_of` consecutive observations that make a stretch degraded.
    pub flap_failures: NonZeroU32,
    pub flap_of: NonZeroU32,
}

const fn count(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Default for Parameters {
    fn default() -> Self {
        let (interval, timeout) = (Millis::from_secs(30), Millis::from_secs(10));
        Self {
            interval,
            timeout,
            confirm_interval: Millis::from_secs(5),
            failure_threshold: count(2),
            recovery_threshold: count(2),
            grace: Self::default_grace(interval, timeout),
            flap_failures: count(3),
            flap_of: count(10),
        }
    }
}

impl Parameters {
    /// Two intervals and a timeout: one lost observation is no gap yet.
    pub const fn default_grace(interval: Millis, timeout: Millis) -> Millis {
        Millis(interval.0.saturating_mul(2).saturating_add(timeout.0))
    }
}

/// Which parameters were in force when.
pub type ParameterHistory = Versions<Parameters>;
