//! How much it matters what the observations are judged with.

use super::incident_list::ServiceIncident;
use super::outage_list::Told;
use super::request::Request;
use super::service_history::ServiceHistory;
use super::totals::Totals;
use crate::domain::subject::Scope;
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
    /// Inside the period, all probes, platforms or services together.
    pub down: Millis,
}

impl WhatIf {
    /// `changed` is what the windows of the scope come to with the changes.
    pub(super) fn new(
        request: &Request,
        scope: Scope,
        changed: &Totals,
        configured: Option<&[ServiceHistory]>,
    ) -> Option<Self> {
        let configured = Told::new(scope, configured?, request.period);
        Some(Self {
            changes: request.what_if.clone(),
            configured: DownTime::of(&configured.totals),
            changed: DownTime::of(changed),
        })
    }
}

impl DownTime {
    pub(super) fn of(totals: &Totals) -> Self {
        Self {
            outages: totals.outages.count,
            down: totals.availability.down,
        }
    }

    /// Counts incidents, and the time in which any platform was down.
    pub(super) fn of_incidents(incidents: &[ServiceIncident]) -> Self {
        Self {
            outages: incidents.len() as u64,
            down: incidents.iter().map(|one| one.incident.any_down).sum(),
        }
    }
}
