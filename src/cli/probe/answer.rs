//! What came of one request, in short: the answer in a line, and its phases.

use super::waterfall::Span;
use crate::domain::observation::{Answer, Outcome, Phase};
use crate::expect::describe_status;
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

/// Those that were reached, in their order; the last of them failed if the outcome says so.
pub(super) fn phases(reply: &Reply) -> Vec<Span> {
    let names = ["dns", "connect", "tls", "first byte", "body"];
    let phases = names.into_iter().zip(reply.answer.timings.in_order());
    let mut spans: Vec<_> = phases
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
