//! The outage windows of a period, of one scope.

use super::accounting::Remarks;
use super::method;
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::totals::Totals;
use super::what_if::WhatIf;
use crate::domain::annotation::Annotation;
use crate::domain::availability::{State, counted, timeline};
use crate::domain::outage::OutageWindow;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::{Name, Probe};
use crate::domain::rollup::{Part, Rollup};
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
    /// How many members had a part in it; `None` for an endpoint, which has none.
    pub members: Option<Members>,
    /// What the platforms of the service were meanwhile; of a platform's own window, the others.
    /// Those of which not all probes were asked for are left out, and so are all for an endpoint's.
    pub meanwhile: Vec<Meanwhile>,
}

/// Endpoints of a platform, or platforms of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Members {
    /// That were down in the window.
    pub down: usize,
    /// That existed in it.
    pub all: usize,
}

/// What a platform was while a window lasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meanwhile {
    pub platform: Name,
    /// The worst that it was at any instant: down, else unknown, degraded, in maintenance, up.
    pub worst: State,
    /// For so much of the window,
    pub worst_for: Millis,
    /// of so much in which it existed.
    pub of: Millis,
}

impl Meanwhile {
    /// So much of the window.
    pub fn down(&self) -> Millis {
        match self.worst {
            State::Down => self.worst_for,
            _ => Millis::ZERO,
        }
    }
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
            method: method::of_scope(scope, services, request.period),
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
                    told.add(&Totals::of(probe, period, &outages), outages);
                }
            }
            Scope::Platform => {
                let platforms = services.iter().flat_map(|service| {
                    let platforms = service.platforms.iter();
                    platforms.map(move |platform| (service, platform))
                });
                for (service, platform) in platforms.filter(|(_, one)| one.existed_in(period)) {
                    let outages = outages_of_platform(service, platform, period);
                    match Totals::of_platform(platform, period, &outages) {
                        Some(totals) => told.add(&totals, outages),
                        None => told.partial.push(platform.subject.clone()),
                    }
                }
            }
            Scope::Service => {
                for service in services.iter().filter(|service| service.existed_in(period)) {
                    let outages = outages_of_service(service, period);
                    match Totals::of_service(service, period, &outages) {
                        Some(totals) => told.add(&totals, outages),
                        None => told.partial.push(service.subject.clone()),
                    }
                }
            }
        }
        told
    }

    fn add(&mut self, totals: &Totals, outages: Vec<Outage>) {
        self.subjects += 1;
        self.totals += *totals;
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
        observed: &probe.track,
        counting: probe.counted(),
        annotations: &probe.accounting.annotations,
    };
    let windows = within(&probe.track, period);
    windows
        .map(|(_, window)| whose.outage(window, period))
        .collect()
}

/// The windows of a platform as such that reach into the period, in order of time. None if only
/// some of its probes were asked for.
pub fn outages_of_platform(
    service: &ServiceHistory,
    platform: &PlatformHistory,
    period: Period,
) -> Vec<Outage> {
    let Some(rollup) = &platform.rollup else {
        return Vec::new();
    };
    let whose = Whose {
        subject: platform.subject.clone(),
        service: &service.name,
        platform: Some(&platform.name),
        probe: None,
        observed: &rollup.track,
        counting: &platform.counted().unwrap_or(rollup).track,
        annotations: &platform.accounting.annotations,
    };
    let members: Vec<_> = platform
        .probes
        .iter()
        .map(|probe| (Subject::Endpoint(probe.probe.id.clone()), &probe.track))
        .collect();
    let others = service.platforms.iter();
    let others: Vec<_> = others
        .filter(|other| other.subject != platform.subject)
        .collect();
    whose.rolled_up(rollup, &members, &others, period)
}

/// The windows of a service as such that reach into the period, in order of time. None if only
/// some of its probes were asked for.
pub fn outages_of_service(service: &ServiceHistory, period: Period) -> Vec<Outage> {
    let Some(past) = &service.whole else {
        return Vec::new();
    };
    let whose = Whose {
        subject: service.subject.clone(),
        service: &service.name,
        platform: None,
        probe: None,
        observed: &past.rollup.track,
        counting: &service.counted().unwrap_or(&past.rollup).track,
        annotations: &service.accounting.annotations,
    };
    let platforms = service.platforms.iter();
    let members: Vec<_> = platforms
        .filter_map(|platform| {
            let rollup = platform.rollup.as_ref()?;
            Some((platform.subject.clone(), &rollup.track))
        })
        .collect();
    let platforms: Vec<_> = service.platforms.iter().collect();
    whose.rolled_up(&past.rollup, &members, &platforms, period)
}

/// The windows of a track that reach into the period, with their places in it.
fn within(track: &Track, period: Period) -> impl Iterator<Item = (usize, &OutageWindow)> {
    let windows = track.windows.iter().enumerate();
    windows.filter(move |(_, window)| window.period().overlaps(period))
}

/// What windows are of.
struct Whose<'a> {
    subject: Subject,
    service: &'a Name,
    platform: Option<&'a Name>,
    probe: Option<&'a Probe>,
    observed: &'a Track,
    /// As far as it counts.
    counting: &'a Track,
    /// Of its windows.
    annotations: &'a [Annotation],
}

impl Whose<'_> {
    fn outage(&self, window: &OutageWindow, period: Period) -> Outage {
        let id = OutageId::of(&self.subject, window.start);
        let whole = window.period();
        let counts = counted(whole, self.counting);
        let said = self.annotations.iter().filter(|said| said.outage == id);
        Outage {
            id,
            subject: self.subject.clone(),
            service: self.service.clone(),
            platform: self.platform.cloned(),
            probe: self.probe.cloned(),
            counted: counts,
            inside: counted(whole.clip(period), self.counting),
            left_out: counted(whole, self.observed) - counts,
            annotations: said.cloned().collect(),
            window: window.clone(),
            parts: Vec::new(),
            members: None,
            meanwhile: Vec::new(),
        }
    }

    /// `members` are those of the roll-up.
    fn rolled_up(
        &self,
        rollup: &Rollup,
        members: &[(Subject, &Track)],
        platforms: &[&PlatformHistory],
        period: Period,
    ) -> Vec<Outage> {
        let told = |(at, window): (usize, &OutageWindow)| {
            let parts = &rollup.parts[at];
            let ids = parts.iter().map(|part| {
                let (subject, track) = &members[part.member];
                OutageId::of(subject, track.windows[part.window].start)
            });
            Outage {
                parts: ids.collect(),
                members: Some(members_of(parts, members, window.period())),
                meanwhile: meanwhile(platforms, window.period()),
                ..self.outage(window, period)
            }
        };
        within(&rollup.track, period).map(told).collect()
    }
}

fn members_of(parts: &[Part], members: &[(Subject, &Track)], window: Period) -> Members {
    let existed = |track: &Track| track.covered.iter().any(|life| life.overlaps(window));
    Members {
        // those of one member stand together
        down: parts.chunk_by(|a, b| a.member == b.member).count(),
        all: members.iter().filter(|(_, track)| existed(track)).count(),
    }
}

/// What the platforms were in a stretch of time, as far as they existed in it.
pub(super) fn meanwhile(platforms: &[&PlatformHistory], window: Period) -> Vec<Meanwhile> {
    let told = |platform: &&PlatformHistory| {
        let stretches = timeline(&platform.rollup.as_ref()?.track, window);
        let states = stretches.iter().map(|(_, state)| *state);
        let worst = states.max_by_key(|state| badness(*state))?;
        let so_bad = stretches.iter().filter(|(_, state)| *state == worst);
        Some(Meanwhile {
            platform: platform.name.clone(),
            worst,
            worst_for: so_bad.map(|(stretch, _)| stretch.length()).sum(),
            of: stretches.iter().map(|(stretch, _)| stretch.length()).sum(),
        })
    };
    platforms.iter().filter_map(told).collect()
}

fn badness(state: State) -> u8 {
    match state {
        State::Up => 0,
        State::Maintenance => 1,
        State::Degraded => 2,
        State::Unknown => 3,
        State::Down => 4,
    }
}
