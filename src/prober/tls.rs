//! The TLS configuration that all probes share, with hooks that see each handshake.

use std::sync::Arc;
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::recorder::note;
use crate::expect::TlsVersion;

/// Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name other roots), and
/// `extra_roots`. Loading the roots is the dear part: build it once.
pub(super) fn client_config(
    extra_roots: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WatchedVerifier::new(extra_roots, &provider)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(NoSessions));
    Ok(config)
}

/// Keeps no sessions: every probe makes a whole handshake, as a first visitor does. That rustls
/// asks for one just before its first message tells when TCP ended and TLS began.
#[derive(Debug)]
struct NoSessions;

fn note_start() {
    note(|record| {
        record.hop.tls_started.get_or_insert_with(Instant::now);
    });
}

impl ClientSessionStore for NoSessions {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        note_start();
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        note_start();
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        note_start();
        None
    }
}

/// Lets the platform decide, and notes the certificates.
#[derive(Debug)]
struct WatchedVerifier {
    platform: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl WatchedVerifier {
    fn new(
        extra_roots: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        let platform = match Verifier::new_with_extra_roots(extra_roots, Arc::clone(provider)) {
            Ok(verifier) => Some(verifier),
            // plain HTTP needs no roots, so their absence is told only where they are missed
            Err(rustls::Error::General(reason)) => {
                tracing::debug!(reason, "no trusted root certificates");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            platform,
            provider: Arc::clone(provider),
        })
    }
}

impl ServerCertVerifier for WatchedVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        note(|record| {
            let chain = std::iter::once(leaf).chain(intermediates);
            record.hop.certificates = chain.map(|der| der.clone().into_owned()).collect();
        });
        let Some(platform) = &self.platform else {
            note(|record| record.hop.rootless = true);
            return Err(rustls::Error::General(
                "no trusted root certificates".to_owned(),
            ));
        };
        platform.verify_server_cert(leaf, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        note(|record| record.hop.tls_version = Some(TlsVersion::Tls12));
        rustls::crypto::verify_tls12_signature(
            message,
            leaf,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        note(|record| record.hop.tls_version = Some(TlsVersion::Tls13));
        rustls::crypto::verify_tls13_signature(
            message,
            leaf,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
