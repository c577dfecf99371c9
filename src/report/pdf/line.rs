//! Text as lines: broken between words, or within one that is longer than a line.

use super::super::document::{Span, Text, Tone};
use super::super::text::{harmless, plain};
use super::face::{Face, Fonts};
use super::style::Ink;

/// Longest name, in characters; PDF/A has strings of 32767 bytes at most, and these take two or four
/// bytes a character.
const NAME_MAX: usize = 4000;

/// Words that look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) face: Face,
    pub(super) ink: Ink,
    pub(super) words: String,
}

/// Where one line of text ends, the blank that it was broken at still stands: whoever copies the
/// text gets words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    /// Without the blank at its end.
    pub(super) width: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    /// That has all of the characters, or none of them.
    pub(super) face: Face,
    pub(super) ink: Ink,
    pub(super) words: String,
    pub(super) width: f32,
}

impl Piece {
    pub(super) fn new(face: Face, ink: Ink, words: &str) -> Self {
        Self {
            face,
            ink,
            words: printable(words),
        }
    }
}

/// The text with its tones; what is bad stands out without colour, too. If it is to be brief, the
/// spare words are left out.
pub(super) fn pieces(text: &Text, face: Face, is_brief: bool) -> Vec<Piece> {
    let piece = |span: &Span| match span {
        Span::Spare(_) if is_brief => None,
        Span::Words(words) | Span::Spare(words) => {
            Some(Piece::new(face, Ink::Text, &harmless(words)))
        }
        Span::Quoted(words) => Some(Piece::new(face, Ink::Text, &plain(words))),
        Span::Toned(tone, words) => {
            let face = if *tone == Tone::Bad { Face::Bold } else { face };
            Some(Piece::new(face, Ink::of(*tone), &harmless(words)))
        }
    };
    text.0.iter().filter_map(piece).collect()
}

/// The same as a name, which files give away elsewhere than on their pages; they cannot be long.
pub(super) fn name(words: &str) -> String {
    printable(&harmless(words)).chars().take(NAME_MAX).collect()
}

/// What archives must not hold gives way: it means nothing outside of the system that it is from.
fn printable(words: &str) -> String {
    let shown = |c: char| match c {
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'.. => {
            char::REPLACEMENT_CHARACTER
        }
        c if u32::from(c) & 0xfffe == 0xfffe || c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    words.chars().map(shown).collect()
}

/// A character with its looks.
#[derive(Clone, Copy)]
struct Letter {
    c: char,
    face: Face,
    ink: Ink,
    advance: f32,
}

/// On one line, however wide.
pub(super) fn line(fonts: &Fonts, pieces: &[Piece], size: f32) -> Line {
    gathered(&letters(fonts, pieces, size))
}

/// As wide as `room`; there is at least one line.
pub(super) fn wrapped(fonts: &Fonts, pieces: &[Piece], size: f32, room: f32) -> Vec<Line> {
    let letters = letters(fonts, pieces, size);
    let mut lines = Vec::new();
    let mut rest = &letters[..];
    while let Some(at) = break_in(rest, room) {
        let (line, more) = rest.split_at(at);
        lines.push(gathered(line));
        rest = more;
    }
    lines.push(gathered(rest));
    lines
}

fn letters(fonts: &Fonts, pieces: &[Piece], size: f32) -> Vec<Letter> {
    let of_piece = |piece: &Piece| {
        let (face, ink) = (piece.face, piece.ink);
        let letter = move |c| {
            let shape = fonts.shape(c, face);
            Letter {
                c,
                face: shape.face,
                ink,
                advance: shape.advance * size,
            }
        };
        piece.words.chars().map(letter).collect::<Vec<_>>()
    };
    pieces.iter().flat_map(of_piece).collect()
}

/// Where the next line begins: after a blank, else after a sign that parts long words, else where
/// the room ends. `None` if the rest fits.
fn break_in(letters: &[Letter], room: f32) -> Option<usize> {
    let mut width = 0.0;
    let (mut after_blank, mut after_sign) = (None, None);
    for (at, letter) in letters.iter().enumerate() {
        width += letter.advance;
        if letter.c == ' ' {
            after_blank = Some(at + 1);
        } else if width > room && at > 0 {
            return after_blank.or(after_sign).or(Some(at));
        } else if matches!(letter.c, '/' | '-' | '_' | '.' | ',' | '&' | '?' | '=') {
            after_sign = Some(at + 1);
        }
    }
    None
}

fn gathered(letters: &[Letter]) -> Line {
    let mut line = Line::default();
    for letter in letters {
        match line.runs.last_mut() {
            Some(run) if run.face == letter.face && run.ink == letter.ink => {
                run.words.push(letter.c);
                run.width += letter.advance;
            }
            _ => line.runs.push(Run {
                face: letter.face,
                ink: letter.ink,
                words: letter.c.into(),
                width: letter.advance,
            }),
        }
    }
    let blanks = letters.iter().rev().take_while(|letter| letter.c == ' ');
    let blanks: f32 = blanks.map(|letter| letter.advance).sum();
    line.width = line.runs.iter().map(|run| run.width).sum::<f32>() - blanks;
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &Text, room: f32) -> Vec<String> {
        let fonts = Fonts::new();
        let lines = wrapped(&fonts, &pieces(text, Face::Regular, false), 10.0, room);
        let words = |line: &Line| line.runs.iter().map(|run| run.words.as_str()).collect();
        lines.iter().map(words).collect()
    }

    #[test]
    fn lines_break_between_words_and_within_what_is_too_long() {
        for (words, room, lines) in [
            ("", 50.0, vec![""]),
            ("one two three", 500.0, vec!["one two three"]),
            ("one two three", 40.0, vec!["one two ", "three"]),
            ("aaaa/bbbb/cccc", 50.0, vec!["aaaa/", "bbbb/cccc"]),
            ("iiiiiiiiii", 10.0, vec!["iiii", "iiii", "ii"]),
            ("日本", 1.0, vec!["日", "本"]),
        ] {
            assert_eq!(shown(&words.into(), room), lines, "{words}");
        }
    }

    #[test]
    fn a_word_that_changes_its_tone_stays_whole() {
        let text = Text::from("one (")
            .then(Text::toned(Tone::Bad, "two"))
            .then(")");
        assert_eq!(shown(&text, 40.0), ["one ", "(two)"]);
    }

    #[test]
    fn what_has_no_meaning_elsewhere_is_not_printed() {
        for hostile in [
            "\u{e000}",
            "\u{fdd0}",
            "\u{ffff}",
            "\u{10fffe}",
            "\u{f0000}",
            "\0",
        ] {
            assert_eq!(printable(hostile), "\u{fffd}", "{hostile:?}");
        }
        assert_eq!(printable("日本 Ω ≤ 🐈"), "日本 Ω ≤ 🐈");
        assert_eq!(name("a\nb\u{fffe}"), "a b\u{fffd}");
        assert_eq!(name(&"x".repeat(9000)).len(), NAME_MAX);
    }
}
