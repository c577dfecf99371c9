//! What went wrong, told from the errors of the libraries below.

use std::error::Error;
use std::io;

use crate::domain::observation::{Cause, Failure, Outcome, Phase, Reason};
use crate::domain::time::Millis;

use super::broken;
use super::chain::Chain;
use super::decode::Undecodable;
use super::detail::line;
use super::greeting;
use super::http2_error;
use super::peer::whom;
use super::recorder::{AtProxy, Record};
use super::request::Request;
use super::tls_error;
use super::transport::{HttpVersions, Transport};

/// Why a request ended without a whole answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The request, or reading its body, failed.
    Http(reqwest::Error),
    /// What came is not HTTP, but begins with these bytes.
    NotHttp(Vec<u8>),
    /// The answer's headers are more or longer than we bear with.
    HeadersTooLarge,
    /// The stream of the body was closed before its end, without an error.
    Truncated,
    /// As that, of a connection made by hand.
    Dialed(Box<dyn Error + Send + Sync>),
    /// What the request goes through failed; in words.
    Proxy(String),
    /// There is no way to the address; in words.
    Unreachable(String),
    /// We cannot ask; in words.
    Local(String),
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

/// Why nothing can be asked over TLS here.
pub(super) const ROOTLESS: &str =
    "no trusted root certificates on this system; install its CA certificates or set SSL_CERT_FILE";

/// Whether this error is our own trouble: no descriptor, memory or port left to ask with.
pub(super) fn is_local(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EADDRNOTAVAIL)
    )
}

/// Whether no name server gave an address, nor said that there is none.
pub(super) fn is_unresolved(trouble: &Trouble, record: &Record) -> bool {
    let error: &(dyn Error + 'static) = match trouble {
        Trouble::Http(error) => error,
        Trouble::Dialed(error) => &**error,
        Trouble::Timeout => return record.hop.phase() == Phase::Dns,
        _ => return false,
    };
    let chain = Chain::of(error);
    chain.lookup.is_some_and(|error| !error.is_final())
}

/// What the trouble means for the endpoint.
pub(super) fn outcome(trouble: &Trouble, record: &Record, request: &Request) -> Outcome {
    let phase = record.hop.phase();
    let url = record.url(request);
    let told = match trouble {
        Trouble::Http(error) => from_error(error, record, request),
        Trouble::Dialed(error) => from_error(&**error, record, request),
        Trouble::Proxy(detail) => Told::Fail(Cause::Proxy, detail.clone()),
        Trouble::Unreachable(detail) => Told::Fail(Cause::Unreachable, detail.clone()),
        Trouble::Local(detail) => Told::Local(detail.clone()),
        Trouble::NotHttp(start) => Told::Fail(
            Cause::Protocol,
            greeting::describe(start, &whom(record, url)),
        ),
        Trouble::HeadersTooLarge => Told::Fail(Cause::TooLarge, broken::headers_too_large()),
        Trouble::Truncated => Told::Fail(
            Cause::Incomplete,
            format!(
                "the server closed the stream after {} bytes of the body (RST_STREAM NO_ERROR)",
                record.hop.body_bytes
            ),
        ),
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
            let reaching = record.hop.proxy == Some(AtProxy::Reaching);
            let cause = if reaching {
                Cause::Proxy
            } else {
                Cause::Timeout
            };
            Told::Fail(cause, timed_out(limit, record, request))
        }
    };
    match told {
        Told::Fail(cause, detail) => Outcome::Fail(Failure {
            cause: Some(cause),
            phase: Some(match cause {
                Cause::Redirect => Phase::Headers,
                Cause::Dns => Phase::Dns,
                // TLS 1.3 ends the handshake before the server has seen the client's certificate
                Cause::Tls if record.hop.identity_wanted => Phase::Tls,
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

fn from_error(error: &(dyn Error + 'static), record: &Record, request: &Request) -> Told {
    let url = record.url(request);
    let transport = &*request.transport;
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
        return Told::Local(ROOTLESS.to_owned());
    }
    if let Some(error) = chain.io.filter(|error| is_local(error)) {
        return Told::Local(format!("cannot open a connection: {}", os_text(error)));
    }
    if let Some(error) = chain.tls {
        let (cause, detail) = tls_error::describe(error, record, transport);
        return fail(cause, detail);
    }
    if let Some(error) = chain.no_http_2 {
        return fail(Cause::Protocol, error.to_string());
    }
    if let Some(error) = chain.h2.filter(|error| !error.is_io()) {
        let by_guess = transport.http_version == HttpVersions::Http2 && url.scheme() == "http";
        let (cause, detail) = http2_error::describe(error, phase, by_guess);
        return fail(cause, detail);
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
            let wanted = identity_missed(record, transport);
            return fail(Cause::Reset, format!("connection reset by {whom}{wanted}"));
        }
        // the kernel's own limit, when the request's is longer
        Some(io::ErrorKind::TimedOut) => {
            return fail(Cause::Timeout, format!("connection to {whom} timed out"));
        }
        _ => {}
    }
    let (cause, detail) =
        broken::describe(&chain, record, &whom, identity_missed(record, transport));
    fail(cause, detail)
}

/// What to add to the end of a connection whose server may have ended it for want of a certificate.
fn identity_missed(record: &Record, transport: &Transport) -> &'static str {
    if record.hop.identity_wanted && transport.tls.identity.is_none() {
        "; the server had asked for a client certificate"
    } else {
        ""
    }
}

fn timed_out(limit: Millis, record: &Record, request: &Request) -> String {
    let url = record.url(request);
    let transport = &*request.transport;
    if let (Some(at), Some(proxy)) = (record.hop.proxy, &transport.proxy) {
        let proxy = proxy.address();
        return match at {
            AtProxy::Reaching => format!("no connection to proxy {proxy} within {limit}"),
            AtProxy::Asked => format!("proxy {proxy} did not reach the endpoint within {limit}"),
        };
    }
    match record.hop.phase() {
        Phase::Dns => format!("no answer from {} within {limit}", name_servers(transport)),
        Phase::Connect => format!("no connection to {} within {limit}", whom(record, url)),
        Phase::Tls => format!("no TLS handshake with {} within {limit}", whom(record, url)),
        Phase::Body => format!(
            "no whole body within {limit}, only {} bytes",
            record.hop.body_bytes
        ),
        _ => format!("no answer within {limit}"),
    }
}

fn name_servers(transport: &Transport) -> String {
    match &*transport.dns_servers {
        [] => "the name server".to_owned(),
        [one] => format!("name server {one}"),
        several => {
            let several: Vec<_> = several.iter().map(ToString::to_string).collect();
            format!("name servers {}", several.join(", "))
        }
    }
}

/// Without the number that the standard library appends: `Too many open files`.
pub(super) fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
