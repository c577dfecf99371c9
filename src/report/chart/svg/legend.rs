//! What the signs of a drawing mean, in words.

use super::canvas::{Across, Anchor, CHARACTER, Canvas, Style};
use super::ink::Ink;
use crate::report::ink::{cut, width};
use crate::report::text::harmless;

const LINE: i64 = 20;

/// From a sign to its word.
const GAP: i64 = 5;

/// Between entries.
const APART: i64 = 14;

/// Most characters of a word: a name may be any length.
const WORD_MAX: usize = 40;

/// One sign with its word.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Shapes in pixels, above and right of the place that it stands on.
    pub(super) sign: Vec<(&'static str, Style)>,
    /// How wide the sign is, in pixels.
    pub(super) sign_width: i64,
    pub(super) word: String,
}

impl Entry {
    pub(super) fn new(sign: Vec<(&'static str, Style)>, word: &str) -> Self {
        Self {
            sign,
            sign_width: 14,
            word: cut(&harmless(word), WORD_MAX),
        }
    }
}

/// Where each entry stands: as many in a line as there is room for.
fn places<'e>(canvas: &Canvas, entries: &'e [Entry]) -> Vec<(i64, i64, &'e Entry)> {
    let room = i64::try_from(canvas.room_for(1)).unwrap_or(i64::MAX);
    let (mut x, mut line) = (0, 0);
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        let word = i64::try_from(width(&entry.word)).unwrap_or(0) * CHARACTER;
        let length = entry.sign_width + GAP + word;
        if x > 0 && x + length > room {
            (x, line) = (0, line + 1);
        }
        places.push((x, line, entry));
        x += length + APART;
    }
    places
}

/// How high it is.
pub(super) fn height(canvas: &Canvas, entries: &[Entry]) -> i64 {
    let places = places(canvas, entries);
    let lines = places.last().map_or(0, |(_, line, _)| line + 1);
    lines * LINE + 8
}

pub(super) fn draw(canvas: &mut Canvas, top: i64, entries: &[Entry]) {
    for (x, line, entry) in places(canvas, entries) {
        let y = top + 18 + line * LINE;
        for (d, style) in &entry.sign {
            canvas.symbol(Across::Px(x), y, d, *style);
        }
        let words = Across::Px(x + entry.sign_width + GAP);
        canvas.words(words, y, Anchor::Start, Ink::Muted, &entry.word);
    }
}
