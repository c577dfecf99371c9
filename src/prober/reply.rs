//! What one asking gave, and the verdict on it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::domain::observation::{Answer, Detail, Failure, Outcome, Timings};
use crate::domain::time::{Micros, UnixMillis};
use crate::evidence::Evidence;
use crate::expect::{CertificateFacts, Checked, Expectations, Seen, TlsVersion};

use super::ask::Whole;
use super::cause::{self, Trouble};
use super::certificate;
use super::detail::line;
use super::evidence::evidence;
use super::peer::{is_loopback, peer};
use super::recorder::{Record, Redirected, Spent};
use super::request::Request;
use super::tls_error;

/// What one asking gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub outcome: Outcome,
    /// From start to verdict, body included.
    pub duration: Micros,
    pub answer: Answer,
    /// Of a failure; looked at closely, of any answer.
    pub evidence: Option<Box<Evidence>>,
    /// Of a failure, what may have to do with us rather than with the endpoint.
    pub hints: Hints,
}

/// What a failure tells of the way to the endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Every address that was tried is of this host itself.
    pub loopback: bool,
    /// The name servers that gave no address, though they did not say that there is none; an empty
    /// list for the system's.
    pub unresolved: Option<Vec<SocketAddr>>,
}

/// What one asking gave, with all that people ask about it.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Over all steps.
    pub reply: Reply,
    /// Those that ran, in order. A plain endpoint has one.
    pub steps: Vec<Examined>,
}

/// One request and its answer, looked at closely.
#[derive(Clone, Debug)]
pub struct Examined {
    /// `None` for a plain endpoint.
    pub step: Option<Arc<str>>,
    pub reply: Reply,
    /// Followed, in order.
    pub redirects: Vec<Redirected>,
    /// Those of the name that was asked last; empty for a literal address.
    pub addresses: Vec<IpAddr>,
    /// `None` without TLS, and if the handshake failed early.
    pub tls_version: Option<TlsVersion>,
    /// As sent, the leaf first; what cannot be read is left out.
    pub certificates: Vec<CertificateFacts>,
    /// What would have been wrong with them, had they to be right (`insecure`).
    pub distrust: Option<Detail>,
    /// What was read of the body; `None` if there was no answer, or its status had decided.
    pub body_bytes: Option<u64>,
    /// Empty without an answer.
    pub expectations: Vec<Checked>,
    /// The names of the values that were captured.
    pub captured: Vec<Arc<str>>,
}

/// How an asking went, before it is judged.
pub(super) struct Asked {
    pub(super) result: Result<Whole, Trouble>,
    /// As shown, like all that follows.
    pub(super) duration: Micros,
    /// Without what came before the request: fetching a token for it.
    pub(super) latency: Micros,
    pub(super) timings: Timings,
    pub(super) record: Record,
}

impl Asked {
    pub(super) fn judge(&self, request: &Request, expect: &Expectations, now: UnixMillis) -> Reply {
        self.reply(self.outcome(request, expect, now), request)
    }

    pub(super) fn outcome(
        &self,
        request: &Request,
        expect: &Expectations,
        now: UnixMillis,
    ) -> Outcome {
        match &self.result {
            Ok(whole) => {
                let certificates = self.certificates(expect.needs().certificates);
                let judged = expect.judge(&self.seen(whole, request, &certificates, now));
                shown(judged, request)
            }
            Err(trouble) => cause::outcome(trouble, &self.record, request),
        }
    }

    pub(super) fn reply(&self, outcome: Outcome, request: &Request) -> Reply {
        let (evidence, hints) = match &outcome {
            Outcome::Fail(failure) => (
                Some(evidence(self, request, Some(failure)).into()),
                self.hints(request),
            ),
            _ => (None, Hints::default()),
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
            evidence,
            hints,
        }
    }

    fn hints(&self, request: &Request) -> Hints {
        let unresolved = match &self.result {
            Ok(_) => false,
            Err(trouble) => cause::is_unresolved(trouble, &self.record),
        };
        Hints {
            loopback: is_loopback(&self.record, request),
            unresolved: unresolved.then(|| request.transport.dns_servers.clone()),
        }
    }

    pub(super) fn examine(
        self,
        request: &Request,
        expect: &Expectations,
        now: UnixMillis,
    ) -> Examined {
        let reply = self.judge(request, expect, now);
        self.examined(reply, request, expect, now)
    }

    pub(super) fn examined(
        self,
        mut reply: Reply,
        request: &Request,
        expect: &Expectations,
        now: UnixMillis,
    ) -> Examined {
        reply
            .evidence
            .get_or_insert_with(|| evidence(&self, request, None).into());
        let certificates = self.certificates(true);
        let mut expectations = match &self.result {
            Ok(whole) => expect.explain(&self.seen(whole, request, &certificates, now)),
            Err(_) => Vec::new(),
        };
        for checked in &mut expectations {
            checked.expectation = line(&checked.expectation, &request.secrets).to_string();
            checked.came = line(&checked.came, &request.secrets).to_string();
        }
        let record = self.record;
        let distrust = record.hop.distrust.as_ref();
        let distrust = distrust.map(|error| tls_error::text(error, &record));
        Examined {
            step: None,
            reply,
            redirects: record.redirects,
            addresses: record.addresses,
            tls_version: record.hop.tls_version,
            certificates,
            distrust: distrust.map(|text| line(&text, &request.secrets)),
            body_bytes: record.hop.body_started.map(|_| record.hop.body_bytes),
            expectations,
            captured: Vec::new(),
        }
    }

    /// The URL that was asked last, after redirects.
    pub(super) fn url<'a>(&'a self, request: &'a Request) -> &'a Url {
        self.record.url(request)
    }

    pub(super) fn certificates(&self, wanted: bool) -> Vec<CertificateFacts> {
        if !wanted {
            return Vec::new();
        }
        let sent = &self.record.hop.certificates;
        sent.iter().filter_map(certificate::facts).collect()
    }

    fn seen<'a>(
        &'a self,
        whole: &'a Whole,
        request: &'a Request,
        certificates: &'a [CertificateFacts],
        now: UnixMillis,
    ) -> Seen<'a> {
        let hop = &self.record.hop;
        Seen {
            now,
            status: whole.status,
            headers: &whole.headers,
            body: whole.body.as_deref(),
            body_bytes: hop.ended.map(|_| hop.body_bytes),
            url: self.url(request).as_str(),
            redirects: u64::from(whole.redirects),
            http_version: hop.http_version,
            tls_version: hop.tls_version,
            certificates,
            timings: self.timings,
            latency: self.latency,
        }
    }
}

/// Bounded, and without the secrets that expectations may quote.
fn shown(outcome: Outcome, request: &Request) -> Outcome {
    match outcome {
        Outcome::Fail(Failure {
            cause,
            phase,
            detail: Some(detail),
        }) => Outcome::Fail(Failure {
            cause,
            phase,
            detail: Some(line(&detail, &request.secrets)),
        }),
        Outcome::Slow {
            detail: Some(detail),
        } => Outcome::Slow {
            detail: Some(line(&detail, &request.secrets)),
        },
        outcome => outcome,
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
