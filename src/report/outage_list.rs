//! The outage windows of a period, of one scope.

use super::accounting::{Accounting, Remarks};
use super::method;
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::totals::Totals;
use super::what_if::WhatIf;
use crate::domain::annotation::Annotation;
use crate::domain::availability::counted;
use crate::domain::outage::OutageWindow;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::{Name, Probe};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period};
use crate::domain::track::Track;

/// All windows that reach into a period: of endpoints, of platforms or of services.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageList {
    pub request: Request,
    pub scope: Scope,
    /// In order of start, then of the subject.
    pub outages: Vec<Outage>,
    /// How many endpoints, platforms or services are told of.
    pub subjects: usize,
    /// Of these.
    pub totals: Totals,
    /// Platforms or services of which nothing is told, since only some of their probes were asked
    /// for. In order.
    pub partial: Vec<Subject>,
    /// What annotations do to all of the services that are told of.
    pub remarks: Remarks,
    pub method: Vec<String>,
    pub what_if: Option<WhatIf>,
}

/// A window of an endpoint, a platform or a service, with its true times: also where it reaches out
/// of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub id: OutageId,
    pub subject: Subject,
    pub service: Name,
    /// `None` if it is one of a service.
    pub platform: Option<Name>,
    /// `None` if it is one of a platform or a service.
    pub probe: Option<Probe>,
    pub window: OutageWindow,
    /// Its length without declared maintenance, and without what annotations leave out.
    pub counted: Millis,
    /// That part of it which lies inside the period.
    pub inside: Millis,
    /// So much would count besides, had nobody annotated anything.
    pub left_out: Millis,
    /// What people said of it, in the order in which they did.
    pub annotations: Vec<Annotation>,
    /// The windows of the members that it is made of, in their order and that of time: of the
    /// endpoints for one of a platform, of the platforms for one of a service. An endpoint has none.
    pub parts: Vec<OutageId>,
}

/// What a period had of one scope.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) outages: Vec<Outage>,
    pub(super) totals: Totals,
    pub(super) subjects: usize,
    pub(super) partial: Vec<Subject>,
}

impl OutageList {
    /// `configured` are the same services judged as configured, if `services` are judged otherwise.
    pub fn new(
        request: Request,
        scope: Scope,
        services: &[ServiceHistory],
        configured: Option<&[ServiceHistory]>,
    ) -> Self {
        let Told {
            mut outages,
            totals,
            subjects,
            partial,
        } = Told::new(scope, services, request.period);
        outages.sort_by(|a, b| (a.window.start, &a.subject).cmp(&(b.window.start, &b.subject)));
        Self {
            what_if: WhatIf::new(&request, scope, &totals, configured),
            remarks: Remarks::of(services, request.period),
            method: method::of_windows(services),
            scope,
            outages,
            subjects,
            totals,
            partial,
            request,
        }
    }
}

impl Told {
    pub(super) fn new(scope: Scope, services: &[ServiceHistory], period: Period) -> Self {
        let mut told = Self::default();
        match scope {
            Scope::Endpoint => {
                let probes = services.iter().flat_map(ServiceHistory::probes);
                for probe in probes.filter(|probe| probe.existed_in(period)) {
                    let outages = outages_of(probe, period);
                    told.add(Totals::of(probe, period, &outages), outages);
                }
            }
            Scope::Platform => {
                let platforms = services.iter().flat_map(|service| &service.platforms);
                for platform in platforms.filter(|platform| platform.existed_in(period)) {
                    let outages = outages_of_platform(platform, period);
                    match Totals::of_platform(platform, period, &outages) {
                        Some(totals) => told.add(totals, outages),
                        None => told.partial.push(platform.subject.clone()),
                    }
                }
            }
            Scope::Service => {
                for service in services.iter().filter(|service| service.existed_in(period)) {
                    let outages = outages_of_service(service, period);
                    match Totals::of_service(service, period, &outages) {
                        Some(totals) => told.add(totals, outages),
                        None => told.partial.push(service.subject.clone()),
                    }
                }
            }
        }
        told
    }

    fn add(&mut self, totals: Totals, outages: Vec<Outage>) {
        self.subjects += 1;
        self.totals += totals;
        self.outages.extend(outages);
    }
}

/// The windows of one probe that reach into the period, in order of time.
pub fn outages_of(probe: &ProbeHistory, period: Period) -> Vec<Outage> {
    let whose = Whose {
        subject: Subject::Endpoint(probe.probe.id.clone()),
        service: &probe.probe.service,
        platform: Some(&probe.probe.platform),
        probe: Some(&probe.probe),
    };
    let tracks = (&probe.track, probe.counted());
    whose.outages(tracks, &probe.accounting, period, |_| Vec::new())
}

/// The windows of a platform as such that reach into the period, in order of time. None if only
/// some of its probes were asked for.
pub fn outages_of_platform(platform: &PlatformHistory, period: Period) -> Vec<Outage> {
    let Some((rollup, first)) = platform.rollup.as_ref().zip(platform.probes.first()) else {
        return Vec::new();
    };
    let whose = Whose {
        subject: platform.subject.clone(),
        service: &first.probe.service,
        platform: Some(&platform.name),
        probe: None,
    };
    let counted = platform.counted().unwrap_or(rollup);
    let tracks = (&rollup.track, &counted.track);
    whose.outages(tracks, &platform.accounting, period, |at| {
        let parts = rollup.parts[at].iter();
        parts
            .map(|part| {
                let probe = &platform.probes[part.member];
                OutageId::new(&probe.probe.id, probe.track.windows[part.window].start)
            })
            .collect()
    })
}

/// The windows of a service as such that reach into the period, in order of time. None if only
/// some of its probes were asked for.
pub fn outages_of_service(service: &ServiceHistory, period: Period) -> Vec<Outage> {
    let Some(whole) = &service.whole else {
        return Vec::new();
    };
    let whose = Whose {
        subject: service.subject.clone(),
        service: &service.name,
        platform: None,
        probe: None,
    };
    let counted = service.counted().unwrap_or(&whole.rollup);
    let tracks = (&whole.rollup.track, &counted.track);
    whose.outages(tracks, &service.accounting, period, |at| {
        let parts = whole.rollup.parts[at].iter();
        parts
            .filter_map(|part| {
                let platform = &service.platforms[part.member];
                let window = &platform.rollup.as_ref()?.track.windows[part.window];
                Some(OutageId::of(&platform.subject, window.start))
            })
            .collect()
    })
}

/// What windows are of.
struct Whose<'a> {
    subject: Subject,
    service: &'a Name,
    platform: Option<&'a Name>,
    probe: Option<&'a Probe>,
}

impl Whose<'_> {
    /// Of a track as it was observed; the second is the same as far as it counts. `parts` tells what
    /// the window at a place in the first is made of.
    fn outages<T>(
        &self,
        (observed, counting): (&Track, &Track),
        accounting: &Accounting<T>,
        period: Period,
        parts: impl Fn(usize) -> Vec<OutageId>,
    ) -> Vec<Outage> {
        let windows = observed.windows.iter().enumerate();
        windows
            .filter(|(_, window)| window.period().overlaps(period))
            .map(|(at, window)| {
                let id = OutageId::of(&self.subject, window.start);
                let whole = window.period();
                let counts = counted(whole, counting);
                Outage {
                    id,
                    subject: self.subject.clone(),
                    service: self.service.clone(),
                    platform: self.platform.cloned(),
                    probe: self.probe.cloned(),
                    counted: counts,
                    inside: counted(whole.clip(period), counting),
                    left_out: counted(whole, observed) - counts,
                    annotations: accounting.of(id).cloned().collect(),
                    window: window.clone(),
                    parts: parts(at),
                }
            })
            .collect()
    }
}
