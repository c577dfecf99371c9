//! The outage report of a period: pure and complete, so that a renderer only has to write it down.

use std::cmp::Reverse;

use super::accounting::Remarks;
use super::agreements::AgreementReport;
use super::circumstances::Circumstances;
use super::comparison::{Before, Comparison};
use super::days::{Day, days_of};
use super::incident_list::{ServiceIncident, of_service};
use super::measured::{Measured, Measurements};
use super::method;
use super::objectives::ObjectiveReport;
use super::outage_list::{Outage, outages_of};
use super::own::{Frame, InForce, Own, in_force, last};
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory, told_of};
use super::totals::Totals;
use super::unobserved::UnobservedList;
use super::what_if::WhatIf;
use super::worst::{Worst, worst};
use crate::domain::availability::{State, timeline};
use crate::domain::configured::InForceFrom;
use crate::domain::maintenance::Declared;
use crate::domain::observation::Cause;
use crate::domain::outage::Blip;
use crate::domain::parameters::Parameters;
use crate::domain::period_set::PeriodSet;
use crate::domain::probe::{Name, Probe};
use crate::domain::rollup::Weight;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period};
use crate::domain::windowed::WindowedAvailability;

/// Of a period: the whole, each service, platform and probe that was configured in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub request: Request,
    /// The configurations that were in force in the period, in order of time.
    pub configurations: Vec<InForceFrom>,
    /// Sums over all probes.
    pub totals: Totals,
    /// Of all probes together.
    pub measured: Measured,
    /// Whether something measured at the edge of the period counts a whole hour or day.
    pub is_rounded: bool,
    /// Of the sums. `None` if none was asked for.
    pub comparison: Option<Comparison>,
    /// The endpoints that fared worst, the worst first.
    pub worst: Vec<Worst>,
    /// In order of their slugs.
    pub services: Vec<ServiceReport>,
    /// What was declared for any of it and reaches into the period, in the order in which it was.
    pub maintenance: Vec<Maintenance>,
    /// What nobody watched, and why.
    pub unobserved: UnobservedList,
    /// What annotations do to the period.
    pub remarks: Remarks,
    /// How the numbers come about, in sentences.
    pub method: Vec<String>,
    pub what_if: Option<WhatIf>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServiceReport {
    pub name: Name,
    /// How its platforms make up its state, in the period.
    pub policies: Vec<InForce>,
    /// What it was as such; `None` if not all of its probes were asked for.
    pub own: Option<Own>,
    /// What was promised of it as such, and how that fares; in order of names, then of time.
    pub objectives: Vec<ObjectiveReport>,
    pub agreements: Vec<AgreementReport>,
    /// Sums over its probes.
    pub totals: Totals,
    /// In order of their slugs.
    pub platforms: Vec<PlatformReport>,
    /// That reach into the period, in order of start; `None` if it is not known as such.
    pub incidents: Option<Vec<ServiceIncident>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlatformReport {
    pub name: Name,
    /// How its endpoints make up its state, and its weight in the service, in the period.
    pub policies: Vec<InForce>,
    /// What it was as such; `None` if not all of its probes were asked for.
    pub own: Option<Own>,
    /// What was promised of it as such, and how that fares; in order of names, then of time.
    pub objectives: Vec<ObjectiveReport>,
    pub agreements: Vec<AgreementReport>,
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
    /// In its platform, at the end of the period.
    pub weight: Weight,
    pub totals: Totals,
    /// That reach into the period, in order of time.
    pub outages: Vec<Outage>,
    /// That began in the period, in order of time.
    pub blips: Vec<Blip>,
    /// The stretches of the period in order of time, as far as the probe was configured.
    pub timeline: Vec<(Period, State)>,
    /// Where failures were scattered, inside the period. Degraded where it was neither down nor
    /// maintained.
    pub flapping: PeriodSet,
    /// Failures inside the period, the most frequent cause first.
    pub causes: Vec<(Cause, u64)>,
    pub measured: Measured,
    /// `None` if none was asked for.
    pub comparison: Option<Comparison>,
    /// Of the period, in order of time.
    pub days: Vec<Day>,
    pub windowed: WindowedAvailability,
}

/// Why a probe was degraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Degradation {
    Slow,
    /// Its failures were scattered.
    Flapping,
    Both,
}

/// Declared maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub declared: Declared,
    /// Its stretches inside the period, as far as they were declared by then.
    pub stretches: PeriodSet,
}

impl Report {
    /// `configured` are the same services judged as configured, if `judged` are judged otherwise.
    pub fn new(
        request: Request,
        judged: &[ServiceHistory],
        configured: Option<&[ServiceHistory]>,
        circumstances: &Circumstances,
        measurements: &Measurements,
    ) -> Self {
        let mut method = method::of_report(judged, &request);
        let remarks = Remarks::of(judged, request.period);
        let frame = Frame {
            request: &request,
            days: &days_of(told_of(judged, request.period), &request.zone),
            measurements,
            promises: &circumstances.promises,
        };
        let services: Vec<_> = judged
            .iter()
            .filter_map(|service| ServiceReport::new(service, frame))
            .collect();
        method.extend(method::of_promises(&services));
        let totals = Totals::sum(services.iter().map(|service| &service.totals));
        let measured = measurements.whole.clone();
        let platforms = services.iter().flat_map(|service| &service.platforms);
        let probes = platforms.flat_map(|platform| &platform.probes);
        let comparisons = probes.clone().filter_map(|probe| probe.comparison.as_ref());
        Self {
            configurations: InForceFrom::within(&circumstances.configurations, request.period),
            what_if: WhatIf::new(&request, Scope::Endpoint, &totals, configured),
            maintenance: Maintenance::of(judged, circumstances, request.period),
            unobserved: UnobservedList::new(request.clone(), judged, circumstances),
            comparison: Comparison::sum(comparisons, &totals, &measured),
            worst: worst(probes.map(|probe| (&probe.probe, &probe.totals)), &totals),
            is_rounded: measurements.is_rounded,
            measured,
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

    /// The longest stretches of probes in one state, at most so many, in order of time.
    pub fn longest(&self, state: State, most: usize) -> Vec<(&ProbeReport, Period)> {
        let mut all: Vec<_> = self
            .probes()
            .flat_map(|probe| probe.stretches(state).map(move |s| (probe, s)))
            .collect();
        all.sort_by_key(|(_, stretch)| Reverse(stretch.length()));
        all.truncate(most);
        all.sort_by_key(|(probe, stretch)| (stretch.from, &probe.probe.id));
        all
    }

    /// All windows of endpoints, in order of start, then of the subject.
    pub fn outages(&self) -> Vec<&Outage> {
        in_order(self.probes().flat_map(|probe| &probe.outages))
    }

    /// All windows of platforms as such, in order of start, then of the subject.
    pub fn outages_of_platforms(&self) -> Vec<&Outage> {
        let own = self.platforms().filter_map(|(_, one)| one.own.as_ref());
        in_order(own.flat_map(|own| &own.outages))
    }

    /// All windows of services as such, in order of start, then of the subject.
    pub fn outages_of_services(&self) -> Vec<&Outage> {
        let own = self.services.iter().filter_map(|one| one.own.as_ref());
        in_order(own.flat_map(|own| &own.outages))
    }

    /// Of services and their platforms, in order of these, with the key of each.
    pub fn objectives(&self) -> Vec<(String, &ObjectiveReport)> {
        self.promised(
            |service| &service.objectives,
            |platform| &platform.objectives,
        )
    }

    /// Of services and their platforms, in order of these, with the key of each.
    pub fn agreements(&self) -> Vec<(String, &AgreementReport)> {
        self.promised(
            |service| &service.agreements,
            |platform| &platform.agreements,
        )
    }

    fn promised<'r, T>(
        &'r self,
        of_service: impl Fn(&'r ServiceReport) -> &'r [T],
        of_platform: impl Fn(&'r PlatformReport) -> &'r [T],
    ) -> Vec<(String, &'r T)> {
        let mut all = Vec::new();
        for service in &self.services {
            let key = service.name.slug();
            all.extend(of_service(service).iter().map(|one| (key.to_owned(), one)));
            for platform in &service.platforms {
                let key = format!("{key}/{}", platform.name.slug());
                all.extend(of_platform(platform).iter().map(|one| (key.clone(), one)));
            }
        }
        all
    }

    /// Of all services, in order of these, then of start.
    pub fn incidents(&self) -> impl Iterator<Item = &ServiceIncident> {
        let incidents = self.services.iter().map(|service| &service.incidents);
        incidents.flatten().flatten()
    }
}

impl ServiceReport {
    /// `None` if nothing of it was configured in the period.
    fn new(service: &ServiceHistory, frame: Frame<'_>) -> Option<Self> {
        let period = frame.request.period;
        let platforms = service.platforms.iter();
        let platforms: Vec<_> = platforms
            .filter_map(|platform| PlatformReport::new(service, platform, frame))
            .collect();
        (!platforms.is_empty()).then(|| Self {
            name: service.name.clone(),
            policies: in_force(&service.parameters, period),
            own: Own::of_service(service, frame),
            objectives: service.counted().map_or_else(Vec::new, |counted| {
                ObjectiveReport::all(&service.subject, counted, frame)
            }),
            agreements: AgreementReport::of_service(service, frame),
            totals: Totals::sum(platforms.iter().map(|platform| &platform.totals)),
            platforms,
            incidents: service
                .whole
                .as_ref()
                .map(|whole| of_service(service, whole, period)),
        })
    }
}

impl PlatformReport {
    /// `None` if nothing of it was configured in the period.
    fn new(service: &ServiceHistory, platform: &PlatformHistory, frame: Frame<'_>) -> Option<Self> {
        let period = frame.request.period;
        let probes = platform.probes.iter();
        let probes: Vec<_> = probes
            .filter(|probe| probe.existed_in(period))
            .map(|probe| ProbeReport::new(probe, frame))
            .collect();
        (!probes.is_empty()).then(|| Self {
            name: platform.name.clone(),
            policies: in_force(&platform.parameters, period),
            own: Own::of_platform(service, platform, frame),
            objectives: platform.counted().map_or_else(Vec::new, |counted| {
                ObjectiveReport::all(&platform.subject, counted, frame)
            }),
            agreements: AgreementReport::of_platform(service, platform, frame),
            totals: Totals::sum(probes.iter().map(|probe| &probe.totals)),
            probes,
        })
    }
}

impl Maintenance {
    pub(super) fn of(
        services: &[ServiceHistory],
        circumstances: &Circumstances,
        period: Period,
    ) -> Vec<Self> {
        let declared = circumstances.maintenance.iter().filter(|declared| {
            let subject = &declared.declaration.subject;
            let mut probes = services.iter().flat_map(ServiceHistory::probes);
            probes.any(|probe| subject.includes(&probe.probe) && probe.existed_in(period))
        });
        let inside = declared.map(|declared| Self {
            declared: declared.clone(),
            stretches: declared.periods(period),
        });
        inside
            .filter(|inside| !inside.stretches.is_empty())
            .collect()
    }
}

fn in_order<'r>(outages: impl Iterator<Item = &'r Outage>) -> Vec<&'r Outage> {
    let mut all: Vec<_> = outages.collect();
    all.sort_by_key(|outage| (outage.window.start, &outage.subject));
    all
}

impl ProbeReport {
    fn new(probe: &ProbeHistory, frame: Frame<'_>) -> Self {
        let &Request { period, before, .. } = frame.request;
        let history = &probe.past.history;
        let outages = outages_of(probe, period);
        let totals = Totals::of(probe, period, &outages);
        let measured = frame
            .measurements
            .of(&Subject::Endpoint(probe.probe.id.clone()));
        let before = before.map(|before| {
            let totals = Totals::untallied(probe, before, &outages_of(probe, before));
            Before::new(before, &totals, &measured)
        });
        let blips = history.blips.iter();
        Self {
            comparison: before.map(|before| Comparison::new(before, &totals, &measured)),
            days: Day::all(probe.counted(), frame.days),
            windowed: WindowedAvailability::of(probe.counted(), period),
            measured,
            totals,
            outages,
            blips: blips
                .filter(|blip| period.from <= blip.first && blip.first < period.to)
                .cloned()
                .collect(),
            timeline: timeline(probe.counted(), period),
            flapping: history.flapping.clip(period),
            weight: last(&in_force(&probe.rollup, period)).weight,
            causes: probe.past.tally.causes(),
            probe: probe.probe.clone(),
            url: probe.url.clone(),
            parameters: probe.parameters,
        }
    }

    /// How it was degraded in a stretch in which it was.
    pub fn degradation(&self, stretch: Period) -> Degradation {
        let flapping = self.flapping.clip(stretch);
        match flapping.length() {
            Millis::ZERO => Degradation::Slow,
            all if all == stretch.length() => Degradation::Flapping,
            _ => Degradation::Both,
        }
    }

    /// The stretches in one state, in order of time.
    pub fn stretches(&self, state: State) -> impl Iterator<Item = Period> {
        let of_state = move |&(period, s): &(Period, State)| (s == state).then_some(period);
        self.timeline.iter().filter_map(of_state)
    }
}
