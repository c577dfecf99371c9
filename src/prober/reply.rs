//! What one asking gave, and the verdict on it.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::observation::{Answer, Failure, Outcome, Timings};
use crate::domain::time::Micros;
use crate::domain::verdict::{Checked, Expectations, Seen};

use super::ask::Whole;
use super::cause::{self, Trouble};
use super::certificate::{self, CertificateFacts};
use super::detail::line;
use super::peer::peer;
use super::recorder::{Record, Redirected, Spent};
use super::request::Request;

/// What one asking gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub outcome: Outcome,
    /// From start to verdict, body included.
    pub duration: Micros,
    pub answer: Answer,
}

/// A [`Reply`] with all that people ask about it.
#[derive(Clone, Debug)]
pub struct Examination {
    pub reply: Reply,
    /// Followed, in order.
    pub redirects: Vec<Redirected>,
    /// Those of the name that was asked last; empty for a literal address.
    pub addresses: Vec<IpAddr>,
    /// As in `1.3`; `None` without TLS, and if the handshake failed.
    pub tls_version: Option<&'static str>,
    /// As sent, the leaf first; what cannot be read is left out.
    pub certificates: Vec<CertificateFacts>,
    /// What was read of the body; `None` if there was no answer, or its status had decided.
    pub body_bytes: Option<u64>,
    /// Empty without an answer.
    pub expectations: Vec<Checked>,
}

/// How an asking went, before it is judged.
pub(super) struct Asked {
    pub(super) result: Result<Whole, Trouble>,
    /// As shown.
    pub(super) duration: Micros,
    pub(super) timings: Timings,
    pub(super) record: Record,
}

impl Asked {
    pub(super) fn judge(&self, request: &Request, expect: &Expectations) -> Reply {
        let outcome = match &self.result {
            Ok(whole) => match expect.judge(&whole.seen(self.duration)) {
                // expectations may quote secrets from the configuration
                Outcome::Fail(Failure {
                    cause,
                    phase,
                    detail: Some(detail),
                }) => Outcome::Fail(Failure {
                    cause,
                    phase,
                    detail: Some(line(&detail, &request.secrets)),
                }),
                outcome => outcome,
            },
            Err(trouble) => cause::outcome(trouble, &self.record, request),
        };
        Reply {
            outcome,
            duration: self.duration,
            answer: Answer {
                status: self.record.hop.status,
                http_version: self.record.hop.http_version,
                peer: peer(&self.record, request),
                timings: self.timings,
            },
        }
    }

    pub(super) fn examine(self, request: &Request, expect: &Expectations) -> Examination {
        let reply = self.judge(request, expect);
        let mut expectations = match &self.result {
            Ok(whole) => expect.explain(&whole.seen(self.duration)),
            Err(_) => Vec::new(),
        };
        for checked in &mut expectations {
            checked.expectation = line(&checked.expectation, &request.secrets).to_string();
        }
        let record = self.record;
        Examination {
            reply,
            redirects: record.redirects,
            addresses: record.addresses,
            tls_version: record.tls_version.map(tls_version),
            certificates: record
                .certificates
                .iter()
                .filter_map(certificate::facts)
                .collect(),
            body_bytes: record.hop.body_started.map(|_| record.hop.body_bytes),
            expectations,
        }
    }
}

impl Whole {
    fn seen(&self, latency: Micros) -> Seen<'_> {
        Seen {
            status: self.status,
            body: self.body.as_deref(),
            latency,
        }
    }
}

pub(super) fn timings(spent: Spent, shown: impl Fn(Duration) -> Micros) -> Timings {
    Timings {
        dns: spent.dns.map(&shown),
        connect: spent.connect.map(&shown),
        tls: spent.tls.map(&shown),
        first_byte: spent.first_byte.map(&shown),
        body: spent.body.map(&shown),
    }
}

fn tls_version(version: reqwest::tls::Version) -> &'static str {
    use reqwest::tls::Version;
    match version {
        Version::TLS_1_3 => "1.3",
        Version::TLS_1_2 => "1.2",
        Version::TLS_1_1 => "1.1",
        Version::TLS_1_0 => "1.0",
        _ => "unknown",
    }
}
