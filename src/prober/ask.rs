//! One asking: the request, its redirects, the answer's body.

use std::time::Instant;

use http::{HeaderMap, Version};
use hyper::ext::ReasonPhrase;
use reqwest::Response;

use crate::domain::observation::HttpVersion;
use crate::expect::Expectations;

use super::answer;
use super::cause::Trouble;
use super::cookies::Jar;
use super::decode;
use super::recorder::{Recorder, Redirected};
use super::redirect::Leg;
use super::request::Request;
use super::route::Route;

/// An answer that arrived whole, as far as it was wanted.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Decoded; `None` if nobody looks at it.
    pub(super) body: Option<Vec<u8>>,
    /// That were followed.
    pub(super) redirects: u8,
    /// Its body is still to come, since the status has decided without it.
    pub(super) unread: Option<Response>,
}

/// What is wanted of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) expect: &'a Expectations,
    /// The body, even if no expectation looks at it.
    pub(super) body: bool,
    /// What only people want to see.
    pub(super) in_full: bool,
}

/// Most memory set aside for a body that is only promised: a Content-Length costs a server nothing.
const BODY_RESERVED_MAX: usize = 64 << 10;

pub(super) async fn ask(
    route: &Route,
    request: &Request,
    wanted: Wanted<'_>,
    jar: &mut Jar,
    recorder: &Recorder,
) -> Result<Whole, Trouble> {
    let mut leg = Leg::first(request);
    loop {
        let built = leg.build(&route.client, jar)?;
        let sent = route.send(built, leg.server_name()).await;
        let answer = sent.map_err(|trouble| match trouble {
            Trouble::Http(error) if error.is_builder() && leg.is_redirected() => {
                Trouble::Redirect("redirected to a URL that cannot be asked".to_owned())
            }
            trouble => trouble,
        })?;
        let mut answer = answer::checked(answer).await?;
        let headers = note_headers(recorder, &mut answer);
        let next = leg.next(answer.status(), &headers);
        if let Ok(Some(_)) = next {
            jar.keep(&headers, &leg.url);
        }
        // they are found there if the answer does not come whole
        recorder.with(|record| record.hop.headers = headers);
        match next? {
            Some(next) => {
                // dropping the answer closes its connection: nobody reads the body of a redirect
                note_redirect(recorder, &next, request);
                leg = next;
            }
            None => return finish(answer, leg.followed, request, wanted, recorder).await,
        }
    }
}

/// Reads the body to its end, since one cut short is a failure, unless the status has already
/// decided against the answer.
async fn finish(
    mut answer: Response,
    redirects: u8,
    request: &Request,
    wanted: Wanted<'_>,
    recorder: &Recorder,
) -> Result<Whole, Trouble> {
    let status = answer.status().as_u16();
    let may_be = wanted.expect.status_may_be(status);
    let looked_at = wanted.body || wanted.expect.needs().body;
    // asked for compressed, it is decoded even if nobody looks at it: can others read it?
    let coded = (looked_at || request.compression)
        && recorder.with(|record| decode::is_coded(&record.hop.headers));
    let mut body = ((looked_at || coded) && may_be).then(|| {
        let promised = answer.content_length().map_or(0, |length| {
            usize::try_from(length).map_or(usize::MAX, |length| length)
        });
        Vec::with_capacity(promised.min(request.body_bytes_max).min(BODY_RESERVED_MAX))
    });
    if may_be {
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
    let unread = if may_be {
        if !answer::is_whole(answer) {
            return Err(Trouble::Truncated);
        }
        None
    } else {
        Some(answer)
    };
    if let Some(whole) = body.take_if(|_| coded) {
        let headers = recorder.with(|record| record.hop.headers.clone());
        let decoded = decode::decode(whole, &headers, request.body_bytes_max);
        let decoded = decoded.await.map_err(Trouble::Undecodable)?;
        body = looked_at.then_some(decoded);
    }
    Ok(Whole {
        status,
        headers: recorder.with(|record| std::mem::take(&mut record.hop.headers)),
        body,
        redirects,
        unread,
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
