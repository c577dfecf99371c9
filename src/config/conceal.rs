//! What must not be shown although it stands in the open: passwords in URLs, and headers and keys
//! that carry credentials.

use std::borrow::Cow;
use std::ops::Range;

use reqwest::Url;
use secrecy::SecretString;

use super::nearest::nearest_within;
use crate::prober::basic;
use crate::prober::secrets::{MASK, SENSITIVE};

/// The secrets of a URL's `user:password`, in every form they are sent in.
pub(super) fn credentials(url: &Url) -> Vec<SecretString> {
    let Some(password) = url.password() else {
        return Vec::new();
    };
    let (user, plain) = (decoded(url.username()), decoded(password));
    let pair = basic::credentials(&user, &plain);
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
fn userinfo(text: &str) -> Option<Range<usize>> {
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
    masked(line, 0..line.len(), &hidden(line))
}

/// A stretch of a line, whose [hidden] stretches are these.
pub(super) fn masked<'l>(
    line: &'l str,
    shown: Range<usize>,
    hidden: &[Range<usize>],
) -> Cow<'l, str> {
    let first = hidden.partition_point(|range| range.end <= shown.start);
    let mut ranges = hidden[first..].iter().peekable();
    if ranges.peek().is_none_or(|range| range.start >= shown.end) {
        return Cow::Borrowed(&line[shown]);
    }
    let mut text = String::with_capacity(shown.len());
    for (offset, c) in line[shown.clone()].char_indices() {
        let offset = shown.start + offset;
        while ranges.next_if(|range| range.end <= offset).is_some() {}
        if ranges.peek().is_some_and(|range| range.contains(&offset)) {
            text.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Where credentials stand in a line of a file, in order and none over another. Takes time in
/// proportion to its length: a line may be a whole file.
pub(super) fn hidden(line: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut has_url = false;
    for (scheme, _) in line.match_indices("://") {
        has_url = true;
        if let Some(range) = userinfo(&line[scheme..])
            && !line[scheme..][range.clone()].contains("${")
        {
            hidden.push(scheme + range.start..scheme + range.end);
        }
    }
    let lower = line.to_ascii_lowercase();
    let values = Values::of(line);
    for part in SENSITIVE {
        hidden.extend(values.after(lower.match_indices(part).map(|(found, _)| found)));
    }
    hidden.extend(misspelt_in(line, &values));
    // a proxy whose scheme was forgotten
    if !has_url {
        let proxies = lower.match_indices("proxy:").map(|(found, _)| found);
        let at = |range: Range<usize>| values.last_at(&range).map(|at| range.start..at);
        hidden.extend(values.after(proxies).filter_map(at));
    }
    // a key in the middle of the file: its first line is no secret, all that follows is
    if let Some(begin) = line.find("-----BEGIN") {
        hidden.push(begin + "-----BEGIN".len()..line.len());
    }
    hidden.extend(base64_in(line));
    hidden.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(hidden.len());
    for range in hidden {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Values of keys that are all but those of credentials: the mistake that is shown may be the key.
fn misspelt_in(line: &str, values: &Values<'_>) -> Vec<Range<usize>> {
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
        meant.map(|_| start)
    });
    values.after(keys).collect()
}

/// Stretches that look like lines of a PEM text: long ones, and those that have a line of their
/// own.
fn base64_in(line: &str) -> impl Iterator<Item = Range<usize>> {
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

/// The values in a line, and where what ends them stands.
struct Values<'l> {
    line: &'l str,
    /// Without the blanks at its end.
    end: usize,
    /// Where something is to be filled in.
    fills: Vec<usize>,
    /// Every `@`.
    ats: Vec<usize>,
}

impl<'l> Values<'l> {
    fn of(line: &'l str) -> Self {
        let fills = line.match_indices("${").chain(line.match_indices("{{"));
        let mut fills: Vec<_> = fills.map(|(at, _)| at).collect();
        fills.sort_unstable();
        Self {
            line,
            end: line.trim_end().len(),
            fills,
            ats: line.match_indices('@').map(|(at, _)| at).collect(),
        }
    }

    /// The values of the keys or parameters whose names go on at these places, which rise.
    fn after(&self, names: impl Iterator<Item = usize>) -> impl Iterator<Item = Range<usize>> {
        // of places in one name, and of values that end at one place, that is looked for once
        let (mut separator, mut stop) = (0, 0);
        names.filter_map(move |name| {
            if name < separator {
                return None;
            }
            let other = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'));
            let rest = &self.line[name..];
            separator = name + rest.find(other).unwrap_or(rest.len());
            self.value_at(name, separator, &mut stop)
        })
    }

    /// The value of what is named from `name` to `separator`. `stop` is where the last one ended
    /// that was a parameter's.
    fn value_at(&self, name: usize, separator: usize, stop: &mut usize) -> Option<Range<usize>> {
        const URL: &[u8] = b"_url";
        let named = &self.line.as_bytes()[name..separator];
        let tail = &named[named.len().saturating_sub(URL.len())..];
        if tail.eq_ignore_ascii_case(URL) {
            return None;
        }
        let value = self.line[separator..].trim_start_matches(['"', '\'', ' ']);
        let (start, end) = if let Some(value) = value.strip_prefix(':') {
            let value = value.trim_start();
            let start = self.line.len() - value.len();
            (start, start + self.plain_or_quoted(value))
        } else {
            let value = value.strip_prefix('=')?;
            let start = self.line.len() - value.len();
            if start > *stop {
                let stops = ['&', '#', '"', '\'', ' ', ',', '}'];
                *stop = start + value.find(stops).unwrap_or(value.len());
            }
            (start, *stop)
        };
        // what will be filled in is no secret yet, and the reader has to see what is asked for
        let fill = self.fills.partition_point(|fill| *fill < start);
        let open = self.fills.get(fill).is_none_or(|fill| fill + 2 > end);
        open.then_some(start..end)
    }

    /// How much of the line a YAML value takes.
    fn plain_or_quoted(&self, value: &str) -> usize {
        match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value.len(), |end| end + 2),
            _ => value.len() - (self.line.len() - self.end).min(value.len()),
        }
    }

    /// The last `@` in the stretch.
    fn last_at(&self, range: &Range<usize>) -> Option<usize> {
        let before = self.ats.partition_point(|at| *at < range.end);
        let at = *self.ats.get(before.checked_sub(1)?)?;
        (at >= range.start).then_some(at)
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
