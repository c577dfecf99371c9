//! The cookies of one asking, shared by its steps and redirects (RFC 6265).

use cookie_store::{Cookie, CookieDomain, CookieStore, StoreAction};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;

/// Empty until a server sets a cookie, so that it costs nothing where none does.
#[derive(Debug, Default)]
pub(super) struct Jar(Option<Box<CookieStore>>);

/// Most cookies of one asking; more are not kept. RFC 6265 §6.1 asks for 50 of each domain.
const COOKIES_MAX: usize = 100;

/// Longest name and value together; longer ones are not kept (RFC 6265 §6.1).
const COOKIE_BYTES_MAX: usize = 4096;

impl Jar {
    /// Takes what an answer of this URL sets.
    pub(super) fn keep(&mut self, answer: &HeaderMap, url: &Url) {
        for header in answer.get_all(SET_COOKIE) {
            // what is no text cannot be sent back as it came
            if let Ok(text) = std::str::from_utf8(header.as_bytes()) {
                self.keep_one(text, url);
            }
        }
    }

    fn keep_one(&mut self, text: &str, url: &Url) {
        let Ok(cookie) = Cookie::parse(text.to_owned(), url) else {
            return;
        };
        let too_long = cookie.name().len() + cookie.value().len() > COOKIE_BYTES_MAX;
        if too_long || is_of_everybody(&cookie, url) {
            return;
        }
        let store = self.0.get_or_insert_default();
        let (domain, path) = (String::from(&cookie.domain), String::from(&cookie.path));
        let name = cookie.name().to_owned();
        let is_new = !store.contains_any(&domain, &path, &name);
        if is_new && store.iter_any().count() >= COOKIES_MAX {
            return;
        }
        // one that is not for this URL is refused, and that is all there is to it
        if let Ok(StoreAction::ExpiredExisting) = store.insert(cookie, url) {
            store.remove(&domain, &path, &name);
        }
    }

    /// Adds what is held for this URL to a request's own cookies, which stand.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, url: &Url) {
        let held = self.held(url);
        if held.is_empty() {
            return;
        }
        let mut line = Vec::new();
        for own in headers.get_all(COOKIE) {
            push(&mut line, own.as_bytes());
        }
        let own = line.clone();
        for cookie in held {
            let (name, value) = cookie.name_value();
            if !names(&own).any(|own| own == name.as_bytes()) {
                push(&mut line, format!("{name}={value}").as_bytes());
            }
        }
        // a value that no header may hold was no cookie's: those came in a header
        if let Ok(mut value) = HeaderValue::from_bytes(&line) {
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
    }

    /// The value that is held for this URL.
    pub(super) fn value(&self, name: &str, url: &Url) -> Option<&str> {
        let held = self.held(url);
        let cookie = held.into_iter().find(|cookie| cookie.name() == name)?;
        Some(cookie.value())
    }

    /// The longest path first (RFC 6265 §5.4); then by name, so that it is always the same.
    fn held(&self, url: &Url) -> Vec<&Cookie<'static>> {
        let Some(store) = &self.0 else {
            return Vec::new();
        };
        let mut held = store.matches(url);
        held.sort_by_key(|cookie| {
            let path: &str = &cookie.path;
            (std::cmp::Reverse(path.len()), cookie.name().to_owned())
        });
        held
    }
}

/// For a whole top-level domain, which no browser takes.
fn is_of_everybody(cookie: &Cookie<'_>, url: &Url) -> bool {
    match &cookie.domain {
        CookieDomain::Suffix(domain) => !domain.contains('.') && url.host_str() != Some(domain),
        _ => false,
    }
}

fn push(line: &mut Vec<u8>, cookie: &[u8]) {
    if !line.is_empty() {
        line.extend_from_slice(b"; ");
    }
    line.extend_from_slice(cookie);
}

fn names(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';')
        .filter_map(|pair| pair.split(|byte| *byte == b'=').next())
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets these cookies from one URL, and tells what is sent to another.
    #[track_caller]
    fn check(from: &str, set: &[&str], to: &str, own: &str, expected: &str) {
        let mut jar = Jar::default();
        for text in set {
            let mut answer = HeaderMap::new();
            answer.append(SET_COOKIE, HeaderValue::from_str(text).unwrap());
            jar.keep(&answer, &from.parse().unwrap());
        }
        let mut headers = HeaderMap::new();
        if !own.is_empty() {
            headers.insert(COOKIE, HeaderValue::from_str(own).unwrap());
        }
        jar.add_to(&mut headers, &to.parse().unwrap());
        let line = headers.get(COOKIE).map_or("", |v| v.to_str().unwrap());
        assert_eq!(line, expected, "{set:?} from {from} to {to}");
    }

    #[test]
    fn cookies_go_where_they_belong() {
        let a = "https://a.example/in/x";
        for (set, to, sent) in [
            (&["s=1"][..], "https://a.example/in/y", "s=1"),
            (&["s=1"], "https://a.example/out", ""),
            (&["s=1; Path=/"], "https://a.example/out", "s=1"),
            (&["s=1; Path=/"], "https://b.a.example/", ""),
            (
                &["s=1; Path=/; Domain=a.example"],
                "https://b.a.example/",
                "s=1",
            ),
            (
                &["s=1; Path=/; Domain=other.example"],
                "https://other.example/",
                "",
            ),
            (&["s=1; Path=/; Domain=example"], "https://b.example/", ""),
            (&["s=1; Path=/; Secure"], "http://a.example/", ""),
            (&["s=1; Path=/"], "http://a.example/", "s=1"),
            (&["s=1", "s=2"], a, "s=2"),
            (&["s=1", "s=; Max-Age=0"], a, ""),
            (&["s=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], a, ""),
            (&["b=1; Path=/", "a=2; Path=/", "c=3"], a, "c=3; a=2; b=1"),
            (&["=;;;", ""], a, ""),
        ] {
            check(a, set, to, "", sent);
        }
    }

    #[test]
    fn a_requests_own_cookies_stand() {
        let url = "https://a.example/";
        check(url, &["s=1", "t=2"], url, "s=own; u=3", "s=own; u=3; t=2");
        check(url, &[], url, "s=own", "s=own");
    }

    #[test]
    fn a_server_cannot_fill_the_jar_without_end() {
        let url: Url = "https://a.example/".parse().unwrap();
        let mut jar = Jar::default();
        for number in 0..1000 {
            jar.keep_one(&format!("c{number}=1"), &url);
        }
        jar.keep_one("c1=2", &url);
        jar.keep_one(&format!("long={}", "x".repeat(COOKIE_BYTES_MAX)), &url);
        assert_eq!(jar.held(&url).len(), COOKIES_MAX);
        assert_eq!(jar.value("c1", &url), Some("2"));
        jar.keep_one("c1=; Max-Age=0", &url);
        jar.keep_one("new=1", &url);
        assert_eq!(jar.value("new", &url), Some("1"));
    }
}
