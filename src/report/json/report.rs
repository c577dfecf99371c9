//! The report of a period.

use std::io::{self, Write};

use serde::Serialize;

use super::annotation::RemarksJson;
use super::incident::{IncidentJson, PeriodJson};
use super::outage::{OutageJson, WhatIfJson};
use super::unobserved::{SpanJson, UnobservedJson};
use super::{Counts, FailureJson, Instant, Ms, ParametersJson, Share, joined, write};
use crate::domain::availability::{Availability, State};
use crate::domain::maintenance::Origin;
use crate::domain::observation::{Cause, Reason};
use crate::domain::outage::Blip;
use crate::domain::period_set::PeriodSet;
use crate::domain::rollup::Weight;
use crate::domain::time::Period;
use crate::report::method::UPTIME_FORMULA;
use crate::report::model::{Maintenance, PlatformReport, ProbeReport, Report, ServiceReport};
use crate::report::own::{InForce, Own};
use crate::report::totals::{StretchTotals, Totals};

#[derive(Serialize)]
struct ReportJson<'m> {
    generated_at: Instant,
    version: &'static str,
    from: Instant,
    to: Instant,
    method: String,
    uptime_formula: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<WhatIfJson<'m>>,
    annotated: RemarksJson<'m>,
    totals: TotalsJson,
    services: Vec<ServiceJson<'m>>,
    maintenance: Vec<MaintenanceJson<'m>>,
    /// What nobody watched: of each probe,
    unobserved: Vec<UnobservedJson<'m>>,
    /// and what several missed at once together.
    unobserved_spans: Vec<SpanJson<'m>>,
}

#[derive(Serialize)]
struct ServiceJson<'m> {
    service: &'m str,
    service_name: &'m str,
    /// Sums over its probes.
    totals: TotalsJson,
    /// What it was as such; `null` if not all of its probes were asked for.
    own: Option<OwnJson<'m>>,
    policies: Vec<PolicyJson>,
    /// `null` if not all of its probes were asked for.
    incidents: Option<Vec<IncidentJson<'m>>>,
    platforms: Vec<PlatformJson<'m>>,
}

#[derive(Serialize)]
struct PlatformJson<'m> {
    platform: &'m str,
    platform_name: &'m str,
    /// Sums over its probes.
    totals: TotalsJson,
    /// What it was as such; `null` if not all of its probes were asked for.
    own: Option<OwnJson<'m>>,
    policies: Vec<PolicyJson>,
    probes: Vec<ProbeJson<'m>>,
}

#[derive(Serialize)]
struct ProbeJson<'m> {
    probe_id: &'m str,
    endpoint: &'m str,
    endpoint_name: &'m str,
    url: &'m str,
    parameters: ParametersJson,
    weight: f64,
    totals: TotalsJson,
    outages: Vec<OutageJson<'m>>,
    blips: Vec<BlipJson<'m>>,
    timeline: Vec<StretchJson>,
    flapping: Vec<PeriodJson>,
}

/// Times are those of the whole as such, not sums; observations and blips those of its probes.
#[derive(Serialize)]
struct OwnJson<'m> {
    #[serde(flatten)]
    totals: TotalsJson,
    /// Counts time down by how much of the whole was.
    weighted_down_us: u64,
    windows: Vec<OutageJson<'m>>,
    timeline: Vec<StretchJson>,
}

/// From `from` on, or since before the period.
#[derive(Serialize)]
struct PolicyJson {
    from: Option<Instant>,
    /// `any`, `all`, `2`, `50%`.
    down_when: String,
    weight: f64,
    merge_gap_ms: Ms,
}

#[derive(Serialize)]
pub(super) struct MaintenanceJson<'m> {
    id: u32,
    scope: &'static str,
    subject: String,
    schedule: String,
    note: Option<&'m str>,
    /// `null` if it stands in the configuration.
    by: Option<&'m str>,
    declared_at: Instant,
    /// When it was ended before its time, or left the configuration.
    ended_at: Option<Instant>,
    /// In the period.
    stretches: Vec<PeriodJson>,
}

#[derive(Serialize)]
struct TotalsJson {
    probes: usize,
    /// The period's length, once for each probe: the sum of the times in each state.
    period_ms: Ms,
    up_ms: Ms,
    degraded_ms: Ms,
    down_ms: Ms,
    unknown_ms: Ms,
    maintenance_ms: Ms,
    not_configured_ms: Ms,
    down_min_ms: Ms,
    down_max_ms: Ms,
    unknown_possibly_down_ms: Ms,
    uptime_percent: Option<Share>,
    uptime_low_percent: Option<Share>,
    uptime_high_percent: Option<Share>,
    coverage_percent: Option<Share>,
    /// Had nobody annotated anything; `null` if it were the same.
    as_observed: Option<AsObservedJson>,
    outages: OutageTotalsJson,
    blips: BlipTotalsJson,
    degraded: StretchTotalsJson,
    flapping: StretchTotalsJson,
    unobserved: StretchTotalsJson,
    observations: TallyJson,
}

#[derive(Serialize)]
struct AsObservedJson {
    up_ms: Ms,
    degraded_ms: Ms,
    down_ms: Ms,
    unknown_ms: Ms,
    maintenance_ms: Ms,
    down_min_ms: Ms,
    down_max_ms: Ms,
    unknown_possibly_down_ms: Ms,
    uptime_percent: Option<Share>,
    uptime_low_percent: Option<Share>,
    uptime_high_percent: Option<Share>,
    coverage_percent: Option<Share>,
}

#[derive(Serialize)]
struct OutageTotalsJson {
    count: u64,
    open: u64,
    resumed: u64,
    /// None of which counts, but for annotations.
    left_out: u64,
    longest_ms: Option<Ms>,
    mean_time_to_restore_ms: Option<Ms>,
    restored: u64,
    left_out_of_restore: u64,
}

#[derive(Serialize)]
struct BlipTotalsJson {
    count: u64,
    failures: u64,
}

#[derive(Serialize)]
struct StretchTotalsJson {
    count: u64,
    total_ms: Ms,
    longest_ms: Option<Ms>,
}

#[derive(Serialize)]
struct TallyJson {
    count: u64,
    ok: u64,
    slow: u64,
    fail: u64,
    inconclusive: u64,
    set_aside: u64,
    causes: Counts<Cause>,
    reasons: Counts<Reason>,
}

#[derive(Serialize)]
struct BlipJson<'m> {
    first: Instant,
    last: Instant,
    failures: u64,
    first_failure: Option<FailureJson<'m>>,
}

#[derive(Serialize)]
struct StretchJson {
    from: Instant,
    to: Instant,
    state: &'static str,
}

/// The whole model.
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let json = ReportJson {
        generated_at: Instant(report.request.generated_at),
        version: report.request.version,
        from: Instant(report.request.period.from),
        to: Instant(report.request.period.to),
        method: joined(&report.method),
        uptime_formula: UPTIME_FORMULA,
        what_if: report.what_if.as_ref().map(Into::into),
        annotated: (&report.remarks).into(),
        totals: (&report.totals).into(),
        services: report.services.iter().map(Into::into).collect(),
        maintenance: report.maintenance.iter().map(Into::into).collect(),
        unobserved: report.unobserved.stretches.iter().map(Into::into).collect(),
        unobserved_spans: report.unobserved.spans.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

impl<'m> From<&'m ServiceReport> for ServiceJson<'m> {
    fn from(service: &'m ServiceReport) -> Self {
        Self {
            service: service.name.slug(),
            service_name: service.name.display(),
            totals: (&service.totals).into(),
            own: service.own.as_ref().map(Into::into),
            policies: service.policies.iter().map(Into::into).collect(),
            incidents: service
                .incidents
                .as_ref()
                .map(|incidents| incidents.iter().map(Into::into).collect()),
            platforms: service.platforms.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m PlatformReport> for PlatformJson<'m> {
    fn from(platform: &'m PlatformReport) -> Self {
        Self {
            platform: platform.name.slug(),
            platform_name: platform.name.display(),
            totals: (&platform.totals).into(),
            own: platform.own.as_ref().map(Into::into),
            policies: platform.policies.iter().map(Into::into).collect(),
            probes: platform.probes.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m ProbeReport> for ProbeJson<'m> {
    fn from(probe: &'m ProbeReport) -> Self {
        Self {
            probe_id: probe.probe.id.as_str(),
            endpoint: probe.probe.endpoint.slug(),
            endpoint_name: probe.probe.endpoint.display(),
            url: &probe.url,
            parameters: (&probe.parameters).into(),
            weight: weight(probe.weight),
            totals: (&probe.totals).into(),
            outages: probe.outages.iter().map(Into::into).collect(),
            blips: probe.blips.iter().map(Into::into).collect(),
            timeline: probe.timeline.iter().map(Into::into).collect(),
            flapping: periods(&probe.flapping),
        }
    }
}

fn periods(set: &PeriodSet) -> Vec<PeriodJson> {
    set.periods().iter().map(|&period| period.into()).collect()
}

/// The nearest number to three decimals prints as just these.
fn weight(weight: Weight) -> f64 {
    f64::from(weight.0) / 1000.0
}

impl<'m> From<&'m Own> for OwnJson<'m> {
    fn from(own: &'m Own) -> Self {
        Self {
            totals: (&own.totals).into(),
            weighted_down_us: own.weighted_down.0,
            windows: own.outages.iter().map(Into::into).collect(),
            timeline: own.timeline.iter().map(Into::into).collect(),
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

impl<'m> From<&'m Maintenance> for MaintenanceJson<'m> {
    fn from(maintenance: &'m Maintenance) -> Self {
        let declared = &maintenance.declared;
        let declaration = &declared.declaration;
        Self {
            id: declared.id.0,
            scope: declaration.subject.scope().as_str(),
            subject: declaration.subject.key(),
            schedule: declaration.schedule.to_string(),
            note: declaration.note.as_deref(),
            by: match &declared.origin {
                Origin::Configured => None,
                Origin::By(name) => Some(name),
            },
            declared_at: Instant(declared.from),
            ended_at: declared.until.map(Instant),
            stretches: periods(&maintenance.stretches),
        }
    }
}

impl From<&Totals> for TotalsJson {
    fn from(totals: &Totals) -> Self {
        let (times, outages, tally) = (&totals.availability, &totals.outages, &totals.tally);
        Self {
            probes: totals.probes,
            period_ms: totals.whole.into(),
            up_ms: times.up.into(),
            degraded_ms: times.degraded.into(),
            down_ms: times.down.into(),
            unknown_ms: times.unknown.into(),
            maintenance_ms: times.maintenance.into(),
            not_configured_ms: totals.not_configured.into(),
            down_min_ms: times.down_certain.into(),
            down_max_ms: times.down_possible.into(),
            unknown_possibly_down_ms: times.unknown_possible.into(),
            uptime_percent: times.uptime().map(Share::from),
            uptime_low_percent: times.uptime_low().map(Share::from),
            uptime_high_percent: times.uptime_high().map(Share::from),
            coverage_percent: times.coverage().map(Share::from),
            as_observed: totals.as_observed.as_ref().map(Into::into),
            outages: OutageTotalsJson {
                count: outages.count,
                open: outages.open,
                resumed: outages.resumed,
                left_out: outages.left_out,
                longest_ms: outages.longest.map(Ms::from),
                mean_time_to_restore_ms: outages.mean_time_to_restore().map(Ms::from),
                restored: outages.restored,
                left_out_of_restore: outages.without_restore_time(),
            },
            blips: BlipTotalsJson {
                count: totals.blips,
                failures: totals.blip_failures,
            },
            degraded: totals.degraded.into(),
            flapping: totals.flapping.into(),
            unobserved: totals.unobserved.into(),
            observations: TallyJson {
                count: tally.observations(),
                ok: tally.ok,
                slow: tally.slow,
                fail: tally.fail,
                inconclusive: tally.inconclusive,
                set_aside: tally.set_aside,
                causes: Counts(tally.causes()),
                reasons: Counts(tally.reasons()),
            },
        }
    }
}

impl From<&Availability> for AsObservedJson {
    fn from(times: &Availability) -> Self {
        Self {
            up_ms: times.up.into(),
            degraded_ms: times.degraded.into(),
            down_ms: times.down.into(),
            unknown_ms: times.unknown.into(),
            maintenance_ms: times.maintenance.into(),
            down_min_ms: times.down_certain.into(),
            down_max_ms: times.down_possible.into(),
            unknown_possibly_down_ms: times.unknown_possible.into(),
            uptime_percent: times.uptime().map(Share::from),
            uptime_low_percent: times.uptime_low().map(Share::from),
            uptime_high_percent: times.uptime_high().map(Share::from),
            coverage_percent: times.coverage().map(Share::from),
        }
    }
}

impl From<StretchTotals> for StretchTotalsJson {
    fn from(totals: StretchTotals) -> Self {
        Self {
            count: totals.count,
            total_ms: totals.total.into(),
            longest_ms: totals.longest.map(Ms::from),
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
