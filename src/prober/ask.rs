//! One asking: the request, its redirects, the answer's body.

use std::time::Instant;

use http::{HeaderMap, Version};
use hyper::ext::ReasonPhrase;
use reqwest::{Client, Response};

use crate::domain::observation::HttpVersion;
use crate::expect::Expectations;

use super::cause::Trouble;
use super::recorder::{Recorder, Redirected};
use super::redirect::Leg;
use super::request::Request;

/// An answer that arrived whole, as far as it was wanted.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `None` if no expectation looks at it.
    pub(super) body: Option<Vec<u8>>,
    /// That were followed.
    pub(super) redirects: u8,
    /// Its body is still to come, since the status has decided without it.
    pub(super) unread: Option<Response>,
}

/// Most memory set aside for a body that is only promised: a Content-Length costs a server nothing.
const BODY_RESERVED_MAX: usize = 64 << 10;

pub(super) async fn ask(
    client: &Client,
    request: &Request,
    expect: &Expectations,
    recorder: &Recorder,
) -> Result<Whole, Trouble> {
    let mut leg = Leg::first(request);
    loop {
        let built = leg.build(client)?;
        let mut answer = client.execute(built).await.map_err(|error| {
            if error.is_builder() && leg.is_redirected() {
                Trouble::Redirect("redirected to a URL that cannot be asked".to_owned())
            } else {
                Trouble::Http(error)
            }
        })?;
        let headers = note_headers(recorder, &mut answer);
        let next = leg.next(answer.status(), &headers);
        // they are found there if the answer does not come whole
        recorder.with(|record| record.hop.headers = headers);
        match next? {
            Some(next) => {
                // dropping the answer closes its connection: nobody reads the body of a redirect
                note_redirect(recorder, &next, request);
                leg = next;
            }
            None => return finish(answer, leg.followed, request, expect, recorder).await,
        }
    }
}

/// Reads the body to its end, since one cut short is a failure, unless the status has already
/// decided against the answer.
async fn finish(
    mut answer: Response,
    redirects: u8,
    request: &Request,
    expect: &Expectations,
    recorder: &Recorder,
) -> Result<Whole, Trouble> {
    let status = answer.status().as_u16();
    let mut body = (expect.needs().body && expect.status_may_be(status)).then(|| {
        let promised = answer.content_length().map_or(0, |length| {
            usize::try_from(length).map_or(usize::MAX, |length| length)
        });
        Vec::with_capacity(promised.min(request.body_bytes_max).min(BODY_RESERVED_MAX))
    });
    if expect.status_may_be(status) {
        recorder.with(|record| record.hop.body_started = record.hop.headers_came);
        let bytes_max = request.body_bytes_max as u64;
        // what is left to come, so 0 for an answer that has no body whatever its headers promise
        if answer.content_length() > Some(bytes_max) {
            return Err(Trouble::TooLarge);
        }
        let mut bytes = 0;
        while let Some(chunk) = answer.chunk().await.map_err(Trouble::Http)? {
            bytes += chunk.len() as u64;
            recorder.with(|record| {
                record.hop.body_bytes = bytes;
                record.hop.beginning.keep(&chunk);
            });
            if bytes > bytes_max {
                return Err(Trouble::TooLarge);
            }
            if let Some(body) = &mut body {
                body.extend_from_slice(&chunk);
            }
        }
        recorder.with(|record| record.hop.ended = Some(Instant::now()));
    }
    Ok(Whole {
        status,
        headers: recorder.with(|record| std::mem::take(&mut record.hop.headers)),
        body,
        redirects,
        unread: (!expect.status_may_be(status)).then_some(answer),
    })
}

/// Gives the headers themselves.
fn note_headers(recorder: &Recorder, answer: &mut Response) -> HeaderMap {
    let came = Instant::now();
    let reason = answer.extensions_mut().remove::<ReasonPhrase>();
    recorder.with(|record| {
        record.hop.headers_came = Some(came);
        record.hop.status = Some(answer.status().as_u16());
        record.hop.http_version = match answer.version() {
            Version::HTTP_09 => Some(HttpVersion::Http09),
            Version::HTTP_10 => Some(HttpVersion::Http10),
            Version::HTTP_11 => Some(HttpVersion::Http11),
            Version::HTTP_2 => Some(HttpVersion::Http2),
            Version::HTTP_3 => Some(HttpVersion::Http3),
            _ => None,
        };
        record.hop.reason = reason;
    });
    std::mem::take(answer.headers_mut())
}

fn note_redirect(recorder: &Recorder, next: &Leg<'_>, request: &Request) {
    recorder.with(|record| {
        record.redirects.push(Redirected {
            status: record.hop.status.unwrap_or_default(),
            to: request.secrets.mask(next.url.as_str()).into_owned(),
        });
        record.next_hop(next.method.clone(), next.url.clone().into_owned());
    });
}
