//! Access tokens by the client credentials grant (RFC 6749 §4.4), kept until they expire.

use std::hash::{Hash, Hasher};

use reqwest::Url;
use secrecy::SecretString;

/// Where a token comes from. Probes that ask alike share it.
#[derive(Clone, Debug)]
pub struct OAuth2 {
    /// `http` or `https`.
    pub token_url: Url,
    pub client_id: String,
    pub client_secret: SecretString,
    pub scopes: Vec<String>,
    pub audience: Option<String>,
    pub client_auth: ClientAuth,
}

/// How the client proves who it is (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Header,
    /// In the form, for servers that know only that.
    Body,
}

impl PartialEq for OAuth2 {
    fn eq(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret;
        self.token_url == other.token_url
            && self.client_id == other.client_id
            && self.client_secret.expose_secret() == other.client_secret.expose_secret()
            && self.scopes == other.scopes
            && self.audience == other.audience
            && self.client_auth == other.client_auth
    }
}

impl Eq for OAuth2 {}

impl Hash for OAuth2 {
    /// Without the secret: those that differ only in it are few.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.token_url.hash(hasher);
        self.client_id.hash(hasher);
        self.scopes.hash(hasher);
        self.audience.hash(hasher);
    }
}
