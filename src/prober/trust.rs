//! Whose certificates are believed.

use std::sync::Arc;

use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Decides on the certificates of servers. Clones share the roots.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    System(Arc<Verifier>),
    Own(OwnRoots),
    /// The system has no roots, so that nothing can be verified.
    Nobody,
}

/// Roots that a probe names instead of the system's.
#[derive(Clone, Debug)]
pub(super) struct OwnRoots {
    verifier: Arc<WebPkiServerVerifier>,
    roots: Arc<[CertificateDer<'static>]>,
}

impl Trust {
    pub(super) fn of_system(
        extra_roots: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        match Verifier::new_with_extra_roots(extra_roots, Arc::clone(provider)) {
            Ok(verifier) => Ok(Self::System(Arc::new(verifier))),
            // plain HTTP needs no roots, so their absence is told only where they are missed
            Err(rustls::Error::General(reason)) => {
                tracing::debug!(reason, "no trusted root certificates");
                Ok(Self::Nobody)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self {
            Self::System(verifier) => {
                verifier.verify_server_cert(leaf, intermediates, name, ocsp, now)
            }
            Self::Own(own) => {
                let verifier = &own.verifier;
                match verifier.verify_server_cert(leaf, intermediates, name, ocsp, now) {
                    Err(error) if own.names(leaf, &error) => {
                        verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
                        Ok(ServerCertVerified::assertion())
                    }
                    decided => decided,
                }
            }
            Self::Nobody => Err(rustls::Error::General(
                "no trusted root certificates".to_owned(),
            )),
        }
    }
}

impl OwnRoots {
    pub(super) fn new(
        roots: &Arc<[CertificateDer<'static>]>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        let mut store = RootCertStore::empty();
        for root in roots.iter() {
            store.add(root.clone())?;
        }
        let provider = Arc::clone(provider);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(Self {
            verifier,
            roots: Arc::clone(roots),
        })
    }

    /// Whether the server's own certificate is one of the roots, and refused only because it is
    /// marked as one: servers with a self-signed certificate, as `openssl req -x509` makes it.
    /// webpki looks at the dates before it finds that, but not yet at the name.
    fn names(&self, leaf: &CertificateDer<'_>, error: &rustls::Error) -> bool {
        matches!(error, rustls::Error::InvalidCertificate(CertificateError::Other(other))
            if other.to_string() == "CaUsedAsEndEntity")
            && self.roots.iter().any(|root| root == leaf)
    }
}
