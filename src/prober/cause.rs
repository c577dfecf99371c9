//! What went wrong, told from the errors of the libraries below.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, PeerIncompatible};

use crate::domain::observation::{Cause, Failure, Outcome, Phase, Reason};
use crate::domain::time::Millis;

use super::certificate;
use super::chain::Chain;
use super::detail::line;
use super::peer::whom;
use super::recorder::{AtProxy, Record};
use super::request::Request;
use super::tls::versions_offered;
use super::transport::{HttpVersions, Transport};
use crate::expect::TlsVersion;

/// Why a request ended without a whole answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The request, or reading its body, failed.
    Http(reqwest::Error),
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

/// What the trouble means for the endpoint.
pub(super) fn outcome(trouble: &Trouble, record: &Record, request: &Request) -> Outcome {
    let phase = record.hop.phase();
    let told = match trouble {
        Trouble::Http(error) => from_error(error, record, request),
        Trouble::Dialed(error) => from_error(&**error, record, request),
        Trouble::Proxy(detail) => Told::Fail(Cause::Proxy, detail.clone()),
        Trouble::Unreachable(detail) => Told::Fail(Cause::Unreachable, detail.clone()),
        Trouble::Local(detail) => Told::Local(detail.clone()),
        Trouble::Redirect(detail) => Told::Fail(Cause::Redirect, detail.clone()),
        Trouble::TooLarge => Told::Fail(
            Cause::TooLarge,
            format!("body is longer than {} bytes", request.body_bytes_max),
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
    let url = record.url.as_ref().unwrap_or(&request.url);
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
        return from_tls(error, record, transport);
    }
    if let Some(error) = chain.no_http_2 {
        return fail(Cause::Protocol, error.to_string());
    }
    if let Some(error) = chain.h2.filter(|error| !error.is_io()) {
        let by_guess = transport.http_version == HttpVersions::Http2 && url.scheme() == "http";
        return from_h2(error, by_guess);
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
                format!(
                    "connection closed before an answer{}",
                    identity_missed(record, transport)
                ),
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

/// What to add to the end of a connection whose server may have ended it for want of a certificate.
fn identity_missed(record: &Record, transport: &Transport) -> &'static str {
    if record.hop.identity_wanted && transport.tls.identity.is_none() {
        "; the server had asked for a client certificate"
    } else {
        ""
    }
}

/// What is wrong with a handshake, in words.
pub(super) fn tls_text(error: &rustls::Error, record: &Record) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => {
            certificate::describe(error, record.hop.certificates.first())
        }
        error => error.to_string(),
    }
}

fn from_tls(error: &rustls::Error, record: &Record, transport: &Transport) -> Told {
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
        Error::AlertReceived(alert) => (Cause::Tls, from_alert(*alert, record, transport)),
        Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        ) => (Cause::Tls, no_common_version(transport)),
        error => (Cause::Tls, error.to_string()),
    };
    Told::Fail(cause, detail)
}

fn from_alert(alert: AlertDescription, record: &Record, transport: &Transport) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::ProtocolVersion => no_common_version(transport),
        Alert::NoApplicationProtocol if transport.http_version == HttpVersions::Http2 => {
            "the server does not speak HTTP/2 (alert NoApplicationProtocol)".to_owned()
        }
        Alert::CertificateRequired
        | Alert::HandshakeFailure
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError
            if record.hop.identity_wanted =>
        {
            if transport.tls.identity.is_none() {
                format!("the server wants a client certificate (alert {alert:?})")
            } else {
                format!("the server refused the client certificate (alert {alert:?})")
            }
        }
        alert => format!("the server ended with alert {alert:?}"),
    }
}

fn no_common_version(transport: &Transport) -> String {
    let offered: Vec<_> = versions_offered(&transport.tls)
        .map(TlsVersion::as_str)
        .collect();
    format!(
        "the server speaks no version of TLS that was offered ({})",
        offered.join(", ")
    )
}

/// `by_guess` if nobody had said that the server speaks HTTP/2.
fn from_h2(error: &h2::Error, by_guess: bool) -> Told {
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
    } else if by_guess {
        let detail = format!("the server does not speak HTTP/2 without TLS: {reason}");
        Told::Fail(Cause::Protocol, detail)
    } else {
        Told::Fail(Cause::Protocol, format!("broken HTTP/2: {reason}"))
    }
}

fn timed_out(limit: Millis, record: &Record, request: &Request) -> String {
    let url = record.url.as_ref().unwrap_or(&request.url);
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
