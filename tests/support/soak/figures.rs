//! The figures of a soak.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use outwatch::domain::time::Millis;

use super::diary::FaultKind;

/// What a comparison gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) rows: BTreeMap<FaultKind, Row>,
    /// Observations that do not count, by reason.
    pub(crate) inconclusive: BTreeMap<String, u64>,
    /// Those that a clock which was set back has made void.
    pub(crate) set_aside: u64,
    /// Time that nobody watched, of all probes, by reason.
    pub(crate) unwatched: BTreeMap<String, Unwatched>,
}

/// Outages of endpoints that began with a kind of fault.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    pub(crate) outages: u64,
    /// Watched for so long that they must be found.
    pub(crate) certain: u64,
    pub(crate) found: u64,
    /// Windows, those that resume others not counted, of one outage alone.
    pub(crate) windows: u64,
    /// In whose bounds the truth lies.
    pub(crate) within: u64,
    pub(crate) start: Mean,
    pub(crate) end: Mean,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    sum: Millis,
    pub(crate) count: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unwatched {
    pub(crate) all: Millis,
    /// Not near any trouble that the harness has made.
    pub(crate) unexpected: Millis,
}

impl Mean {
    pub(crate) fn add(&mut self, length: Millis) {
        self.sum = self.sum + length;
        self.count += 1;
    }

    pub(crate) fn get(self) -> Option<Millis> {
        Some(Millis(self.sum.0.checked_div(self.count)?))
    }
}

impl AddAssign for Mean {
    fn add_assign(&mut self, other: Self) {
        self.sum = self.sum + other.sum;
        self.count += other.count;
    }
}

impl AddAssign for Unwatched {
    fn add_assign(&mut self, other: Self) {
        self.all = self.all + other.all;
        self.unexpected = self.unexpected + other.unexpected;
    }
}

impl AddAssign for Row {
    fn add_assign(&mut self, other: Self) {
        self.outages += other.outages;
        self.certain += other.certain;
        self.found += other.found;
        self.windows += other.windows;
        self.within += other.within;
        self.start += other.start;
        self.end += other.end;
    }
}

impl Figures {
    /// Of all kinds together.
    pub(crate) fn all(&self) -> Row {
        let mut sum = Row::default();
        for row in self.rows.values() {
            sum += *row;
        }
        sum
    }
}
