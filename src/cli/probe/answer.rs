//! What came of one request, in short: the answer in a line, and its phases.

use http::StatusCode;

use super::waterfall::Span;
use crate::domain::observation::{Answer, Outcome, Phase, Timings};
use crate::prober::{Examined, Reply};

/// What came from whom, in a line.
pub(super) fn answer(examined: &Examined) -> String {
    let Answer {
        status,
        http_version,
        peer,
        ..
    } = examined.reply.answer;
    let from = peer.map(|peer| {
        let family = if peer.is_ipv4() { "IPv4" } else { "IPv6" };
        let from = if status.is_some() { "from " } else { "" };
        format!("{from}{peer} over {family}")
    });
    let parts = [
        status.map(describe_status),
        http_version.map(|version| format!("HTTP/{version}")),
        examined.tls_version.map(|version| format!("TLS {version}")),
        examined
            .body_bytes
            .map(|bytes| format!("body {bytes} bytes")),
        from,
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// As in `503 Service Unavailable`; just the number for one without a registered phrase.
fn describe_status(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok();
    match known.and_then(|status| status.canonical_reason()) {
        Some(phrase) => format!("{status} {phrase}"),
        None => status.to_string(),
    }
}

/// Those that were reached, in their order; the last of them failed if the outcome says so.
pub(super) fn phases(reply: &Reply) -> Vec<Span> {
    let Timings {
        dns,
        connect,
        tls,
        first_byte,
        body,
    } = reply.answer.timings;
    let mut spans: Vec<_> = [
        ("dns", dns),
        ("connect", connect),
        ("tls", tls),
        ("first byte", first_byte),
        ("body", body),
    ]
    .into_iter()
    .filter_map(|(name, length)| {
        Some(Span {
            name: name.to_owned(),
            length: length?,
            failed: false,
        })
    })
    .collect();
    let broke_off = match &reply.outcome {
        Outcome::Fail(failure) => failure.phase != Some(Phase::Verdict),
        Outcome::Inconclusive { .. } => true,
        Outcome::Ok | Outcome::Slow { .. } => false,
    };
    if let Some(last) = spans.last_mut() {
        last.failed = broke_off;
    }
    spans
}
