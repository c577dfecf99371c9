//! Agreements (`sla`): what of an outage a contract counts, and what credit is due.

use super::availability::Percent;
use super::objective::Bounded;
use super::rollup::DownWhen;
use super::time::{Millis, Period};
use super::zone::Zone;

/// The terms of an agreement. It is settled for each calendar month.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Of the month.
    pub zone: Zone,
    /// In whole minutes: shorter outages do not count. 0: all do.
    pub outage_min: Millis,
    pub partial_minutes: PartialMinutes,
    /// Whether time declared as maintenance counts as any other.
    pub maintenance_counts: bool,
    /// When members make it down; `None`: as its own windows have it.
    pub down_when: Option<DownWhen>,
    /// The best first: each `below` lower than the one before, each credit higher. Not empty.
    pub tiers: Vec<Tier>,
}

words! {
    /// What becomes of the rest of an outage that is no whole minute.
    PartialMinutes, "way to count partial minutes" {
        /// To the millisecond.
        Exact = "exact",
        /// Each outage is cut to whole minutes.
        Dropped = "dropped",
        /// Each outage is rounded up to whole minutes.
        Counted = "counted",
    }
}

/// Below this uptime so much credit is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub below: Percent,
    pub credit: Percent,
}

/// A month settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub month: Period,
    /// Up to which it is known; the month is over if that is its end.
    pub until: super::time::UnixMillis,
    /// Of the reported, the shortest and the longest possible downtime: `least` goes with the
    /// shortest.
    pub reckonings: Bounded<Reckoning>,
}

/// What a contract makes of downtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reckoning {
    /// Of the month that counts: all of it, but for maintenance where that is excluded.
    pub whole: Millis,
    /// Of outages that count, by the contract's minutes.
    pub down: Millis,
    /// Outages that count,
    pub counted: u64,
    /// and those too short.
    pub too_short: u64,
    /// (whole - down) / whole. `None` where nothing counts.
    pub uptime: Option<Percent>,
    /// 0 if none is due.
    pub credit: Option<Percent>,
}
