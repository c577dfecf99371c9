//! Text within HTML and within strings of CSS.

use std::fmt::Write;

use crate::report::document::{Span, Text, Tone};
use crate::report::text::{harmless, plain};

/// Quoted text can be broken after so many characters, if nothing in it offers a place before.
pub(super) const UNBROKEN_MAX: usize = 20;

/// Within an element or the quotes of an attribute.
pub(super) fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in harmless(words).chars() {
        push(c, &mut escaped);
    }
    escaped
}

/// Words of a line, in which no number stands apart from its unit: `99.9 %`.
fn prose(words: &str) -> String {
    let words = escaped(words).replace(" %", "\u{a0}%");
    words.replace(" ms", "\u{a0}ms")
}

fn push(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

/// As a string of CSS, within its quotes: all but letters, digits and blanks by their numbers.
pub(super) fn css(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in harmless(words).chars() {
        match c {
            c if c.is_alphanumeric() || c == ' ' => escaped.push(c),
            // a blank ends the number
            c => _ = write!(escaped, "\\{:x} ", u32::from(c)),
        }
    }
    escaped
}

/// The spans of a text.
pub(super) fn text(text: &Text) -> String {
    text.0.iter().map(span).collect()
}

/// Without the words that are spare.
pub(super) fn brief(text: &Text) -> String {
    let spans = text.0.iter();
    let spans = spans.filter(|span| !matches!(span, Span::Spare(_)));
    spans.map(span).collect()
}

/// The words alone, where no element may stand.
pub(super) fn words(text: &Text) -> String {
    let spans = text.0.iter();
    spans
        .map(|span| match span {
            Span::Words(words) | Span::Spare(words) | Span::Toned(_, words) => escaped(words),
            Span::Quoted(words) => escaped(&plain(words)),
        })
        .collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Words(words) => prose(words),
        Span::Spare(words) if words.is_empty() => String::new(),
        Span::Spare(words) => format!("<span class=f>{}</span>", prose(words)),
        Span::Toned(tone, words) => {
            format!("<span class={}>{}</span>", class(*tone), prose(words))
        }
        Span::Quoted(words) => code(words),
    }
}

/// Of what stands out in this tone.
const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "g",
        Tone::Warn => "w",
        Tone::Bad => "b",
        Tone::Faint => "f",
    }
}

/// As code, unless nothing of it shows.
fn code(words: &str) -> String {
    match broken(words) {
        nothing if nothing.is_empty() => nothing,
        broken => format!("<code>{broken}</code>"),
    }
}

/// Quoted text with places at which a long one may be broken, so that no URL is wider than a phone.
pub(super) fn broken(words: &str) -> String {
    let words = plain(words);
    if words.trim().is_empty() {
        return String::new();
    }
    let has_room = words.chars().count() <= UNBROKEN_MAX;
    let mut broken = String::with_capacity(words.len());
    let mut unbroken = 0;
    let mut rest = words.chars().peekable();
    while let Some(c) = rest.next() {
        push(c, &mut broken);
        unbroken = if c == ' ' { 0 } else { unbroken + 1 };
        let ends_a_part = matches!(c, '/' | '?' | '&' | '=' | ',' | ';' | ':');
        let next_is_part = rest.peek().is_some_and(|next| next.is_alphanumeric());
        let is_long = unbroken >= UNBROKEN_MAX && rest.peek().is_some();
        if (ends_a_part && next_is_part && !has_room) || is_long {
            broken.push_str("<wbr>");
            unbroken = 0;
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_markup_is_escaped() {
        for (hostile, shown) in [
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;"),
            ("a\u{0}\u{202e}b\nc", "a\u{fffd}\u{fffd}b c"),
        ] {
            assert_eq!(escaped(hostile), shown);
        }
    }

    #[test]
    fn a_string_of_css_ends_where_it_should() {
        assert_eq!(css("a\"b\\ </style>"), "a\\22 b\\5c  \\3c \\2f style\\3e ");
        assert_eq!(css("Zażółć 7"), "Zażółć 7");
    }

    #[test]
    fn long_words_can_be_broken() {
        for (quoted, shown) in [
            ("a/b//c", "<code>a/b//c</code>"),
            (
                "https://example.com/a",
                "<code>https://<wbr>example.com/<wbr>a</code>",
            ),
            ("a & b", "<code>a &amp; b</code>"),
            (
                "xxxxxxxxxxxxxxxxxxxxyy",
                "<code>xxxxxxxxxxxxxxxxxxxx<wbr>yy</code>",
            ),
            ("xxxxxxxxxxxxxxxxxxxx", "<code>xxxxxxxxxxxxxxxxxxxx</code>"),
            (" ", ""),
        ] {
            assert_eq!(code(quoted), shown);
        }
    }
}
