//! Why a TLS handshake failed, in words.

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use crate::domain::observation::Cause;

use super::certificate;

/// `chain` is what the server sent, the leaf first.
pub(super) fn describe(error: &Error, chain: &[CertificateDer<'_>]) -> (Cause, String) {
    match error {
        Error::InvalidCertificate(error) => {
            (Cause::Certificate, certificate::describe(error, chain))
        }
        Error::NoCertificatesPresented => (
            Cause::Certificate,
            "the server presented no certificate".to_owned(),
        ),
        Error::AlertReceived(alert) => {
            let what = refusal(*alert);
            (Cause::Tls, format!("{what} (TLS alert {alert:?})"))
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            Cause::Tls,
            "the server does not speak TLS on this port: use http:// if it is plain HTTP"
                .to_owned(),
        ),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => (
            Cause::Tls,
            "the server wants a TLS version that is not allowed".to_owned(),
        ),
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
        error => (Cause::Tls, format!("broken TLS: {error}")),
    }
}

/// What a server means by an alert (RFC 8446 §6.2).
fn refusal(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the server accepts none of our ciphers, or wants a client certificate"
        }
        AlertDescription::ProtocolVersion => "the server accepts none of our TLS versions",
        AlertDescription::UnrecognisedName => "the server knows no site of this name",
        AlertDescription::NoApplicationProtocol => {
            "the server accepts none of the HTTP versions that were offered"
        }
        AlertDescription::CertificateRequired => "the server wants a client certificate",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            "the server refuses our client certificate, or that there is none"
        }
        AlertDescription::InternalError => "the server failed at TLS on its own side",
        _ => "the server ended the TLS handshake",
    }
}
