//! Asks an endpoint once and says what came of it.
//!
//! All probes that travel alike share one client without a pool, so that each makes a fresh
//! connection and costs little; what differs from probe to probe goes with the request. A failing
//! endpoint is data: asking never errs.

pub mod secrets;

pub mod identity;
pub mod inquiry;
pub mod oauth2;
pub mod request;
pub mod template;
pub mod transport;

mod reply;

mod answer;
mod ask;
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

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;

use crate::domain::time::{Micros, Pace, UnixMillis};
use crate::expect::Expectations;

pub use client::ProberError;
pub use recorder::Redirected;
pub use reply::{Examination, Examined, Reply};

use cause::Trouble;
use clients::Clients;
use inquiry::Inquiry;
use recorder::Recorder;
use reply::Asked;
use request::Request;

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
        })
    }

    /// Does once what a probe does each time. `now` is the wall clock's reading.
    pub async fn inquire(&self, inquiry: &Inquiry, now: UnixMillis) -> Reply {
        let step = &inquiry.steps[0];
        self.ask(&step.request, &step.expect, now).await
    }

    /// As [`Prober::inquire`], and tells more.
    pub async fn investigate(&self, inquiry: &Inquiry, now: UnixMillis) -> Examination {
        let step = &inquiry.steps[0];
        let examined = self.examine(&step.request, &step.expect, now).await;
        Examination {
            reply: examined.reply.clone(),
            steps: vec![examined],
        }
    }

    /// Asks once, on a fresh connection. Returns by the request's timeout; dropping the future
    /// closes the connection. `now` is the wall clock's reading.
    pub async fn ask(&self, request: &Request, expect: &Expectations, now: UnixMillis) -> Reply {
        let asked = self.send(request, expect, false).await;
        asked.judge(request, expect, now)
    }

    /// As [`Prober::ask`], and tells more.
    pub async fn examine(
        &self,
        request: &Request,
        expect: &Expectations,
        now: UnixMillis,
    ) -> Examined {
        let asked = self.send(request, expect, true).await;
        asked.examine(request, expect, now)
    }

    async fn send(&self, request: &Request, expect: &Expectations, in_full: bool) -> Asked {
        let recorder = Recorder::new(in_full);
        let started = Instant::now();
        let asking = async {
            let route = self.clients.route(&request.transport)?;
            ask::ask(&route, request, expect, &recorder).await
        };
        let limit = self.pace.to_real(request.timeout);
        // one timer over everything; a slow drip of bytes cannot wind it up again
        let result = Arc::clone(&recorder)
            .scope(tokio::time::timeout(limit, asking))
            .await
            .unwrap_or(Err(Trouble::Timeout));
        let ended = Instant::now();
        let record = recorder.take();
        let shown = |real: Duration| Micros::from_duration(self.pace.to_shown(real));
        let spent = record.spent(ended);
        Asked {
            result,
            duration: shown(ended.saturating_duration_since(started)),
            timings: reply::timings(spent, shown),
            record,
        }
    }
}

/// What a certificate says; for fuzz/, to which a handshake for each would take too long.
#[cfg(fuzzing)]
pub fn certificate_facts(der: &CertificateDer<'_>) -> Option<crate::expect::CertificateFacts> {
    certificate::facts(der)
}
