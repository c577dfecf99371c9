//! Credentials that stand in the open in what a server sent: values of keys that are called so.
//!
//! No parser, since a beginning of a body is cut anywhere and may be anything: it looks for the
//! names, and masks what stands where a value would.

use std::borrow::Cow;
use std::ops::Range;

use super::secrets::{MASK, SENSITIVE};

/// Around texts; JSON in a text in JSON has its own escaped.
const QUOTES: [&str; 3] = [r#"\""#, "\"", "'"];

/// The text with [`MASK`] in place of the values of sensitive keys in JSON, forms and queries,
/// header lines and XML. Takes time in proportion to the text.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut found: Vec<_> = SENSITIVE
        .iter()
        .flat_map(|part| lower.match_indices(part))
        .map(|(at, part)| (at, at + part.len()))
        .collect();
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable();
    let mut redacted = String::with_capacity(text.len());
    let (mut copied, mut looked) = (0, 0);
    for (begin, end) in found {
        if begin < looked {
            continue;
        }
        let after = end + name_length(&text[end..]);
        looked = after;
        if let Some(value) = value(text, begin, after) {
            redacted.push_str(&text[copied..value.start]);
            redacted.push_str(MASK);
            copied = value.end;
            looked = value.end;
        }
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}

fn name_length(text: &str) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.find(|c| !is_name(c)).unwrap_or(text.len())
}

/// Where the value stands of the key whose name has a sensitive part at `begin` and goes on until
/// `after`. `None` if it is no key, or its value no secret.
fn value(text: &str, begin: usize, after: usize) -> Option<Range<usize>> {
    let rest = &text[after..];
    let quote = QUOTES.into_iter().find(|quote| rest.starts_with(quote));
    let rest = &rest[quote.map_or(0, str::len)..];
    if quote.is_none()
        && let Some(element) = rest.strip_prefix('>')
    {
        return range(text, element, until(element, &['<']));
    }
    let (separator, value) = split_first(rest.trim_start())?;
    let spaced = value.trim_start();
    match (separator, quote) {
        (':', Some(_)) => range(text, spaced, json(spaced)),
        (':', None) => {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let before = text[..begin].trim_end_matches(is_name);
            let before = before.trim_end_matches([' ', '\t']);
            let stops: &[_] = match before.chars().last() {
                None | Some('\n' | '\r') => &['\n', '\r'],
                Some('{' | ',') => &[',', '}', '\n', '\r'],
                // prose, as in `bad token: it is too old`
                Some(_) => return None,
            };
            let value = value.trim_start_matches([' ', '\t']);
            range(text, value, quoted(value).unwrap_or(until(value, stops)))
        }
        ('=', _) => {
            let stops = ['&', '#', ';', ',', '"', '\'', '<', '>', ')', '}', '\\'];
            let value = value.trim_start_matches(' ');
            let bare = || value.find(|c: char| stops.contains(&c) || c.is_whitespace());
            let length = quoted(value).unwrap_or_else(|| bare().unwrap_or(value.len()));
            range(text, value, length)
        }
        _ => None,
    }
}

fn split_first(text: &str) -> Option<(char, &str)> {
    let first = text.chars().next()?;
    Some((first, &text[first.len_utf8()..]))
}

/// `value` is a part of `text`, up to its end. Quotes stay outside.
fn range(text: &str, value: &str, length: usize) -> Option<Range<usize>> {
    let start = text.len() - value.len();
    let value = &value[..length];
    let quote = QUOTES.into_iter().find(|quote| value.starts_with(quote));
    let Some(quote) = quote else {
        return (length > 0).then_some(start..start + length);
    };
    let inside = &value[quote.len()..];
    let inside = inside.strip_suffix(quote).unwrap_or(inside);
    let start = start + quote.len();
    (!inside.is_empty()).then_some(start..start + inside.len())
}

fn until(text: &str, stops: &[char]) -> usize {
    text.find(stops).unwrap_or(text.len())
}

/// The length of a JSON value, or 0 if it is none that can be secret.
fn json(value: &str) -> usize {
    if value.starts_with(['[', '{']) {
        return nested(value);
    }
    quoted(value).unwrap_or_else(|| {
        let stop = |c: char| matches!(c, ',' | '}' | ']' | '\\') || c.is_whitespace();
        let length = value.find(stop).unwrap_or(value.len());
        match &value[..length] {
            "null" | "true" | "false" => 0,
            _ => length,
        }
    })
}

/// The length of a text in quotes, to the end if the closing one is cut off.
fn quoted(value: &str) -> Option<usize> {
    if let Some(inside) = value.strip_prefix(r#"\""#) {
        return Some(inside.find(r#"\""#).map_or(value.len(), |end| end + 4));
    }
    let quote = value.bytes().next().filter(|c| matches!(c, b'"' | b'\''))?;
    let mut escaped = false;
    for (at, byte) in value.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(value.len())
}

/// The length of an array or object, to the end if that is cut off.
fn nested(value: &str) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(byte) = value.as_bytes().get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth <= 1 => return at + 1,
            b']' | b'}' => depth -= 1,
            b'"' => at += quoted(&value[at..]).unwrap_or(1) - 1,
            _ => {}
        }
        at += 1;
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_sensitive_keys_are_masked_wherever_they_stand() {
        for (text, redacted) in [
            (
                r#"{"access_token":"a\"b","n":1}"#,
                r#"{"access_token":"***","n":1}"#,
            ),
            (
                r#"{"password" : 1234, "user":"a"}"#,
                r#"{"password" : ***, "user":"a"}"#,
            ),
            (r#"{"tokens":["a","]b"],"n":1}"#, r#"{"tokens":***,"n":1}"#),
            (r#"{"secret":{"a":{"b":"}"}}}"#, r#"{"secret":***}"#),
            (r#"{"token":"cut off he"#, r#"{"token":"***"#),
            (r#"{"token":["cut"#, r#"{"token":***"#),
            (
                r#""{\"token\":\"abc\",\"n\":1}""#,
                r#""{\"token\":\"***\",\"n\":1}""#,
            ),
            (
                "grant=x&client_secret=abc&n=1",
                "grant=x&client_secret=***&n=1",
            ),
            ("https://a/?token=abc#x", "https://a/?token=***#x"),
            (
                "a\r\nAuthorization: Basic YTpi\r\nb",
                "a\r\nAuthorization: ***\r\nb",
            ),
            ("X-Api-Key: k1, k2", "X-Api-Key: ***"),
            ("<Password>abc</Password>", "<Password>***</Password>"),
            ("{token: 'abc', n: 1}", "{token: '***', n: 1}"),
            ("password= \"a b\" x", "password= \"***\" x"),
        ] {
            assert_eq!(redact(text), redacted, "{text}");
        }
    }

    #[test]
    fn what_tells_why_it_failed_stays() {
        for text in [
            r#"{"error":"invalid_token","token":null,"token_expired":true}"#,
            "bad token: it is too old",
            "<h1>Enter your password</h1>",
            r#"Bearer realm="a", error="invalid_token""#,
            "Vary: Cookie, Authorization",
            "nothing of the kind",
            "token",
            "token=",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
