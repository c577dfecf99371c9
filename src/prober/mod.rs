//! Asks an endpoint once and says what came of it.
//!
//! All probes share one client without a pool, so that each makes a fresh connection and costs
//! little; what differs from probe to probe travels with the request. A failing endpoint is data:
//! asking never errs.

pub mod secrets;

pub mod identity;
pub mod inquiry;
pub mod oauth2;
pub mod request;
pub mod template;
pub mod transport;

mod reply;

mod ask;
mod redirect;

mod client;
mod connect;
mod lookup_error;
mod recorder;
mod resolver;
mod sockets;
mod tls;

mod cause;
mod certificate;
mod chain;
mod detail;
mod peer;

mod evidence;
mod redact;

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use rustls::pki_types::CertificateDer;

use crate::domain::time::{Micros, Pace, UnixMillis};
use crate::expect::Expectations;

pub use client::ProberError;
pub use recorder::Redirected;
pub use reply::{Examination, Examined, Reply};

use cause::Trouble;
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
    client: Client,
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
        let tls = tls::client_config(settings.extra_roots)?;
        let resolver = resolver::Resolver::from_system()
            .map_err(|error| ProberError::Resolver(error.to_string()))?;
        Ok(Self {
            pace: settings.pace,
            client: client::client(&tls, &resolver)?,
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
        let asking = ask::ask(&self.client, request, expect, &recorder);
        let limit = self.pace.to_real(request.timeout);
        // one timer over everything; a slow drip of bytes cannot wind it up again
        let result = Arc::clone(&recorder)
            .scope(tokio::time::timeout(limit, asking))
            .await
            .unwrap_or(Err(Trouble::Timeout));
        let ended = Instant::now();
        let mut record = recorder.take();
        let mut result = result;
        if let Some(unread) = result.as_mut().ok().and_then(|whole| whole.unread.take()) {
            let left = limit.saturating_sub(ended.saturating_duration_since(started));
            record.hop.read_beginning(unread, left).await;
        }
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
