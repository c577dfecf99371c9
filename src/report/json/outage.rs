//! Outage windows.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::annotation::{AnnotationJson, RemarksJson};
use super::{Counts, FailureJson, Instant, Ms, joined, write};
use crate::domain::observation::Cause;
use crate::domain::probe::Name;
use crate::domain::subject::Subject;
use crate::report::outage_list::{Meanwhile, Outage, OutageList};
use crate::report::what_if::{DownTime, WhatIf};

#[derive(Serialize, JsonSchema)]
struct OutageListJson<'m> {
    generated_at: Instant,
    from: Instant,
    to: Instant,
    scope: &'static str,
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<WhatIfJson<'m>>,
    /// Platforms or services of which nothing is told, since the filter left only some of their
    /// probes.
    partial: Vec<String>,
    annotated: RemarksJson<'m>,
    outages: Vec<OutageJson<'m>>,
}

/// The fields that are unknown while it is open are `null` then: `ended_at`, `end_latest`,
/// `duration_max_ms`, `closed_at`; `duration_ms` is its length so far.
#[derive(Serialize, JsonSchema)]
pub(super) struct OutageJson<'m> {
    id: String,
    scope: &'static str,
    service: &'m str,
    platform: Option<&'m str>,
    endpoint: Option<&'m str>,
    probe_id: Option<&'m str>,
    state: &'static str,
    started_at: Instant,
    ended_at: Option<Instant>,
    start_earliest: Option<Instant>,
    end_earliest: Instant,
    end_latest: Option<Instant>,
    start_kind: &'static str,
    end_kind: &'static str,
    duration_ms: Ms,
    duration_min_ms: Ms,
    duration_max_ms: Option<Ms>,
    counted_ms: Ms,
    failures: u64,
    observations: u64,
    causes: Counts<Cause>,
    first_failure: Option<FailureJson<'m>>,
    opened_at: Option<Instant>,
    closed_at: Option<Instant>,
    detected_at: Option<Instant>,
    /// The part of `counted_ms` that lies inside the period, which sums are made of.
    in_period_ms: Ms,
    /// So much would count besides `counted_ms`, had nobody annotated anything.
    left_out_ms: Ms,
    /// What people said of it.
    annotations: Vec<AnnotationJson<'m>>,
    /// Ids of the windows that it is made of; those of endpoints have none.
    parts: Vec<String>,
    /// So many of so many endpoints or platforms had a part in it; `null` for those of endpoints.
    members_down: Option<usize>,
    members: Option<usize>,
    /// What the platforms of the service were meanwhile: of a platform's window, the others.
    meanwhile: Vec<MeanwhileJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct MeanwhileJson<'m> {
    platform: &'m str,
    /// The worst that it was,
    state: &'static str,
    /// for so long.
    state_ms: Ms,
    down_ms: Ms,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WhatIfJson<'m> {
    changes: &'m [String],
    configured: DownTimeJson,
    changed: DownTimeJson,
}

#[derive(Serialize, JsonSchema)]
struct DownTimeJson {
    outages: u64,
    down_ms: Ms,
}

/// All windows that reach into the period, with their true times.
pub fn outages(list: &OutageList, out: &mut dyn Write) -> io::Result<()> {
    let json = OutageListJson {
        generated_at: Instant(list.request.generated_at),
        from: Instant(list.request.period.from),
        to: Instant(list.request.period.to),
        scope: list.scope.as_str(),
        method: joined(&list.method),
        what_if: list.what_if.as_ref().map(Into::into),
        partial: list.partial.iter().map(Subject::key).collect(),
        annotated: (&list.remarks).into(),
        outages: list.outages.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

impl<'m> From<&'m Outage> for OutageJson<'m> {
    fn from(outage: &'m Outage) -> Self {
        let (probe, window) = (outage.probe.as_ref(), &outage.window);
        let causes = window.causes.ranked().into_iter();
        Self {
            id: outage.id.to_string(),
            scope: outage.subject.scope().as_str(),
            service: outage.service.slug(),
            platform: outage.platform.as_ref().map(Name::slug),
            endpoint: probe.map(|probe| probe.endpoint.slug()),
            probe_id: probe.map(|probe| probe.id.as_str()),
            state: if window.is_open() { "open" } else { "closed" },
            started_at: Instant(window.start),
            ended_at: (!window.is_open()).then_some(Instant(window.end)),
            start_earliest: window.start_earliest.map(Instant),
            end_earliest: Instant(window.end_earliest),
            end_latest: window.end_latest.map(Instant),
            start_kind: window.start_kind.as_str(),
            end_kind: window.end_kind.as_str(),
            duration_ms: window.duration().into(),
            duration_min_ms: window.duration_min().into(),
            duration_max_ms: window.duration_max().map(Ms::from),
            counted_ms: outage.counted.into(),
            failures: window.failures,
            observations: window.observations,
            causes: Counts(causes.map(|(cause, count)| (cause, count.into())).collect()),
            first_failure: window.first_failure.as_ref().map(Into::into),
            opened_at: window.opened_at.map(Instant),
            closed_at: window.closed_at.map(Instant),
            detected_at: window.detected_at.map(Instant),
            in_period_ms: outage.inside.into(),
            left_out_ms: outage.left_out.into(),
            annotations: outage.annotations.iter().map(Into::into).collect(),
            parts: outage.parts.iter().map(ToString::to_string).collect(),
            members_down: outage.members.map(|members| members.down),
            members: outage.members.map(|members| members.all),
            meanwhile: outage.meanwhile.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m Meanwhile> for MeanwhileJson<'m> {
    fn from(meanwhile: &'m Meanwhile) -> Self {
        Self {
            platform: meanwhile.platform.slug(),
            state: meanwhile.worst.as_str(),
            state_ms: meanwhile.worst_for.into(),
            down_ms: meanwhile.down().into(),
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

impl From<DownTime> for DownTimeJson {
    fn from(down: DownTime) -> Self {
        Self {
            outages: down.outages,
            down_ms: down.down.into(),
        }
    }
}
