//! What is kept of a failed asking as proof of it: everything a person wants to see who was not
//! there. Its JSON is the form it is stored and shown in; fields are added, never changed.
//!
//! Bounded, masked and free of control characters by whoever makes it: much of it was written by
//! the probed server.

use serde::{Deserialize, Serialize};

/// Of the request that failed; of a journey, of the step that did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The step of a journey.
    pub step: Option<String>,
    /// What went wrong, in the words that observations have for it.
    pub cause: Option<String>,
    pub phase: Option<String>,
    pub detail: Option<String>,
    pub method: String,
    /// That was asked last, after redirects; masked.
    pub url: String,
    /// Followed, in order.
    pub redirects: Vec<Redirect>,
    /// What the name was looked up to.
    pub addresses: Vec<String>,
    /// The address that was talked to.
    pub peer: Option<String>,
    pub tls: Option<Tls>,
    /// As sent, the server's own first. Known also if it was refused.
    pub certificates: Vec<Certificate>,
    /// As in `HTTP/1.1 503 Service Unavailable`.
    pub status_line: Option<String>,
    /// Name and value, in the order they came; values that may be credentials are masked.
    pub headers: Vec<(String, String)>,
    /// That came beside those shown.
    pub headers_left_out: u32,
    pub body: Option<Body>,
    /// Each phase in µs, as far as it was reached.
    pub timings_us: Timings,
}

impl Evidence {
    /// About what it takes in memory: what may be long in it, and as much again as the rest takes.
    pub fn bytes(&self) -> usize {
        let of_body =
            |body: &Body| [&body.text, &body.hex].map(|it| it.as_ref().map_or(0, String::len));
        let body: usize = self.body.as_ref().map_or([0; 2], of_body).iter().sum();
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let names = self.certificates.iter().flat_map(|one| &one.names);
        let redirects = self.redirects.iter().map(|one| one.to.len());
        let others: usize = names.map(String::len).chain(redirects).sum();
        2 * size_of::<Self>() + body + headers + others
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Redirect {
    pub status: u16,
    pub to: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tls {
    /// As in `1.3`.
    pub version: Option<String>,
    /// Agreed by ALPN, as in `h2`.
    pub alpn: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    pub not_before: String,
    pub not_after: String,
    pub names: Vec<String>,
    /// That it has beside those.
    pub names_left_out: u32,
    pub serial: String,
    pub key: String,
    pub sha256: String,
}

/// The beginning of a body: as text if it is UTF-8, else in hex.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    pub text: Option<String>,
    pub hex: Option<String>,
    /// That were read of the whole body.
    pub bytes: u64,
    /// There was more than is shown.
    pub cut: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    pub dns: Option<u64>,
    pub connect: Option<u64>,
    pub tls: Option<u64>,
    pub first_byte: Option<u64>,
    pub body: Option<u64>,
    pub total: Option<u64>,
}

/// Most bytes of a body that are kept.
pub const BODY_BYTES_MAX: usize = 4 << 10;
