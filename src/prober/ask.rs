//! One asking: the request, its redirects, the answer's body.

use std::time::Instant;

use http::{HeaderMap, StatusCode, Version};
use reqwest::Response;

use crate::domain::observation::HttpVersion;
use crate::expect::Expectations;

use super::answer;
use super::cause::Trouble;
use super::recorder::{Recorder, Redirected};
use super::redirect::Leg;
use super::request::Request;
use super::route::Route;

/// An answer that arrived whole, as far as it was wanted.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `None` if no expectation looks at it.
    pub(super) body: Option<Vec<u8>>,
    /// That were followed.
    pub(super) redirects: u8,
}

/// Most memory set aside for a body that is only promised: a Content-Length costs a server nothing.
const BODY_RESERVED_MAX: usize = 64 << 10;

pub(super) async fn ask(
    route: &Route,
    request: &Request,
    expect: &Expectations,
    recorder: &Recorder,
) -> Result<Whole, Trouble> {
    let mut leg = Leg::first(request);
    loop {
        let built = leg.build(&route.client)?;
        let sent = route.send(built, leg.server_name()).await;
        let answer = sent.map_err(|trouble| match trouble {
            Trouble::Http(error) if error.is_builder() && leg.is_redirected() => {
                Trouble::Redirect("redirected to a URL that cannot be asked".to_owned())
            }
            trouble => trouble,
        })?;
        let answer = answer::checked(answer).await?;
        note_headers(recorder, &answer);
        match leg.next(answer.status(), answer.headers())? {
            Some(next) => {
                // dropping the answer closes its connection: nobody reads the body of a redirect
                note_redirect(recorder, answer.status(), &next, request);
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
            recorder.with(|record| record.hop.body_bytes = bytes);
            if bytes > bytes_max {
                return Err(Trouble::TooLarge);
            }
            if let Some(body) = &mut body {
                body.extend_from_slice(&chunk);
            }
        }
        recorder.with(|record| record.hop.ended = Some(Instant::now()));
    }
    let headers = std::mem::take(answer.headers_mut());
    if expect.status_may_be(status) && !answer::is_whole(answer) {
        return Err(Trouble::Truncated);
    }
    Ok(Whole {
        status,
        headers,
        body,
        redirects,
    })
}

fn note_headers(recorder: &Recorder, answer: &Response) {
    let came = Instant::now();
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
    });
}

fn note_redirect(recorder: &Recorder, status: StatusCode, next: &Leg<'_>, request: &Request) {
    recorder.with(|record| {
        if recorder.in_full() {
            record.redirects.push(Redirected {
                status: status.as_u16(),
                to: request.secrets.mask(next.url.as_str()).into_owned(),
            });
            // what is shown is the answer's, not the redirects' on the way to it
            record.addresses.clear();
        }
        record.next_hop(next.url.clone().into_owned());
    });
}
