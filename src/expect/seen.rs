//! What is judged of an answer.

use http::HeaderMap;

use super::certificate::CertificateFacts;
use super::tls::TlsVersion;
use crate::domain::observation::{HttpVersion, Timings};
use crate::domain::time::{Micros, UnixMillis};

/// What is judged of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// When the request started.
    pub now: UnixMillis,
    pub status: u16,
    pub headers: &'a HeaderMap,
    /// The whole body, decoded; `None` if it was not read, since nothing needs it or the status
    /// has decided.
    pub body: Option<&'a [u8]>,
    /// Of the body as it came over the wire; `None` if it was not read to its end.
    pub body_bytes: Option<u64>,
    /// That answered, after redirects.
    pub url: &'a str,
    /// That were followed.
    pub redirects: u64,
    pub http_version: Option<HttpVersion>,
    /// `None` without TLS.
    pub tls_version: Option<TlsVersion>,
    /// As sent, the server's own first. Empty without TLS, and where [`Needs`](super::Needs) does
    /// not ask for them.
    pub certificates: &'a [CertificateFacts],
    pub timings: Timings,
    /// From the start of the request to the end of the body.
    pub latency: Micros,
}
