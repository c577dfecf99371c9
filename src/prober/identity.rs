//! Certificates and keys as they stand in PEM files.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a client shows of itself: its certificate chain, and the key to it.
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// What is wrong with a PEM text; never quotes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPem {
    #[error("it has no certificate in it (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    #[error("it has no private key in it (-----BEGIN PRIVATE KEY-----)")]
    NoKey,
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("the private key cannot be used: {0}")]
    BadKey(String),
    #[error("the private key is not the certificate's")]
    OtherKey,
}

/// All certificates of a PEM text, at least one.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BadPem> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| BadPem::Unreadable(error.to_string()))?;
    if found.is_empty() {
        return Err(BadPem::NoCertificate);
    }
    Ok(found)
}

impl ClientIdentity {
    /// Both texts may be the same one. The key has to be the first certificate's.
    pub fn try_new(chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, BadPem> {
        let chain = certificates(chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|error| match error {
            rustls::pki_types::pem::Error::NoItemsFound => BadPem::NoKey,
            error => BadPem::Unreadable(error.to_string()),
        })?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let signing = provider
            .key_provider
            .load_private_key(key.clone_key())
            .map_err(|error| BadPem::BadKey(error.to_string()))?;
        match rustls::sign::CertifiedKey::new(chain.clone(), signing).keys_match() {
            // some keys do not tell their public half
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(Self { chain, key })
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(BadPem::OtherKey),
            Err(error) => Err(BadPem::Unreadable(error.to_string())),
        }
    }

    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

impl PartialEq for ClientIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.chain == other.chain && self.key.secret_der() == other.key.secret_der()
    }
}

impl Eq for ClientIdentity {}

impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientIdentity({} certificates)", self.chain.len())
    }
}
