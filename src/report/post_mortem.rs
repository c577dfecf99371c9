//! All that is known of one incident: what a post-mortem begins with.

use std::collections::BTreeMap;

use super::circumstances::Circumstances;
use super::incident_list::{PlatformShare, ServiceIncident, of_service};
use super::method;
use super::model::Maintenance;
use super::moment::{self, Moment};
use super::outage_evidence::Seen;
use super::outage_list::{Outage, outages_of, outages_of_platform, outages_of_service};
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::unobserved::UnobservedList;
use crate::domain::annotation::Annotation;
use crate::domain::availability::{State, timeline};
use crate::domain::incident::Incident;
use crate::domain::observation::Cause;
use crate::domain::outage::{OutageWindow, StartKind};
use crate::domain::probe::ProbeId;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;
use crate::domain::trouble::Trouble;

/// An incident with everything around it.
#[derive(Clone, Debug, PartialEq)]
pub struct PostMortem {
    /// Its period is that in which the incident can have been.
    pub request: Request,
    pub incident: ServiceIncident,
    /// The outage of an endpoint in it that was known of first. `None` if there was none.
    pub detected: Option<Detected>,
    /// In the order of the incident's platforms.
    pub impact: Vec<Impact>,
    /// The windows of endpoints, in order of start, then of the probe's id.
    pub outages: Vec<Outage>,
    /// Failures in these, the most frequent cause first.
    pub causes: Vec<(Cause, u64)>,
    /// In order of time.
    pub timeline: Vec<Moment>,
    /// What the service, its platforms, and the endpoints with a part in it were meanwhile.
    pub courses: Vec<Course>,
    /// Of the failures in it the first and the last of which anything is kept. There is no last one
    /// if there is only one.
    pub first: Option<ProbeSeen>,
    pub last: Option<ProbeSeen>,
    /// What was said of it, of its windows, and of those of its platforms and the service, in the
    /// order in which it was.
    pub annotations: Vec<Annotation>,
    pub maintenance: Vec<Maintenance>,
    pub unobserved: UnobservedList,
    /// How the numbers come about, in sentences.
    pub method: Vec<String>,
}

/// When the request had finished that made an outage of what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detected {
    pub at: UnixMillis,
    /// The first failure of this outage.
    pub started_at: UnixMillis,
}

/// What one platform had of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    pub share: PlatformShare,
    /// From its first window's start to its last one's end. `None` if it was never down.
    pub period: Option<Period>,
    pub is_open: bool,
    /// How often it was down, without those windows that only go on after a gap.
    pub times: usize,
    /// Failures in windows of its endpoints, the most frequent cause first.
    pub causes: Vec<(Cause, u64)>,
}

/// What one subject was over the time in which an incident can have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    pub label: String,
    /// In order of time, as far as it was configured.
    pub timeline: Vec<(Period, State)>,
    /// That reach into it, in order of time.
    pub windows: Vec<OutageWindow>,
}

/// A failure of a probe, with what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSeen {
    pub probe: ProbeId,
    pub seen: Seen,
}

/// The incident of a service that a period is part of, as every window is of one.
pub fn incident_in(service: &ServiceHistory, period: Period) -> Option<&Incident> {
    let whole = service.whole.as_ref()?;
    let mut incidents = whole.incidents.iter();
    incidents.find(|incident| incident.period.overlaps(period))
}

impl Detected {
    /// So long after the first failure.
    pub fn after(&self) -> Millis {
        self.at - self.started_at
    }
}

impl PostMortem {
    /// Of an incident of the service. `kept`: failures in it of which there is evidence, at least
    /// the first and the last of each probe. `None` if only some of its probes were asked for.
    pub fn new(
        request: Request,
        service: &ServiceHistory,
        incident: &Incident,
        circumstances: &Circumstances,
        kept: Vec<ProbeSeen>,
    ) -> Option<Self> {
        let whole = service.whole.as_ref()?;
        let period = incident.period;
        let mut known = of_service(service, whole, period).into_iter();
        let told = known.find(|one| one.incident.id == incident.id)?;
        let request = Request {
            period: possible(incident, request.generated_at),
            before: None,
            ..request
        };
        let services = std::slice::from_ref(service);
        let unobserved = UnobservedList::new(request.clone(), services, circumstances);
        let maintenance = Maintenance::of(services, circumstances, request.period);
        let outages = windows(service, period);
        let detected = outages.iter().filter_map(|outage| {
            Some(Detected {
                at: outage.window.detected_at?,
                started_at: outage.window.start,
            })
        });
        let annotations = annotations(service, &told, &outages);
        let (first, last) = outermost(kept);
        let mut post_mortem = Self {
            detected: detected.min(),
            impact: impact(service, &told, &outages),
            causes: causes(&outages),
            timeline: Vec::new(),
            courses: courses(service, &told, request.period),
            first,
            last,
            method: method::of_scope(Scope::Service, services, period),
            incident: told,
            outages,
            annotations,
            maintenance,
            unobserved,
            request,
        };
        post_mortem.timeline = post_mortem.in_order_of_time(service, circumstances);
        Some(post_mortem)
    }

    /// At most so many moments of the timeline, the most telling of them.
    pub fn most_telling(&self, most: usize) -> Vec<&Moment> {
        moment::most_telling(&self.timeline, most)
    }

    /// Whether the first failure of which anything is kept is that of its first outage.
    pub fn first_is_of_an_outage(&self) -> bool {
        let first_outage = self.outages.first().map(|outage| outage.window.start);
        let first = self.first.as_ref().map(|first| first.seen.ts);
        first.is_some() && first == first_outage
    }

    fn in_order_of_time(
        &self,
        service: &ServiceHistory,
        circumstances: &Circumstances,
    ) -> Vec<Moment> {
        let incident = &self.incident.incident;
        let period = incident.period;
        let last_success = incident.start_earliest.filter(|at| *at < period.from);
        let last_success = last_success.map(|at| Moment::of_last_success(&service.subject, at));
        let mut all: Vec<_> = last_success.into_iter().collect();
        for platform in &service.platforms {
            let own = outages_of_platform(service, platform, period);
            all.extend(own.iter().flat_map(Moment::of_outage));
        }
        for probe in service.probes() {
            let subject = Subject::Endpoint(probe.probe.id.clone());
            let history = &probe.past.history;
            let flapping = history.flapping.periods().iter();
            let flapping = flapping.filter(|stretch| stretch.overlaps(period));
            // its end belongs to it: scattered failures reach to the last of them
            let blips = history.blips.iter();
            let blips = blips.filter(|blip| period.from <= blip.first && blip.first <= period.to);
            all.extend(Moment::of_scattered(&subject, flapping, blips));
        }
        let own = outages_of_service(service, period);
        all.extend(self.outages.iter().chain(&own).flat_map(Moment::of_outage));
        all.extend(self.maintenance.iter().flat_map(Moment::of_maintenance));
        all.extend(self.unobserved.spans.iter().map(Moment::of_unobserved));
        let troubles = circumstances.troubles.iter();
        let troubles = troubles.filter(|trouble| self.tells_besides(trouble));
        all.extend(troubles.map(Moment::of_trouble));
        let until = self.request.period.to;
        let meanwhile = self.annotations.iter().filter(|said| said.at < until);
        all.extend(meanwhile.map(Moment::of_annotation));
        moment::sort(&mut all);
        all
    }

    /// Whether the observer was hindered in it, and that is no reason of what was not observed.
    fn tells_besides(&self, trouble: &Trouble) -> bool {
        let spans = self.unobserved.spans.iter();
        let mut reasons = spans.flat_map(|span| &span.reasons);
        trouble.period.overlaps(self.request.period)
            && reasons.all(|why| why.as_str() != trouble.reason.as_str())
    }
}

/// The time in which it can have been.
fn possible(incident: &Incident, now: UnixMillis) -> Period {
    let Period { from, to } = incident.period;
    let from = incident
        .start_earliest
        .map_or(from, |earliest| earliest.min(from));
    let latest = if incident.is_open {
        Some(to)
    } else {
        incident.end_latest
    };
    // where nobody has watched since, it may go on
    Period::new(from, latest.unwrap_or(now).max(to))
}

/// Those of its endpoints in it.
fn windows(service: &ServiceHistory, period: Period) -> Vec<Outage> {
    let probes = service.probes();
    let mut outages: Vec<_> = probes.flat_map(|probe| outages_of(probe, period)).collect();
    outages.sort_by(|a, b| (a.window.start, &a.subject).cmp(&(b.window.start, &b.subject)));
    outages
}

fn causes<'o>(outages: impl IntoIterator<Item = &'o Outage>) -> Vec<(Cause, u64)> {
    let mut counts: BTreeMap<Cause, u64> = BTreeMap::new();
    for outage in outages {
        for (cause, count) in outage.window.causes.ranked() {
            *counts.entry(cause).or_default() += u64::from(count);
        }
    }
    let mut ranked: Vec<_> = counts.into_iter().collect();
    // stable: equal ones stay in order of the vocabulary
    ranked.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    ranked
}

fn impact(service: &ServiceHistory, told: &ServiceIncident, outages: &[Outage]) -> Vec<Impact> {
    let period = told.incident.period;
    let of_platform = |share: &PlatformShare| {
        let platform = &service.platforms[share.share.platform];
        let own = outages_of_platform(service, platform, period);
        let ends = own.iter().map(|outage| outage.window.end);
        let anew = own
            .iter()
            .enumerate()
            .filter(|(at, one)| *at == 0 || one.window.start_kind != StartKind::Resumed);
        Impact {
            period: own
                .first()
                .zip(ends.max())
                .map(|(first, end)| Period::new(first.window.start, end)),
            is_open: own.iter().any(|outage| outage.window.is_open()),
            times: anew.count(),
            causes: causes(of(platform, outages)),
            share: share.clone(),
        }
    };
    told.platforms.iter().map(of_platform).collect()
}

/// Those of a platform's endpoints.
fn of<'o>(platform: &PlatformHistory, outages: &'o [Outage]) -> impl Iterator<Item = &'o Outage> {
    let name = platform.name.slug().to_owned();
    let outages = outages.iter();
    outages.filter(move |outage| {
        let of = outage.platform.as_ref();
        of.is_some_and(|platform| platform.slug() == name)
    })
}

/// A service of one platform is that platform.
fn courses(service: &ServiceHistory, told: &ServiceIncident, around: Period) -> Vec<Course> {
    let course = |label: String, track: &Track| Course {
        label,
        timeline: timeline(track, around),
        windows: track.windows[track.windows_in(around)].to_vec(),
    };
    let mut courses = Vec::new();
    if let (Some(whole), [_, _, ..]) = (&service.whole, &service.platforms[..]) {
        let name = service.name.display().to_owned();
        courses.push(course(name, &whole.rollup.track));
    }
    for platform in &service.platforms {
        let name = platform.name.display();
        let rollup = platform.rollup.iter();
        courses.extend(rollup.map(|rollup| course(name.to_owned(), &rollup.track)));
        let mut shares = told.platforms.iter();
        let share = shares.find(|share| share.platform == platform.name);
        // an only endpoint was what its platform was
        let part = |probe: &ProbeId| {
            platform.probes.len() > 1 && share.is_some_and(|share| share.endpoints.contains(probe))
        };
        let probes = platform.probes.iter();
        let probes = probes.filter(|probe| part(&probe.probe.id));
        courses.extend(probes.map(|probe| {
            let label = format!("{name} {}", probe.probe.endpoint.display());
            course(label, &probe.track)
        }));
    }
    courses
}

fn annotations(
    service: &ServiceHistory,
    told: &ServiceIncident,
    outages: &[Outage],
) -> Vec<Annotation> {
    let period = told.incident.period;
    let platforms = service.platforms.iter();
    let wholes = platforms
        .flat_map(|platform| outages_of_platform(service, platform, period))
        .chain(outages_of_service(service, period));
    let wholes: Vec<_> = wholes.flat_map(|outage| outage.annotations).collect();
    let parts = outages.iter().flat_map(|outage| &outage.annotations);
    let all = told.annotations.iter().chain(parts).chain(&wholes);
    let mut all: Vec<_> = all.cloned().collect();
    // stable: those of one instant stay in order
    all.sort_by_key(|said| said.at);
    all
}

fn outermost(kept: Vec<ProbeSeen>) -> (Option<ProbeSeen>, Option<ProbeSeen>) {
    let mut kept = kept;
    kept.sort_by(|a, b| (a.seen.ts, &a.probe).cmp(&(b.seen.ts, &b.probe)));
    let mut kept = kept.into_iter();
    (kept.next(), kept.next_back())
}
