//! The request that a probe sends.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::Url;

use super::oauth2::OAuth2;
use super::secrets::Secrets;
use super::template::Fills;
use super::transport::Transport;

/// How an endpoint is asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// `http` or `https`, with a host. May hold secrets: never show it, show what
    /// [`Secrets::mask`] makes of it.
    pub url: Url,
    /// In the order given; a name may come several times.
    /// Shared by the probes that send the same.
    pub headers: Arc<HeaderMap>,
    pub body: Option<Arc<[u8]>>,
    /// Total limit, from looking up the address to the last byte of the body.
    pub timeout: Duration,
    pub redirects: Redirects,
    /// Most bytes of a body that are read; a longer one is a failure (`too_large`).
    pub body_bytes_max: usize,
    pub secrets: Secrets,
    /// Over what it travels. Shared by the probes that ask alike.
    pub transport: Arc<Transport>,
    /// Asks for compressed answers, and refuses those that cannot be decoded.
    pub compression: bool,
    /// The name of a query parameter that gets another value each time, so that no cache on the
    /// way can answer.
    pub cache_bust: Option<Arc<str>>,
    /// Where its `Authorization` comes from, if it has to be fetched.
    pub oauth2: Option<Arc<OAuth2>>,
    /// What of it is filled in from earlier steps of a journey.
    pub fills: Option<Box<Fills>>,
}

impl Request {
    /// A GET as `outwatch probe URL` makes it.
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Arc::default(),
            body: None,
            timeout,
            redirects: Redirects::Follow {
                max: REDIRECTS_MAX_DEFAULT,
            },
            body_bytes_max: BODY_BYTES_MAX_DEFAULT,
            secrets: Secrets::default(),
            transport: Arc::default(),
            compression: false,
            cache_bust: None,
            oauth2: None,
            fills: None,
        }
    }
}

impl Request {
    /// The URL without credentials and with secrets masked; `{{name}}` stands where a captured value
    /// will.
    pub fn shown_url(&self) -> String {
        let template = self.fills.as_ref().and_then(|fills| fills.url.as_ref());
        let url = match template {
            Some(template) => without_credentials(&template.to_string()),
            None => without_credentials(self.url.as_str()),
        };
        self.secrets.mask(&url).into_owned()
    }
}

/// Of a URL, or of text that becomes one.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[start..])
}

/// What happens on a 3xx with a Location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// The 3xx itself is the answer.
    Off,
    /// Followed up to this often; one more is a failure (`redirect`).
    Follow { max: u8 },
}

/// Redirects that are followed unless told otherwise: what curl and browsers' ancestors settled
/// on (RFC 1945 §9.3 said five), doubled for today's login chains.
pub const REDIRECTS_MAX_DEFAULT: u8 = 10;

/// 10 MiB: no page is larger, and ten thousand probes cannot hold as many at once.
pub const BODY_BYTES_MAX_DEFAULT: usize = 10 << 20;

#[cfg(test)]
mod tests {
    use super::super::template::Template;
    use super::*;

    #[test]
    fn a_url_is_shown_without_credentials_and_with_what_will_be_filled_in() {
        for (url, template, shown) in [
            ("https://me:pw@a.example/x@y", None, "https://a.example/x@y"),
            (
                "https://a.example?k=hunter2",
                None,
                "https://a.example/?k=***",
            ),
            (
                "https://me:pw@a.example/captured0.",
                Some("https://me:pw@a.example/{{ id }}?k=hunter2"),
                "https://a.example/{{id}}?k=***",
            ),
            ("https://a.example/", Some("{{next}}/x"), "{{next}}/x"),
        ] {
            let mut request = Request::get(url.parse().unwrap(), Duration::ZERO);
            request.secrets = Secrets::new(["hunter2".into()]);
            request.fills = template.map(|template| {
                Box::new(Fills {
                    url: Some(Template::try_new(template).unwrap()),
                    ..Fills::default()
                })
            });
            assert_eq!(request.shown_url(), shown);
        }
    }
}
