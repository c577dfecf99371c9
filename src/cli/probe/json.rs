//! The answers as a JSON array of observations. Fields are added, never changed.

use std::io::Write;

use serde::Serialize;

use super::Answered;
use crate::domain::observation::{Cause, Failure, HttpVersion, Outcome, Phase, Reason};
use crate::domain::probe::ProbeId;
use crate::domain::time::Micros;
use crate::domain::verdict::{Check, Checked};
use crate::prober::{CertificateFacts, Redirected};

pub(super) fn write(answers: &[Answered], out: &mut dyn Write) -> anyhow::Result<()> {
    let observations: Vec<_> = answers.iter().map(Observation::of).collect();
    serde_json::to_writer_pretty(&mut *out, &observations)?;
    writeln!(out)?;
    Ok(())
}

#[derive(Serialize)]
struct Observation<'a> {
    /// `null` for a URL that is not configured.
    probe_id: Option<&'a str>,
    url: String,
    ts: String,
    outcome: &'static str,
    cause: Option<&'static str>,
    reason: Option<&'static str>,
    phase: Option<&'static str>,
    detail: Option<&'a str>,
    duration_ms: f64,
    status: Option<u16>,
    http_version: Option<&'static str>,
    peer: Option<String>,
    timings_us: Timings,
    redirects: Vec<Redirect<'a>>,
    addresses: Vec<String>,
    tls: Option<Tls>,
    /// The server's own; known also if it was refused.
    certificate: Option<Certificate<'a>>,
    /// Those that vouch for it, as sent.
    chain: Vec<Certificate<'a>>,
    body_bytes: Option<u64>,
    expectations: Vec<Judged<'a>>,
}

#[derive(Serialize)]
struct Timings {
    dns: Option<u64>,
    connect: Option<u64>,
    tls: Option<u64>,
    first_byte: Option<u64>,
    body: Option<u64>,
    total: u64,
}

#[derive(Serialize)]
struct Redirect<'a> {
    status: u16,
    to: &'a str,
}

#[derive(Serialize)]
struct Tls {
    version: &'static str,
}

#[derive(Serialize)]
struct Certificate<'a> {
    subject: &'a str,
    issuer: &'a str,
    not_before: String,
    not_after: String,
}

#[derive(Serialize)]
struct Judged<'a> {
    expectation: &'a str,
    /// `null` if it was not checked.
    met: Option<bool>,
    came: Option<&'a str>,
}

impl<'a> Observation<'a> {
    fn of(answered: &'a Answered) -> Self {
        let examination = &answered.examination;
        let reply = &examination.reply;
        let (failure, reason) = match &reply.outcome {
            Outcome::Fail(failure) => (Some(failure), None),
            Outcome::Inconclusive { reason, .. } => (None, *reason),
            Outcome::Ok | Outcome::Slow { .. } => (None, None),
        };
        let mut certificates = examination.certificates.iter().map(Certificate::of);
        let us = |phase: Option<Micros>| phase.map(|Micros(us)| us);
        let (answer, timings) = (&reply.answer, &reply.answer.timings);
        Self {
            probe_id: answered.question.id.as_ref().map(ProbeId::as_str),
            url: answered.url(),
            ts: answered.ts.to_string(),
            outcome: reply.outcome.kind().as_str(),
            cause: failure.and_then(|Failure { cause, .. }| cause.map(Cause::as_str)),
            reason: reason.map(Reason::as_str),
            phase: failure.and_then(|Failure { phase, .. }| phase.map(Phase::as_str)),
            detail: reply.outcome.detail().map(AsRef::as_ref),
            duration_ms: std::time::Duration::from_micros(reply.duration.0).as_secs_f64() * 1e3,
            status: answer.status,
            http_version: answer.http_version.map(HttpVersion::as_str),
            peer: answer.peer.map(|peer| peer.to_string()),
            timings_us: Timings {
                dns: us(timings.dns),
                connect: us(timings.connect),
                tls: us(timings.tls),
                first_byte: us(timings.first_byte),
                body: us(timings.body),
                total: reply.duration.0,
            },
            redirects: examination.redirects.iter().map(Redirect::of).collect(),
            addresses: examination
                .addresses
                .iter()
                .map(ToString::to_string)
                .collect(),
            tls: examination.tls_version.map(|version| Tls { version }),
            certificate: certificates.next(),
            chain: certificates.collect(),
            body_bytes: examination.body_bytes,
            expectations: examination.expectations.iter().map(Judged::of).collect(),
        }
    }
}

impl<'a> Redirect<'a> {
    fn of(redirected: &'a Redirected) -> Self {
        Self {
            status: redirected.status,
            to: &redirected.to,
        }
    }
}

impl<'a> Certificate<'a> {
    fn of(facts: &'a CertificateFacts) -> Self {
        Self {
            subject: &facts.subject,
            issuer: &facts.issuer,
            not_before: facts.not_before.to_string(),
            not_after: facts.not_after.to_string(),
        }
    }
}

impl<'a> Judged<'a> {
    fn of(checked: &'a Checked) -> Self {
        Self {
            expectation: &checked.expectation,
            met: match checked.check {
                Check::Met => Some(true),
                Check::Unmet => Some(false),
                Check::Unchecked => None,
            },
            came: Some(checked.came.as_str()).filter(|came| !came.is_empty()),
        }
    }
}
