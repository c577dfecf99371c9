//! What was seen of one outage, in words.

use super::outages::{causes, ended, started};
use crate::domain::outage::OutageWindow;
use crate::domain::subject::Scope;
use crate::domain::time::{Millis, UnixMillis};
use crate::evidence::{Body, Certificate, Evidence, Timings};
use crate::report::document::{Document, Fields, Text, Tone};
use crate::report::outage_evidence::{OutageEvidence, Seen};
use crate::report::text::{instant, length, length_within, many};

/// Digits of a body in hex on one line: 32 bytes.
const HEX_DIGITS: usize = 64;

/// The window, then its first and its last failure.
pub fn evidence(evidence: &OutageEvidence) -> Document {
    let mut document = Document::default();
    window(evidence, &mut document);
    if let Some(first) = &evidence.first {
        document.heading("First failure");
        failure(first, None, &mut document);
    }
    if let Some(last) = &evidence.last {
        document.heading("Last failure");
        let first = evidence.first.as_ref().map(|first| &first.evidence);
        failure(last, first, &mut document);
    }
    if let Some(missing) = missing(evidence) {
        document.paragraph(missing);
    }
    document
}

fn window(evidence: &OutageEvidence, document: &mut Document) {
    let (outage, window) = (&evidence.outage, &evidence.outage.window);
    document.title(format!("Outage {}, in UTC", outage.id));
    let mut fields = Fields::default();
    fields.add(
        match outage.subject.scope() {
            Scope::Endpoint => "probe",
            scope => scope.as_str(),
        },
        outage.subject.key(),
    );
    fields.add("started", started(outage));
    fields.add("ended", ended(outage));
    fields.add(
        "lasted",
        length_within(
            window.duration(),
            window.duration_min(),
            window.duration_max(),
        ),
    );
    fields.add("failures", failures(window).then(": ").then(causes(outage)));
    document.fields(fields);
}

fn failures(window: &OutageWindow) -> Text {
    match window.observations - window.failures {
        0 => window.failures.to_string().into(),
        fine => format!("{}, and {fine} successes between them", window.failures).into(),
    }
}

fn missing(evidence: &OutageEvidence) -> Option<&'static str> {
    let window = &evidence.outage.window;
    match (&evidence.first, &evidence.last) {
        (None, None) => Some(
            "No evidence is kept of this outage: its failures were imported, or observed by a \
             version that kept none.",
        ),
        (None, Some(_)) => Some("Of the first failure no evidence is kept."),
        (Some(_), None) if window.failures > 1 && window.is_open() => Some(
            "Of the last failure so far, evidence is stored once a minute, and when the outage \
             ends.",
        ),
        (Some(_), None) if window.failures > 1 => Some("Of the last failure no evidence is kept."),
        (Some(_), _) => None,
    }
}

/// What is the same as of the first failure is not told again.
pub(super) fn failure(seen: &Seen, first: Option<&Evidence>, document: &mut Document) {
    let Seen { ts, evidence } = seen;
    let mut fields = Fields::default();
    // to the millisecond: it is looked for in logs
    let at = ts.to_string().replace('T', " ");
    fields.add("at", at.trim_end_matches('Z'));
    fields.add_any("step", evidence.step.clone());
    fields.add_any("cause", cause(evidence));
    fields.add_any("detail", evidence.detail.clone());
    fields.add("request", format!("{} {}", evidence.method, evidence.url));
    for redirect in &evidence.redirects {
        fields.add(
            "redirect",
            format!("{} to {}", redirect.status, redirect.to),
        );
    }
    if !evidence.addresses.is_empty() {
        fields.add("addresses", evidence.addresses.join(", "));
    }
    fields.add_any("peer", evidence.peer.clone());
    fields.add_any("TLS", tls(evidence));
    fields.add_any("answer", evidence.status_line.clone());
    fields.add_any("timings", timings(&evidence.timings_us));
    document.fields(fields);

    let unchanged = "as of the first failure";
    let certificates = &evidence.certificates;
    if !certificates.is_empty() && first.is_some_and(|first| first.certificates == *certificates) {
        document.paragraph(format!("Certificates: {unchanged}"));
    } else {
        for (at, one) in (1..).zip(certificates) {
            document.fields(certificate(one, at, certificates.len(), *ts));
        }
    }
    headers(evidence, document);
    match &evidence.body {
        Some(body) if first.is_some_and(|first| first.body.as_ref() == Some(body)) => {
            document.paragraph(format!("Body ({}): {unchanged}", extent(body)));
        }
        Some(body) => self::body(body, document),
        None => {}
    }
}

fn cause(evidence: &Evidence) -> Option<Text> {
    let cause = Text::toned(Tone::Bad, evidence.cause.as_deref()?);
    Some(match &evidence.phase {
        Some(phase) => cause.then(format!(", in phase {phase}")),
        None => cause,
    })
}

fn tls(evidence: &Evidence) -> Option<String> {
    let tls = evidence.tls.as_ref()?;
    let version = tls.version.as_deref().unwrap_or("handshake not finished");
    Some(match &tls.alpn {
        Some(alpn) => format!("{version}, ALPN {alpn}"),
        None => version.to_owned(),
    })
}

fn timings(timings: &Timings) -> Option<String> {
    let told: Vec<_> = [
        ("dns", timings.dns),
        ("connect", timings.connect),
        ("TLS", timings.tls),
        ("first byte", timings.first_byte),
        ("body", timings.body),
        ("total", timings.total),
    ]
    .into_iter()
    .filter_map(|(phase, us)| {
        let us = us?;
        Some(format!("{phase} {}.{} ms", us / 1000, us % 1000 / 100))
    })
    .collect();
    (!told.is_empty()).then(|| told.join(" · "))
}

fn certificate(certificate: &Certificate, at: usize, of: usize, seen: UnixMillis) -> Fields {
    let title = match (at, of) {
        (1, 1) => "Certificate".to_owned(),
        (1, _) => format!("Certificate 1 of {of}, the server's own"),
        _ => format!("Certificate {at} of {of}"),
    };
    let mut fields = Fields::titled(title);
    fields.add("subject", certificate.subject.clone());
    fields.add("issuer", certificate.issuer.clone());
    fields.add("valid", validity(certificate, seen));
    if !certificate.names.is_empty() {
        let names = certificate.names.join(", ");
        fields.add(
            "names",
            match certificate.names_left_out {
                0 => names,
                more => format!("{names} and {more} more"),
            },
        );
    }
    fields.add("key", certificate.key.clone());
    fields.add("serial", certificate.serial.clone());
    fields.add("SHA-256", certificate.sha256.clone());
    fields
}

fn validity(certificate: &Certificate, seen: UnixMillis) -> Text {
    let parse = |text: &str| text.parse::<UnixMillis>().ok();
    let (Some(from), Some(until)) = (
        parse(&certificate.not_before),
        parse(&certificate.not_after),
    ) else {
        return format!("{} to {}", certificate.not_before, certificate.not_after).into();
    };
    let period = Text::from(format!("{} to {}, ", instant(from), instant(until)));
    if seen < from {
        period.then(Text::toned(
            Tone::Bad,
            format!("not for another {}", days(from - seen)),
        ))
    } else if seen > until {
        period.then(Text::toned(
            Tone::Bad,
            format!("expired {} before", days(seen - until)),
        ))
    } else {
        period.then(format!("{} left", days(until - seen)))
    }
}

fn days(of: Millis) -> String {
    match u64::try_from(of.0 / 86_400_000) {
        Ok(days @ 1..) => many(days, "day", "days"),
        _ => length(of),
    }
}

fn headers(evidence: &Evidence, document: &mut Document) {
    if evidence.headers.is_empty() {
        return;
    }
    let title = match evidence.headers_left_out {
        0 => "Headers".to_owned(),
        more => format!("Headers, without {more} more"),
    };
    let mut fields = Fields::titled(title);
    for (name, value) in &evidence.headers {
        fields.add(name.clone(), value.clone());
    }
    document.fields(fields);
}

fn body(body: &Body, document: &mut Document) {
    let title = format!("Body ({})", extent(body));
    let lines: Vec<String> = match (&body.text, &body.hex) {
        (Some(text), _) => text.lines().map(str::to_owned).collect(),
        // made of digits, but whoever wrote the database may have thought otherwise
        (None, Some(hex)) => {
            let digits: Vec<char> = hex.chars().collect();
            digits.chunks(HEX_DIGITS).map(String::from_iter).collect()
        }
        (None, None) => Vec::new(),
    };
    if lines.is_empty() {
        document.paragraph(title);
    } else {
        document.verbatim(title, lines);
    }
}

/// As in `62 bytes`.
fn extent(body: &Body) -> String {
    let bytes = many(body.bytes, "byte", "bytes");
    let form = if body.hex.is_some() { ", in hex" } else { "" };
    match (body.bytes, body.cut) {
        (0, _) => "empty".to_owned(),
        (_, true) => format!("its beginning, of {bytes} that were read{form}"),
        (_, false) => format!("{bytes}{form}"),
    }
}
