//! What must not be shown although it stands in the open: passwords in URLs, and headers and keys
//! that carry credentials.

use std::borrow::Cow;

use reqwest::Url;

use crate::prober::secrets::{MASK, SENSITIVE};

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

/// Where the value of the key or parameter stands whose name goes on at `name`.
fn value_after(line: &str, name: usize) -> Option<std::ops::Range<usize>> {
    let rest = &line[name..];
    let separator = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))?;
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
    (!value[..length].contains("${")).then_some(start..start + length)
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
            ("headers: { Accept: a }", "headers: { Accept: a }"),
        ] {
            assert_eq!(line(written), shown);
        }
    }
}
