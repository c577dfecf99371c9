//! TLS as probes speak it, with hooks that see each handshake.

use std::sync::Arc;
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme, SupportedProtocolVersion,
};

use super::identity::ClientIdentity;
use super::recorder::{asked_in_full, note};
use super::transport::{HttpVersions, TlsSettings};
use super::trust::{OwnRoots, Trust};
use crate::expect::TlsVersion;

/// HTTP/2 and HTTP/1.1 as ALPN calls them (RFC 7301 §6).
pub(super) const H2: &[u8] = b"h2";
const HTTP_11: &[u8] = b"http/1.1";

/// What the TLS configurations of all transports have in common. Loading the system's roots is
/// the dear part, so there is one.
#[derive(Clone)]
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    system: Trust,
    /// For transports without settings of their own.
    plain: ClientConfig,
}

impl Tls {
    /// Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name other roots), and
    /// `extra_roots`.
    pub(super) fn new(extra_roots: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let system = Trust::of_system(extra_roots, &provider)?;
        let plain = build(&provider, system.clone(), &TlsSettings::default())?;
        Ok(Self {
            provider,
            system,
            plain,
        })
    }

    pub(super) fn config(
        &self,
        settings: &TlsSettings,
        versions: HttpVersions,
    ) -> Result<ClientConfig, rustls::Error> {
        // by what name a server is verified is said at each handshake
        let plain = TlsSettings {
            server_name: settings.server_name.clone(),
            ..TlsSettings::default()
        };
        let mut config = if *settings == plain {
            self.plain.clone()
        } else {
            let trust = match &settings.roots {
                Some(roots) => Trust::Own(OwnRoots::new(roots, &self.provider)?),
                None => self.system.clone(),
            };
            build(&self.provider, trust, settings)?
        };
        let alpn: &[&[u8]] = match versions {
            HttpVersions::Auto => &[H2, HTTP_11],
            HttpVersions::Http11 => &[HTTP_11],
            HttpVersions::Http2 => &[H2],
        };
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

fn build(
    provider: &Arc<CryptoProvider>,
    trust: Trust,
    settings: &TlsSettings,
) -> Result<ClientConfig, rustls::Error> {
    let verifier = WatchedVerifier {
        trust,
        provider: Arc::clone(provider),
        insecure: settings.insecure,
    };
    let identity = ShownIdentity::new(settings.identity.as_deref(), provider)?;
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&versions(settings)?)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(identity));
    config.resumption = Resumption::store(Arc::new(NoSessions));
    Ok(config)
}

/// Those that the bounds leave over, the newest first.
pub(super) fn versions_offered(settings: &TlsSettings) -> impl Iterator<Item = TlsVersion> {
    let (min, max) = (settings.version_min, settings.version_max);
    let all = TlsVersion::ALL.into_iter().rev();
    all.filter(move |version| {
        min.is_none_or(|min| *version >= min) && max.is_none_or(|max| *version <= max)
    })
}

fn versions(
    settings: &TlsSettings,
) -> Result<Vec<&'static SupportedProtocolVersion>, rustls::Error> {
    let offered: Vec<_> = versions_offered(settings)
        .map(|version| match version {
            TlsVersion::Tls12 => &rustls::version::TLS12,
            TlsVersion::Tls13 => &rustls::version::TLS13,
        })
        .collect();
    if offered.is_empty() {
        let reason = "version_min and version_max leave no version of TLS".to_owned();
        return Err(rustls::Error::General(reason));
    }
    Ok(offered)
}

/// What the client shows of itself, if a server wants to see it; notes that one did.
#[derive(Debug)]
struct ShownIdentity(Option<Arc<CertifiedKey>>);

impl ShownIdentity {
    fn new(
        identity: Option<&ClientIdentity>,
        provider: &CryptoProvider,
    ) -> Result<Self, rustls::Error> {
        let Some(identity) = identity else {
            return Ok(Self(None));
        };
        let key = provider.key_provider.load_private_key(identity.key())?;
        let certified = CertifiedKey::new(identity.chain().to_vec(), key);
        Ok(Self(Some(Arc::new(certified))))
    }
}

impl ResolvesClientCert for ShownIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        note(|record| record.hop.identity_wanted = true);
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
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

/// Lets the roots decide, and notes the certificates.
#[derive(Debug)]
struct WatchedVerifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    /// Whatever comes is taken.
    insecure: bool,
}

impl WatchedVerifier {
    /// A certificate that cannot be read proves nothing, but then nothing was to be proved.
    fn unless_insecure(
        &self,
        verified: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match verified {
            Err(_) if self.insecure => Ok(HandshakeSignatureValid::assertion()),
            verified => verified,
        }
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
        if !self.insecure {
            if matches!(self.trust, Trust::Nobody) {
                note(|record| record.hop.rootless = true);
            }
            return self.trust.verify(leaf, intermediates, name, ocsp, now);
        }
        // only people want to know what would have been wrong, and it costs a verification
        if asked_in_full() {
            let verified = self.trust.verify(leaf, intermediates, name, ocsp, now);
            note(|record| record.hop.distrust = verified.err());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        note(|record| record.hop.tls_version = Some(TlsVersion::Tls12));
        self.unless_insecure(rustls::crypto::verify_tls12_signature(
            message,
            leaf,
            signature,
            &self.provider.signature_verification_algorithms,
        ))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        note(|record| record.hop.tls_version = Some(TlsVersion::Tls13));
        self.unless_insecure(rustls::crypto::verify_tls13_signature(
            message,
            leaf,
            signature,
            &self.provider.signature_verification_algorithms,
        ))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
