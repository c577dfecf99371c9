//! What people said of outages.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Instant, Ms, write};
use crate::domain::annotation::Annotation;
use crate::report::accounting::Remarks;
use crate::report::annotated::Annotated;

/// Without the window, beside which it stands.
#[derive(Serialize, JsonSchema)]
pub(super) struct AnnotationJson<'m> {
    kind: &'static str,
    text: Option<&'m str>,
    by: &'m str,
    at: Instant,
}

#[derive(Serialize, JsonSchema)]
struct AnnotatedJson<'m> {
    id: String,
    scope: &'static str,
    /// As in `spotify`, `spotify/web`, or the probe's id.
    subject: String,
    state: &'static str,
    started_at: Instant,
    ended_at: Option<Instant>,
    duration_ms: Ms,
    counted_ms: Ms,
    /// So much would count besides, had nobody annotated anything.
    left_out_ms: Ms,
    /// Whether its own annotations leave it out.
    excluded: bool,
    annotations: Vec<AnnotationJson<'m>>,
}

/// One window, or one incident.
pub fn annotated(annotated: &Annotated, out: &mut dyn Write) -> io::Result<()> {
    let json = AnnotatedJson {
        id: annotated.id.to_string(),
        scope: annotated.kind(),
        subject: annotated.subject.key(),
        state: if annotated.is_open { "open" } else { "closed" },
        started_at: Instant(annotated.period.from),
        ended_at: (!annotated.is_open).then_some(Instant(annotated.period.to)),
        duration_ms: annotated.period.length().into(),
        counted_ms: annotated.counted.into(),
        left_out_ms: annotated.left_out.into(),
        excluded: annotated.is_excluded(),
        annotations: annotated.annotations.iter().map(Into::into).collect(),
    };
    write(&json, out)
}

/// What annotations do to a period.
#[derive(Serialize, JsonSchema)]
pub(super) struct RemarksJson<'m> {
    /// So many windows and incidents are left out of what counts.
    left_out: u64,
    /// Of windows that are there no longer. They change nothing.
    lost: Vec<LostJson<'m>>,
}

#[derive(Serialize, JsonSchema)]
struct LostJson<'m> {
    /// As it was when the annotation was made.
    id: String,
    scope: &'static str,
    subject: String,
    started_at: Instant,
    ended_at: Option<Instant>,
    #[serde(flatten)]
    annotation: AnnotationJson<'m>,
}

impl<'m> From<&'m Remarks> for RemarksJson<'m> {
    fn from(remarks: &'m Remarks) -> Self {
        let lost = remarks.lost.iter().map(|lost| LostJson {
            id: lost.outage.to_string(),
            scope: if lost.is_of_incident() {
                "incident"
            } else {
                lost.subject.scope().as_str()
            },
            subject: lost.subject.key(),
            started_at: Instant(lost.started_at),
            ended_at: lost.ended_at.map(Instant),
            annotation: lost.into(),
        });
        Self {
            left_out: remarks.left_out,
            lost: lost.collect(),
        }
    }
}

impl<'m> From<&'m Annotation> for AnnotationJson<'m> {
    fn from(annotation: &'m Annotation) -> Self {
        Self {
            kind: annotation.remark.kind().as_str(),
            text: annotation.remark.text().map(AsRef::as_ref),
            by: &annotation.by,
            at: Instant(annotation.at),
        }
    }
}
