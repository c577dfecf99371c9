//! Lines for a person: fields with names, in colour where a terminal shows it, wrapped to its
//! width.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

use super::waterfall::{self, INDENT, Kind, Span};
use crate::domain::observation::OutcomeKind;
use crate::domain::time::Micros;
use crate::report::table::{self, Colour};

/// Where lines go.
pub(super) struct Page<'o> {
    pub(super) format: table::Page,
    pub(super) out: &'o mut dyn Write,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Bold,
    Good,
    Warn,
    Bad,
    Faint,
    Cyan,
    Blue,
    Magenta,
}

/// Of the bars of a waterfall, in turn; none is a colour that judges.
const BARS: [Ink; 3] = [Ink::Cyan, Ink::Blue, Ink::Magenta];

/// Columns of a waterfall where no terminal tells.
const WIDTH_DEFAULT: usize = 80;

/// Columns of the names of fields.
const NAME_WIDTH: usize = 11;

impl Ink {
    pub(super) const fn of(kind: OutcomeKind) -> Self {
        match kind {
            OutcomeKind::Ok => Self::Good,
            OutcomeKind::Slow | OutcomeKind::Inconclusive => Self::Warn,
            OutcomeKind::Fail => Self::Bad,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Good => "1;32",
            Self::Warn => "1;33",
            Self::Bad => "1;31",
            Self::Faint => "2",
            Self::Cyan => "36",
            Self::Blue => "34",
            Self::Magenta => "35",
        }
    }
}

impl Page<'_> {
    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        match self.format.colour {
            Colour::On if !text.is_empty() => format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()),
            _ => text.to_owned(),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.format.width.unwrap_or(WIDTH_DEFAULT)
    }

    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// The value after the name, its further lines below its first. An empty name stands for the
    /// one before.
    pub(super) fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        let before = INDENT + NAME_WIDTH + 1;
        let name = format!("{name:<NAME_WIDTH$}");
        let mut name = format!("  {} ", self.paint(Ink::Faint, &name));
        for line in self.wrapped(value, before) {
            writeln!(self.out, "{}", format!("{name}{line}").trim_end())?;
            name = " ".repeat(before);
        }
        Ok(())
    }

    /// A paragraph in one ink.
    pub(super) fn paragraph(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        for line in self.wrapped(text, INDENT) {
            let line = self.paint(ink, &line);
            writeln!(self.out, "  {line}")?;
        }
        Ok(())
    }

    /// A mark, and text beside it.
    pub(super) fn marked(&mut self, ink: Ink, mark: &str, text: &str) -> io::Result<()> {
        let before = INDENT + 2;
        let mut start = format!("  {} ", self.paint(ink, mark));
        for line in self.wrapped(text, before) {
            writeln!(self.out, "{start}{line}")?;
            start = " ".repeat(before);
        }
        Ok(())
    }

    pub(super) fn waterfall(&mut self, spans: &[Span], total: Micros) -> io::Result<()> {
        for row in waterfall::rows(spans, total, self.width()) {
            let (name, bar) = match row.kind {
                Kind::Span(number) => (Ink::Faint, BARS[number % BARS.len()]),
                Kind::Failed => (Ink::Bad, Ink::Bad),
                Kind::Total => (Ink::Bold, Ink::Faint),
            };
            let line = if row.bar.is_empty() {
                format!("  {}  {}", self.paint(name, &row.name), row.figures)
            } else {
                format!(
                    "  {}  {}  {}",
                    self.paint(name, &row.name),
                    row.figures,
                    self.paint(bar, &row.bar)
                )
            };
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Lines that fit beside `before` columns. Where no terminal sets a width, all of it on one.
    fn wrapped(&self, text: &str, before: usize) -> Vec<String> {
        match self.format.width {
            // narrower than a word there is no sense in it
            Some(width) => wrap(text, width.saturating_sub(before).max(WORD_MIN)),
            None => vec![text.to_owned()],
        }
    }
}

/// Room that is always given to text, in columns.
const WORD_MIN: usize = 16;

/// Broken between words; a word that is too long alone, as URLs are, is broken anywhere. Colours
/// take no room.
fn wrap(text: &str, width_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = width_max;
    for word in text.split_inclusive(' ') {
        let width: usize = widths(word.trim_end()).map(|(_, width)| width).sum();
        if width > room && room < width_max {
            lines.push(String::new());
            room = width_max;
        }
        for (c, width) in widths(word) {
            if width > room {
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                room = width_max;
            }
            room = room.saturating_sub(width);
            let last = lines.len() - 1;
            lines[last].push(c);
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Each character with its columns: none for those of an escape sequence of ours.
fn widths(text: &str) -> impl Iterator<Item = (char, usize)> {
    let mut escaping = false;
    text.chars().map(move |c| {
        escaping |= c == '\u{1b}';
        let width = if escaping { 0 } else { c.width().unwrap_or(0) };
        escaping &= c != 'm';
        (c, width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_in_words_that_are_too_long() {
        for (text, width, lines) in [
            ("one two three", 8, &["one two", "three"][..]),
            ("one two", 7, &["one two"]),
            (
                "a https://x.example/y",
                10,
                &["a", "https://x.", "example/y"],
            ),
            ("日本語", 4, &["日本", "語"]),
            ("", 4, &[""]),
            (
                "a \u{1b}[1;32mgood one\u{1b}[0m",
                10,
                &["a \u{1b}[1;32mgood one\u{1b}[0m"],
            ),
        ] {
            assert_eq!(wrap(text, width), lines, "{text}");
        }
    }
}
