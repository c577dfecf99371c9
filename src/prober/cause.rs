//! What went wrong, told from the errors of the libraries below.

use std::io;

use reqwest::Url;

use crate::domain::observation::{Cause, Failure, Outcome, Phase, Reason};
use crate::domain::time::Millis;

use super::certificate;
use super::chain::Chain;
use super::decode::Undecodable;
use super::detail::line;
use super::peer::whom;
use super::recorder::Record;
use super::request::Request;

/// Why a request ended without a whole answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The request, or reading its body, failed.
    Http(reqwest::Error),
    /// A redirect that is not followed; in words.
    Redirect(String),
    /// The body is longer than the request allows.
    TooLarge,
    Undecodable(Undecodable),
    /// There is no access token to send; told already.
    NoToken(Outcome),
    /// The timeout of the whole request ran out.
    Timeout,
}

/// Whether this error is our own trouble: no descriptor, memory or port left to ask with.
pub(super) fn is_local(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EADDRNOTAVAIL)
    )
}

/// What the trouble means for the endpoint.
pub(super) fn outcome(trouble: &Trouble, record: &Record, request: &Request) -> Outcome {
    let phase = record.hop.phase();
    let url = record.url.as_ref().unwrap_or(&request.url);
    let told = match trouble {
        Trouble::Http(error) => from_error(error, record, url),
        Trouble::Redirect(detail) => Told::Fail(Cause::Redirect, detail.clone()),
        Trouble::TooLarge => Told::Fail(
            Cause::TooLarge,
            format!("body is longer than {} bytes", request.body_bytes_max),
        ),
        Trouble::NoToken(outcome) => return outcome.clone(),
        Trouble::Undecodable(error) => Told::Fail(
            match error {
                Undecodable::TooLarge(_) => Cause::TooLarge,
                _ => Cause::Protocol,
            },
            error.to_string(),
        ),
        Trouble::Timeout => {
            let limit = Millis::from_duration(request.timeout);
            Told::Fail(Cause::Timeout, timed_out(limit, record, url))
        }
    };
    match told {
        Told::Fail(cause, detail) => Outcome::Fail(Failure {
            cause: Some(cause),
            phase: Some(match cause {
                Cause::Redirect => Phase::Headers,
                Cause::Dns => Phase::Dns,
                _ => phase,
            }),
            detail: Some(line(&detail, &request.secrets)),
        }),
        Told::Local(detail) => Outcome::Inconclusive {
            reason: Some(Reason::LocalResources),
            detail: Some(line(&detail, &request.secrets)),
        },
    }
}

enum Told {
    Fail(Cause, String),
    Local(String),
}

fn from_error(error: &reqwest::Error, record: &Record, url: &Url) -> Told {
    let chain = Chain::of(error);
    let phase = record.hop.phase();
    let fail = Told::Fail;
    if let Some(error) = chain.lookup {
        return if error.local {
            Told::Local(error.detail.clone())
        } else {
            fail(Cause::Dns, error.detail.clone())
        };
    }
    if record.hop.rootless {
        return Told::Local(
            "no trusted root certificates on this system; install its CA certificates or set SSL_CERT_FILE".to_owned(),
        );
    }
    if let Some(error) = chain.io.filter(|error| is_local(error)) {
        return Told::Local(format!("cannot open a connection: {}", os_text(error)));
    }
    if let Some(error) = chain.tls {
        return from_tls(error, record);
    }
    if let Some(error) = chain.h2.filter(|error| !error.is_io()) {
        return from_h2(error);
    }
    let whom = whom(record, url);
    let io_kind = chain.io.map(io::Error::kind);
    match io_kind {
        Some(io::ErrorKind::ConnectionRefused) => {
            return fail(Cause::Refused, format!("connection refused by {whom}"));
        }
        Some(
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown,
        ) => {
            let why = chain.io.map(os_text).unwrap_or_default();
            return fail(Cause::Unreachable, format!("{whom} is unreachable: {why}"));
        }
        // h2 calls an end that came too early a broken pipe too, but not the system's
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe,
        ) if chain.io.and_then(io::Error::raw_os_error).is_some() => {
            return fail(Cause::Reset, format!("connection reset by {whom}"));
        }
        // the kernel's own limit, when the request's is longer
        Some(io::ErrorKind::TimedOut) => {
            return fail(Cause::Timeout, format!("connection to {whom} timed out"));
        }
        _ => {}
    }
    if let Some(error) = chain.hyper {
        if error.is_parse_too_large() {
            return fail(Cause::TooLarge, "headers are too long".to_owned());
        }
        if error.is_parse() {
            return fail(Cause::Protocol, format!("not an HTTP answer: {error}"));
        }
    }
    let cut_short = chain.hyper.is_some_and(hyper::Error::is_incomplete_message)
        || matches!(
            io_kind,
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe)
        );
    if cut_short {
        return match phase {
            Phase::Tls => fail(
                Cause::Tls,
                format!("{whom} closed the connection during the TLS handshake"),
            ),
            Phase::Body => fail(
                Cause::Incomplete,
                format!(
                    "connection closed after {} bytes of the body",
                    record.hop.body_bytes
                ),
            ),
            _ => fail(
                Cause::Incomplete,
                "connection closed before an answer".to_owned(),
            ),
        };
    }
    // no other error quotes the URL, which may hold secrets
    let text = match chain.last {
        Some(last) if !last.is::<reqwest::Error>() => last.to_string(),
        _ => "the URL cannot be asked".to_owned(),
    };
    fail(Cause::Protocol, text)
}

fn from_tls(error: &rustls::Error, record: &Record) -> Told {
    use rustls::Error;
    let (cause, detail) = match error {
        Error::InvalidCertificate(error) => {
            let leaf = record.hop.certificates.first();
            (Cause::Certificate, certificate::describe(error, leaf))
        }
        Error::NoCertificatesPresented => (
            Cause::Certificate,
            "the server presented no certificate".to_owned(),
        ),
        Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => (
            Cause::Tls,
            "the server does not speak TLS on this port".to_owned(),
        ),
        Error::AlertReceived(alert) => {
            (Cause::Tls, format!("the server ended with alert {alert:?}"))
        }
        error => (Cause::Tls, error.to_string()),
    };
    Told::Fail(cause, detail)
}

fn from_h2(error: &h2::Error) -> Told {
    let reason = error
        .reason()
        .map_or("no reason given".to_owned(), |reason| reason.to_string());
    if error.is_remote() && error.is_reset() {
        Told::Fail(
            Cause::Reset,
            format!("stream reset by the server: {reason}"),
        )
    } else if error.is_remote() && error.is_go_away() {
        Told::Fail(
            Cause::Reset,
            format!("connection ended by the server (GOAWAY): {reason}"),
        )
    } else {
        Told::Fail(Cause::Protocol, format!("broken HTTP/2: {reason}"))
    }
}

fn timed_out(limit: Millis, record: &Record, url: &Url) -> String {
    match record.hop.phase() {
        Phase::Dns => format!("no answer from the name server within {limit}"),
        Phase::Connect => format!("no connection to {} within {limit}", whom(record, url)),
        Phase::Tls => format!("no TLS handshake with {} within {limit}", whom(record, url)),
        Phase::Body => format!(
            "no whole body within {limit}, only {} bytes",
            record.hop.body_bytes
        ),
        _ => format!("no answer within {limit}"),
    }
}

/// Without the number that the standard library appends: `Too many open files`.
fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
