//! The answers for people.

use std::io::{self, Write};

use super::Answered;
use crate::domain::observation::{Outcome, OutcomeKind};
use crate::domain::time::{Micros, Millis, UnixMillis};
use crate::expect::{CertificateFacts, Check};
use crate::prober::Examined;

/// `colour` if a terminal shows it.
pub(super) fn write(answers: &[Answered], colour: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    for (number, answered) in answers.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        Page { colour, out }.answered(answered)?;
    }
    Ok(())
}

struct Page<'o> {
    colour: bool,
    out: &'o mut dyn Write,
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const DIM: u8 = 2;

impl Page<'_> {
    fn answered(&mut self, answered: &Answered) -> io::Result<()> {
        let examination = answered.last();
        let reply = &examination.reply;
        let kind = reply.outcome.kind();
        let colour = match kind {
            OutcomeKind::Ok => GREEN,
            OutcomeKind::Slow | OutcomeKind::Inconclusive => YELLOW,
            OutcomeKind::Fail => RED,
        };
        let outcome = self.paint(colour, &kind.to_string());
        match &answered.question.id {
            Some(id) => writeln!(self.out, "{outcome}  {id}  {}", answered.url())?,
            None => writeln!(self.out, "{outcome}  {}", answered.url())?,
        }
        self.why(&reply.outcome)?;
        let answer = &reply.answer;
        let parts = [
            answer.status.map(|status| status.to_string()),
            answer.http_version.map(|version| format!("HTTP/{version}")),
            examination
                .tls_version
                .map(|version| format!("TLS {version}")),
            answer.peer.map(|peer| format!("from {peer}")),
            examination
                .body_bytes
                .map(|bytes| format!("body {bytes} bytes")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            self.field("answer", &parts.join(", "))?;
        }
        if examination.addresses.len() > 1 {
            let addresses: Vec<_> = examination
                .addresses
                .iter()
                .map(ToString::to_string)
                .collect();
            self.field("addresses", &addresses.join(", "))?;
        }
        for redirect in &examination.redirects {
            self.field(
                "redirect",
                &format!("{} to {}", redirect.status, redirect.to),
            )?;
        }
        for certificate in &examination.certificates {
            self.field("certificate", &describe(certificate, answered.ts))?;
        }
        self.phases(examination)?;
        for checked in &examination.expectations {
            let mark = match checked.check {
                Check::Met => self.paint(GREEN, "✓"),
                Check::Unmet => self.paint(RED, "✗"),
                Check::Unchecked => self.paint(DIM, "-"),
            };
            let came = match checked.check {
                Check::Unchecked => " (not checked)".to_owned(),
                _ if checked.came.is_empty() => String::new(),
                _ => format!(" ({})", checked.came),
            };
            writeln!(self.out, "  {mark} {}{came}", checked.expectation)?;
        }
        Ok(())
    }

    fn why(&mut self, outcome: &Outcome) -> io::Result<()> {
        match outcome {
            Outcome::Fail(failure) => {
                if let Some(cause) = failure.cause {
                    self.field("cause", cause.as_str())?;
                }
                if let Some(phase) = failure.phase {
                    self.field("phase", phase.as_str())?;
                }
            }
            Outcome::Inconclusive { reason, .. } => {
                if let Some(reason) = reason {
                    self.field("reason", reason.as_str())?;
                }
            }
            Outcome::Ok | Outcome::Slow { .. } => {}
        }
        match outcome.detail() {
            Some(detail) => self.field("detail", detail),
            None => Ok(()),
        }
    }

    fn phases(&mut self, examination: &Examined) -> io::Result<()> {
        let reply = &examination.reply;
        let timings = &reply.answer.timings;
        for (name, phase) in [
            ("dns", timings.dns),
            ("connect", timings.connect),
            ("tls", timings.tls),
            ("first byte", timings.first_byte),
            ("body", timings.body),
            ("total", Some(reply.duration)),
        ] {
            if let Some(Micros(us)) = phase {
                let (ms, rest) = (us / 1000, us % 1000);
                self.field(name, &format!("{ms:>6}.{rest:03} ms"))?;
            }
        }
        Ok(())
    }

    fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        let name = self.paint(DIM, &format!("{name:<11}"));
        writeln!(self.out, "  {name} {value}")
    }

    fn paint(&self, code: u8, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Names in a certificate are the server's to choose, so they are escaped.
fn describe(certificate: &CertificateFacts, now: UnixMillis) -> String {
    const DAY_MS: i64 = 86_400_000;
    let Millis(left_ms) = certificate.not_after - now;
    let left = match left_ms.div_euclid(DAY_MS) {
        days @ 0.. => format!("{days} days left"),
        days => format!("expired {} days ago", -days - 1),
    };
    format!(
        "{} by {}, until {} ({left})",
        certificate.subject.escape_debug(),
        certificate.issuer.escape_debug(),
        certificate.not_after
    )
}
