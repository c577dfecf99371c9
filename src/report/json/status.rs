//! Where every probe stands.

use std::io::{self, Write};

use serde::Serialize;

use super::outage::OutageJson;
use super::{Instant, Ms, Share, write};
use crate::domain::availability::State;
use crate::domain::observation::{Outcome, Reason};
use crate::domain::reducer::Pending;
use crate::report::status::{
    Last, PlatformStatus, ProbeStatus, ServiceStatus, Since, StateCounts, Status, UPTIME_SPAN,
};

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
    worst_state: Option<&'static str>,
    probes: StateCountsJson,
    platforms: Vec<PlatformJson<'m>>,
}

#[derive(Serialize)]
struct PlatformJson<'m> {
    platform: &'m str,
    platform_name: &'m str,
    worst_state: Option<&'static str>,
    probes: StateCountsJson,
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
    pending: Option<PendingJson>,
    last_seen: Option<LastSeenJson>,
    last_observation: Option<LastJson<'m>>,
    outage: Option<OutageJson<'m>>,
    uptime_span_ms: Ms,
    uptime_percent: Option<Share>,
    uptime_low_percent: Option<Share>,
    uptime_high_percent: Option<Share>,
    coverage_percent: Option<Share>,
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
            worst_state: worst(&service.counts),
            probes: (&service.counts).into(),
            platforms: service.platforms.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m PlatformStatus> for PlatformJson<'m> {
    fn from(platform: &'m PlatformStatus) -> Self {
        Self {
            platform: platform.name.slug(),
            platform_name: platform.name.display(),
            worst_state: worst(&platform.counts),
            probes: (&platform.counts).into(),
            endpoints: platform.probes.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ProbeStatus> for ProbeJson<'m> {
    fn from(status: &'m ProbeStatus) -> Self {
        let availability = &status.availability;
        Self {
            probe_id: status.probe.id.as_str(),
            endpoint: status.probe.endpoint.slug(),
            endpoint_name: status.probe.endpoint.display(),
            url: &status.url,
            state: status.state.as_str(),
            since: status.since.map(|since| Instant(since.instant())),
            since_exact: status.since.map(|since| matches!(since, Since::At(_))),
            pending: status.pending.map(Into::into),
            last_seen: status.last_seen.map(|seen| LastSeenJson {
                state: if seen.down { "down" } else { "up" },
                at: Instant(seen.at),
            }),
            last_observation: status.last.as_ref().map(Into::into),
            outage: status.outage.as_ref().map(Into::into),
            uptime_span_ms: UPTIME_SPAN.into(),
            uptime_percent: availability.uptime().map(Share::from),
            uptime_low_percent: availability.uptime_low().map(Share::from),
            uptime_high_percent: availability.uptime_high().map(Share::from),
            coverage_percent: availability.coverage().map(Share::from),
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
