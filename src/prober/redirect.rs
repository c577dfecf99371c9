//! Following redirects. Ours rather than reqwest's, which answers some Locations with the 3xx
//! itself, and knows only the usual names of headers that must stay at home.

use std::borrow::Cow;

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_LOCATION, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Client, Url};
use rustls::pki_types::ServerName;

use super::cause::Trouble;
use super::cookies::Jar;
use super::request::{Redirects, Request};
use super::secrets::Secrets;
use super::{cache_bust, decode};

/// One request of a chain of redirects.
pub(super) struct Leg<'r> {
    request: &'r Request,
    pub(super) url: Cow<'r, Url>,
    pub(super) method: Method,
    headers: Cow<'r, HeaderMap>,
    with_body: bool,
    /// Every leg so far went to the first one's origin.
    at_home: bool,
    pub(super) followed: u8,
    /// Where the legs before this one went.
    before: Vec<Url>,
}

impl<'r> Leg<'r> {
    pub(super) fn first(request: &'r Request) -> Self {
        let url = match &request.cache_bust {
            Some(parameter) => Cow::Owned(cache_bust::bust(&request.url, parameter)),
            None => Cow::Borrowed(&request.url),
        };
        let mut headers = Cow::Borrowed(&*request.headers);
        if request.compression && !headers.contains_key(ACCEPT_ENCODING) {
            let accepted = HeaderValue::from_static(decode::ACCEPT_ENCODING);
            headers.to_mut().insert(ACCEPT_ENCODING, accepted);
        }
        Self {
            request,
            url,
            method: request.method.clone(),
            headers,
            with_body: request.body.is_some(),
            at_home: true,
            followed: 0,
            before: Vec::new(),
        }
    }

    pub(super) fn build(&self, client: &Client, jar: &Jar) -> Result<reqwest::Request, Trouble> {
        let home = &self.request.url;
        let mut built =
            if self.at_home && (!home.username().is_empty() || home.password().is_some()) {
                // only reqwest's builder turns credentials in the URL into a header
                let mut url = self.url.clone().into_owned();
                // neither can fail for http and https
                let _ = url.set_username(home.username());
                let _ = url.set_password(home.password());
                client
                    .request(self.method.clone(), url)
                    .headers(self.headers.clone().into_owned())
                    .build()
                    .map_err(Trouble::Http)?
            } else {
                let mut built =
                    reqwest::Request::new(self.method.clone(), self.url.clone().into_owned());
                *built.headers_mut() = self.headers.clone().into_owned();
                built
            };
        jar.add_to(built.headers_mut(), &self.url);
        if self.with_body {
            *built.body_mut() = self.request.body.as_ref().map(|body| body.to_vec().into());
        }
        Ok(built)
    }

    /// Another host has another name.
    pub(super) fn server_name(&self) -> Option<&'r ServerName<'static>> {
        let name = self.request.transport.tls.server_name.as_ref()?;
        (self.url.host() == self.request.url.host()).then_some(name)
    }

    pub(super) fn is_redirected(&self) -> bool {
        self.followed > 0
    }

    /// Where the answer sends us; `None` if it is the last.
    pub(super) fn next(
        &self,
        status: StatusCode,
        answer: &HeaderMap,
    ) -> Result<Option<Self>, Trouble> {
        let Redirects::Follow { max } = self.request.redirects else {
            return Ok(None);
        };
        // RFC 9110 §15.4: these, and only with a Location; 300 and 304 mean something else
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(location) = answer.get(LOCATION) else {
            return Ok(None);
        };
        let url = self.resolve(location)?;
        let mut before = self.before.clone();
        before.push(self.url.clone().into_owned());
        if self.followed >= max {
            // not refused earlier: a site may set a cookie and send us back
            let circle = if before.contains(&url) {
                ", in a circle"
            } else {
                ""
            };
            return Err(Trouble::Redirect(format!(
                "more than {max} redirects{circle}; the next would go to {}",
                without_secrets(&url)
            )));
        }
        let stays = url.origin() == self.url.origin();
        let mut next = Self {
            request: self.request,
            method: self.method.clone(),
            headers: self.headers.clone(),
            with_body: self.with_body,
            at_home: self.at_home && stays,
            followed: self.followed + 1,
            before,
            url: Cow::Owned(url),
        };
        next.change_method(status);
        if !stays {
            next.leave_secrets_behind()?;
        }
        Ok(Some(next))
    }

    fn resolve(&self, location: &HeaderValue) -> Result<Url, Trouble> {
        // not always ASCII, whatever RFC 3986 says; `join` percent-encodes as browsers do
        let text = String::from_utf8_lossy(location.as_bytes());
        let mut url = self.url.join(&text).map_err(|error| {
            Trouble::Redirect(format!("redirected to `{text}`, which is no URL: {error}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Trouble::Redirect(format!(
                "redirected to {}, which is not HTTP",
                without_secrets(&url)
            )));
        }
        // the server's own idea of who we are is not for us to send; neither can fail for http
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(url)
    }

    /// As browsers do (Fetch standard, HTTP-redirect fetch): a POST becomes a GET, except by 307
    /// and 308.
    fn change_method(&mut self, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::GET && self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.with_body = false;
            for name in [
                CONTENT_TYPE,
                CONTENT_LENGTH,
                CONTENT_ENCODING,
                CONTENT_LANGUAGE,
                CONTENT_LOCATION,
            ] {
                self.headers.to_mut().remove(name);
            }
        }
    }

    /// What proves who we are goes to no other origin, whatever header it stands in.
    fn leave_secrets_behind(&mut self) -> Result<(), Trouble> {
        let secrets = &self.request.secrets;
        let headers = self.headers.to_mut();
        for name in [
            AUTHORIZATION,
            COOKIE,
            PROXY_AUTHORIZATION,
            http::header::HOST,
        ] {
            headers.remove(name);
        }
        let telling: Vec<_> = headers
            .iter()
            .filter(|(_, value)| value.is_sensitive() || holds_secret(value.as_bytes(), secrets))
            .map(|(name, _)| name.clone())
            .collect();
        for name in telling {
            headers.remove(name);
        }
        match &self.request.body {
            Some(body) if self.with_body && holds_secret(body, secrets) => {
                Err(Trouble::Redirect(format!(
                    "redirected to {}, where a body with secrets is not sent",
                    without_secrets(&self.url)
                )))
            }
            _ => Ok(()),
        }
    }
}

fn holds_secret(bytes: &[u8], secrets: &Secrets) -> bool {
    matches!(secrets.mask(&String::from_utf8_lossy(bytes)), Cow::Owned(_))
}

/// Scheme, host, port and path: credentials and queries are where URLs keep their secrets.
fn without_secrets(url: &Url) -> String {
    let mut bare = url.clone();
    // these fail only for URLs that cannot hold what is removed
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_query(None);
    bare.set_fragment(None);
    bare.into()
}
