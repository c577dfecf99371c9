//! What a probe does each time it is asked: one request, or a journey of several.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::request::Request;
use crate::expect::{Expectations, JsonPath, Pattern};

/// What a probe does each time it is asked. A plain endpoint has one step without a name.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// Never empty.
    pub steps: Vec<Step>,
    /// Over all steps, but for those that clean up after a failure.
    pub timeout: Duration,
}

/// One request of a journey and what its answer must be like. Its request's timeout limits it
/// within the inquiry's.
#[derive(Clone, Debug)]
pub struct Step {
    /// `None` for a plain endpoint.
    pub name: Option<Arc<str>>,
    pub request: Request,
    pub expect: Arc<Expectations>,
    /// In order; each must be found.
    pub captures: Vec<Capture>,
    /// Runs even if a step before it failed, to clean up.
    pub always: bool,
}

/// A value of an answer that later steps use.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    pub name: Arc<str>,
    pub from: CaptureFrom,
}

/// Where a value is taken from.
#[derive(Clone, Debug, PartialEq)]
pub enum CaptureFrom {
    /// The one value that the path finds; texts without their quotes.
    Json(JsonPath),
    /// The first of that name.
    Header(HeaderName),
    /// That is held for the URL that answered.
    Cookie(Arc<str>),
    /// The pattern's first group, or all of its match, in the body.
    Body(Pattern),
}

impl Inquiry {
    /// A plain endpoint's.
    pub fn plain(request: Request, expect: Arc<Expectations>) -> Self {
        Self {
            timeout: request.timeout,
            steps: vec![Step {
                name: None,
                request,
                expect,
                captures: Vec::new(),
                always: false,
            }],
        }
    }

    /// The first step's request: whom the probe is about.
    ///
    /// # Panics
    /// If there is no step, against what the type promises.
    pub fn first(&self) -> &Request {
        let step = self.steps.first();
        &step.expect("an inquiry has at least one step").request
    }

    /// The last step: what a journey leads to.
    ///
    /// # Panics
    /// As [`first`](Self::first).
    pub fn last(&self) -> &Step {
        let step = self.steps.last();
        step.expect("an inquiry has at least one step")
    }

    /// The only step, if it takes no more than asking once.
    pub(super) fn plain_step(&self) -> Option<&Step> {
        match &self.steps[..] {
            [step] if step.is_plain() => Some(step),
            _ => None,
        }
    }

    /// Whether the two ask the same in the same way and judge it alike, secrets included.
    pub fn same_as(&self, other: &Self) -> bool {
        // taken apart, so that a field to come cannot be forgotten here
        let Self { steps, timeout } = self;
        *timeout == other.timeout
            && steps.len() == other.steps.len()
            && steps.iter().zip(&other.steps).all(|(a, b)| same_step(a, b))
    }

    pub fn is_journey(&self) -> bool {
        self.steps.iter().any(|step| step.name.is_some())
    }
}

impl Step {
    fn is_plain(&self) -> bool {
        self.name.is_none() && self.captures.is_empty() && self.request.fills.is_none()
    }
}

fn same_step(step: &Step, other: &Step) -> bool {
    let Step {
        name,
        request,
        expect,
        captures,
        always,
    } = step;
    *name == other.name
        && *expect == other.expect
        && *captures == other.captures
        && *always == other.always
        && same_request(request, &other.request)
}

fn same_request(request: &Request, other: &Request) -> bool {
    let Request {
        method,
        url,
        headers,
        body,
        timeout,
        redirects,
        body_bytes_max,
        // says what of the others is secret, and follows from them
        secrets: _,
        transport,
        compression,
        cache_bust,
        oauth2,
        fills,
    } = request;
    *method == other.method
        && *url == other.url
        && *headers == other.headers
        && *body == other.body
        && *timeout == other.timeout
        && *redirects == other.redirects
        && *body_bytes_max == other.body_bytes_max
        && *transport == other.transport
        && *compression == other.compression
        && *cache_bust == other.cache_bust
        && *oauth2 == other.oauth2
        && *fills == other.fills
}
