//! Fetching an access token for a request, through the transport of the request itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::ask::Wanted;
use super::cause::Trouble;
use super::cookies::Jar;
use super::detail::line;
use super::encode;
use super::oauth2::{ClientAuth, OAuth2};
use super::recorder::Record;
use super::reply::Asked;
use super::request::{Redirects, Request};
use super::tokens::Token;
use super::{Prober, cause};
use crate::domain::observation::{Cause, Failure, Outcome, Phase, Timings};
use crate::domain::time::Millis;
use crate::expect::{Expectations, Rule, StatusSet};

/// Most bytes of a token endpoint's answer; real ones have a few hundred.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Longest error code of RFC 6749 §5.2 that is shown, in bytes; those defined have up to 22.
const ERROR_BYTES_MAX: usize = 64;

impl Prober {
    /// As `send`, with a token. Also tells the request with it.
    pub(super) async fn send_authorized(
        &self,
        request: &Request,
        oauth2: &Arc<OAuth2>,
        wanted: Wanted<'_>,
        jar: &mut Jar,
    ) -> (Asked, Request) {
        let started = Instant::now();
        let limit = self.pace.to_real(request.timeout);
        let mut authorized = request.clone();
        let secrets = &mut authorized.secrets;
        *secrets = secrets.and_captured([oauth2.client_secret.expose_secret()]);
        let place = self.tokens.place(oauth2);
        let getting = place.get(self.fetch(&authorized, oauth2, started));
        // the fetch keeps the limit by itself; this one is on waiting for another's
        let token = tokio::time::timeout(limit, getting).await;
        let token = match token.unwrap_or_else(|_| Err(waited_in_vain(&authorized, oauth2))) {
            Ok(token) => token,
            Err(outcome) => {
                let asked = Asked {
                    result: Err(Trouble::NoToken(outcome)),
                    duration: self.shown(started.elapsed()),
                    latency: self.shown(started.elapsed()),
                    timings: Timings::default(),
                    record: Record::default(),
                };
                return (asked, authorized);
            }
        };
        let text = token.text.expose_secret();
        authorized.secrets = authorized.secrets.and_captured([text]);
        if let Some(value) = bearer(text) {
            Arc::make_mut(&mut authorized.headers).insert(AUTHORIZATION, value);
        }
        let fetching = started.elapsed();
        let left = limit.saturating_sub(fetching);
        let mut asked = self.send_within(&authorized, left, wanted, jar).await;
        asked.duration = self.shown(fetching) + asked.duration;
        if matches!(&asked.result, Ok(whole) if whole.status == 401) {
            place.drop_token(&token).await;
        }
        (asked, authorized)
    }

    /// A failure says that of the request that the token is for.
    async fn fetch(
        &self,
        of: &Request,
        oauth2: &OAuth2,
        started: Instant,
    ) -> Result<Token, Outcome> {
        let request = Self::token_request(of, oauth2);
        let any = "100-999".parse::<StatusSet>().unwrap_or_default();
        let expect = Expectations::new(vec![Rule::Status(any)], Vec::new());
        let wanted = Wanted {
            expect: &expect,
            body: true,
            in_full: false,
        };
        let left = self.pace.to_real(of.timeout);
        let left = left.saturating_sub(started.elapsed());
        let mut jar = Jar::default();
        let asked = self.send_within(&request, left, wanted, &mut jar).await;
        let status = asked.record.hop.status;
        let read = match (asked.result, status) {
            (Ok(whole), _) => token(whole.status, &whole.body.unwrap_or_default()),
            // a status tells more than the body of a refusal, which it did not bring to an end
            (Err(_), Some(status)) if !is_success(status) => Err(refused(status, &[])),
            (Err(trouble), _) => {
                let outcome = cause::outcome(&trouble, &asked.record, &request);
                return Err(no_token(outcome, of, oauth2));
            }
        };
        read.map_err(|(cause, detail)| {
            let outcome = Outcome::Fail(Failure {
                cause: Some(cause),
                phase: Some(Phase::Request),
                detail: Some(detail.into()),
            });
            no_token(outcome, of, oauth2)
        })
    }

    /// RFC 6749 §4.4.2.
    fn token_request(of: &Request, oauth2: &OAuth2) -> Request {
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        if !oauth2.scopes.is_empty() {
            form.push(("scope", oauth2.scopes.join(" ")));
        }
        if let Some(audience) = &oauth2.audience {
            form.push(("audience", audience.clone()));
        }
        let (id, secret) = (&oauth2.client_id, oauth2.client_secret.expose_secret());
        let mut url = oauth2.token_url.clone();
        match oauth2.client_auth {
            ClientAuth::Header => {
                // each form-encoded (§2.3.1), so that a colon in the id does no harm; percent-encoded
                // only for the way to the header. Neither can fail for http and https
                let _ = url.set_username(&encode::percent(&encode::form(id)));
                let _ = url.set_password(Some(&encode::percent(&encode::form(secret))));
            }
            ClientAuth::Body => {
                form.push(("client_id", id.clone()));
                form.push(("client_secret", secret.to_owned()));
            }
        }
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form_type);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let pairs: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode::form(value)))
            .collect();
        Request {
            method: Method::POST,
            url,
            headers: headers.into(),
            body: Some(pairs.join("&").into_bytes().into()),
            // the client's secret goes nowhere else
            redirects: Redirects::Off,
            body_bytes_max: ANSWER_BYTES_MAX,
            cache_bust: None,
            compression: false,
            oauth2: None,
            fills: None,
            ..of.clone()
        }
    }
}

/// `None` for what no header may hold; [`token`] lets none such through.
fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reads the answer (RFC 6749 §5). `Err` is cause and detail.
fn token(status: u16, body: &[u8]) -> Result<Token, (Cause, String)> {
    if !is_success(status) {
        return Err(refused(status, body));
    }
    let wrong = |what: &str| (Cause::Json, what.to_owned());
    let answer: Value =
        serde_json::from_slice(body).map_err(|_| wrong("the answer is not JSON"))?;
    let text = answer["access_token"]
        .as_str()
        .ok_or_else(|| wrong("the answer has no `access_token`"))?;
    // some leave it out, though it is required
    if let Some(kind) = answer["token_type"].as_str()
        && !kind.eq_ignore_ascii_case("bearer")
    {
        return Err((Cause::Json, format!("`token_type` is `{kind}`, not Bearer")));
    }
    if text.is_empty() || bearer(text).is_none() {
        return Err(wrong("`access_token` cannot stand in a header"));
    }
    // a number; some write it as a text
    let expires_in = &answer["expires_in"];
    let seconds = expires_in
        .as_u64()
        .or_else(|| expires_in.as_str()?.parse().ok());
    Ok(Token::new(text.into(), seconds.map(Duration::from_secs)))
}

/// As in `401 Unauthorized (invalid_client)`.
fn refused(status: u16, body: &[u8]) -> (Cause, String) {
    let phrase = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    let mut detail = match phrase {
        Some(phrase) => format!("{status} {phrase}"),
        None => status.to_string(),
    };
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(error) = answer["error"].as_str()
        && error.len() <= ERROR_BYTES_MAX
    {
        detail = format!("{detail} ({error})");
    }
    (Cause::Status, detail)
}

fn is_success(status: u16) -> bool {
    (200..=299).contains(&status)
}

fn waited_in_vain(request: &Request, oauth2: &OAuth2) -> Outcome {
    let limit = Millis::from_duration(request.timeout);
    let outcome = Outcome::Fail(Failure {
        cause: Some(Cause::Timeout),
        phase: Some(Phase::Request),
        detail: Some(format!("not fetched within {limit}").into()),
    });
    no_token(outcome, request, oauth2)
}

/// What became of the token, as an outcome of the request that it is for.
fn no_token(outcome: Outcome, request: &Request, oauth2: &OAuth2) -> Outcome {
    let detail = outcome.detail().map(|why| {
        let text = format!("no access token from {}: {why}", shown(oauth2));
        line(&text, &request.secrets)
    });
    match outcome {
        Outcome::Fail(failure) => Outcome::Fail(Failure {
            phase: Some(Phase::Request),
            detail,
            ..failure
        }),
        Outcome::Inconclusive { reason, .. } => Outcome::Inconclusive { reason, detail },
        outcome => outcome,
    }
}

/// Without credentials and query.
fn shown(oauth2: &OAuth2) -> String {
    let mut url = oauth2.token_url.clone();
    // neither can fail for http and https
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.into()
}
