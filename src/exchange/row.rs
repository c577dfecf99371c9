//! An observation as programs read it: the one place that says which fields there are. They are a
//! contract: fields are added, never changed.

use serde::Serialize;

use super::Record;
use crate::domain::observation::{
    Answer, Cause, Failure, HttpVersion, Outcome, Phase, Reason, Timings,
};
use crate::domain::probe::ProbeId;
use crate::domain::time::{Micros, UnixMillis};

/// What is not known is `None`, and `null` in JSON.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// `None` for an endpoint that is not configured.
    pub(super) probe_id: Option<&'a str>,
    pub(super) url: &'a str,
    pub(super) ts: String,
    pub(super) outcome: &'static str,
    pub(super) cause: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
    pub(super) phase: Option<&'static str>,
    pub(super) detail: Option<&'a str>,
    pub(super) duration_ms: Option<f64>,
    pub(super) status: Option<u16>,
    pub(super) http_version: Option<&'static str>,
    pub(super) peer: Option<String>,
    pub(super) timings_us: TimingsUs,
    /// Only there if it is.
    #[serde(skip_serializing_if = "is_not")]
    pub(super) set_aside: bool,
}

/// Microseconds by phase.
#[derive(Debug, Serialize)]
pub(super) struct TimingsUs {
    pub(super) dns: Option<u64>,
    pub(super) connect: Option<u64>,
    pub(super) tls: Option<u64>,
    pub(super) first_byte: Option<u64>,
    pub(super) body: Option<u64>,
    pub(super) total: Option<u64>,
}

impl<'a> Row<'a> {
    /// An observation from its parts, `url` free of secrets.
    pub fn new(
        probe: Option<&'a ProbeId>,
        url: &'a str,
        ts: UnixMillis,
        outcome: &'a Outcome,
        duration: Option<Micros>,
        answer: &Answer,
    ) -> Self {
        let (cause, phase, reason) = match outcome {
            Outcome::Ok | Outcome::Slow { .. } => (None, None, None),
            Outcome::Fail(Failure { cause, phase, .. }) => (*cause, *phase, None),
            Outcome::Inconclusive { reason, .. } => (None, None, *reason),
        };
        let Timings {
            dns,
            connect,
            tls,
            first_byte,
            body,
        } = answer.timings;
        let us = |length: Option<Micros>| length.map(|Micros(us)| us);
        Self {
            probe_id: probe.map(ProbeId::as_str),
            url,
            ts: ts.to_string(),
            outcome: outcome.kind().as_str(),
            cause: cause.map(Cause::as_str),
            reason: reason.map(Reason::as_str),
            phase: phase.map(Phase::as_str),
            detail: outcome.detail().map(AsRef::as_ref),
            duration_ms: duration.map(milliseconds),
            status: answer.status,
            http_version: answer.http_version.map(HttpVersion::as_str),
            peer: answer.peer.map(|peer| peer.to_string()),
            timings_us: TimingsUs {
                dns: us(dns),
                connect: us(connect),
                tls: us(tls),
                first_byte: us(first_byte),
                body: us(body),
                total: us(duration),
            },
            set_aside: false,
        }
    }
}

impl<'a> From<Record<'a>> for Row<'a> {
    fn from(record: Record<'a>) -> Self {
        let Record {
            probe,
            url,
            observation,
            set_aside,
        } = record;
        Self {
            set_aside,
            ..Self::new(
                Some(probe),
                url,
                observation.ts,
                &observation.outcome,
                observation.duration,
                &observation.answer,
            )
        }
    }
}

/// The nearest double. Its shortest decimal form has the microseconds exactly, up to 31 years.
fn milliseconds(Micros(us): Micros) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53, 285 years")]
    let us = us as f64;
    us / 1000.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_not(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_show_all_digits_of_the_microseconds() {
        for (us, text) in [
            (0, "0"),
            (41_700, "41.7"),
            (1, "0.001"),
            (999_999_999_999_999, "999999999999.999"),
            (1_050, "1.05"),
        ] {
            assert_eq!(milliseconds(Micros(us)).to_string(), text);
        }
    }
}
