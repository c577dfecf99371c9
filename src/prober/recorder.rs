//! What is noted of a request while it runs.
//!
//! One client serves all probes, so its hooks cannot know whose connection they see; they find the
//! recorder in a task-local of the task that asks. A connection is made inside that very task,
//! because the client keeps no pool.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method};
use hyper::ext::ReasonPhrase;
use reqwest::Url;
use rustls::pki_types::CertificateDer;

use crate::domain::observation::{HttpVersion, Phase};
use crate::expect::TlsVersion;

use super::evidence::Beginning;
use super::request::Request;

tokio::task_local! {
    static ASKING: Arc<Recorder>;
}

/// Shared by the request and the hooks that see it pass.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    record: Mutex<Record>,
    /// Whether what only people want to see is kept too: a single address.
    in_full: bool,
}

/// Everything noted of one asking, redirects included.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Of the requests that were redirected.
    pub(super) spent: Spent,
    /// Of the request under way, or the last.
    pub(super) hop: Hop,
    /// Where the request under way went, if it was redirected there.
    pub(super) url: Option<Url>,
    /// How it was asked there.
    pub(super) method: Option<Method>,
    pub(super) redirects: Vec<Redirected>,
    /// Every address that the name was looked up to. Of a single one only in full.
    pub(super) addresses: Vec<IpAddr>,
}

/// When each phase of a request began or ended; `None` if it was not reached.
#[derive(Debug, Default)]
pub(super) struct Hop {
    pub(super) connect_called: Option<Instant>,
    pub(super) lookup_started: Option<Instant>,
    pub(super) lookup_ended: Option<Instant>,
    pub(super) tls_started: Option<Instant>,
    pub(super) connected: Option<Instant>,
    pub(super) headers_came: Option<Instant>,
    /// `None` also if the status made the body unimportant.
    pub(super) body_started: Option<Instant>,
    pub(super) ended: Option<Instant>,
    /// The first address of the name, and how many there are. Not for literal addresses.
    pub(super) looked_up: Option<(IpAddr, usize)>,
    /// Of a name with several addresses, the one that was reached.
    pub(super) peer: Option<SocketAddr>,
    pub(super) status: Option<u16>,
    pub(super) http_version: Option<HttpVersion>,
    /// What the server said in place of the usual words for its status.
    pub(super) reason: Option<ReasonPhrase>,
    /// Of an answer that did not come whole; else it has them itself.
    pub(super) headers: HeaderMap,
    pub(super) body_bytes: u64,
    pub(super) beginning: Beginning,
    /// The chain as it was sent, known also if it was refused.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) tls_version: Option<TlsVersion>,
    /// Only in full: what would have been wrong with the certificates, had they to be right.
    pub(super) distrust: Option<rustls::Error>,
    /// The server asked for the client's certificate.
    pub(super) identity_wanted: bool,
    /// The system has no trusted roots, so that nothing could be verified.
    pub(super) rootless: bool,
    /// Set while a proxy is talked to, and not yet the endpoint.
    pub(super) proxy: Option<AtProxy>,
}

/// How far the way through a proxy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtProxy {
    /// It is looked up, connected to, shaken hands with.
    Reaching,
    /// It was asked to connect to the endpoint.
    Asked,
}

/// Time spent in each phase; `None` for a phase that was not reached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) dns: Option<Duration>,
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
    pub(super) first_byte: Option<Duration>,
    pub(super) body: Option<Duration>,
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    pub status: u16,
    /// Where to; without credentials, and with secrets masked.
    pub to: String,
}

impl Recorder {
    pub(super) fn new(in_full: bool) -> Arc<Self> {
        Arc::new(Self {
            in_full,
            ..Self::default()
        })
    }

    /// Runs `asking` so that the hooks in it find this recorder.
    pub(super) async fn scope<T>(self: Arc<Self>, asking: impl Future<Output = T>) -> T {
        ASKING.scope(self, asking).await
    }

    pub(super) fn with<T>(&self, note: impl FnOnce(&mut Record) -> T) -> T {
        // no note can leave a record half-written, so one after a panic is still sound
        note(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take(&self) -> Record {
        self.with(std::mem::take)
    }
}

/// Notes something in the record of the request that this task makes, if it makes one.
pub(super) fn note(note: impl FnOnce(&mut Record)) {
    // outside of a scope there is nobody to tell
    let _ = ASKING.try_with(|recorder| recorder.with(note));
}

/// What is in the record of the request that this task makes, if it makes one.
pub(super) fn noted<T>(read: impl FnOnce(&Record) -> T) -> Option<T> {
    let read = |recorder: &Arc<Recorder>| recorder.with(|record| read(record));
    ASKING.try_with(read).ok()
}

/// Notes every address of a name. A single one is in the record already, and listed only in full.
pub(super) fn note_addresses(addresses: &[SocketAddr]) {
    let _ = ASKING.try_with(|recorder| {
        if recorder.in_full || addresses.len() > 1 {
            let addresses = addresses.iter().map(SocketAddr::ip);
            recorder.with(|record| record.addresses.extend(addresses));
        }
    });
}

/// Whether the request that this task makes is recorded in full.
pub(super) fn asked_in_full() -> bool {
    ASKING
        .try_with(|recorder| recorder.in_full)
        .unwrap_or_default()
}

impl Record {
    /// Begins the next request, after a redirect.
    pub(super) fn next_hop(&mut self, method: Method, url: Url) {
        self.method = Some(method);
        self.url = Some(url);
        // what is shown is the answer's, not the redirects' on the way to it
        self.addresses.clear();
        self.spent = self.spent.plus(self.hop.spent(None));
        self.hop = Hop::default();
    }

    /// The URL that was asked last, after redirects.
    pub(super) fn url<'a>(&'a self, request: &'a Request) -> &'a Url {
        self.url.as_ref().unwrap_or(&request.url)
    }

    /// Time spent in each phase by all requests; the last phase of an unfinished one is counted
    /// up to `now`.
    pub(super) fn spent(&self, now: Instant) -> Spent {
        self.spent.plus(self.hop.spent(Some(now)))
    }
}

impl Hop {
    /// The phase that the request is in, or broke off in.
    pub(super) fn phase(&self) -> Phase {
        if self.headers_came.is_some() {
            Phase::Body
        } else if self.connected.is_some() {
            Phase::Headers
        } else if self.proxy.is_some() {
            Phase::Connect
        } else if self.tls_started.is_some() {
            Phase::Tls
        } else if self.lookup_started.is_some() && self.lookup_ended.is_none() {
            Phase::Dns
        } else {
            Phase::Connect
        }
    }

    fn spent(&self, now: Option<Instant>) -> Spent {
        let tcp_started = match self.lookup_started {
            Some(_) => self.lookup_ended,
            None => self.connect_called,
        };
        let tcp_ended = self.tls_started.or(self.connected);
        Spent {
            dns: between(self.lookup_started, self.lookup_ended, now),
            connect: between(tcp_started, tcp_ended, now),
            tls: between(self.tls_started, self.connected, now),
            first_byte: between(self.connected, self.headers_came, now),
            body: between(self.body_started, self.ended, now),
        }
    }
}

impl Spent {
    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<Duration>, b: Option<Duration>| match (a, b) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        Self {
            dns: sum(self.dns, other.dns),
            connect: sum(self.connect, other.connect),
            tls: sum(self.tls, other.tls),
            first_byte: sum(self.first_byte, other.first_byte),
            body: sum(self.body, other.body),
        }
    }
}

/// `None` for a phase that did not begin; one without an end goes on until `now`.
fn between(start: Option<Instant>, end: Option<Instant>, now: Option<Instant>) -> Option<Duration> {
    Some(end.or(now)?.saturating_duration_since(start?))
}
