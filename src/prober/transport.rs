//! Over what a request travels: addresses, proxy, TLS, the version of HTTP.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use rustls::pki_types::{CertificateDer, ServerName};

use super::identity::ClientIdentity;
use crate::expect::TlsVersion;

/// Over what a request travels. Probes whose transports are equal share a client, and with it
/// name servers, trusted roots and everything else that is dear to set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    pub http_version: HttpVersions,
    pub ip: IpFamily,
    /// Hosts with their addresses, instead of looking them up. Lower case; never an empty list.
    pub resolve: BTreeMap<String, Vec<IpAddr>>,
    /// Asked instead of the system's, in this order. Empty: the system's.
    pub dns_servers: Vec<SocketAddr>,
    pub proxy: Option<Proxy>,
    pub tls: TlsSettings,
}

/// Which versions of HTTP may be spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// HTTP/2 if the server agrees to it during the TLS handshake, else HTTP/1.1.
    #[default]
    Auto,
    Http11,
    /// Over plain text with prior knowledge (RFC 9113 §3.3).
    Http2,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpFamily {
    /// Both, IPv6 with a head start (RFC 8305).
    #[default]
    Any,
    V4,
    V6,
}

impl IpFamily {
    pub const fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// What a request goes through.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// `http`, `https`, `socks5` (names are looked up here) or `socks5h` (there). May hold
    /// credentials.
    pub url: Url,
}

impl Proxy {
    /// As it is shown, `127.0.0.1:3128`: never with the credentials.
    pub fn address(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        format!("{host}:{}", self.port())
    }

    /// Unless the URL says otherwise, the scheme's own; SOCKS has 1080 (RFC 1928 §3).
    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(1080)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// Trusted instead of the system's roots.
    pub roots: Option<Arc<[CertificateDer<'static>]>>,
    /// What the client shows of itself (mutual TLS).
    pub identity: Option<Arc<ClientIdentity>>,
    /// Asked for and verified instead of the URL's host.
    pub server_name: Option<ServerName<'static>>,
    /// Any certificate is taken, and still told about.
    pub insecure: bool,
    /// Lowest version offered.
    pub version_min: Option<TlsVersion>,
    /// Highest version offered.
    pub version_max: Option<TlsVersion>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Proxy({}://{})",
            self.url.scheme(),
            self.url.host_str().unwrap_or_default()
        )
    }
}
