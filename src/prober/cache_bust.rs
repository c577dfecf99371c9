//! A query parameter that no cache has seen before.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Url;

/// Counts on from a place that is another each time the program starts.
static NEXT: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one("cache_bust")));

/// The URL with another value for this query parameter, which goes last. The rest of the query
/// stays as it is written.
pub(super) fn bust(url: &Url, parameter: &str) -> Url {
    let value = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = super::encode::form(parameter);
    let mut query = String::new();
    for pair in url.query().unwrap_or_default().split('&') {
        let of_pair = pair.split('=').next().unwrap_or_default();
        if !pair.is_empty() && of_pair != name && of_pair != parameter {
            query.push_str(pair);
            query.push('&');
        }
    }
    let query = format!("{query}{name}={value:016x}");
    let mut busted = url.clone();
    busted.set_query(Some(&query));
    busted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_another_each_time_and_the_rest_stays() {
        for (url, start) in [
            ("http://a/", "http://a/?_="),
            ("http://a/p?x=1&y", "http://a/p?x=1&y&_="),
            ("http://a/p?_=old&x=%2f#f", "http://a/p?x=%2f&_="),
        ] {
            let url = url.parse().unwrap();
            let (first, second) = (bust(&url, "_"), bust(&url, "_"));
            assert!(first.as_str().starts_with(start), "{first}");
            assert_ne!(first, second);
        }
        let busted = bust(&"http://a/".parse().unwrap(), "a b&");
        assert!(busted.as_str().starts_with("http://a/?a+b%26="), "{busted}");
    }
}
