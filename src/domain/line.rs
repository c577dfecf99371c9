//! What people write of their own: notes, causes, names.

use std::sync::Arc;

/// Longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 500;

/// The text, if it is one line that can be shown.
pub fn one_line(text: &str) -> Option<Arc<str>> {
    let text = text.trim();
    let shows =
        !text.is_empty() && text.len() <= LINE_BYTES_MAX && !text.contains(char::is_control);
    shows.then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_not_too_long() {
        let most = "x".repeat(LINE_BYTES_MAX);
        for (text, line) in [
            ("a cable was cut", Some("a cable was cut")),
            ("  »cut«\n", Some("»cut«")),
            (&most, Some(&most[..])),
            (&format!("{most}x"), None),
            ("", None),
            (" \t ", None),
            ("two\nlines", None),
            ("\u{1b}[2J", None),
        ] {
            assert_eq!(one_line(text).as_deref(), line, "{text:?}");
        }
    }
}
