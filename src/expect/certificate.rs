//! What a certificate says, as far as anybody asks.

use crate::domain::time::UnixMillis;

/// Of one certificate of a chain, as it was sent. Texts are the server's to choose: escape them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    pub not_before: UnixMillis,
    pub not_after: UnixMillis,
    /// Names and addresses it is for (subjectAltName), as in `play.example`.
    pub names: Vec<String>,
    /// As in `0a:1b:…`.
    pub serial: String,
    /// As in `EC 256` or `RSA 2048`.
    pub key: String,
    /// SHA-256 of the whole certificate, in hex.
    pub sha256: String,
}

impl CertificateFacts {
    /// Whole days that it stays valid; negative if it has expired.
    pub fn days_left(&self, now: UnixMillis) -> i64 {
        const DAY_MS: i64 = 86_400_000;
        (self.not_after - now).0.div_euclid(DAY_MS)
    }
}
