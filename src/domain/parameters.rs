//! The numbers that a probe's observations are judged with, and since when each set is in force.

use std::num::NonZeroU32;

use super::time::{Millis, UnixMillis};

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

/// Which parameters were in force when. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterHistory {
    /// In force since ever, until the first change.
    first: Parameters,
    /// Each in force from its instant on; ascending.
    changes: Vec<(UnixMillis, Parameters)>,
}

impl ParameterHistory {
    pub const fn constant(parameters: Parameters) -> Self {
        Self {
            first: parameters,
            changes: Vec::new(),
        }
    }

    /// From sets with the instant each came into force, in any order; the earliest also holds
    /// before its instant. `None` if there is none.
    pub fn from_changes(mut changes: Vec<(UnixMillis, Parameters)>) -> Option<Self> {
        // stable: of two at one instant the later written is in force
        changes.sort_by_key(|(from, _)| *from);
        let first = changes.first()?.1;
        Some(Self { first, changes })
    }

    pub fn at(&self, instant: UnixMillis) -> &Parameters {
        let next = self.changes.partition_point(|(from, _)| *from <= instant);
        match next.checked_sub(1) {
            Some(current) => &self.changes[current].1,
            None => &self.first,
        }
    }

    /// Every set that was ever in force.
    pub fn sets(&self) -> impl Iterator<Item = &Parameters> {
        let changes = self.changes.iter().map(|(_, parameters)| parameters);
        std::iter::once(&self.first).chain(changes)
    }

    /// The same history judged otherwise: `change` is applied to every set.
    #[must_use]
    pub fn map(mut self, mut change: impl FnMut(&mut Parameters)) -> Self {
        change(&mut self.first);
        for (_, parameters) in &mut self.changes {
            change(parameters);
        }
        self
    }
}
