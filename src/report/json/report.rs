//! The report of a period.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::annotation::RemarksJson;
use super::comparison::ComparisonJson;
use super::incident::{IncidentJson, PeriodJson};
use super::maintenance::MaintenanceJson;
use super::measured::MeasuredJson;
use super::outage::{OutageJson, WhatIfJson};
use super::promised::{AgreementJson, ObjectiveJson};
use super::totals::TotalsJson;
use super::unobserved::{SpanJson, UnobservedJson};
use super::windowed::{DayJson, PointJson};
use super::{FailureJson, Instant, Ms, ParametersJson, Share, joined, write};
use crate::domain::availability::State;
use crate::domain::configured::InForceFrom;
use crate::domain::observation::Cause;
use crate::domain::outage::Blip;
use crate::domain::period_set::PeriodSet;
use crate::domain::rollup::Weight;
use crate::domain::time::Period;
use crate::report::method::UPTIME_FORMULA;
use crate::report::model::{PlatformReport, ProbeReport, Report, ServiceReport};
use crate::report::own::{InForce, Own};
use crate::report::worst::Worst;

// Of a report and its services, platforms and probes the heads are what stands on their own lines in
// NDJSON: all but what has lines of its own.

#[derive(Serialize, JsonSchema)]
pub(super) struct HeadJson<'m> {
    generated_at: Instant,
    version: &'static str,
    from: Instant,
    to: Instant,
    method: String,
    uptime_formula: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<WhatIfJson<'m>>,
    annotated: RemarksJson<'m>,
    /// Whose days are told one by one.
    timezone: &'m str,
    /// In force in the period.
    configurations: Vec<ConfigurationJson>,
    /// Sums over all probes.
    totals: TotalsJson,
    /// Of all probes together.
    measured: MeasuredJson,
    /// Whether something measured at the edge of the period counts a whole hour or day.
    is_rounded: bool,
    /// Of the sums, with the period before; `null` if that was not asked for.
    comparison: Option<ComparisonJson>,
    /// The endpoints that fared worst, the worst first.
    worst: Vec<WorstJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ReportJson<'m> {
    #[serde(flatten)]
    head: HeadJson<'m>,
    services: Vec<ServiceJson<'m>>,
    maintenance: Vec<MaintenanceJson<'m>>,
    /// What nobody watched: of each probe,
    unobserved: Vec<UnobservedJson<'m>>,
    /// and what several missed at once together.
    unobserved_spans: Vec<SpanJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ServiceHeadJson<'m> {
    service: &'m str,
    service_name: &'m str,
    /// Sums over its probes.
    totals: TotalsJson,
    policies: Vec<PolicyJson>,
    /// `slo`.
    objectives: Vec<ObjectiveJson<'m>>,
    /// `sla`.
    agreements: Vec<AgreementJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
struct ServiceJson<'m> {
    #[serde(flatten)]
    head: ServiceHeadJson<'m>,
    /// What it was as such; `null` if not all of its probes were asked for.
    own: Option<OwnJson<'m>>,
    /// `null` if not all of its probes were asked for.
    incidents: Option<Vec<IncidentJson<'m>>>,
    platforms: Vec<PlatformJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PlatformHeadJson<'m> {
    platform: &'m str,
    platform_name: &'m str,
    /// Sums over its probes.
    totals: TotalsJson,
    policies: Vec<PolicyJson>,
    /// `slo`.
    objectives: Vec<ObjectiveJson<'m>>,
    /// `sla`.
    agreements: Vec<AgreementJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
struct PlatformJson<'m> {
    #[serde(flatten)]
    head: PlatformHeadJson<'m>,
    /// What it was as such; `null` if not all of its probes were asked for.
    own: Option<OwnJson<'m>>,
    probes: Vec<ProbeJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ProbeHeadJson<'m> {
    probe_id: &'m str,
    endpoint: &'m str,
    endpoint_name: &'m str,
    url: &'m str,
    parameters: ParametersJson,
    weight: f64,
    totals: TotalsJson,
    timeline: Vec<StretchJson>,
    flapping: Vec<PeriodJson>,
    measured: MeasuredJson,
    /// With the period before; `null` if that was not asked for.
    comparison: Option<ComparisonJson>,
    days: Vec<DayJson<'m>>,
    /// Windowed availability, by ascending lengths.
    windowed: Vec<PointJson>,
}

#[derive(Serialize, JsonSchema)]
struct ProbeJson<'m> {
    #[serde(flatten)]
    head: ProbeHeadJson<'m>,
    outages: Vec<OutageJson<'m>>,
    blips: Vec<BlipJson<'m>>,
}

/// Times are those of the whole as such, not sums; observations and blips those of its probes.
#[derive(Serialize, JsonSchema)]
pub(super) struct OwnHeadJson<'m> {
    #[serde(flatten)]
    totals: TotalsJson,
    /// Counts time down by how much of the whole was.
    weighted_down_us: u64,
    timeline: Vec<StretchJson>,
    /// Of its probes.
    measured: MeasuredJson,
    /// With the period before; `null` if that was not asked for.
    comparison: Option<ComparisonJson>,
    days: Vec<DayJson<'m>>,
    /// Windowed availability, by ascending lengths.
    windowed: Vec<PointJson>,
}

#[derive(Serialize, JsonSchema)]
struct OwnJson<'m> {
    #[serde(flatten)]
    head: OwnHeadJson<'m>,
    windows: Vec<OutageJson<'m>>,
}

/// In force from then on, until the next.
#[derive(Serialize, JsonSchema)]
struct ConfigurationJson {
    from: Instant,
    /// Of the files' texts, before secrets are filled in.
    sha256: String,
}

#[derive(Serialize, JsonSchema)]
struct WorstJson<'m> {
    probe_id: &'m str,
    down_ms: Ms,
    /// Of the time that all endpoints were down; `null` if none was.
    share_of_down_percent: Option<Share>,
    outages: u64,
    blips: u64,
    degraded_ms: Ms,
    /// What its failures had most often.
    cause: Option<&'static str>,
}

/// From `from` on, or since before the period.
#[derive(Serialize, JsonSchema)]
struct PolicyJson {
    from: Option<Instant>,
    /// `any`, `all`, `2`, `50%`.
    down_when: String,
    weight: f64,
    merge_gap_ms: Ms,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BlipJson<'m> {
    first: Instant,
    last: Instant,
    failures: u64,
    first_failure: Option<FailureJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
struct StretchJson {
    from: Instant,
    to: Instant,
    state: &'static str,
}

/// The whole model.
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let json = ReportJson {
        head: report.into(),
        services: report.services.iter().map(Into::into).collect(),
        maintenance: report.maintenance.iter().map(Into::into).collect(),
        unobserved: report.unobserved.stretches.iter().map(Into::into).collect(),
        unobserved_spans: report.unobserved.spans.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

impl<'m> From<&'m Report> for HeadJson<'m> {
    fn from(report: &'m Report) -> Self {
        Self {
            generated_at: Instant(report.request.generated_at),
            version: report.request.version,
            from: Instant(report.request.period.from),
            to: Instant(report.request.period.to),
            method: joined(&report.method),
            uptime_formula: UPTIME_FORMULA,
            what_if: report.what_if.as_ref().map(Into::into),
            annotated: (&report.remarks).into(),
            timezone: report.request.zone.as_str(),
            configurations: report.configurations.iter().map(Into::into).collect(),
            totals: (&report.totals).into(),
            measured: (&report.measured).into(),
            is_rounded: report.is_rounded,
            comparison: report.comparison.as_ref().map(Into::into),
            worst: report.worst.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ServiceReport> for ServiceHeadJson<'m> {
    fn from(service: &'m ServiceReport) -> Self {
        Self {
            service: service.name.slug(),
            service_name: service.name.display(),
            totals: (&service.totals).into(),
            policies: service.policies.iter().map(Into::into).collect(),
            objectives: service.objectives.iter().map(Into::into).collect(),
            agreements: service.agreements.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ServiceReport> for ServiceJson<'m> {
    fn from(service: &'m ServiceReport) -> Self {
        Self {
            head: service.into(),
            own: service.own.as_ref().map(Into::into),
            incidents: service
                .incidents
                .as_ref()
                .map(|incidents| incidents.iter().map(Into::into).collect()),
            platforms: service.platforms.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m PlatformReport> for PlatformHeadJson<'m> {
    fn from(platform: &'m PlatformReport) -> Self {
        Self {
            platform: platform.name.slug(),
            platform_name: platform.name.display(),
            totals: (&platform.totals).into(),
            policies: platform.policies.iter().map(Into::into).collect(),
            objectives: platform.objectives.iter().map(Into::into).collect(),
            agreements: platform.agreements.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m PlatformReport> for PlatformJson<'m> {
    fn from(platform: &'m PlatformReport) -> Self {
        Self {
            head: platform.into(),
            own: platform.own.as_ref().map(Into::into),
            probes: platform.probes.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ProbeReport> for ProbeHeadJson<'m> {
    fn from(probe: &'m ProbeReport) -> Self {
        Self {
            probe_id: probe.probe.id.as_str(),
            endpoint: probe.probe.endpoint.slug(),
            endpoint_name: probe.probe.endpoint.display(),
            url: &probe.url,
            parameters: (&probe.parameters).into(),
            weight: weight(probe.weight),
            totals: (&probe.totals).into(),
            timeline: probe.timeline.iter().map(Into::into).collect(),
            flapping: periods(&probe.flapping),
            measured: (&probe.measured).into(),
            comparison: probe.comparison.as_ref().map(Into::into),
            days: probe.days.iter().map(Into::into).collect(),
            windowed: probe.windowed.points.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ProbeReport> for ProbeJson<'m> {
    fn from(probe: &'m ProbeReport) -> Self {
        Self {
            head: probe.into(),
            outages: probe.outages.iter().map(Into::into).collect(),
            blips: probe.blips.iter().map(Into::into).collect(),
        }
    }
}

pub(super) fn periods(set: &PeriodSet) -> Vec<PeriodJson> {
    set.periods().iter().map(|&period| period.into()).collect()
}

/// The nearest number to three decimals prints as just these.
fn weight(weight: Weight) -> f64 {
    f64::from(weight.0) / 1000.0
}

impl<'m> From<&'m Own> for OwnHeadJson<'m> {
    fn from(own: &'m Own) -> Self {
        Self {
            totals: (&own.totals).into(),
            weighted_down_us: own.weighted_down.0,
            timeline: own.timeline.iter().map(Into::into).collect(),
            measured: (&own.measured).into(),
            comparison: own.comparison.as_ref().map(Into::into),
            days: own.days.iter().map(Into::into).collect(),
            windowed: own.windowed.points.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m Own> for OwnJson<'m> {
    fn from(own: &'m Own) -> Self {
        Self {
            head: own.into(),
            windows: own.outages.iter().map(Into::into).collect(),
        }
    }
}

impl From<&InForceFrom> for ConfigurationJson {
    fn from(in_force: &InForceFrom) -> Self {
        Self {
            from: Instant(in_force.from),
            sha256: in_force.hash.to_string(),
        }
    }
}

impl<'m> From<&'m Worst> for WorstJson<'m> {
    fn from(worst: &'m Worst) -> Self {
        let availability = &worst.totals.availability;
        Self {
            probe_id: worst.probe.id.as_str(),
            down_ms: availability.down.into(),
            share_of_down_percent: worst.share_of_down.map(Share::from),
            outages: worst.totals.outages.count,
            blips: worst.totals.blips,
            degraded_ms: availability.degraded.into(),
            cause: worst.cause.map(Cause::as_str),
        }
    }
}

impl From<&InForce> for PolicyJson {
    fn from(in_force: &InForce) -> Self {
        let parameters = &in_force.parameters;
        Self {
            from: in_force.from.map(Instant),
            down_when: parameters.down_when.to_string(),
            weight: weight(parameters.weight),
            merge_gap_ms: parameters.merge_gap.into(),
        }
    }
}

impl<'m> From<&'m Blip> for BlipJson<'m> {
    fn from(blip: &'m Blip) -> Self {
        Self {
            first: Instant(blip.first),
            last: Instant(blip.last),
            failures: blip.failures,
            first_failure: blip.first_failure.as_ref().map(Into::into),
        }
    }
}

impl From<&(Period, State)> for StretchJson {
    fn from((period, state): &(Period, State)) -> Self {
        Self {
            from: Instant(period.from),
            to: Instant(period.to),
            state: state.as_str(),
        }
    }
}
