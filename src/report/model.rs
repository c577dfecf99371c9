//! The outage report of a period: pure and complete, so that a renderer only has to write it down.

use std::cmp::Reverse;

use super::accounting::Remarks;
use super::method;
use super::outage_list::{Outage, outages_of};
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::totals::Totals;
use super::what_if::WhatIf;
use crate::domain::availability::{State, timeline};
use crate::domain::observation::Cause;
use crate::domain::outage::Blip;
use crate::domain::parameters::Parameters;
use crate::domain::probe::{Name, Probe};
use crate::domain::subject::Scope;
use crate::domain::time::Period;

/// Of a period: the whole, each service, platform and probe that was configured in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub request: Request,
    /// Sums over all probes.
    pub totals: Totals,
    /// In order of their slugs.
    pub services: Vec<ServiceReport>,
    /// What annotations do to the period.
    pub remarks: Remarks,
    /// How the numbers come about, in sentences.
    pub method: Vec<String>,
    pub what_if: Option<WhatIf>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServiceReport {
    pub name: Name,
    /// Sums over its probes.
    pub totals: Totals,
    /// In order of their slugs.
    pub platforms: Vec<PlatformReport>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlatformReport {
    pub name: Name,
    /// Sums over its probes.
    pub totals: Totals,
    /// In order of their ids.
    pub probes: Vec<ProbeReport>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProbeReport {
    pub probe: Probe,
    /// Free of secrets.
    pub url: String,
    /// In force at the present.
    pub parameters: Parameters,
    pub totals: Totals,
    /// That reach into the period, in order of time.
    pub outages: Vec<Outage>,
    /// That began in the period, in order of time.
    pub blips: Vec<Blip>,
    /// The stretches of the period in order of time, as far as the probe was configured.
    pub timeline: Vec<(Period, State)>,
    /// Failures inside the period, the most frequent cause first.
    pub causes: Vec<(Cause, u64)>,
}

impl Report {
    /// `configured` are the same services judged as configured, if `services` are judged otherwise.
    pub fn new(
        request: Request,
        services: &[ServiceHistory],
        configured: Option<&[ServiceHistory]>,
    ) -> Self {
        let method = method::of_report(services);
        let remarks = Remarks::of(services, request.period);
        let services: Vec<_> = services
            .iter()
            .filter_map(|service| ServiceReport::new(service, request.period))
            .collect();
        let totals = Totals::sum(services.iter().map(|service| &service.totals));
        Self {
            what_if: WhatIf::new(&request, Scope::Endpoint, &totals, configured),
            remarks,
            method,
            totals,
            services,
            request,
        }
    }

    pub fn platforms(&self) -> impl Iterator<Item = (&ServiceReport, &PlatformReport)> {
        self.services.iter().flat_map(|service| {
            service
                .platforms
                .iter()
                .map(move |platform| (service, platform))
        })
    }

    pub fn probes(&self) -> impl Iterator<Item = &ProbeReport> {
        self.platforms().flat_map(|(_, platform)| &platform.probes)
    }

    /// The longest stretches that nobody watched, at most so many, in order of time.
    pub fn longest_unobserved(&self, most: usize) -> Vec<(&ProbeReport, Period)> {
        let mut all: Vec<_> = self
            .probes()
            .flat_map(|probe| probe.stretches(State::Unknown).map(move |s| (probe, s)))
            .collect();
        all.sort_by_key(|(_, stretch)| Reverse(stretch.length()));
        all.truncate(most);
        all.sort_by_key(|(probe, stretch)| (stretch.from, &probe.probe.id));
        all
    }

    /// All windows, in order of start, then of the probe's id.
    pub fn outages(&self) -> Vec<&Outage> {
        let mut all: Vec<_> = self.probes().flat_map(|probe| &probe.outages).collect();
        all.sort_by_key(|outage| (outage.window.start, &outage.subject));
        all
    }
}

impl ServiceReport {
    /// `None` if nothing of it was configured in the period.
    fn new(service: &ServiceHistory, period: Period) -> Option<Self> {
        let platforms = service.platforms.iter();
        let platforms: Vec<_> = platforms
            .filter_map(|platform| PlatformReport::new(platform, period))
            .collect();
        (!platforms.is_empty()).then(|| Self {
            name: service.name.clone(),
            totals: Totals::sum(platforms.iter().map(|platform| &platform.totals)),
            platforms,
        })
    }
}

impl PlatformReport {
    /// `None` if nothing of it was configured in the period.
    fn new(platform: &PlatformHistory, period: Period) -> Option<Self> {
        let probes = platform.probes.iter();
        let probes: Vec<_> = probes
            .filter(|probe| probe.existed_in(period))
            .map(|probe| ProbeReport::new(probe, period))
            .collect();
        (!probes.is_empty()).then(|| Self {
            name: platform.name.clone(),
            totals: Totals::sum(probes.iter().map(|probe| &probe.totals)),
            probes,
        })
    }
}

impl ProbeReport {
    fn new(probe: &ProbeHistory, period: Period) -> Self {
        let history = &probe.past.history;
        let outages = outages_of(probe, period);
        let blips = history.blips.iter();
        Self {
            totals: Totals::of(probe, period, &outages),
            outages,
            blips: blips
                .filter(|blip| period.from <= blip.first && blip.first < period.to)
                .cloned()
                .collect(),
            timeline: timeline(probe.counted(), period),
            causes: probe.past.tally.causes(),
            probe: probe.probe.clone(),
            url: probe.url.clone(),
            parameters: probe.parameters,
        }
    }

    /// The stretches in one state, in order of time.
    pub fn stretches(&self, state: State) -> impl Iterator<Item = Period> {
        let of_state = move |&(period, s): &(Period, State)| (s == state).then_some(period);
        self.timeline.iter().filter_map(of_state)
    }
}
