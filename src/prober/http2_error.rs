//! What went wrong with HTTP/2, in words and with the code that the specification gives it.

use h2::Reason;

use crate::domain::observation::{Cause, Phase};

/// `by_guess` if nobody had said that the server speaks HTTP/2.
pub(super) fn describe(error: &h2::Error, phase: Phase, by_guess: bool) -> (Cause, String) {
    let code = error.reason().map_or("no code".to_owned(), code);
    let said = said(error).map_or(String::new(), |said| format!(", `{said}`"));
    if error.is_remote() && error.is_reset() {
        let hint = match error.reason() {
            Some(Reason::REFUSED_STREAM) => ", before it looked at the request",
            Some(Reason::HTTP_1_1_REQUIRED) => ": use http_version: 1.1",
            _ => "",
        };
        let detail = format!("the server reset the stream (RST_STREAM {code}){hint}");
        (Cause::Reset, detail)
    } else if error.is_remote() && error.is_go_away() {
        // a stream that the server has accepted lives on
        let detail = format!(
            "the server ended the connection before it took the request (GOAWAY {code}{said})"
        );
        (Cause::Reset, detail)
    } else if by_guess {
        let detail = format!("the server does not speak HTTP/2 without TLS ({code}{said})");
        (Cause::Protocol, detail)
    } else {
        let what = error.reason().map_or("", |reason| breach(reason, phase));
        (
            Cause::Protocol,
            format!("broken HTTP/2: {what} ({code}{said})"),
        )
    }
}

/// As RFC 9113 §7 writes them, which is how h2 debugs them.
fn code(reason: Reason) -> String {
    match u32::from(reason) {
        0..=13 => format!("{reason:?}"),
        unknown => format!("code {unknown:#x}"),
    }
}

/// What the server did, if it is us who give this reason.
fn breach(reason: Reason, phase: Phase) -> &'static str {
    match reason {
        Reason::FLOW_CONTROL_ERROR => "more data than was allowed",
        Reason::STREAM_CLOSED => "a frame after the end",
        Reason::FRAME_SIZE_ERROR => "a frame of a wrong size, as if it were not HTTP/2 at all",
        Reason::COMPRESSION_ERROR => "headers that cannot be decompressed",
        Reason::ENHANCE_YOUR_CALM => "a flood of frames",
        // h2 makes no difference
        _ if phase == Phase::Body => "a malformed frame, or a body unlike its Content-Length",
        _ => "a malformed frame, or headers that are malformed or far too long",
    }
}

/// The reason in the words of the one who gave it; h2 shows it only at the end of its own text:
/// `…: not a result of an error (b"going away")`.
fn said(error: &h2::Error) -> Option<String> {
    let text = error.to_string();
    let (_, said) = text.split_once("(b\"")?;
    Some(said.strip_suffix("\")")?.to_owned())
}
