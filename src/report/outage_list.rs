//! The outage windows of a period.

use super::method;
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::ServiceHistory;
use super::totals::Totals;
use super::what_if::WhatIf;
use crate::domain::availability::counted;
use crate::domain::outage::OutageWindow;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Probe;
use crate::domain::time::{Millis, Period};

/// All windows that reach into a period.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageList {
    pub request: Request,
    /// In order of start, then of the probe's id.
    pub outages: Vec<Outage>,
    pub totals: Totals,
    pub method: Vec<String>,
    pub what_if: Option<WhatIf>,
}

/// A window of one probe, with its true times: also where it reaches out of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub id: OutageId,
    pub probe: Probe,
    pub window: OutageWindow,
    /// Its length without declared maintenance.
    pub counted: Millis,
    /// That part of it which lies inside the period, without declared maintenance.
    pub inside: Millis,
}

impl OutageList {
    /// `configured` are the same services judged as configured, if `services` are judged otherwise.
    pub fn new(
        request: Request,
        services: &[ServiceHistory],
        configured: Option<&[ServiceHistory]>,
    ) -> Self {
        let period = request.period;
        let mut all = Vec::new();
        let mut totals = Totals::default();
        let probes = services.iter().flat_map(ServiceHistory::probes);
        for probe in probes.filter(|probe| probe.existed_in(period)) {
            let outages = outages_of(probe, period);
            totals += Totals::of(probe, period, &outages);
            all.extend(outages);
        }
        all.sort_by(|a, b| (a.window.start, &a.probe.id).cmp(&(b.window.start, &b.probe.id)));
        Self {
            what_if: WhatIf::new(&request, &totals, configured),
            method: method::of_windows(services),
            outages: all,
            totals,
            request,
        }
    }
}

/// The windows of one probe that reach into the period, in order of time.
pub(super) fn outages_of(probe: &ProbeHistory, period: Period) -> Vec<Outage> {
    let windows = probe.past.history.windows.iter();
    windows
        .filter(|window| window.period().overlaps(period))
        .map(|window| Outage {
            id: OutageId::new(&probe.probe.id, window.start),
            probe: probe.probe.clone(),
            counted: counted(window.period(), &probe.track.maintenance),
            inside: counted(window.period().clip(period), &probe.track.maintenance),
            window: window.clone(),
        })
        .collect()
}
