//! The request that an endpoint's settings ask for, and which of it is secret.

use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::auth::Scheme;
use super::body::Body;
use super::mistake::Mistake;
use super::place::Place;
use super::settings::Settings;
use super::text::Text;
use super::url::Target;
use super::value::{OrNone, Reader};
use super::{conceal, profile};
use crate::prober::request::{BODY_BYTES_MAX_DEFAULT, REDIRECTS_MAX_DEFAULT, Redirects, Request};
use crate::prober::secrets::{Secrets, is_sensitive};

/// The request to a URL with these settings. The timeout is set by the caller.
pub(super) fn request(
    reader: &mut Reader<'_, '_>,
    settings: &Settings,
    platform: &str,
    target: Option<Target>,
) -> Option<Request> {
    // a body is sent with POST unless told otherwise, as curl does
    let method = settings.method.clone().unwrap_or(match settings.body {
        Some(_) => Method::POST,
        None => Method::GET,
    });
    let url = target.as_ref().map(|target| &target.url);
    reader.check_expectations(settings, url);
    let target = target?;
    one_authorization(reader, settings, &target);
    let oauth2 = match settings.auth.as_ref().map(|auth| &auth.scheme) {
        Some(Scheme::OAuth2 { source, .. }) => Some(Arc::clone(source)),
        _ => None,
    };
    let cache_bust = settings.cache_bust.as_ref().and_then(OrNone::this);
    Some(Request {
        secrets: secrets(settings, &target),
        method,
        headers: reader.shared.headers.share(headers(settings, platform)),
        body: settings.body.as_ref().map(|body| Arc::clone(&body.bytes)),
        redirects: settings.redirects.unwrap_or(Redirects::Follow {
            max: REDIRECTS_MAX_DEFAULT,
        }),
        body_bytes_max: settings.body_bytes_max.unwrap_or(BODY_BYTES_MAX_DEFAULT),
        transport: reader.transport(settings, &target.url),
        compression: settings.compression.unwrap_or_default(),
        cache_bust: cache_bust.cloned(),
        oauth2,
        ..Request::get(target.url, std::time::Duration::ZERO)
    })
}

/// Says so if two things claim to prove who asks. What a farther level says has given way to
/// `auth` already.
fn one_authorization(reader: &mut Reader<'_, '_>, settings: &Settings, target: &Target) {
    let Some(auth) = &settings.auth else { return };
    if matches!(auth.scheme, Scheme::None) {
        return;
    }
    let help = "write one of them; `auth: none` takes an inherited one away";
    let mut headers = settings.headers.iter();
    if let Some(header) = headers.find(|header| header.name == AUTHORIZATION) {
        let title = "`auth` and the header `Authorization` contradict each other";
        let mistake = Mistake::at(header.place, title)
            .label("set here")
            .also(auth.place, "and here");
        reader.wrong(mistake.help(help));
    }
    let url = &target.url;
    if !url.username().is_empty() || url.password().is_some() {
        let title = "`auth` and the credentials in the URL contradict each other";
        let mistake = Mistake::at(target.place, title)
            .label("has credentials")
            .also(auth.place, "and so has this");
        reader.wrong(mistake.help(help));
    }
}

impl Reader<'_, '_> {
    /// Says so if an endpoint or step says something about TLS and never speaks it. What is
    /// inherited may be meant for others.
    pub(super) fn unused_tls(&mut self, own: Option<Place>, settings: &Settings, urls: &[&Url]) {
        let Some(place) = own else { return };
        let token_url = match settings.auth.as_ref().map(|auth| &auth.scheme) {
            Some(Scheme::OAuth2 { source, .. }) => Some(&source.token_url),
            _ => None,
        };
        let proxy = settings.transport.proxy.as_ref().and_then(OrNone::this);
        let secure = urls
            .iter()
            .copied()
            .chain(token_url)
            .chain(proxy.map(|proxy| &proxy.url))
            .any(|url| url.scheme() == "https");
        let redirected = matches!(settings.redirects, Some(Redirects::Follow { .. }));
        if !secure && !redirected {
            let mistake = Mistake::at(place, "there is no TLS to be set up")
                .label("nothing here is asked over https://")
                .help("write `redirects: on` beside it if it redirects to https://");
            self.wrong(mistake);
        }
    }
}

/// The platform's profile, and over it the headers that were written.
fn headers(settings: &Settings, platform: &str) -> HeaderMap {
    let user_agent = settings.user_agent.as_ref();
    let mut headers = match user_agent.map(Text::value) {
        None => profile::headers(platform),
        Some(name) if profile::NAMES.contains(&name) => profile::headers(name),
        // the text was checked when it was read
        Some(text) => match HeaderValue::from_bytes(text.trim().as_bytes()) {
            Ok(value) => profile::headers_with_user_agent(marked(
                value,
                user_agent.is_some_and(|text| !text.secrets().is_empty()),
            )),
            Err(_) => profile::headers(platform),
        },
    };
    for header in &*settings.headers {
        headers.remove(&header.name);
        if header.name == USER_AGENT {
            // the hints of a browser would contradict the name of another program
            for hint in ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"] {
                headers.remove(hint);
            }
        }
        for (text, value) in &header.values {
            let secret = !text.secrets().is_empty() || is_sensitive(header.name.as_str());
            headers.append(header.name.clone(), marked(value.clone(), secret));
        }
    }
    if let Some(auth) = &settings.auth
        && let Some(value) = auth.scheme.header()
    {
        headers.insert(AUTHORIZATION, value.clone());
    }
    if let Some(content_type) = settings.body.as_ref().and_then(Body::content_type)
        && settings
            .headers
            .iter()
            .all(|header| header.name != CONTENT_TYPE)
    {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    headers
}

/// Left out of `Debug`, and of HTTP/2's compression tables.
fn marked(mut value: HeaderValue, secret: bool) -> HeaderValue {
    value.set_sensitive(secret);
    value
}

/// Everything in the request that must not be shown: what was filled in, and credentials that
/// stand in the open.
fn secrets(settings: &Settings, target: &Target) -> Secrets {
    let mut secrets: Vec<SecretString> = Vec::new();
    if let Some(text) = &settings.user_agent {
        secrets.extend_from_slice(text.secrets());
    }
    let expected = settings.expect.secrets().chain(settings.slow_if.secrets());
    secrets.extend(expected.cloned());
    if let Some(body) = &settings.body {
        secrets.extend_from_slice(&body.secrets);
    }
    if let Some(auth) = &settings.auth {
        secrets.extend(auth.scheme.secrets());
    }
    if let Some(proxy) = settings.transport.proxy.as_ref().and_then(OrNone::this) {
        secrets.extend_from_slice(&proxy.secrets);
    }
    secrets.extend_from_slice(settings.transport.tls.secrets());
    secrets.extend_from_slice(&target.secrets);
    // in a URL they stand encoded, in one way or the other
    for secret in &target.secrets {
        secrets.extend(encoded(secret.expose_secret()));
    }
    secrets.extend(conceal::credentials(&target.url));
    for header in &*settings.headers {
        for (text, value) in &header.values {
            secrets.extend_from_slice(text.secrets());
            if is_sensitive(header.name.as_str())
                && let Ok(value) = value.to_str()
            {
                secrets.push(value.into());
                // `Bearer TOKEN`: a server that echoes the token may leave out the scheme
                secrets.extend(value.rsplit(' ').next().map(SecretString::from));
            }
        }
    }
    Secrets::new(secrets)
}

/// How a value comes out in a URL's path, query and password.
fn encoded(value: &str) -> impl Iterator<Item = SecretString> {
    let blank = || Url::parse("http://a/").expect("a scheme and a host make a URL");
    let (mut path, mut query, mut password) = (blank(), blank(), blank());
    path.set_path(value);
    query.set_query(Some(value));
    let forms = [
        path.path().trim_start_matches('/').to_owned(),
        query.query().unwrap_or_default().to_owned(),
        password
            .set_password(Some(value))
            .ok()
            .and(password.password())
            .unwrap_or_default()
            .to_owned(),
    ];
    let value = value.to_owned();
    forms
        .into_iter()
        .filter(move |form| *form != value)
        .map(SecretString::from)
}
