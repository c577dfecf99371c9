//! The fields of an observation as both formats have them, and the rules between them.

use std::fmt::Display;
use std::str::FromStr;

use crate::domain::observation::{
    Answer, Failure, Observation, Outcome, OutcomeKind, Provenance, Timings,
};
use crate::domain::probe::ProbeId;
use crate::domain::time::{Micros, UnixMillis};

/// As they stand in a file: texts that still have to prove what they mean.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) probe_id: Option<String>,
    pub(super) ts: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) phase: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) duration_ms: Option<f64>,
    pub(super) status: Option<u16>,
    pub(super) http_version: Option<String>,
    pub(super) peer: Option<String>,
    pub(super) timings: Timings,
    pub(super) total: Option<Micros>,
    pub(super) set_aside: bool,
}

/// A field and what is wrong with it.
pub(super) type Wrong = (&'static str, String);

/// Longest detail: it is one line for people, not a page.
const DETAIL_BYTES_MAX: usize = 4096;

/// Below this, in microseconds, a number of milliseconds as double has all its digits. 31 years.
const DURATION_US_MAX: f64 = 1e15;

impl Fields {
    pub(super) fn read(self) -> Result<(ProbeId, Observation), Wrong> {
        let probe = needed("probe_id", self.probe_id.as_deref())?;
        let ts: UnixMillis = needed("ts", self.ts.as_deref())?;
        let kind: OutcomeKind = needed("outcome", self.outcome.as_deref())?;
        if let Some(detail) = &self.detail
            && detail.len() > DETAIL_BYTES_MAX
        {
            return Err((
                "detail",
                format!(
                    "has {} bytes; at most {DETAIL_BYTES_MAX} are kept",
                    detail.len()
                ),
            ));
        }
        let only = |field, given: &Option<String>, of: OutcomeKind| match given {
            Some(text) if kind != of => Err((
                field,
                format!("`{text}` cannot be, the outcome is {kind}; only {of} has a {field}"),
            )),
            _ => Ok(()),
        };
        only("cause", &self.cause, OutcomeKind::Fail)?;
        only("phase", &self.phase, OutcomeKind::Fail)?;
        only("reason", &self.reason, OutcomeKind::Inconclusive)?;
        let detail = self.detail.map(Into::into);
        let outcome = match kind {
            OutcomeKind::Ok => match detail {
                None => Outcome::Ok,
                Some(_) => return Err(("detail", "cannot be, the outcome is ok".to_owned())),
            },
            OutcomeKind::Slow => Outcome::Slow { detail },
            OutcomeKind::Fail => Outcome::Fail(Failure {
                cause: optional("cause", self.cause.as_deref())?,
                phase: optional("phase", self.phase.as_deref())?,
                detail,
            }),
            OutcomeKind::Inconclusive => Outcome::Inconclusive {
                reason: optional("reason", self.reason.as_deref())?,
                detail,
            },
        };
        let duration = match self.duration_ms {
            Some(ms) => Some(micros(ms).map_err(|what| ("duration_ms", what))?),
            None => self.total,
        };
        let observation = Observation {
            ts,
            outcome,
            duration,
            answer: Answer {
                status: self.status,
                http_version: optional("http_version", self.http_version.as_deref())?,
                peer: match self.peer.as_deref() {
                    None => None,
                    Some(peer) => Some(peer.parse().map_err(|_| {
                        let what = "is no address with a port; write it as in 203.0.113.7:443";
                        ("peer", format!("`{peer}` {what}"))
                    })?),
                },
                timings: self.timings,
            },
            provenance: Provenance::Imported {
                set_aside: self.set_aside,
            },
        };
        Ok((probe, observation))
    }
}

fn needed<T: FromStr<Err: Display>>(field: &'static str, text: Option<&str>) -> Result<T, Wrong> {
    match text {
        Some(text) => text
            .parse()
            .map_err(|error: T::Err| (field, error.to_string())),
        None => Err((field, "is missing".to_owned())),
    }
}

fn optional<T: FromStr<Err: Display>>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, Wrong> {
    match text {
        Some(_) => needed(field, text).map(Some),
        None => Ok(None),
    }
}

/// To the nearest microsecond.
fn micros(ms: f64) -> Result<Micros, String> {
    let us = (ms * 1000.0).round();
    if (0.0..DURATION_US_MAX).contains(&us) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "is whole and in range"
        )]
        let us = us as u64;
        Ok(Micros(us))
    } else {
        Err(format!(
            "`{ms}` is no duration; write milliseconds from 0 on"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_to_the_microsecond() {
        for (us, text) in [
            (0, "0"),
            (41_700, "41.7"),
            (1, "0.001"),
            (999_999_999_999_999, "999999999999.999"),
            (2_000, "2"),
            (1_050, "1.05"),
        ] {
            assert_eq!(micros(text.parse().unwrap()), Ok(Micros(us)));
        }
        for bad in [-1.0, f64::NAN, f64::INFINITY, 1e15] {
            assert!(micros(bad).is_err(), "{bad}");
        }
    }
}
