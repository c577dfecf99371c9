//! Asks an endpoint once and says what came of it.
//!
//! All probes that travel alike share one client without a pool, so that each makes a fresh
//! connection and costs little; what differs from probe to probe goes with the request. A failing
//! endpoint is data: asking never errs.

pub mod secrets;

pub mod basic;
pub mod encode;
pub mod identity;
pub mod inquiry;
pub mod oauth2;
pub mod request;
pub mod template;
pub mod transport;

mod reply;

mod authorize;
mod journey;
mod tokens;

mod answer;
mod ask;
mod cache_bust;
mod capture;
mod cookies;
mod decode;
mod fill;
mod redirect;

mod clients;
mod route;

mod client;
mod connect;
mod dial;
mod families;
mod lookup_error;
mod proxy;
mod recorder;
mod resolver;
mod sockets;
mod tls;
mod trust;

mod broken;
mod cause;
mod certificate;
mod chain;
mod detail;
mod greeting;
mod http2_error;
mod peer;
mod tls_error;

mod evidence;
mod redact;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;

use crate::domain::time::{Micros, Pace, UnixMillis};
use crate::expect::Expectations;

pub use client::ProberError;
pub use detail::{CHARS_MAX as DETAIL_CHARS_MAX, bounded};
pub use lookup_error::Lookup;
pub use recorder::Redirected;
pub use reply::{Examination, Examined, Hints, Reply};

use ask::Wanted;
use cause::Trouble;
use clients::Clients;
use cookies::Jar;
use inquiry::Inquiry;
use recorder::Recorder;
use reply::Asked;
use request::Request;
use tokens::Tokens;

/// What all probes have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Timeouts are waited for, and durations reported, at this pace.
    pub pace: Pace,
    /// Trusted besides the system's root certificates.
    pub extra_roots: Vec<CertificateDer<'static>>,
}

/// Asks endpoints. Building one loads the trusted root certificates; clones are cheap and share
/// everything.
#[derive(Clone, Debug)]
pub struct Prober {
    pace: Pace,
    clients: Clients,
    tokens: Arc<Tokens>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace: Pace::REAL,
            extra_roots: Vec::new(),
        }
    }
}

impl Prober {
    /// Needs no runtime yet. The system's name servers and hosts file are read here, once.
    pub fn new(settings: Settings) -> Result<Self, ProberError> {
        let tls = tls::Tls::new(settings.extra_roots)?;
        let resolver = resolver::Resolver::from_system()
            .map_err(|error| ProberError::Resolver(error.to_string()))?;
        Ok(Self {
            pace: settings.pace,
            clients: Clients::new(tls, resolver)?,
            tokens: Arc::default(),
        })
    }

    /// Does once what a probe does each time. `now` is the wall clock's reading.
    pub async fn inquire(&self, inquiry: &Inquiry, now: UnixMillis) -> Reply {
        match inquiry.plain_step() {
            Some(step) => self.ask(&step.request, &step.expect, now).await,
            // on the heap, so that plain probes are not as large as journeys
            None => Box::pin(self.journey(inquiry, now, false)).await.reply,
        }
    }

    /// As [`Prober::inquire`], and tells more.
    pub async fn investigate(&self, inquiry: &Inquiry, now: UnixMillis) -> Examination {
        match inquiry.plain_step() {
            Some(step) => {
                let examined = self.examine(&step.request, &step.expect, now).await;
                Examination {
                    reply: examined.reply.clone(),
                    steps: vec![examined],
                }
            }
            None => Box::pin(self.journey(inquiry, now, true)).await,
        }
    }

    /// Whether name servers answer at all: those listed, or the system's. Asked about `name`, which
    /// no hosts file answers for.
    pub async fn look_up(&self, servers: &[SocketAddr], name: &str) -> Lookup {
        self.clients.look_up(servers, name).await
    }

    /// Asks once, on a fresh connection. Returns by the request's timeout; dropping the future
    /// closes the connection. `now` is the wall clock's reading.
    pub async fn ask(&self, request: &Request, expect: &Expectations, now: UnixMillis) -> Reply {
        let wanted = Wanted {
            expect,
            body: false,
            in_full: false,
        };
        let (asked, sent) = self.send(request, wanted, &mut Jar::default()).await;
        asked.judge(sent.as_deref().unwrap_or(request), expect, now)
    }

    /// As [`Prober::ask`], and tells more.
    pub async fn examine(
        &self,
        request: &Request,
        expect: &Expectations,
        now: UnixMillis,
    ) -> Examined {
        let wanted = Wanted {
            expect,
            body: false,
            in_full: true,
        };
        let (asked, sent) = self.send(request, wanted, &mut Jar::default()).await;
        asked.examine(sent.as_deref().unwrap_or(request), expect, now)
    }

    /// Also tells the request as it was sent, if it is another: with the access token that it had
    /// to have.
    async fn send(
        &self,
        request: &Request,
        wanted: Wanted<'_>,
        jar: &mut Jar,
    ) -> (Asked, Option<Box<Request>>) {
        match &request.oauth2 {
            None => {
                let limit = self.pace.to_real(request.timeout);
                (self.send_within(request, limit, wanted, jar).await, None)
            }
            Some(oauth2) => {
                let sending = self.send_authorized(request, oauth2, wanted, jar);
                let (asked, request) = Box::pin(sending).await;
                (asked, Some(request.into()))
            }
        }
    }

    /// `limit` is real.
    async fn send_within(
        &self,
        request: &Request,
        limit: Duration,
        wanted: Wanted<'_>,
        jar: &mut Jar,
    ) -> Asked {
        let recorder = Recorder::new(wanted.in_full);
        let started = Instant::now();
        let asking = async {
            let route = self.clients.route(&request.transport)?;
            ask::ask(&route, request, wanted, jar, &recorder).await
        };
        // one timer over everything; a slow drip of bytes cannot wind it up again
        let mut result = Arc::clone(&recorder)
            .scope(tokio::time::timeout(limit, asking))
            .await
            .unwrap_or(Err(Trouble::Timeout));
        let ended = Instant::now();
        let mut record = recorder.take();
        if let Some(unread) = result.as_mut().ok().and_then(|whole| whole.unread.take()) {
            let left = limit.saturating_sub(ended.saturating_duration_since(started));
            record.hop.read_beginning(unread, left).await;
        }
        let shown = |real: Duration| self.shown(real);
        let spent = record.spent(ended);
        let duration = shown(ended.saturating_duration_since(started));
        Asked {
            result,
            duration,
            latency: duration,
            timings: reply::timings(spent, shown),
            record,
        }
    }

    fn shown(&self, real: Duration) -> Micros {
        Micros::from_duration(self.pace.to_shown(real))
    }
}

/// What a certificate says; for fuzz/, to which a handshake for each would take too long.
#[cfg(fuzzing)]
pub fn certificate_facts(der: &CertificateDer<'_>) -> Option<crate::expect::CertificateFacts> {
    certificate::facts(der)
}
