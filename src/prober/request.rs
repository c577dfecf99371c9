//! The request that a probe sends.

use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::Url;

use super::secrets::Secrets;

/// How an endpoint is asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// `http` or `https`, with a host. May hold secrets: never show it, show what
    /// [`Secrets::mask`] makes of it.
    pub url: Url,
    /// In the order given; a name may come several times.
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
    /// Total limit, from looking up the address to the last byte of the body.
    pub timeout: Duration,
    pub redirects: Redirects,
    /// Most bytes of a body that are read; a longer one is a failure (`too_large`).
    pub body_bytes_max: usize,
    pub secrets: Secrets,
}

/// What happens on a 3xx with a Location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// The 3xx itself is the answer.
    Off,
    /// Followed up to this often; one more is a failure (`redirect`).
    Follow { max: u8 },
}

/// Redirects that are followed unless told otherwise: what curl and browsers' ancestors settled
/// on (RFC 1945 §9.3 said five), doubled for today's login chains.
pub const REDIRECTS_MAX_DEFAULT: u8 = 10;

/// 10 MiB: no page is larger, and ten thousand probes cannot hold as many at once.
pub const BODY_BYTES_MAX_DEFAULT: usize = 10 << 20;
