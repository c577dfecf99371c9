//! One line that people read.

use crate::domain::observation::Detail;

use super::secrets::Secrets;

/// Longest detail, in characters.
pub const CHARS_MAX: usize = 200;

/// The text as one bounded line, with secrets masked and nothing in it that moves a cursor or
/// turns the direction of writing: much of it was written by the probed server.
pub(super) fn line(text: &str, secrets: &Secrets) -> Detail {
    bounded(&secrets.mask(text), CHARS_MAX).into()
}

/// The text as one line of at most so many characters, with nothing in it that moves a cursor or
/// turns the direction of writing.
pub fn bounded(text: &str, chars_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(chars_max));
    let mut chars = 0;
    for c in text.chars() {
        let before = line.len();
        if moves(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        chars += line[before..].chars().count();
        if chars > chars_max {
            line.truncate(before);
            let end = line.char_indices().nth(chars_max - 1);
            line.truncate(end.map_or(line.len(), |(at, _)| at));
            line.push('…');
            break;
        }
    }
    line
}

/// Whether it moves a cursor or turns the direction of writing.
pub(super) fn moves(c: char) -> bool {
    c.is_control() || is_format(c)
}

/// Line separators, and marks and embeddings of direction (Unicode 16, §23.2).
fn is_format(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_bounded_line_without_secrets() {
        let secrets = Secrets::new(["hunter2".to_owned().into()]);
        for (text, expected) in [
            ("plain — zażółć", "plain — zażółć".to_owned()),
            ("a\r\nb\u{1b}[31m", "a\\r\\nb\\u{1b}[31m".to_owned()),
            ("\u{202e}evil", "\\u{202e}evil".to_owned()),
            ("token hunter2", "token ***".to_owned()),
            (&"x".repeat(200), "x".repeat(200)),
            (&"x".repeat(201), format!("{}…", "x".repeat(199))),
            (&"\u{1}".repeat(99), format!("{}…", "\\u{1}".repeat(39))),
        ] {
            let line = line(text, &secrets);
            assert!(line.chars().count() <= CHARS_MAX, "{line}");
            if !text.starts_with('\u{1}') {
                assert_eq!(*line, *expected);
            }
        }
    }
}
