//! Lines of a terminal while they are measured and cut: their tones are marks without a width,
//! which become escape sequences, or nothing, when the line is written.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::document::{Span, Text, Tone};
use super::text::{harmless, plain};

/// Whether escape sequences for colour may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

/// Stand for the beginning of a tone and its end. They have no width, and [`harmless`] lets none
/// through from outside.
const MARKS: [(char, &str); 5] = [
    (mark(Tone::Good), "\u{1b}[32m"),
    (mark(Tone::Warn), "\u{1b}[33m"),
    (mark(Tone::Bad), "\u{1b}[1;31m"),
    (mark(Tone::Faint), "\u{1b}[2m"),
    (MARK_END, "\u{1b}[0m"),
];
const MARK_END: char = '\u{2060}';

const fn mark(tone: Tone) -> char {
    match tone {
        Tone::Good => '\u{2061}',
        Tone::Warn => '\u{2062}',
        Tone::Bad => '\u{2063}',
        Tone::Faint => '\u{2064}',
    }
}

/// All of the text on one line, with marks.
pub(super) fn whole(text: &Text) -> String {
    line(&text.0, |_| true)
}

/// The same without the words that are spare.
pub(super) fn brief(text: &Text) -> String {
    line(&text.0, |span| !matches!(span, Span::Spare(_)))
}

fn line(spans: &[Span], wanted: fn(&&Span) -> bool) -> String {
    let mut line = String::new();
    for span in spans.iter().filter(wanted) {
        match span {
            Span::Words(words) | Span::Spare(words) => line.push_str(&harmless(words)),
            Span::Quoted(words) => line.push_str(&plain(words)),
            Span::Toned(tone, words) => line.push_str(&toned(*tone, &harmless(words))),
        }
    }
    line
}

/// The words between the marks of the tone.
pub(super) fn toned(tone: Tone, words: &str) -> String {
    format!("{}{words}{MARK_END}", mark(tone))
}

/// In columns of the terminal.
pub(super) fn width(line: &str) -> usize {
    line.width()
}

/// Cut to the width, with `…` where something is missing.
pub(super) fn cut(line: &str, width_max: usize) -> String {
    if width(line) <= width_max {
        return line.to_owned();
    }
    let mut room = width_max.saturating_sub(1);
    let mut cut = String::new();
    let mut toned = false;
    for c in line.chars() {
        let Some(left) = room.checked_sub(c.width().unwrap_or(0)) else {
            break;
        };
        room = left;
        if MARKS.iter().any(|(mark, _)| *mark == c) {
            toned = c != MARK_END;
        }
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    if toned {
        cut.push(MARK_END);
    }
    cut
}

/// Broken between words. The first line begins with the bullet, the others stand under its text. A
/// word that is wider than the line stays whole.
pub(super) fn wrapped(bullet: &str, line: &str, width_max: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::from(bullet);
    let mut words = 0;
    for word in line.split(' ') {
        if words > 0 && width(&current) + 1 + width(word) > width_max {
            lines.push(std::mem::replace(&mut current, " ".repeat(bullet.len())));
            words = 0;
        }
        if words > 0 {
            current.push(' ');
        }
        current.push_str(word);
        words += 1;
    }
    lines.push(current);
    lines
}

/// With escape sequences in place of the marks, or nothing.
pub(super) fn inked(line: &str, colour: Colour) -> String {
    let mut inked = String::with_capacity(line.len());
    for c in line.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == c) {
            Some((_, escape)) if colour == Colour::On => inked.push_str(escape),
            Some(_) => {}
            None => inked.push(c),
        }
    }
    inked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_keeps_its_tone_to_itself() {
        for (words, width_max, shown) in [
            ("timeout", 7, "timeout"),
            ("timeout", 6, "timeo…"),
            ("no answer", 4, "no…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(cut(words, width_max), shown);
            assert!(width(&cut(words, width_max)) <= width_max);
        }
        let red = cut(&toned(Tone::Bad, "no answer"), 5);
        assert_eq!(inked(&red, Colour::On), "\u{1b}[1;31mno a…\u{1b}[0m");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("- ", "one two three", 9), ["- one two", "  three"]);
        assert_eq!(wrapped("", "indivisible", 4), ["indivisible"]);
    }
}
