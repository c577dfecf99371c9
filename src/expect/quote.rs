//! Texts of an answer inside a sentence, cut to a length that people still read.

use std::io;

/// Most characters of one quoted text.
const CHARS_MAX: usize = 80;

/// The beginning of the text, in backticks. Not escaped: that is left to who shows it.
pub(super) fn quoted(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    // no character is longer than 4 bytes
    let beginning = &text[..text.len().min((CHARS_MAX + 1) * 4)];
    let beginning = String::from_utf8_lossy(beginning);
    let mut quoted = String::with_capacity(beginning.len().min(CHARS_MAX * 4) + 2);
    quoted.push('`');
    for (count, c) in beginning.chars().enumerate() {
        if count == CHARS_MAX {
            quoted.push('…');
            break;
        }
        quoted.push(c);
    }
    quoted.push('`');
    quoted
}

/// The beginning of the value as JSON, in backticks.
pub(super) fn quoted_json(value: &serde_json::Value) -> String {
    let mut beginning = Beginning(Vec::new());
    // it errs where it is cut
    let _ = serde_json::to_writer(&mut beginning, value);
    quoted(beginning.0)
}

/// The beginning of what is displayed, in backticks.
pub(super) fn quoted_display(value: &impl std::fmt::Display) -> String {
    use std::io::Write as _;
    let mut beginning = Beginning(Vec::new());
    let _ = write!(beginning, "{value}");
    quoted(beginning.0)
}

/// Takes what surely fills a quotation, and no more.
struct Beginning(Vec<u8>);

impl io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (CHARS_MAX + 1) * 4 - self.0.len();
        if room == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let taken = bytes.len().min(room);
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As in `1 redirect`, `2 redirects`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_short_whatever_is_quoted() {
        let long = "ä".repeat(100);
        let cut = format!("`{}…`", "ä".repeat(80));
        assert_eq!(quoted("a b"), "`a b`");
        assert_eq!(quoted(&long), cut);
        assert_eq!(quoted("ä".repeat(80)), format!("`{}`", "ä".repeat(80)));
        assert_eq!(quoted_display(&long), cut);
        assert_eq!(quoted(b"\xff"), "`\u{fffd}`");
        assert_eq!(
            quoted_json(&serde_json::json!({"a": [1, null]})),
            r#"`{"a":[1,null]}`"#
        );
        let list = vec!["xx"; 100_000];
        let cut = quoted_json(&serde_json::json!(list));
        assert!(cut.ends_with("…`") && cut.chars().count() == 83, "{cut}");
    }
}
