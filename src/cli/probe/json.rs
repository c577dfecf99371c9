//! The answers as a JSON array of observations. Fields are added, never changed.

use std::io::Write;

use serde::Serialize;

use super::Answered;
use crate::exchange::Row;
use crate::expect::{CertificateFacts, Check, Checked, TlsVersion};
use crate::prober::Redirected;

pub(super) fn write(answers: &[Answered], out: &mut dyn Write) -> anyhow::Result<()> {
    let urls: Vec<_> = answers.iter().map(Answered::url).collect();
    let observations: Vec<_> = answers
        .iter()
        .zip(&urls)
        .map(|(answered, url)| Observation::of(answered, url))
        .collect();
    serde_json::to_writer_pretty(&mut *out, &observations)?;
    writeln!(out)?;
    Ok(())
}

/// An observation, and what else is known.
#[derive(Serialize)]
struct Observation<'a> {
    #[serde(flatten)]
    row: Row<'a>,
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
    fn of(answered: &'a Answered, url: &'a str) -> Self {
        let examination = answered.last();
        let reply = &examination.reply;
        let mut certificates = examination.certificates.iter().map(Certificate::of);
        Self {
            row: Row::new(
                answered.question.id.as_ref(),
                url,
                answered.ts,
                &reply.outcome,
                Some(reply.duration),
                &reply.answer,
            ),
            redirects: examination.redirects.iter().map(Redirect::of).collect(),
            addresses: examination
                .addresses
                .iter()
                .map(ToString::to_string)
                .collect(),
            tls: examination.tls_version.map(|version| Tls {
                version: TlsVersion::as_str(version),
            }),
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
