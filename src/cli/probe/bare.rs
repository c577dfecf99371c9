//! The request to a URL that is not configured, with the options that people know from curl.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::super::BadUsage;
use super::durations::parse_duration;
use crate::config;
use crate::prober::basic;
use crate::prober::request::{BODY_BYTES_MAX_DEFAULT, Redirects, Request};
use crate::prober::secrets::{Secrets, is_sensitive};

/// The request that URLs are asked with that are not configured.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Request to URLs")]
pub(super) struct RequestArgs {
    /// Method [default: GET, or POST with a body]
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<Method>,
    /// Header, as in `Accept: text/html`; without a value, it takes a usual one away; may be
    /// repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Body, as of a form; @FILE reads it from a file, @- from standard input; several are joined
    /// by `&`
    #[arg(short = 'd', long, value_name = "TEXT|@FILE")]
    data: Vec<String>,
    /// Body in JSON, and the headers that go with it; @FILE and @- as above
    #[arg(long, value_name = "TEXT|@FILE", conflicts_with = "data")]
    json: Option<String>,
    /// Basic authentication; the password is better filled in: 'me:${PW}'
    #[arg(
        short = 'u',
        long,
        value_name = "USER:PASSWORD",
        conflicts_with = "bearer"
    )]
    basic: Option<String>,
    /// Bearer token; better filled in, as in '${TOKEN}'
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Ask for compressed answers, and decode them
    #[arg(long)]
    compressed: bool,
    /// Redirects that are followed at most [default: 10]
    #[arg(long, value_name = "N", conflicts_with = "no_redirects")]
    max_redirects: Option<u8>,
    /// Take a redirect itself as the answer
    #[arg(long)]
    no_redirects: bool,
    /// Total limit, from looking up the address to the end of the body [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
}

const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);

/// Who asks, unless a header says otherwise.
const USER_AGENT_DEFAULT: &str = concat!("outwatch/", env!("CARGO_PKG_VERSION"));

/// What the arguments give once everything is read and filled in; the same for all URLs.
pub(super) struct Bare {
    method: Method,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    compression: bool,
    redirects: Option<Redirects>,
    timeout: Duration,
    pub(super) secrets: Vec<SecretString>,
}

impl RequestArgs {
    pub(super) fn read(&self) -> Result<Bare, BadUsage> {
        let mut secrets = Vec::new();
        let body = self.body(&mut secrets)?;
        let headers = self.headers(&mut secrets)?;
        let redirects = match (self.no_redirects, self.max_redirects) {
            (true, _) => Some(Redirects::Off),
            (false, max) => max.map(|max| Redirects::Follow { max }),
        };
        Ok(Bare {
            // as curl does
            method: self.method.clone().unwrap_or(match body {
                Some(_) => Method::POST,
                None => Method::GET,
            }),
            headers,
            body,
            compression: self.compressed,
            redirects,
            timeout: self.timeout.unwrap_or(TIMEOUT_DEFAULT),
            secrets,
        })
    }

    fn body(&self, secrets: &mut Vec<SecretString>) -> Result<Option<Vec<u8>>, BadUsage> {
        let mut body: Option<Vec<u8>> = None;
        for text in self.data.iter().chain(&self.json) {
            let part = match text.strip_prefix('@') {
                Some(path) => read(path)?,
                None => fill("the body", text, secrets)?.into_bytes(),
            };
            match &mut body {
                Some(body) => {
                    body.push(b'&');
                    body.extend(part);
                }
                None => body = Some(part),
            }
        }
        Ok(body)
    }

    fn headers(&self, secrets: &mut Vec<SecretString>) -> Result<HeaderMap, BadUsage> {
        let mut given = Vec::new();
        for text in &self.headers {
            given.push(header(text, secrets)?);
        }
        let value = HeaderValue::from_static;
        let (accept, content_type) = match (&self.json, &self.data[..]) {
            (Some(_), _) => ("application/json", Some("application/json")),
            (None, []) => ("*/*", None),
            (None, _) => ("*/*", Some("application/x-www-form-urlencoded")),
        };
        let usual = [
            (USER_AGENT, Some(value(USER_AGENT_DEFAULT))),
            (ACCEPT, Some(value(accept))),
            (CONTENT_TYPE, content_type.map(value)),
            (AUTHORIZATION, self.authorization(secrets)?),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in usual {
            if !given.iter().any(|(other, _)| *other == name)
                && let Some(value) = value
            {
                headers.insert(name, value);
            }
        }
        for (name, value) in given {
            if let Some(value) = value {
                headers.append(name, value);
            }
        }
        Ok(headers)
    }

    fn authorization(
        &self,
        secrets: &mut Vec<SecretString>,
    ) -> Result<Option<HeaderValue>, BadUsage> {
        let value = if let Some(text) = &self.basic {
            let text = fill("--basic", text, secrets)?;
            let (user, password) = text
                .split_once(':')
                .ok_or_else(|| BadUsage("--basic: write USER:PASSWORD".to_owned()))?;
            let value = basic::authorization(user, password);
            secrets.push(password.into());
            secrets.extend(value.rsplit(' ').next().map(SecretString::from));
            value
        } else if let Some(text) = &self.bearer {
            let token = fill("--bearer", text, secrets)?;
            let value = format!("Bearer {}", token.trim());
            secrets.push(token.trim().into());
            value
        } else {
            return Ok(None);
        };
        sensitive(&value)
            .map(Some)
            .ok_or_else(|| BadUsage("the token cannot be sent in a header".to_owned()))
    }
}

impl Bare {
    /// For this URL; the transport and further secrets are the caller's to add.
    pub(super) fn request(&self, url: Url, more: &[SecretString]) -> Request {
        // credentials on a command line are shown in it, but need not be in the answer
        let password = url.password().map(SecretString::from);
        let secrets = self.secrets.iter().chain(more).cloned().chain(password);
        let secrets = Secrets::new(secrets);
        let usual = Request::get(url, self.timeout);
        Request {
            method: self.method.clone(),
            headers: self.headers.clone().into(),
            body: self.body.as_deref().map(Into::into),
            redirects: self.redirects.unwrap_or(usual.redirects),
            compression: self.compression,
            secrets,
            ..usual
        }
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }
}

fn fill(what: &str, text: &str, secrets: &mut Vec<SecretString>) -> Result<String, BadUsage> {
    let filled = config::fill(text).map_err(|why| BadUsage(format!("{what}: {why}")))?;
    secrets.extend(filled.secrets);
    Ok(filled.value.expose_secret().to_owned())
}

/// `None` for a header that is taken away.
fn header(
    text: &str,
    secrets: &mut Vec<SecretString>,
) -> Result<(HeaderName, Option<HeaderValue>), BadUsage> {
    let wrong = || {
        let name = text.split(':').next().unwrap_or_default();
        BadUsage(format!(
            "`{name}`: write a header as in `Accept: text/html`"
        ))
    };
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
    let before = secrets.len();
    let value = fill(name.as_str(), value.trim(), secrets)?;
    if value.is_empty() {
        return Ok((name, None));
    }
    let value = if is_sensitive(name.as_str()) || secrets.len() > before {
        secrets.push(value.as_str().into());
        // `Bearer TOKEN`: a server that echoes the token may leave out the scheme
        secrets.extend(value.rsplit(' ').next().map(SecretString::from));
        sensitive(&value)
    } else {
        value.parse().ok()
    };
    Ok((name, Some(value.ok_or_else(wrong)?)))
}

/// Left out of `Debug`, and of HTTP/2's compression tables.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value: HeaderValue = value.parse().ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A file of the body, or standard input for `-`.
fn read(path: &str) -> Result<Vec<u8>, BadUsage> {
    let bytes_max = BODY_BYTES_MAX_DEFAULT as u64;
    let mut bytes = Vec::new();
    let read = match path {
        "-" => io::stdin()
            .lock()
            .take(bytes_max + 1)
            .read_to_end(&mut bytes),
        path => File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)),
    };
    let wrong = |why: String| BadUsage(format!("cannot read the body from `{path}`: {why}"));
    match read {
        Err(error) => Err(wrong(error.to_string())),
        Ok(_) if bytes.len() as u64 > bytes_max => {
            Err(wrong("it is larger than 10 MiB".to_owned()))
        }
        Ok(_) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(args: &RequestArgs) -> Request {
        let bare = args.read().unwrap();
        bare.request("http://a.example/".parse().unwrap(), &[])
    }

    #[test]
    fn a_body_makes_a_post_with_its_type() {
        let get = request(&RequestArgs::default());
        assert_eq!((get.method, get.body), (Method::GET, None));
        let form = request(&RequestArgs {
            data: vec!["a=1".to_owned(), "b=2".to_owned()],
            ..RequestArgs::default()
        });
        assert_eq!(form.method, Method::POST);
        assert_eq!(form.body.as_deref(), Some(&b"a=1&b=2"[..]));
        assert_eq!(
            form.headers[CONTENT_TYPE],
            "application/x-www-form-urlencoded"
        );
        let json = request(&RequestArgs {
            json: Some("{}".to_owned()),
            method: Some(Method::PUT),
            ..RequestArgs::default()
        });
        assert_eq!(json.method, Method::PUT);
        assert_eq!(json.headers[CONTENT_TYPE], "application/json");
        assert_eq!(json.headers[ACCEPT], "application/json");
    }

    #[test]
    fn a_header_replaces_or_removes_the_usual_one() {
        let headers = ["Accept: a", "accept: b", "User-Agent:"].map(str::to_owned);
        let request = request(&RequestArgs {
            headers: headers.to_vec(),
            ..RequestArgs::default()
        });
        let accepted: Vec<_> = request.headers.get_all(ACCEPT).iter().collect();
        assert_eq!(accepted, ["a", "b"]);
        assert!(!request.headers.contains_key(USER_AGENT));
    }

    #[test]
    fn credentials_are_sent_and_masked() {
        let basic = request(&RequestArgs {
            basic: Some("me:hunter2:x".to_owned()),
            ..RequestArgs::default()
        });
        let sent = basic.headers[AUTHORIZATION].to_str().unwrap();
        assert_eq!(sent, "Basic bWU6aHVudGVyMjp4");
        for shown in [sent, "password hunter2:x"] {
            let masked = basic.secrets.mask(shown);
            assert!(masked.ends_with(" ***"), "{masked}");
        }
        let custom = request(&RequestArgs {
            headers: vec!["X-Api-Key: k3y-k3y".to_owned()],
            ..RequestArgs::default()
        });
        assert!(custom.headers["x-api-key"].is_sensitive());
        assert_eq!(custom.secrets.mask("k3y-k3y"), "***");
    }
}
