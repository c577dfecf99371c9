//! What is wrong with an answer that breaks off, or is malformed.

use std::io;

use crate::domain::observation::{Cause, Phase};

use super::answer::{HEADERS_BYTES_MAX, HEADERS_MAX};
use super::chain::Chain;
use super::recorder::Record;

/// `wish` is what the server may have missed, and ended the connection for.
pub(super) fn describe(
    chain: &Chain<'_>,
    record: &Record,
    whom: &str,
    wish: &str,
) -> (Cause, String) {
    let phase = record.hop.phase();
    let bytes = record.hop.body_bytes;
    if let Some(error) = chain.hyper {
        if error.is_parse_too_large() {
            return (Cause::TooLarge, headers_too_large());
        }
        if error.is_parse() {
            return (Cause::Protocol, headers(error));
        }
    }
    // no other error quotes the URL, which may hold secrets
    let text = chain.last.filter(|last| !last.is::<reqwest::Error>());
    let text = text.map(ToString::to_string);
    if is_end(chain, text.as_deref()) {
        return match phase {
            Phase::Tls => (
                Cause::Tls,
                format!("{whom} closed the connection during the TLS handshake"),
            ),
            Phase::Body => (
                Cause::Incomplete,
                format!("connection closed after {bytes} bytes of the body"),
            ),
            _ => (
                Cause::Incomplete,
                format!("connection closed before an answer{wish}"),
            ),
        };
    }
    let detail = match text.as_deref() {
        None => "the URL cannot be asked".to_owned(),
        Some("received unexpected message from connection") => {
            "not an HTTP server: it speaks before it is asked".to_owned()
        }
        Some(text) if phase == Phase::Body => {
            format!("broken body after {bytes} bytes: {}", uncapitalized(text))
        }
        Some(text) => text.to_owned(),
    };
    (Cause::Protocol, detail)
}

pub(super) fn headers_too_large() -> String {
    format!(
        "more than {HEADERS_MAX} headers, or {} KiB of them",
        HEADERS_BYTES_MAX >> 10
    )
}

fn is_end(chain: &Chain<'_>, text: Option<&str>) -> bool {
    chain.hyper.is_some_and(hyper::Error::is_incomplete_message)
        || matches!(
            chain.io.map(io::Error::kind),
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe)
        )
        // what tokio-util says of an end within a frame of HTTP/2
        || text == Some("bytes remaining on stream")
}

/// hyper says what is wrong only in its text.
fn headers(error: &hyper::Error) -> String {
    let text = error.to_string();
    let what = match text.as_str() {
        "invalid HTTP status-code parsed" => "a malformed status line",
        "invalid HTTP header parsed" => "a malformed header line",
        "invalid content-length parsed" => "a Content-Length that is no number, or several",
        "unexpected transfer-encoding parsed" => "a Transfer-Encoding in HTTP/1.0",
        other => other,
    };
    format!("broken HTTP answer: {what}")
}

fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
