//! What is known of one incident.

use std::io::{self, Write};

use serde::Serialize;

use super::annotation::AnnotationJson;
use super::evidence::SeenJson;
use super::incident::IncidentJson;
use super::maintenance::MaintenanceJson;
use super::outage::OutageJson;
use super::unobserved::{SpanJson, WhyJson};
use super::{Counts, FailureJson, Instant, Ms, joined, write};
use crate::domain::observation::Cause;
use crate::domain::subject::Subject;
use crate::report::moment::{Moment, What};
use crate::report::post_mortem::{PostMortem, ProbeSeen};

#[derive(Serialize)]
struct PostMortemJson<'m> {
    generated_at: Instant,
    version: &'static str,
    /// In which it can have been.
    from: Instant,
    to: Instant,
    method: String,
    /// How it is judged otherwise than configured. Empty if it is not.
    what_if: &'m [String],
    incident: IncidentJson<'m>,
    /// The outage in it that was known of first.
    detected: Option<DetectedJson>,
    /// In windows of its endpoints.
    causes: Counts<Cause>,
    /// In order of time.
    timeline: Vec<MomentJson<'m>>,
    /// The windows of its endpoints.
    outages: Vec<OutageJson<'m>>,
    /// Of which anything is kept.
    first_failure: Option<ProbeSeenJson<'m>>,
    last_failure: Option<ProbeSeenJson<'m>>,
    maintenance: Vec<MaintenanceJson<'m>>,
    unobserved_spans: Vec<SpanJson<'m>>,
}

#[derive(Serialize)]
struct DetectedJson {
    at: Instant,
    /// The first failure of that outage.
    started_at: Instant,
    after_ms: Ms,
}

/// What is not told of an entry of its kind is `null`.
#[derive(Default, Serialize)]
struct MomentJson<'m> {
    at: Option<Instant>,
    what: &'static str,
    /// `null`, as the subject, for the observer itself.
    scope: Option<&'static str>,
    subject: Option<String>,
    until: Option<Instant>,
    /// How an outage began or ended, as in `seen`.
    kind: Option<&'static str>,
    failure: Option<FailureJson<'m>>,
    /// Too few for an outage.
    failures: Option<u64>,
    /// When a request that decided something had finished.
    known_at: Option<Instant>,
    lasted_ms: Option<Ms>,
    /// Of maintenance.
    note: Option<&'m str>,
    /// So many were not observed.
    probes: Option<usize>,
    reasons: Option<Vec<WhyJson>>,
    said: Option<AnnotationJson<'m>>,
}

#[derive(Serialize)]
struct ProbeSeenJson<'m> {
    probe_id: &'m str,
    #[serde(flatten)]
    seen: SeenJson<'m>,
}

/// The incident as in the list, with its timeline and all that it is made of.
pub fn post_mortem(post_mortem: &PostMortem, out: &mut dyn Write) -> io::Result<()> {
    let request = &post_mortem.request;
    let json = PostMortemJson {
        generated_at: Instant(request.generated_at),
        version: request.version,
        from: Instant(request.period.from),
        to: Instant(request.period.to),
        method: joined(&post_mortem.method),
        what_if: &request.what_if,
        incident: (&post_mortem.incident).into(),
        detected: post_mortem.detected.map(|detected| DetectedJson {
            at: Instant(detected.at),
            started_at: Instant(detected.started_at),
            after_ms: detected.after().into(),
        }),
        causes: Counts(post_mortem.causes.clone()),
        timeline: post_mortem.timeline.iter().map(Into::into).collect(),
        outages: post_mortem.outages.iter().map(Into::into).collect(),
        first_failure: post_mortem.first.as_ref().map(Into::into),
        last_failure: post_mortem.last.as_ref().map(Into::into),
        maintenance: post_mortem.maintenance.iter().map(Into::into).collect(),
        unobserved_spans: post_mortem
            .unobserved
            .spans
            .iter()
            .map(Into::into)
            .collect(),
    };
    write(&json, out)
}

impl<'m> From<&'m Moment> for MomentJson<'m> {
    fn from(moment: &'m Moment) -> Self {
        let subject = moment.subject.as_ref();
        let mut json = Self {
            at: Some(Instant(moment.at)),
            what: moment.what.as_str(),
            scope: subject.map(|subject| subject.scope().as_str()),
            subject: subject.map(Subject::key),
            ..Self::default()
        };
        match &moment.what {
            What::LastSuccess | What::Closed => {}
            What::Failed { start, failure } => {
                json.kind = Some(start.as_str());
                json.failure = failure.as_ref().map(Into::into);
            }
            What::Opened { known } => json.known_at = known.map(Instant),
            What::WentDown { start } => json.kind = Some(start.as_str()),
            What::Ended { how, lasted } => {
                json.kind = Some(how.as_str());
                json.lasted_ms = Some((*lasted).into());
            }
            What::Flapped {
                until,
                failures,
                failure,
            } => {
                json.until = Some(Instant(*until));
                json.failures = Some(*failures);
                json.failure = failure.as_ref().map(Into::into);
            }
            What::Blipped(blip) => {
                json.until = Some(Instant(blip.last));
                json.failures = Some(blip.failures);
                json.failure = blip.first_failure.as_ref().map(Into::into);
            }
            What::Maintained { until, note } => {
                json.until = Some(Instant(*until));
                json.note = note.as_deref();
            }
            What::Unobserved {
                until,
                probes,
                reasons,
            } => {
                json.until = Some(Instant(*until));
                json.probes = Some(*probes);
                json.reasons = Some(reasons.iter().map(Into::into).collect());
            }
            What::Hindered { until, reason } => {
                json.until = Some(Instant(*until));
                json.kind = Some(reason.as_str());
            }
            What::Said(said) => json.said = Some(said.into()),
        }
        json
    }
}

impl<'m> From<&'m ProbeSeen> for ProbeSeenJson<'m> {
    fn from(one: &'m ProbeSeen) -> Self {
        Self {
            probe_id: one.probe.as_str(),
            seen: (&one.seen).into(),
        }
    }
}
