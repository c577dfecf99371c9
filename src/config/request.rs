//! The request that an endpoint's settings ask for, and which of it is secret.

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::endpoint::Draft;
use super::settings::Settings;
use super::text::Text;
use super::value::Reader;
use super::{conceal, profile};
use crate::prober::request::{BODY_BYTES_MAX_DEFAULT, REDIRECTS_MAX_DEFAULT, Redirects, Request};
use crate::prober::secrets::Secrets;

/// The request of an endpoint and its URL as it may be shown. The timeout is set by the caller,
/// who knows the parameters.
pub(super) fn request(reader: &mut Reader<'_, '_>, draft: &Draft) -> Option<(Request, String)> {
    let settings = &draft.settings;
    let text = draft.url.as_ref();
    let url = text.and_then(|text| reader.url(text));
    // a body is sent with POST unless told otherwise, as curl does
    let method = settings.method.clone().unwrap_or(match settings.body {
        Some(_) => Method::POST,
        None => Method::GET,
    });
    reader.check_expectations(settings, url.as_ref());
    let (text, url) = (text?, url?);
    let request = Request {
        secrets: secrets(settings, text, &url),
        method,
        headers: headers(settings, draft.platform.slug()),
        body: settings
            .body
            .as_ref()
            .map(|text| text.value().as_bytes().into()),
        redirects: settings.redirects.unwrap_or(Redirects::Follow {
            max: REDIRECTS_MAX_DEFAULT,
        }),
        body_bytes_max: settings.body_bytes_max.unwrap_or(BODY_BYTES_MAX_DEFAULT),
        ..Request::get(url, std::time::Duration::ZERO)
    };
    let shown_url = conceal::url(text.shown().trim());
    Some((request, shown_url))
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
    for header in &settings.headers {
        headers.remove(&header.name);
        if header.name == USER_AGENT {
            // the hints of a browser would contradict the name of another program
            for hint in ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"] {
                headers.remove(hint);
            }
        }
        for (text, value) in &header.values {
            let secret = !text.secrets().is_empty() || conceal::is_sensitive(&header.name);
            headers.append(header.name.clone(), marked(value.clone(), secret));
        }
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
fn secrets(settings: &Settings, url_text: &Text, url: &Url) -> Secrets {
    let mut secrets: Vec<SecretString> = Vec::new();
    let texts = [
        Some(url_text),
        settings.body.as_ref(),
        settings.user_agent.as_ref(),
    ]
    .into_iter()
    .flatten();
    for text in texts {
        secrets.extend_from_slice(text.secrets());
    }
    let expected = settings.expect.secrets().chain(settings.slow_if.secrets());
    secrets.extend(expected.cloned());
    // in a URL they stand encoded, in one way or the other
    for secret in url_text.secrets() {
        secrets.extend(encoded(secret.expose_secret()));
    }
    secrets.extend(url.password().map(SecretString::from));
    for header in &settings.headers {
        for (text, value) in &header.values {
            secrets.extend_from_slice(text.secrets());
            if conceal::is_sensitive(&header.name)
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
