//! Controls: endpoints of others that answer as long as our own network works.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::reach::Reach;
use crate::expect::{Expectations, Rule, StatusSet, TextTest};
use crate::prober::inquiry::Inquiry;
use crate::prober::request::{Redirects, Request};

/// Endpoints that are asked when probes fail: if too few of them answer, it is us.
#[derive(Clone, Debug)]
pub struct Controls {
    /// Never empty.
    pub endpoints: Vec<Control>,
    /// So many must answer; at most as many as there are.
    pub quorum: NonZeroU32,
    /// Of each one asked, and of a lookup.
    pub timeout: Duration,
}

/// An endpoint that tells whether our network works.
#[derive(Clone, Debug)]
pub struct Control {
    /// Without secrets.
    pub shown_url: String,
    pub inquiry: Inquiry,
}

/// One answer proves that the network works.
pub const QUORUM_DEFAULT: NonZeroU32 = NonZeroU32::MIN;

/// Long enough for the TCP handshake's second try, which comes after one second.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(3);

impl Controls {
    /// Whether the two ask the same in the same way.
    pub fn same_as(&self, other: &Self) -> bool {
        let Self {
            endpoints,
            quorum,
            timeout,
        } = self;
        *quorum == other.quorum
            && *timeout == other.timeout
            && endpoints.len() == other.endpoints.len()
            && endpoints
                .iter()
                .zip(&other.endpoints)
                .all(|(a, b)| a.same_as(b))
    }

    /// How long a round may take.
    pub(super) fn longest(&self) -> Duration {
        let own = self.endpoints.iter().map(|control| control.inquiry.timeout);
        own.fold(self.timeout, Duration::max)
    }

    /// The names that are looked up to ask them.
    pub(super) fn names(&self) -> Vec<&str> {
        let requests = self.endpoints.iter().map(|control| control.inquiry.first());
        let hosts = requests.filter_map(|request| request.url.host_str());
        let mut names: Vec<_> = hosts.filter(|host| literal(host).is_none()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How far the nearest of them is, as far as their URLs tell.
    pub(super) fn reach(&self) -> Reach {
        let requests = self.endpoints.iter().map(|control| control.inquiry.first());
        requests
            .map(|request| url_reach(&request.url))
            .min()
            .unwrap_or(Reach::World)
    }

    /// Whether no other than the right server can pass for one of them.
    pub(super) fn are_proven(&self) -> bool {
        let mut controls = self.endpoints.iter();
        controls.all(|control| is_proven(&control.inquiry))
    }
}

impl Control {
    fn same_as(&self, other: &Self) -> bool {
        self.shown_url == other.shown_url && self.inquiry.same_as(&other.inquiry)
    }
}

/// Whether no other than the right server can give a good answer: it shows a certificate, or a body
/// that a portal would not.
pub(super) fn is_proven(inquiry: &Inquiry) -> bool {
    let steps = &inquiry.steps;
    steps
        .iter()
        .any(|step| is_verified(&step.request) || step.expect.needs().body)
}

/// Whether nobody else can answer it.
pub(super) fn is_verified(request: &Request) -> bool {
    request.url.scheme() == "https" && !request.transport.tls.insecure
}

/// As far as the URL tells.
pub(super) fn url_reach(url: &Url) -> Reach {
    let host = url.host_str().unwrap_or_default();
    if host == "localhost" {
        return Reach::Host;
    }
    literal(host).map_or(Reach::World, Reach::of)
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// What `on` stands for: what systems ask to see whether they are online, of four organisations
/// that have little in common; the first needs no name server.
///
/// # Panics
/// If what is written here cannot be read, which a test would find.
pub fn defaults(timeout: Duration) -> Vec<Control> {
    let control = |url: &str, rules: Vec<Rule>| Control {
        shown_url: url.to_owned(),
        inquiry: Inquiry::plain(
            Request {
                redirects: Redirects::Off,
                ..Request::get(url.parse().expect("it is written here"), timeout)
            },
            Arc::new(Expectations::new(rules, Vec::new())),
        ),
    };
    let status = |set: &str| Rule::Status(set.parse().expect("it is written here"));
    let body = |text: &str| vec![Rule::Body(TextTest::Contains(text.into()))];
    vec![
        // its certificate names the address
        control("https://1.1.1.1/", vec![Rule::Status(StatusSet::any())]),
        control("https://www.google.com/generate_204", vec![status("204")]),
        control(
            "http://captive.apple.com/hotspot-detect.html",
            body("<BODY>Success</BODY>"),
        ),
        control(
            "http://www.msftconnecttest.com/connecttest.txt",
            body("Microsoft Connect Test"),
        ),
    ]
}
