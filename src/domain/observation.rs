//! What one asking of an endpoint gave.

use std::net::SocketAddr;
use std::sync::Arc;

use super::time::{Micros, Millis, UnixMillis};

/// One finished probe request.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// When the request started.
    pub ts: UnixMillis,
    pub outcome: Outcome,
    /// From start to verdict, body included. `None` if an imported one does not tell.
    pub duration: Option<Micros>,
    pub answer: Answer,
    pub provenance: Provenance,
}

/// What is known of the answer besides the verdict on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: Option<u16>,
    pub http_version: Option<HttpVersion>,
    /// The address that was talked to, after redirects.
    pub peer: Option<SocketAddr>,
    pub timings: Timings,
}

/// How long each phase took, not since the start; `None` for a phase that was not reached or that
/// there was none of. After redirects, the sum over all requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking up the address.
    pub dns: Option<Micros>,
    /// TCP, from the first SYN to the established connection.
    pub connect: Option<Micros>,
    pub tls: Option<Micros>,
    /// From the established connection to the end of the response's headers.
    pub first_byte: Option<Micros>,
    /// From the headers to the end of the body, or of what was read of it.
    pub body: Option<Micros>,
}

/// Where an observation comes from, and what its timestamp is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Made by a daemon of ours. `mono` is the monotonic clock's reading at the start, since the
    /// epoch began.
    Observed { epoch: Epoch, mono: Millis },
    /// Imported. `set_aside` if its exporter had set it aside: kept, not counted.
    Imported { set_aside: bool },
}

/// A stretch in which the wall clock ran straight: a run of the daemon, or a part of one between
/// two clock steps. Numbered in order of time within a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// One line of text that people read; bounded, and free of secrets.
pub type Detail = Arc<str>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// Succeeded, but slower than the endpoint's limit. Counts as a success for outages.
    Slow {
        detail: Option<Detail>,
    },
    /// The endpoint answered wrongly, or not within its timeout.
    Fail(Failure),
    /// We could not ask: no network here, no free socket. Says nothing about the endpoint.
    Inconclusive {
        reason: Option<Reason>,
        detail: Option<Detail>,
    },
}

/// Why and where a request failed; ordered only so that a choice among equals is always the same. All `None` only for an imported one that does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    pub cause: Option<Cause>,
    pub phase: Option<Phase>,
    pub detail: Option<Detail>,
}

words! {
    /// What made a request fail. Numbers are stored: only ever add at the end.
    Cause, "cause" {
        Dns = "dns",
        Refused = "refused",
        Unreachable = "unreachable",
        Reset = "reset",
        Timeout = "timeout",
        /// The handshake failed for another reason than the certificate.
        Tls = "tls",
        Certificate = "certificate",
        /// What came is not HTTP.
        Protocol = "protocol",
        /// The connection ended before the whole answer was there.
        Incomplete = "incomplete",
        TooLarge = "too_large",
        Redirect = "redirect",
        Status = "status",
        Header = "header",
        Body = "body",
        Json = "json",
        Latency = "latency",
        Expression = "expression",
        /// What the request goes through failed, or could not reach the endpoint.
        Proxy = "proxy",
    }
}

words! {
    /// Where in a request it failed. Numbers are stored: only ever add at the end.
    Phase, "phase" {
        Dns = "dns",
        Connect = "connect",
        Tls = "tls",
        /// Sending the request.
        Request = "request",
        /// Waiting for and reading the status line and headers.
        Headers = "headers",
        Body = "body",
        /// The answer was whole, but not as expected.
        Verdict = "verdict",
    }
}

words! {
    /// Why an asking says nothing about the endpoint. Numbers are stored: only ever add at the end.
    Reason, "reason" {
        ObserverOffline = "observer_offline",
        LocalResources = "local_resources",
        Stalled = "stalled",
        Suspended = "suspended",
        Shutdown = "shutdown",
        ClockUntrusted = "clock_untrusted",
        StorageFull = "storage_full",
        /// The name servers that this machine asks do not answer.
        Resolver = "resolver",
        /// The wall clock was set forward: nobody watched what it leapt over.
        ClockStep = "clock_step",
        /// No daemon was running.
        NotRunning = "not_running",
    }
}

words! {
    /// Numbers are stored: only ever add at the end.
    HttpVersion, "HTTP version" {
        Http09 = "0.9",
        Http10 = "1.0",
        Http11 = "1.1",
        Http2 = "2",
        Http3 = "3",
    }
}

words! {
    /// The kind of an [`Outcome`], without its particulars. Numbers are stored: only ever add at the end.
    OutcomeKind, "outcome" {
        Ok = "ok",
        Slow = "slow",
        Fail = "fail",
        Inconclusive = "inconclusive",
    }
}

impl Outcome {
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Ok => OutcomeKind::Ok,
            Self::Slow { .. } => OutcomeKind::Slow,
            Self::Fail(_) => OutcomeKind::Fail,
            Self::Inconclusive { .. } => OutcomeKind::Inconclusive,
        }
    }

    pub fn detail(&self) -> Option<&Detail> {
        match self {
            Self::Ok => None,
            Self::Slow { detail }
            | Self::Fail(Failure { detail, .. })
            | Self::Inconclusive { detail, .. } => detail.as_ref(),
        }
    }
}

impl Timings {
    /// As they follow one another.
    pub const fn in_order(&self) -> [Option<Micros>; 5] {
        let Self {
            dns,
            connect,
            tls,
            first_byte,
            body,
        } = *self;
        [dns, connect, tls, first_byte, body]
    }
}

impl Observation {
    /// When the request had ended; its start if it is not known how long it took.
    pub fn finished(&self) -> UnixMillis {
        self.ts + self.duration.unwrap_or_default().to_millis()
    }
}
