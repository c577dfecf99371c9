//! What is kept of a failed asking. Unless somebody looks closely, it is made for failures only: of
//! an answer that is fine, nothing is looked at for its sake.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{CONTENT_ENCODING, SET_COOKIE};
use http::{HeaderMap, HeaderName, StatusCode};
use hyper::body::Bytes;
use reqwest::{Response, Url};

use super::detail::{bounded, moves};
use super::encode;
use super::peer::peer;
use super::recorder::{Hop, Redirected};
use super::redact::redact;
use super::reply::Asked;
use super::request::Request;
use super::secrets::{MASK, Secrets, is_sensitive};
use crate::domain::observation::{Failure, HttpVersion};
use crate::domain::time::Micros;
use crate::evidence::{BODY_BYTES_MAX, Body, Certificate, Evidence, Redirect, Timings, Tls};
use crate::expect::CertificateFacts;

/// Most headers that are kept, and most characters of one and of all.
const HEADERS_MAX: usize = 64;
const HEADER_NAME_CHARS_MAX: usize = 128;
const HEADER_VALUE_CHARS_MAX: usize = 1 << 10;
const HEADERS_CHARS_MAX: usize = 8 << 10;

const URL_CHARS_MAX: usize = 1 << 10;

/// Of one name; a large service has about a dozen.
const ADDRESSES_MAX: usize = 32;

/// Longest chain that is kept; real ones have up to five.
const CERTIFICATES_MAX: usize = 8;
const CERTIFICATE_NAMES_MAX: usize = 24;
const CERTIFICATE_TEXT_CHARS_MAX: usize = 256;

/// Longest that the body of an answer is waited for that only the evidence wants.
const READ_MAX: Duration = Duration::from_secs(1);

/// The beginning of a body, as it came over the wire.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// Most bodies come in one piece, which then costs nothing to keep.
    first: Bytes,
    more: Vec<Bytes>,
    kept: usize,
    /// Its end was reached.
    whole: bool,
}

impl Beginning {
    /// Takes the next piece, of which it keeps what it needs. Copies nothing.
    pub(super) fn keep(&mut self, chunk: &Bytes) {
        // a byte more than is shown tells that there is more
        let room = (BODY_BYTES_MAX + 1).saturating_sub(self.kept);
        if room > 0 {
            let piece = chunk.slice(..chunk.len().min(room));
            if self.kept == 0 {
                self.first = piece;
            } else {
                self.more.push(piece);
            }
            self.kept += chunk.len().min(room);
        }
    }

    fn is_full(&self) -> bool {
        self.kept > BODY_BYTES_MAX
    }
}

impl Hop {
    /// Reads the beginning of a body that nobody else wants, within `left` and a limit of its own.
    /// What goes wrong meanwhile says nothing more about the endpoint.
    pub(super) async fn read_beginning(&mut self, mut answer: Response, left: Duration) {
        let beginning = &mut self.beginning;
        let reading = async {
            while !beginning.is_full() {
                match answer.chunk().await {
                    Ok(Some(chunk)) => beginning.keep(&chunk),
                    Ok(None) => {
                        beginning.whole = true;
                        return;
                    }
                    Err(_) => return,
                }
            }
        };
        // what came until then is as good
        let _ = tokio::time::timeout(left.min(READ_MAX), reading).await;
    }
}

/// Of an asking that failed so, or did not fail.
pub(super) fn evidence(asked: &Asked, request: &Request, failure: Option<&Failure>) -> Evidence {
    let (record, secrets) = (&asked.record, &request.secrets);
    let failure = failure.cloned().unwrap_or_default();
    let hop = &record.hop;
    let headers = match &asked.result {
        Ok(whole) => &whole.headers,
        Err(_) => &hop.headers,
    };
    let (shown_headers, headers_left_out) = self::headers(headers, secrets);
    Evidence {
        step: None,
        cause: failure.cause.map(|cause| cause.as_str().to_owned()),
        phase: failure.phase.map(|phase| phase.as_str().to_owned()),
        detail: failure.detail.as_deref().map(str::to_owned),
        method: record
            .method
            .as_ref()
            .unwrap_or(&request.method)
            .to_string(),
        url: url(record.url(request), secrets),
        redirects: record.redirects.iter().map(redirect).collect(),
        addresses: addresses(asked),
        peer: peer(record, request).map(|peer| peer.to_string()),
        tls: hop.tls_started.map(|_| Tls {
            version: hop.tls_version.map(|version| version.as_str().to_owned()),
            // over TLS there is no other way to it (RFC 9113 §3.2)
            alpn: (hop.http_version == Some(HttpVersion::Http2)).then(|| "h2".to_owned()),
        }),
        certificates: asked
            .certificates(true)
            .iter()
            .take(CERTIFICATES_MAX)
            .map(|facts| certificate(facts, secrets))
            .collect(),
        status_line: status_line(hop, secrets),
        headers: shown_headers,
        headers_left_out,
        body: body(asked, headers, secrets),
        timings_us: timings(asked),
    }
}

fn url(url: &Url, secrets: &Secrets) -> String {
    let mut shown = Cow::Borrowed(url);
    if !url.username().is_empty() || url.password().is_some() {
        let url = shown.to_mut();
        // neither can fail for http and https
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    bounded(&redact(&secrets.mask(shown.as_str())), URL_CHARS_MAX)
}

/// Masked already, but for credentials that are the server's own.
fn redirect(redirected: &Redirected) -> Redirect {
    Redirect {
        status: redirected.status,
        to: bounded(&redact(&redirected.to), URL_CHARS_MAX),
    }
}

fn addresses(asked: &Asked) -> Vec<String> {
    let record = &asked.record;
    if record.addresses.is_empty() {
        // of a single one, no list is kept
        let only = record.hop.looked_up.map(|(first, _)| first.to_string());
        return only.into_iter().collect();
    }
    let addresses = record.addresses.iter().take(ADDRESSES_MAX);
    addresses.map(ToString::to_string).collect()
}

fn certificate(facts: &CertificateFacts, secrets: &Secrets) -> Certificate {
    let shown = |text: &str| bounded(&secrets.mask(text), CERTIFICATE_TEXT_CHARS_MAX);
    let names = facts.names.iter().take(CERTIFICATE_NAMES_MAX);
    let left_out = facts.names.len().saturating_sub(CERTIFICATE_NAMES_MAX);
    Certificate {
        subject: shown(&facts.subject),
        issuer: shown(&facts.issuer),
        not_before: facts.not_before.to_string(),
        not_after: facts.not_after.to_string(),
        names: names.map(|name| shown(name)).collect(),
        names_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
        serial: shown(&facts.serial),
        key: shown(&facts.key),
        sha256: facts.sha256.clone(),
    }
}

fn status_line(hop: &Hop, secrets: &Secrets) -> Option<String> {
    let status = hop.status?;
    let version = hop.http_version.map_or("", HttpVersion::as_str);
    let reason = match &hop.reason {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()),
        // HTTP/2 has none (RFC 9113 §8.3.2)
        None if hop.http_version == Some(HttpVersion::Http2) => Cow::Borrowed(""),
        None => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default()
            .into(),
    };
    let line = format!("HTTP/{version} {status} {reason}");
    let line = secrets.mask(line.trim_end());
    Some(bounded(&redact(&line), HEADER_VALUE_CHARS_MAX))
}

/// With how many are left out.
fn headers(headers: &HeaderMap, secrets: &Secrets) -> (Vec<(String, String)>, u32) {
    let mut shown = Vec::new();
    let mut room = HEADERS_CHARS_MAX;
    for (name, value) in headers.iter().take(HEADERS_MAX) {
        let value = header_value(name, &String::from_utf8_lossy(value.as_bytes()), secrets);
        // a server that echoes may make a name of anything
        let name = bounded(&secrets.mask(name.as_str()), HEADER_NAME_CHARS_MAX);
        let Some(left) = room.checked_sub(name.len() + value.len()) else {
            break;
        };
        room = left;
        shown.push((name, value));
    }
    let left_out = headers.len() - shown.len();
    (shown, u32::try_from(left_out).unwrap_or(u32::MAX))
}

fn header_value(name: &HeaderName, value: &str, secrets: &Secrets) -> String {
    if *name == SET_COOKIE {
        return bounded(&secrets.mask(&cookie(value)), HEADER_VALUE_CHARS_MAX);
    }
    if is_sensitive(name.as_str()) {
        return MASK.to_owned();
    }
    bounded(&redact(&secrets.mask(value)), HEADER_VALUE_CHARS_MAX)
}

/// The cookie without its value: its name and attributes tell what went wrong with it.
fn cookie(value: &str) -> String {
    let (pair, attributes) = match value.split_once(';') {
        Some((pair, attributes)) => (pair, format!(";{attributes}")),
        None => (value, String::new()),
    };
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}{attributes}"),
        None => MASK.to_owned(),
    }
}

fn body(asked: &Asked, headers: &HeaderMap, secrets: &Secrets) -> Option<Body> {
    let hop = &asked.record.hop;
    let whole = match &asked.result {
        Ok(whole) => whole.body.as_deref(),
        Err(_) => None,
    };
    if let Some(whole) = whole {
        let beginning = &whole[..whole.len().min(BODY_BYTES_MAX)];
        let cut = whole.len() > beginning.len();
        return Some(text_or_hex(beginning, cut, hop.body_bytes, secrets));
    }
    let beginning = &hop.beginning;
    let ended = beginning.whole || hop.ended.is_some();
    if beginning.kept == 0 && !ended {
        return None;
    }
    let mut bytes = beginning.first.to_vec();
    bytes.extend(beginning.more.iter().flatten());
    let read = hop.body_bytes.max(bytes.len() as u64);
    let cut = bytes.len() > BODY_BYTES_MAX;
    let bytes = &bytes[..bytes.len().min(BODY_BYTES_MAX)];
    // compressed, it would be text only by accident
    Some(if headers.contains_key(CONTENT_ENCODING) {
        in_hex(bytes, cut, read)
    } else {
        text_or_hex(bytes, cut, read, secrets)
    })
}

/// As text if it is UTF-8, but for a character that was not all there yet.
fn text_or_hex(bytes: &[u8], cut: bool, read: u64, secrets: &Secrets) -> Body {
    let masked = secrets.mask_beginning(bytes);
    let text = match std::str::from_utf8(&masked) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&masked[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return in_hex(&masked, cut, read),
    };
    Body {
        text: Some(lines(&redact(text))),
        hex: None,
        bytes: read,
        cut,
    }
}

/// The lines, with nothing in them that moves a cursor otherwise or turns the direction of writing.
fn lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' => shown.push(c),
            c if moves(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

fn in_hex(bytes: &[u8], cut: bool, read: u64) -> Body {
    Body {
        text: None,
        hex: Some(encode::hex(bytes)),
        bytes: read,
        cut,
    }
}

fn timings(asked: &Asked) -> Timings {
    let us = |part: Option<Micros>| part.map(|Micros(us)| us);
    Timings {
        dns: us(asked.timings.dns),
        connect: us(asked.timings.connect),
        tls: us(asked.timings.tls),
        first_byte: us(asked.timings.first_byte),
        body: us(asked.timings.body),
        total: us(Some(asked.duration)),
    }
}
