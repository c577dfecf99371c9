//! Time that nobody watched.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Instant, Ms, write};
use crate::report::unobserved::{Unobserved, UnobservedList, UnobservedSpan, Why};

#[derive(Serialize, JsonSchema)]
struct UnobservedListJson<'m> {
    generated_at: Instant,
    from: Instant,
    to: Instant,
    /// Of each probe.
    unobserved: Vec<UnobservedJson<'m>>,
    /// The same, with what several probes missed at once together.
    spans: Vec<SpanJson<'m>>,
    unknown_ms: Ms,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct UnobservedJson<'m> {
    service: &'m str,
    platform: &'m str,
    endpoint: &'m str,
    probe_id: &'m str,
    from: Instant,
    to: Instant,
    duration_ms: Ms,
    /// The first of `reasons`; `null` if nothing is known but that there is no observation.
    reason: Option<&'static str>,
    reasons: Vec<WhyJson>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct SpanJson<'m> {
    from: Instant,
    to: Instant,
    shortest_ms: Ms,
    longest_ms: Ms,
    reason: Option<&'static str>,
    reasons: Vec<WhyJson>,
    probes: Vec<&'m str>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct WhyJson {
    reason: &'static str,
    /// So many inconclusive requests tell it; 0 if only the observer does.
    observations: u64,
}

/// Every stretch of the period that nobody watched.
pub fn unobserved(list: &UnobservedList, out: &mut dyn Write) -> io::Result<()> {
    let json = UnobservedListJson {
        generated_at: Instant(list.request.generated_at),
        from: Instant(list.request.period.from),
        to: Instant(list.request.period.to),
        unobserved: list.stretches.iter().map(Into::into).collect(),
        spans: list.spans.iter().map(Into::into).collect(),
        unknown_ms: list.totals.availability.unknown.into(),
    };
    write(&json, out)
}

fn reason(reasons: &[Why]) -> Option<&'static str> {
    reasons.first().map(Why::as_str)
}

impl<'m> From<&'m Unobserved> for UnobservedJson<'m> {
    fn from(one: &'m Unobserved) -> Self {
        Self {
            service: one.probe.service.slug(),
            platform: one.probe.platform.slug(),
            endpoint: one.probe.endpoint.slug(),
            probe_id: one.probe.id.as_str(),
            from: Instant(one.period.from),
            to: Instant(one.period.to),
            duration_ms: one.period.length().into(),
            reason: reason(&one.reasons),
            reasons: one.reasons.iter().map(Into::into).collect(),
        }
    }
}

impl<'m> From<&'m UnobservedSpan> for SpanJson<'m> {
    fn from(span: &'m UnobservedSpan) -> Self {
        Self {
            from: Instant(span.period.from),
            to: Instant(span.period.to),
            shortest_ms: span.shortest.into(),
            longest_ms: span.longest.into(),
            reason: reason(&span.reasons),
            reasons: span.reasons.iter().map(Into::into).collect(),
            probes: span.probes.iter().map(|probe| probe.id.as_str()).collect(),
        }
    }
}

impl From<&Why> for WhyJson {
    fn from(why: &Why) -> Self {
        Self {
            reason: why.as_str(),
            observations: why.observations(),
        }
    }
}
