//! What a what-if changes.

use std::io::{self, Write};

use serde::Serialize;

use super::outage::WhatIfJson;
use super::{Instant, Ms, write};
use crate::domain::subject::Subject;
use crate::report::difference::{Difference, Differing, Span};

#[derive(Serialize)]
struct DifferenceJson<'m> {
    generated_at: Instant,
    from: Instant,
    to: Instant,
    scope: &'static str,
    what_if: WhatIfJson<'m>,
    /// So many are the same in both.
    same: u64,
    /// Platforms or services of which nothing is told, since the filter left only some of their
    /// probes.
    partial: Vec<String>,
    differences: Vec<DifferingJson>,
}

#[derive(Serialize)]
struct DifferingJson {
    /// `only_configured`, `only_changed`, `other`.
    difference: &'static str,
    subject: String,
    /// `null` if it is only there with the changes.
    configured: Option<SpanJson>,
    /// `null` if it is only there as configured.
    changed: Option<SpanJson>,
}

#[derive(Serialize)]
struct SpanJson {
    id: String,
    started_at: Instant,
    ended_at: Option<Instant>,
    duration_ms: Ms,
}

/// Every window or incident that is not the same in both.
pub fn difference(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let json = DifferenceJson {
        generated_at: Instant(difference.request.generated_at),
        from: Instant(difference.request.period.from),
        to: Instant(difference.request.period.to),
        scope: difference.listed.as_str(),
        what_if: (&difference.what_if).into(),
        same: difference.same,
        partial: difference.partial.iter().map(Subject::key).collect(),
        differences: difference.differing.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

impl From<&Differing> for DifferingJson {
    fn from(one: &Differing) -> Self {
        Self {
            difference: one.sides.as_str(),
            subject: one.subject.key(),
            configured: one.sides.configured().map(Into::into),
            changed: one.sides.changed().map(Into::into),
        }
    }
}

impl From<Span> for SpanJson {
    fn from(span: Span) -> Self {
        Self {
            id: span.id.to_string(),
            started_at: Instant(span.start),
            ended_at: (!span.is_open).then_some(Instant(span.end)),
            duration_ms: span.duration().into(),
        }
    }
}
