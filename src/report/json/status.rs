//! Where every service, platform and endpoint stands.

use std::io::{self, Write};

use serde::Serialize;

use super::outage::OutageJson;
use super::{Instant, Ms, Share, write};
use crate::domain::availability::{Availability, Percent, State};
use crate::domain::observation::{Outcome, Reason};
use crate::domain::reducer::Pending;
use crate::report::status::{
    Last, LastSeen, PlatformStatus, ProbeStatus, ServiceStatus, Signs, Since, StateCounts, Status,
    UPTIME_SPAN,
};
use crate::report::whole_status::{Ongoing, WholeStatus};

#[derive(Serialize)]
struct StatusJson<'m> {
    generated_at: Instant,
    /// Of all probes; no state of the services as such.
    worst_state: Option<&'static str>,
    probes: StateCountsJson,
    services: Vec<ServiceJson<'m>>,
}

#[derive(Serialize)]
struct ServiceJson<'m> {
    service: &'m str,
    service_name: &'m str,
    #[serde(flatten)]
    whole: WholeJson<'m>,
    incident: Option<OngoingJson>,
    /// Of its probes; for its own state see `state`.
    worst_state: Option<&'static str>,
    probes: StateCountsJson,
    signs: SignsJson,
    platforms: Vec<PlatformJson<'m>>,
}

#[derive(Serialize)]
struct PlatformJson<'m> {
    platform: &'m str,
    platform_name: &'m str,
    #[serde(flatten)]
    whole: WholeJson<'m>,
    /// Of its probes; for its own state see `state`.
    worst_state: Option<&'static str>,
    probes: StateCountsJson,
    signs: SignsJson,
    endpoints: Vec<ProbeJson<'m>>,
}

#[derive(Serialize)]
struct ProbeJson<'m> {
    probe_id: &'m str,
    endpoint: &'m str,
    endpoint_name: &'m str,
    url: &'m str,
    state: &'static str,
    since: Option<Instant>,
    /// `false` if it is in this state for longer.
    since_exact: Option<bool>,
    flapping: bool,
    pending: Option<PendingJson>,
    last_seen: Option<LastSeenJson>,
    last_observation: Option<LastJson<'m>>,
    outage: Option<OutageJson<'m>>,
    #[serde(flatten)]
    uptime: UptimeJson,
}

/// What a platform or service is as such. All of it is `null` if `partial`: then not all of its
/// probes were asked for, and it is not known.
#[derive(Serialize)]
struct WholeJson<'m> {
    partial: bool,
    state: Option<&'static str>,
    since: Option<Instant>,
    since_exact: Option<bool>,
    /// As in the configuration: `any`, `all`, `2`, `50%`.
    down_when: Option<String>,
    /// So many of the members that vote, which are all but those in maintenance.
    down_when_members: Option<u32>,
    members: Option<StateCountsJson>,
    last_seen: Option<LastSeenJson>,
    outage: Option<OutageJson<'m>>,
    #[serde(flatten)]
    uptime: UptimeJson,
}

#[derive(Serialize)]
struct UptimeJson {
    uptime_span_ms: Ms,
    uptime_percent: Option<Share>,
    uptime_low_percent: Option<Share>,
    uptime_high_percent: Option<Share>,
    coverage_percent: Option<Share>,
}

/// How many probes.
#[derive(Serialize)]
struct SignsJson {
    flapping: usize,
    failing: usize,
}

/// An incident that is not over, or ended so lately that a new failure would be part of it.
#[derive(Serialize)]
struct OngoingJson {
    id: String,
    kind: &'static str,
    severity: &'static str,
    started_at: Instant,
    duration_ms: Ms,
    /// For so long nothing of it has been the matter; `null` while something is.
    calm_ms: Option<Ms>,
}

#[derive(Serialize)]
struct StateCountsJson {
    up: usize,
    degraded: usize,
    down: usize,
    unknown: usize,
    maintenance: usize,
}

/// So many observations of those it takes speak against the state.
#[derive(Serialize)]
struct PendingJson {
    count: u32,
    of: u32,
    outcome: &'static str,
}

#[derive(Serialize)]
struct LastSeenJson {
    state: &'static str,
    at: Instant,
}

#[derive(Serialize)]
struct LastJson<'m> {
    ts: Instant,
    age_ms: Ms,
    outcome: &'static str,
    cause: Option<&'static str>,
    phase: Option<&'static str>,
    reason: Option<&'static str>,
    detail: Option<&'m str>,
}

/// The whole model.
pub fn status(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let json = StatusJson {
        generated_at: Instant(status.generated_at),
        worst_state: worst(&status.counts),
        probes: (&status.counts).into(),
        services: status.services.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

fn worst(counts: &StateCounts) -> Option<&'static str> {
    counts.worst().map(State::as_str)
}

impl<'m> From<&'m ServiceStatus> for ServiceJson<'m> {
    fn from(service: &'m ServiceStatus) -> Self {
        Self {
            service: service.name.slug(),
            service_name: service.name.display(),
            whole: service.whole.as_ref().into(),
            incident: service.incident.as_ref().map(Into::into),
            worst_state: worst(&service.counts),
            probes: (&service.counts).into(),
            signs: service.signs.into(),
            platforms: service.platforms.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m PlatformStatus> for PlatformJson<'m> {
    fn from(platform: &'m PlatformStatus) -> Self {
        Self {
            platform: platform.name.slug(),
            platform_name: platform.name.display(),
            whole: platform.whole.as_ref().into(),
            worst_state: worst(&platform.counts),
            probes: (&platform.counts).into(),
            signs: platform.signs.into(),
            endpoints: platform.probes.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ProbeStatus> for ProbeJson<'m> {
    fn from(status: &'m ProbeStatus) -> Self {
        Self {
            probe_id: status.probe.id.as_str(),
            endpoint: status.probe.endpoint.slug(),
            endpoint_name: status.probe.endpoint.display(),
            url: &status.url,
            state: status.state.as_str(),
            since: status.since.map(|since| Instant(since.instant())),
            since_exact: status.since.map(exact),
            flapping: status.flapping,
            pending: status.pending.map(Into::into),
            last_seen: status.last_seen.map(Into::into),
            last_observation: status.last.as_ref().map(Into::into),
            outage: status.outage.as_ref().map(Into::into),
            uptime: Some(&status.availability).into(),
        }
    }
}

fn exact(since: Since) -> bool {
    matches!(since, Since::At(_))
}

impl<'m> From<Option<&'m WholeStatus>> for WholeJson<'m> {
    fn from(whole: Option<&'m WholeStatus>) -> Self {
        let since = whole.and_then(|whole| whole.since);
        Self {
            partial: whole.is_none(),
            state: whole.map(|whole| whole.state.as_str()),
            since: since.map(|since| Instant(since.instant())),
            since_exact: since.map(exact),
            down_when: whole.map(|whole| whole.vote.down_when.to_string()),
            down_when_members: whole.map(|whole| whole.vote.needed),
            members: whole.map(|whole| (&whole.vote.members).into()),
            last_seen: whole.and_then(|whole| whole.last_seen).map(Into::into),
            outage: whole.and_then(|whole| Some(whole.outage.as_ref()?.into())),
            uptime: whole.map(|whole| &whole.availability).into(),
        }
    }
}

impl From<Option<&Availability>> for UptimeJson {
    fn from(availability: Option<&Availability>) -> Self {
        let share = |of: fn(&Availability) -> Option<Percent>| availability.and_then(of);
        Self {
            uptime_span_ms: UPTIME_SPAN.into(),
            uptime_percent: share(Availability::uptime).map(Share::from),
            uptime_low_percent: share(Availability::uptime_low).map(Share::from),
            uptime_high_percent: share(Availability::uptime_high).map(Share::from),
            coverage_percent: share(Availability::coverage).map(Share::from),
        }
    }
}

impl From<LastSeen> for LastSeenJson {
    fn from(seen: LastSeen) -> Self {
        Self {
            state: if seen.down { "down" } else { "up" },
            at: Instant(seen.at),
        }
    }
}

impl From<Signs> for SignsJson {
    fn from(signs: Signs) -> Self {
        Self {
            flapping: signs.flapping,
            failing: signs.failing,
        }
    }
}

impl From<&Ongoing> for OngoingJson {
    fn from(ongoing: &Ongoing) -> Self {
        let incident = &ongoing.incident;
        Self {
            id: incident.id.to_string(),
            kind: incident.kind.as_str(),
            severity: incident.severity.as_str(),
            started_at: Instant(incident.period.from),
            duration_ms: incident.duration().into(),
            calm_ms: ongoing.calm.map(Ms::from),
        }
    }
}

impl From<&StateCounts> for StateCountsJson {
    fn from(counts: &StateCounts) -> Self {
        Self {
            up: counts.up,
            degraded: counts.degraded,
            down: counts.down,
            unknown: counts.unknown,
            maintenance: counts.maintenance,
        }
    }
}

impl From<Pending> for PendingJson {
    fn from(pending: Pending) -> Self {
        Self {
            count: pending.count,
            of: pending.of,
            outcome: if pending.failing { "fail" } else { "ok" },
        }
    }
}

impl<'m> From<&'m Last> for LastJson<'m> {
    fn from(last: &'m Last) -> Self {
        let (cause, phase) = match &last.outcome {
            Outcome::Fail(failure) => (
                failure.cause.map(crate::domain::observation::Cause::as_str),
                failure.phase.map(crate::domain::observation::Phase::as_str),
            ),
            _ => (None, None),
        };
        let reason = match &last.outcome {
            Outcome::Inconclusive { reason, .. } => reason.map(Reason::as_str),
            _ => None,
        };
        Self {
            ts: Instant(last.ts),
            age_ms: last.age.into(),
            outcome: last.outcome.kind().as_str(),
            cause,
            phase,
            reason,
            detail: last.outcome.detail().map(AsRef::as_ref),
        }
    }
}
