//! What must not be shown although it stands in the open: passwords in URLs, and headers and keys
//! that carry credentials.

use std::borrow::Cow;

use http::HeaderName;
use reqwest::Url;
use secrecy::SecretString;

use super::nearest::nearest_within;
use crate::prober::secrets::MASK;

/// Parts of the names of headers, parameters and keys that carry credentials.
const SENSITIVE: [&str; 10] = [
    "authorization",
    "bearer",
    "cookie",
    "token",
    "secret",
    "password",
    "passwd",
    "api-key",
    "apikey",
    "api_key",
];

/// Whether a header of this name carries credentials.
pub(super) fn is_sensitive(name: &HeaderName) -> bool {
    is_sensitive_name(name.as_str())
}

/// Whether a key or parameter of this name carries credentials.
pub(super) fn is_sensitive_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part))
}

/// The secrets of a URL's `user:password`, in every form they are sent in.
pub(super) fn credentials(url: &Url) -> Vec<SecretString> {
    let Some(password) = url.password() else {
        return Vec::new();
    };
    let (user, plain) = (decoded(url.username()), decoded(password));
    let pair = super::base64::encode(format!("{user}:{plain}").as_bytes());
    vec![password.into(), plain.into(), pair.into()]
}

/// Without percent-encoding.
fn decoded(text: &str) -> String {
    let mut url = Url::parse("http://a/").expect("a scheme and a host make a URL");
    // in a query, these mean something else
    let query = ["+", "&", "="]
        .iter()
        .zip(["%2B", "%26", "%3D"])
        .fold(text.to_owned(), |text, (sign, code)| {
            text.replace(sign, code)
        });
    url.set_query(Some(&query));
    let pair = url.query_pairs().next();
    pair.map_or_else(String::new, |(name, _)| name.into_owned())
}

/// The URL as it may be shown, from its text in which outside values are masked already.
pub(super) fn url(masked: &str) -> String {
    let Ok(mut url) = Url::parse(masked) else {
        // a mask may stand where only a number may, as in the port
        return without_userinfo(masked);
    };
    // setting them fails only where there is no host, and such a URL is refused elsewhere
    if !url.username().is_empty() {
        let _ = url.set_username(MASK);
    }
    if url.password().is_some() {
        let _ = url.set_password(Some(MASK));
    }
    url.to_string()
}

fn without_userinfo(text: &str) -> String {
    match userinfo(text) {
        Some(range) => format!("{}{MASK}{}", &text[..range.start], &text[range.end..]),
        None => text.to_owned(),
    }
}

/// Where `user:password` stands in text with a URL in it.
fn userinfo(text: &str) -> Option<std::ops::Range<usize>> {
    let start = text.find("://")? + 3;
    let authority = &text[start..];
    let end = authority
        .find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace())
        .unwrap_or(authority.len());
    let at = authority[..end].rfind('@')?;
    Some(start..start + at)
}

/// A line of a file as it may be quoted: credentials turned into as many `*` as they have bytes,
/// so that every column stays where it was.
pub(super) fn line(line: &str) -> Cow<'_, str> {
    let mut hidden = Vec::new();
    for (scheme, _) in line.match_indices("://") {
        if let Some(range) = userinfo(&line[scheme..])
            && !line[scheme..][range.clone()].contains("${")
        {
            hidden.push(scheme + range.start..scheme + range.end);
        }
    }
    let lower = line.to_ascii_lowercase();
    for part in SENSITIVE {
        for (found, _) in lower.match_indices(part) {
            if let Some(range) = value_after(line, found) {
                hidden.push(range);
            }
        }
    }
    hidden.extend(misspelt_in(line));
    // a proxy whose scheme was forgotten
    for (found, _) in lower.match_indices("proxy:") {
        if let Some(range) = value_after(line, found)
            && !line.contains("://")
            && let Some(at) = line[range.clone()].rfind('@')
        {
            hidden.push(range.start..range.start + at);
        }
    }
    // a key in the middle of the file: its first line is no secret, all that follows is
    if let Some(begin) = line.find("-----BEGIN") {
        hidden.push(begin + "-----BEGIN".len()..line.len());
    }
    hidden.extend(base64_in(line));
    if hidden.is_empty() {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    for (offset, c) in line.char_indices() {
        if hidden.iter().any(|range| range.contains(&offset)) {
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Values of keys that are all but those of credentials: the mistake that is shown may be the key.
fn misspelt_in(line: &str) -> Vec<std::ops::Range<usize>> {
    /// Of longer lines only so much is looked at; people write shorter ones.
    const BYTES_MAX: usize = 1000;
    /// Two slips in a shorter word make another: `header` is no `bearer`.
    const LONG_BYTES_MIN: usize = 8;
    let head = &line[..line.floor_char_boundary(BYTES_MAX)];
    let ends = head.match_indices(':').map(|(end, _)| end);
    let keys = ends.filter_map(|end| {
        let key = head[..end].trim_end_matches(['"', '\'']);
        let other = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'));
        let start = key.rfind(other).map_or(0, |other| {
            other + key[other..].chars().next().map_or(0, char::len_utf8)
        });
        let word = &key[start..];
        let slips_max = if word.len() < LONG_BYTES_MIN { 1 } else { 2 };
        let meant = nearest_within(word, SENSITIVE, slips_max);
        meant.and_then(|_| value_after(line, start))
    });
    keys.collect()
}

/// Stretches that look like lines of a PEM text: long ones, and those that have a line of their
/// own.
fn base64_in(line: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    /// A line of PEM has 64 (RFC 7468 §2), of some programs 60.
    const BYTES_MIN: usize = 60;
    /// The last line of a PEM text is shorter.
    const ALONE_BYTES_MIN: usize = 16;
    let other = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
    let alone = !line.trim().contains(other);
    line.split(other).filter_map(move |stretch| {
        let start = stretch.as_ptr() as usize - line.as_ptr() as usize;
        let long = stretch.len() >= BYTES_MIN || (alone && stretch.len() >= ALONE_BYTES_MIN);
        long.then(|| start..start + stretch.len())
    })
}

/// Where the value of the key or parameter stands whose name goes on at `name`.
fn value_after(line: &str, name: usize) -> Option<std::ops::Range<usize>> {
    let rest = &line[name..];
    let separator = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))?;
    if rest[..separator].to_ascii_lowercase().ends_with("_url") {
        return None;
    }
    let value = rest[separator..].trim_start_matches(['"', '\'', ' ']);
    let (value, stops): (_, &[char]) = if let Some(value) = value.strip_prefix(':') {
        (value.trim_start(), &[])
    } else if let Some(value) = value.strip_prefix('=') {
        (value, &['&', '#', '"', '\'', ' ', ',', '}'])
    } else {
        return None;
    };
    let start = line.len() - value.len();
    let length = if stops.is_empty() {
        plain_or_quoted(value)
    } else {
        value.find(stops).unwrap_or(value.len())
    };
    // what will be filled in is no secret yet, and the reader has to see what is asked for
    let open = ["${", "{{"]
        .iter()
        .all(|fill| !value[..length].contains(fill));
    open.then_some(start..start + length)
}

/// How much of the line a YAML value takes.
fn plain_or_quoted(value: &str) -> usize {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value.len(), |end| end + 2),
        _ => value.trim_end().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_credentials() {
        for (masked, shown) in [
            ("https://play.example", "https://play.example/"),
            ("https://me:pw@a.example/x", "https://***:***@a.example/x"),
            ("https://me@a.example/", "https://***@a.example/"),
            ("https://a.example/?key=***", "https://a.example/?key=***"),
            ("https://me:pw@a.example:***/", "https://***@a.example:***/"),
        ] {
            assert_eq!(url(masked), shown);
        }
    }

    #[test]
    fn a_quoted_line_keeps_its_columns_and_loses_its_credentials() {
        for (written, shown) in [
            (
                "url: https://me:pw@a.example/",
                "url: https://*****@a.example/",
            ),
            ("  Authorization: Bearer abc", "  Authorization: **********"),
            (r#"{ X-Api-Key: "k1", a: b }"#, "{ X-Api-Key: ****, a: b }"),
            ("url: http://a/?token=x1&b=2", "url: http://a/?token=**&b=2"),
            ("http://me:${PW}@a/", "http://me:${PW}@a/"),
            ("Cookie: ${COOKIE}", "Cookie: ${COOKIE}"),
            ("name: the password page", "name: the password page"),
            ("auth: { bearer: abc }", "auth: { bearer: *****"),
            (
                "auth: { bearer: '{{token}}' }",
                "auth: { bearer: '{{token}}' }",
            ),
            ("token_url: https://a/", "token_url: https://a/"),
            ("etag: { header: ETag }", "etag: { header: ETag }"),
            ("auth: { baerer: abc }", "auth: { baerer: *****"),
            (r#"{ "pasword": abc, a: b }"#, r#"{ "pasword": ***********"#),
            ("proxy: me:pw@proxy:3128", "proxy: *****@proxy:3128"),
            (
                "key: \"-----BEGIN PRIVATE KEY-----\\nMII",
                "key: \"-----BEGIN**********************",
            ),
            ("      MIIEvgIBADANBgkq==", "      ******************"),
            ("headers: { Accept: a }", "headers: { Accept: a }"),
        ] {
            assert_eq!(line(written), shown);
        }
    }
}
