//! What requests of a platform look like by default: like those of the programs people use there,
//! so that a service treats a probe as it treats them, and yet honestly, with our name at the end.

use http::header::{ACCEPT, ACCEPT_LANGUAGE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The profiles by name; a platform of that name gets it unless told otherwise.
pub(super) const NAMES: [&str; 3] = ["desktop", "mobile", "web"];

type Headers = &'static [(&'static str, &'static str)];

macro_rules! user_agent {
    ($system:literal, $mobile:literal) => {
        concat!(
            "Mozilla/5.0 (",
            $system,
            ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0",
            $mobile,
            " Safari/537.36 Outwatch/",
            env!("CARGO_PKG_VERSION")
        )
    };
}

/// Brands as in Chrome's, less the one we have no right to.
const BRANDS: &str = r#""Chromium";v="150", "Not_A Brand";v="24""#;

/// A desktop app built on a browser engine, asking its service's interface.
const DESKTOP: Headers = &[
    ("user-agent", user_agent!("Windows NT 10.0; Win64; x64", "")),
    ("accept", "*/*"),
    ("accept-language", "en-US,en;q=0.9"),
    ("sec-ch-ua", BRANDS),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Windows\""),
];

/// A browser on a phone, opening a page. "Android 10; K" is what every one of them says nowadays.
const MOBILE: Headers = &[
    ("user-agent", user_agent!("Linux; Android 10; K", " Mobile")),
    ("accept", PAGE),
    ("accept-language", "en-US,en;q=0.9"),
    ("sec-ch-ua", BRANDS),
    ("sec-ch-ua-mobile", "?1"),
    ("sec-ch-ua-platform", "\"Android\""),
    ("upgrade-insecure-requests", "1"),
];

/// A browser on a desktop computer, opening a page.
const WEB: Headers = &[
    ("user-agent", user_agent!("Windows NT 10.0; Win64; x64", "")),
    ("accept", PAGE),
    ("accept-language", "en-US,en;q=0.9"),
    ("sec-ch-ua", BRANDS),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Windows\""),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "none"),
    ("sec-fetch-user", "?1"),
    ("upgrade-insecure-requests", "1"),
];

const PAGE: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// Platforms of other names ask under our own.
const OWN: Headers = &[
    (
        "user-agent",
        concat!("Outwatch/", env!("CARGO_PKG_VERSION")),
    ),
    ("accept", "*/*"),
];

/// The headers of the profile of this name, or our own. No `Accept-Encoding`: bodies are looked
/// into as they come.
pub(super) fn headers(name: &str) -> HeaderMap {
    let headers = match name {
        "desktop" => DESKTOP,
        "mobile" => MOBILE,
        "web" => WEB,
        _ => OWN,
    };
    headers
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

/// The headers for a `User-Agent` of the user's own: nothing that would contradict it.
pub(super) fn headers_with_user_agent(user_agent: HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, user_agent);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US,en;q=0.9"));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_says_who_is_asking() {
        for name in NAMES.into_iter().chain(["tv"]) {
            let user_agent = &headers(name)[USER_AGENT];
            assert!(user_agent.to_str().unwrap().contains("Outwatch/"), "{name}");
        }
        assert_ne!(headers("mobile"), headers("web"));
    }
}
