//! The incidents of a period: what of each service went wrong at about the same time.

use super::accounting::Remarks;
use super::method;
use super::outage_list::{Meanwhile, Told, meanwhile};
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory, ServicePast};
use super::totals::Totals;
use super::what_if::{DownTime, WhatIf};
use crate::domain::annotation::Annotation;
use crate::domain::availability::counted;
use crate::domain::incident::{Incident, Share};
use crate::domain::outage::OutageWindow;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::{Name, ProbeId};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period, UnixMillis};

/// All incidents that reach into a period.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentList {
    pub request: Request,
    /// In order of start, then of the service.
    pub incidents: Vec<ServiceIncident>,
    /// How many services are told of.
    pub subjects: usize,
    /// Of these.
    pub totals: Totals,
    /// Services of which nothing is told, since only some of their probes were asked for.
    pub partial: Vec<Subject>,
    /// What annotations do to the services that are told of.
    pub remarks: Remarks,
    pub method: Vec<String>,
    /// Counts incidents, and the time in which any platform was down.
    pub what_if: Option<WhatIf>,
}

/// An incident with the names of what it is made of, and its true times: also where it reaches out
/// of the period.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceIncident {
    pub subject: Subject,
    pub service: Name,
    pub incident: Incident,
    /// The earliest that it can have ended.
    pub end_earliest: UnixMillis,
    /// In the order of the incident's.
    pub platforms: Vec<PlatformShare>,
    /// What the platforms were that had no part in it.
    pub others: Vec<Meanwhile>,
    /// The windows of its endpoints, in order of start.
    pub windows: Vec<OutageId>,
    /// What people said of it, in the order in which they did.
    pub annotations: Vec<Annotation>,
}

/// What one platform had of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformShare {
    pub platform: Name,
    pub share: Share,
    /// So much of its time down counts: without maintenance, and what annotations leave out.
    pub counted: Millis,
    /// Its own windows, in order of start.
    pub windows: Vec<OutageId>,
    /// Its endpoints that had a window, or scattered failures, in order of their slugs;
    pub endpoints: Vec<ProbeId>,
    /// of so many that existed then.
    pub endpoints_of: usize,
}

impl IncidentList {
    /// `configured` are the same services judged as configured, if `services` are judged otherwise.
    pub fn new(
        request: Request,
        services: &[ServiceHistory],
        configured: Option<&[ServiceHistory]>,
    ) -> Self {
        let period = request.period;
        let told = Told::new(Scope::Service, services, period);
        let incidents = incidents_of(services, period);
        Self {
            what_if: configured.map(|configured| WhatIf {
                changes: request.what_if.clone(),
                configured: DownTime::of_incidents(&incidents_of(configured, period)),
                changed: DownTime::of_incidents(&incidents),
            }),
            remarks: Remarks::of(services, period),
            method: method::of_scope(Scope::Service, services, period),
            incidents,
            subjects: told.subjects,
            totals: told.totals,
            partial: told.partial,
            request,
        }
    }
}

impl ServiceIncident {
    /// From its first window's start to the earliest that it can have ended.
    pub fn duration_min(&self) -> Millis {
        self.end_earliest - self.incident.period.from
    }

    /// `None` where a bound is missing.
    pub fn duration_max(&self) -> Option<Millis> {
        Some(self.incident.end_latest? - self.incident.start_earliest?)
    }
}

/// The incidents of several services that reach into the period, in order of start, then of the
/// service.
pub fn incidents_of(services: &[ServiceHistory], period: Period) -> Vec<ServiceIncident> {
    let mut all: Vec<_> = services
        .iter()
        .filter_map(|service| Some((service, service.whole.as_ref()?)))
        .flat_map(|(service, whole)| of_service(service, whole, period))
        .collect();
    all.sort_by(|a, b| {
        let key = |one: &ServiceIncident| one.incident.period.from;
        (key(a), &a.subject).cmp(&(key(b), &b.subject))
    });
    all
}

/// Those of one service, in order of start.
pub(super) fn of_service(
    service: &ServiceHistory,
    whole: &ServicePast,
    period: Period,
) -> Vec<ServiceIncident> {
    let incidents = whole.incidents.iter();
    incidents
        .filter(|incident| incident.period.overlaps(period))
        .map(|incident| named(service, incident))
        .collect()
}

fn named(service: &ServiceHistory, incident: &Incident) -> ServiceIncident {
    let shares = incident.platforms.iter();
    let platforms = shares.map(|share| {
        let platform = &service.platforms[share.platform];
        platform_share(platform, *share, incident)
    });
    let others = service.platforms.iter().enumerate().filter(|(at, _)| {
        let mut shares = incident.platforms.iter();
        shares.all(|share| share.platform != *at)
    });
    let others: Vec<_> = others.map(|(_, platform)| platform).collect();
    let windows = incident.windows.iter().map(|part| {
        let probe = &service.platforms[part.platform].probes[part.endpoint];
        (&probe.probe.id, &probe.track.windows[part.window])
    });
    let ends = windows.clone().map(|(_, window)| window.end_earliest);
    let flapped = incident.flapping.periods().last().map(|last| last.to);
    ServiceIncident {
        subject: service.subject.clone(),
        service: service.name.clone(),
        end_earliest: ends.chain(flapped).max().unwrap_or(incident.period.from),
        platforms: platforms.collect(),
        others: meanwhile(&others, incident.period),
        windows: windows
            .map(|(probe, window)| OutageId::new(probe, window.start))
            .collect(),
        annotations: service.accounting.of(incident.id).cloned().collect(),
        incident: incident.clone(),
    }
}

fn platform_share(platform: &PlatformHistory, share: Share, incident: &Incident) -> PlatformShare {
    let period = incident.period;
    let rollup = platform.rollup.iter();
    let windows = rollup.flat_map(|rollup| {
        let track = &rollup.track;
        &track.windows[track.windows_in(period)]
    });
    let counting = platform.counted().map(|rollup| &rollup.track);
    let counts = |window: &OutageWindow| counting.map(|track| counted(window.period(), track));
    let probes = platform.probes.iter().enumerate();
    let touched = probes.filter(|(at, probe)| {
        let mut parts = incident.windows.iter();
        parts.any(|part| part.platform == share.platform && part.endpoint == *at)
            || !probe.past.history.flapping.clip(period).is_empty()
    });
    let existed = platform.probes.iter().filter(|probe| {
        let mut lives = probe.track.covered.iter();
        lives.any(|life| life.overlaps(period))
    });
    PlatformShare {
        platform: platform.name.clone(),
        share,
        counted: windows.clone().filter_map(counts).sum(),
        windows: windows
            .map(|window| OutageId::of(&platform.subject, window.start))
            .collect(),
        endpoints: touched.map(|(_, probe)| probe.probe.id.clone()).collect(),
        endpoints_of: existed.count(),
    }
}
