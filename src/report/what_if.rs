//! How much it matters what the observations are judged with.

use super::outage_list::outages_of;
use super::request::Request;
use super::service_history::ServiceHistory;
use super::totals::Totals;
use crate::domain::time::Millis;

/// The same observations judged in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// As in `failure_threshold=5`.
    pub changes: Vec<String>,
    /// As configured.
    pub configured: DownTime,
    /// With the changes.
    pub changed: DownTime,
}

/// Of windows that reach into a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownTime {
    pub outages: u64,
    /// Inside the period, all probes together.
    pub down: Millis,
}

impl WhatIf {
    pub(super) fn new(
        request: &Request,
        changed: &Totals,
        configured: Option<&[ServiceHistory]>,
    ) -> Option<Self> {
        let configured = configured?;
        let totals = configured
            .iter()
            .flat_map(ServiceHistory::probes)
            .map(|probe| Totals::of(probe, request.period, &outages_of(probe, request.period)));
        Some(Self {
            changes: request.what_if.clone(),
            configured: DownTime::of(&Totals::sum(&totals.collect::<Vec<_>>())),
            changed: DownTime::of(changed),
        })
    }
}

impl DownTime {
    fn of(totals: &Totals) -> Self {
        Self {
            outages: totals.outages.count,
            down: totals.availability.down,
        }
    }
}
