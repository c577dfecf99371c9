//! Why a TLS handshake failed, in words.

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use crate::domain::observation::Cause;
use crate::expect::TlsVersion;

use super::certificate;
use super::recorder::Record;
use super::tls::versions_offered;
use super::transport::{HttpVersions, Transport};

/// What is wrong with a handshake, or would be if its certificates were not taken as they are.
pub(super) fn text(error: &Error, record: &Record) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate::describe(error, &record.hop.certificates),
        error => error.to_string(),
    }
}

pub(super) fn describe(error: &Error, record: &Record, transport: &Transport) -> (Cause, String) {
    match error {
        Error::InvalidCertificate(error) => {
            let chain = &record.hop.certificates;
            (Cause::Certificate, certificate::describe(error, chain))
        }
        Error::NoCertificatesPresented => (
            Cause::Certificate,
            "the server presented no certificate".to_owned(),
        ),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            Cause::Tls,
            "the server does not speak TLS on this port: use http:// if it is plain HTTP"
                .to_owned(),
        ),
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (Cause::Tls, no_common_version(transport)),
        Error::AlertReceived(alert) => {
            let what = refusal(*alert, record, transport);
            (Cause::Tls, format!("{what} (alert {alert:?})"))
        }
        Error::PeerIncompatible(what) => (
            Cause::Tls,
            format!("the server's TLS does not fit ours: {what:?}"),
        ),
        Error::InvalidMessage(what) => (Cause::Tls, format!("broken TLS: {what:?}")),
        Error::PeerMisbehaved(what) => (Cause::Tls, format!("broken TLS: {what:?}")),
        Error::DecryptError => (
            Cause::Tls,
            "broken TLS: a record that cannot be decrypted".to_owned(),
        ),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            (Cause::Tls, format!("broken TLS: {error}"))
        }
        error => (Cause::Tls, error.to_string()),
    }
}

/// What a server means by an alert (RFC 8446 §6.2).
fn refusal(alert: AlertDescription, record: &Record, transport: &Transport) -> &'static str {
    use AlertDescription as Alert;
    match alert {
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
                "the server wants a client certificate"
            } else {
                "the server refused the client certificate"
            }
        }
        Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            "the server accepts none of the ciphers that were offered"
        }
        Alert::UnrecognisedName => "the server knows no site of this name",
        Alert::NoApplicationProtocol if transport.http_version == HttpVersions::Http2 => {
            "the server does not speak HTTP/2"
        }
        Alert::NoApplicationProtocol => "the server speaks none of the HTTP versions offered",
        Alert::InternalError => "the server failed at TLS on its own side",
        _ => "the server ended the TLS handshake",
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
