//! Incidents.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::annotation::{AnnotationJson, RemarksJson};
use super::outage::MeanwhileJson;
use super::{Instant, Ms, joined, write};
use crate::domain::outage_id::OutageId;
use crate::domain::probe::ProbeId;
use crate::domain::subject::Subject;
use crate::domain::time::Period;
use crate::report::incident_list::{IncidentList, PlatformShare, ServiceIncident};
use crate::report::what_if::{DownTime, WhatIf};

#[derive(Serialize, JsonSchema)]
struct IncidentListJson<'m> {
    generated_at: Instant,
    from: Instant,
    to: Instant,
    scope: &'static str,
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<WhatIfJson<'m>>,
    /// Services of which nothing is told, since the filter left only some of their probes.
    partial: Vec<String>,
    annotated: RemarksJson<'m>,
    incidents: Vec<IncidentJson<'m>>,
}

/// While it is open `ended_at`, `end_latest` and `duration_max_ms` are `null`, and `duration_ms` is
/// its length so far.
#[derive(Serialize, JsonSchema)]
pub(super) struct IncidentJson<'m> {
    id: String,
    scope: &'static str,
    service: &'m str,
    kind: &'static str,
    severity: &'static str,
    state: &'static str,
    started_at: Instant,
    ended_at: Option<Instant>,
    start_earliest: Option<Instant>,
    end_earliest: Instant,
    end_latest: Option<Instant>,
    duration_ms: Ms,
    duration_min_ms: Ms,
    duration_max_ms: Option<Ms>,
    any_down_ms: Ms,
    all_down_ms: Ms,
    unknown_ms: Ms,
    weighted_down_us: u64,
    blips: u64,
    /// Those that had a part in it.
    platforms: Vec<PlatformJson<'m>>,
    /// What those were that had none.
    others: Vec<MeanwhileJson<'m>>,
    /// What people said of it.
    annotations: Vec<AnnotationJson<'m>>,
    /// Ids of the windows of its endpoints.
    windows: Vec<String>,
    /// Where failures were scattered, of all its endpoints together.
    flapping: Vec<PeriodJson>,
}

#[derive(Serialize, JsonSchema)]
struct PlatformJson<'m> {
    platform: &'m str,
    down_ms: Ms,
    down_min_ms: Ms,
    down_max_ms: Option<Ms>,
    /// So much of `down_ms` counts.
    counted_ms: Ms,
    /// Ids of its own windows.
    windows: Vec<String>,
    blips: u64,
    flapping_ms: Ms,
    /// The probes that had a window or scattered failures,
    endpoints: Vec<&'m str>,
    /// of so many.
    endpoints_of: usize,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PeriodJson {
    from: Instant,
    to: Instant,
}

#[derive(Serialize, JsonSchema)]
struct WhatIfJson<'m> {
    changes: &'m [String],
    configured: IncidentTimeJson,
    changed: IncidentTimeJson,
}

#[derive(Serialize, JsonSchema)]
struct IncidentTimeJson {
    incidents: u64,
    /// Time in which any platform was down.
    any_down_ms: Ms,
}

/// All incidents that reach into the period, with their true times.
pub fn incidents(list: &IncidentList, out: &mut dyn Write) -> io::Result<()> {
    let json = IncidentListJson {
        generated_at: Instant(list.request.generated_at),
        from: Instant(list.request.period.from),
        to: Instant(list.request.period.to),
        scope: "incident",
        method: joined(&list.method),
        what_if: list.what_if.as_ref().map(Into::into),
        partial: list.partial.iter().map(Subject::key).collect(),
        annotated: (&list.remarks).into(),
        incidents: list.incidents.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

fn ids(ids: &[OutageId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

impl<'m> From<&'m ServiceIncident> for IncidentJson<'m> {
    fn from(one: &'m ServiceIncident) -> Self {
        let incident = &one.incident;
        let flapping = incident.flapping.periods().iter();
        Self {
            id: incident.id.to_string(),
            scope: "incident",
            service: one.service.slug(),
            kind: incident.kind.as_str(),
            severity: incident.severity.as_str(),
            state: if incident.is_open { "open" } else { "closed" },
            started_at: Instant(incident.period.from),
            ended_at: (!incident.is_open).then_some(Instant(incident.period.to)),
            start_earliest: incident.start_earliest.map(Instant),
            end_earliest: Instant(one.end_earliest),
            end_latest: incident.end_latest.map(Instant),
            duration_ms: incident.duration().into(),
            duration_min_ms: one.duration_min().into(),
            duration_max_ms: one.duration_max().map(Ms::from),
            any_down_ms: incident.any_down.into(),
            all_down_ms: incident.all_down.into(),
            unknown_ms: incident.unknown.into(),
            weighted_down_us: incident.weighted_down.0,
            blips: incident.blips,
            platforms: one.platforms.iter().map(Into::into).collect(),
            others: one.others.iter().map(Into::into).collect(),
            annotations: one.annotations.iter().map(Into::into).collect(),
            windows: ids(&one.windows),
            flapping: flapping.map(|&period| period.into()).collect(),
        }
    }
}

impl<'m> From<&'m PlatformShare> for PlatformJson<'m> {
    fn from(one: &'m PlatformShare) -> Self {
        let share = &one.share;
        Self {
            platform: one.platform.slug(),
            down_ms: share.down.into(),
            down_min_ms: share.certain.into(),
            down_max_ms: share.possible.map(Ms::from),
            counted_ms: one.counted.into(),
            windows: ids(&one.windows),
            blips: share.blips,
            flapping_ms: share.flapping.into(),
            endpoints: one.endpoints.iter().map(ProbeId::as_str).collect(),
            endpoints_of: one.endpoints_of,
        }
    }
}

impl From<Period> for PeriodJson {
    fn from(period: Period) -> Self {
        Self {
            from: Instant(period.from),
            to: Instant(period.to),
        }
    }
}

impl<'m> From<&'m WhatIf> for WhatIfJson<'m> {
    fn from(what_if: &'m WhatIf) -> Self {
        Self {
            changes: &what_if.changes,
            configured: what_if.configured.into(),
            changed: what_if.changed.into(),
        }
    }
}

impl From<DownTime> for IncidentTimeJson {
    fn from(down: DownTime) -> Self {
        Self {
            incidents: down.outages,
            any_down_ms: down.down.into(),
        }
    }
}
