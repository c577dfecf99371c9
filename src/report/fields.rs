//! The lines of named values, and of foreign text, on a terminal.

use super::document::{Fields, Text, Tone, Verbatim};
use super::ink;
use super::text::harmless;

/// Before everything that stands below a title.
const INDENT: &str = "  ";

/// Between the longest name and the values.
const GAP: usize = 2;

/// Wider names have their values below them, so that one long name does not move all values.
const NAME_WIDTH_MAX: usize = 28;

/// Narrower, values are broken no further.
const VALUE_WIDTH_MIN: usize = 20;

const TAB: &str = "    ";

/// Values stand under each other, and go on under their own beginnings.
pub(super) fn lines(fields: &Fields, width_max: Option<usize>) -> Vec<String> {
    let names = fields
        .fields
        .iter()
        .map(|(name, _)| ink::width(&harmless(name)));
    let widest = names.filter(|width| *width <= NAME_WIDTH_MAX).max();
    let column = INDENT.len() + widest.unwrap_or(0) + GAP;
    let room = room(width_max, column);
    let mut lines = title(&fields.title);
    for (name, value) in &fields.fields {
        let name = harmless(name);
        let mut head = format!("{INDENT}{}", ink::toned(Tone::Faint, &name));
        let used = INDENT.len() + ink::width(&name);
        if used + GAP > column {
            lines.push(std::mem::take(&mut head));
        }
        let blanks = column - if head.is_empty() { 0 } else { used };
        let mut before = format!("{head}{}", " ".repeat(blanks));
        for part in broken(&ink::whole(value), room) {
            let line = format!("{before}{part}");
            lines.push(line.trim_end().to_owned());
            before = " ".repeat(column);
        }
    }
    lines
}

/// Foreign lines, each as it is but for what would leave its line.
pub(super) fn verbatim(verbatim: &Verbatim, width_max: Option<usize>) -> Vec<String> {
    let room = room(width_max, INDENT.len());
    let mut lines = title(&verbatim.title);
    for line in &verbatim.lines {
        let line = harmless(&line.replace('\t', TAB));
        let parts = cut_up(&line, room);
        lines.extend(parts.map(|part| format!("{INDENT}{part}").trim_end().to_owned()));
    }
    lines
}

fn title(title: &Text) -> Vec<String> {
    let title = ink::whole(title);
    if title.is_empty() {
        return Vec::new();
    }
    vec![title]
}

fn room(width_max: Option<usize>, used: usize) -> usize {
    let left = |width: usize| width.saturating_sub(used).max(VALUE_WIDTH_MIN);
    width_max.map_or(usize::MAX, left)
}

/// Between words where that is possible, else within them.
fn broken(line: &str, room: usize) -> Vec<String> {
    let wrapped = ink::wrapped("", line, room).into_iter();
    wrapped
        .flat_map(|line| cut_up(&line, room).collect::<Vec<_>>())
        .collect()
}

/// Pieces no wider than that; of nothing, one that is empty.
fn cut_up(line: &str, room: usize) -> impl Iterator<Item = String> {
    let mut pieces = vec![String::new()];
    let mut left = room;
    for c in line.chars() {
        let width = ink::width(c.encode_utf8(&mut [0; 4]));
        if width > left {
            pieces.push(String::new());
            left = room;
        }
        left = left.saturating_sub(width);
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[String]) -> Vec<String> {
        let plain = |line: &String| ink::inked(line, ink::Colour::Off);
        lines.iter().map(plain).collect()
    }

    #[test]
    fn values_stand_under_each_other_and_go_on_under_themselves() {
        let mut fields = Fields::titled("Headers");
        fields.add("server", "one two three four five");
        fields.add("etag", "0123456789abcdefghijklmnop");
        fields.add("a-name-that-is-longer-than-most", "x");
        fields.add("empty", "");
        assert_eq!(
            shown(&lines(&fields, Some(30))),
            [
                "Headers",
                "  server  one two three four",
                "          five",
                "  etag    0123456789abcdefghij",
                "          klmnop",
                "  a-name-that-is-longer-than-most",
                "          x",
                "  empty",
            ]
        );
        assert_eq!(lines(&fields, None).len(), 6);
    }

    #[test]
    fn foreign_lines_keep_their_shape_and_can_do_nothing() {
        let text = "{\n\t\"a\": 1\n}\n\u{1b}[2J";
        let verbatim = Verbatim {
            title: "Body".into(),
            lines: text.lines().map(str::to_owned).collect(),
        };
        assert_eq!(
            super::verbatim(&verbatim, Some(80)),
            ["Body", "  {", "      \"a\": 1", "  }", "  \u{fffd}[2J"]
        );
    }
}
