//! Asks an endpoint once and says what came of it.
//!
//! All probes share one client without a pool, so that each makes a fresh connection and costs
//! little; what differs from probe to probe travels with the request. A failing endpoint is data:
//! asking never errs.

pub mod secrets;

pub mod request;

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

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use rustls::pki_types::CertificateDer;

use crate::domain::time::{Micros, Pace};
use crate::domain::verdict::Expectations;

pub use certificate::CertificateFacts;
pub use client::ProberError;
pub use recorder::Redirected;
pub use reply::{Examination, Reply};

use cause::Trouble;
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
    /// For [`Prober::ask`].
    plain: Client,
    /// For [`Prober::examine`].
    telling: Client,
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
            plain: client::client(&tls, &resolver, false)?,
            telling: client::client(&tls, &resolver, true)?,
        })
    }

    /// Asks once, on a fresh connection. Returns by the request's timeout; dropping the future
    /// closes the connection.
    pub async fn ask(&self, request: &Request, expect: &Expectations) -> Reply {
        let asked = self.send(&self.plain, request, expect, false).await;
        asked.judge(request, expect)
    }

    /// As [`Prober::ask`], and tells more.
    pub async fn examine(&self, request: &Request, expect: &Expectations) -> Examination {
        let asked = self.send(&self.telling, request, expect, true).await;
        asked.examine(request, expect)
    }

    async fn send(
        &self,
        client: &Client,
        request: &Request,
        expect: &Expectations,
        in_full: bool,
    ) -> Asked {
        let recorder = Recorder::new(in_full);
        let started = Instant::now();
        let asking = ask::ask(client, request, expect, &recorder);
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
