//! What the signs of a drawing mean, in words.

use super::canvas::{Across, Anchor, CHARACTER, Canvas, Style};
use super::ink::Ink;
use crate::report::ink::{cut, width};
use crate::report::text::harmless;

const LINE: i64 = 20;

/// From a sign to its word.
const GAP: i64 = 5;

/// Of one entry, at least.
const COLUMN_MIN: i64 = 96;

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

/// Entries in columns, as many as there is room for.
#[derive(Debug)]
struct Columns {
    count: usize,
    width: i64,
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

impl Columns {
    fn of(canvas: &Canvas, entries: &[Entry]) -> Self {
        let widths = entries.iter().map(|entry| {
            let word = i64::try_from(width(&entry.word)).unwrap_or(0);
            entry.sign_width + GAP + word * CHARACTER
        });
        let width = widths.max().unwrap_or(0).max(COLUMN_MIN);
        Self {
            count: canvas.room_for(width),
            width,
        }
    }
}

/// How high it is.
pub(super) fn height(canvas: &Canvas, entries: &[Entry]) -> i64 {
    let lines = entries.len().div_ceil(Columns::of(canvas, entries).count);
    i64::try_from(lines).unwrap_or(0) * LINE + 8
}

pub(super) fn draw(canvas: &mut Canvas, top: i64, entries: &[Entry]) {
    let columns = Columns::of(canvas, entries);
    let (mut x, mut y) = (0, top + 18);
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 && at % columns.count == 0 {
            (x, y) = (0, y + LINE);
        }
        for (d, style) in &entry.sign {
            canvas.symbol(Across::Px(x), y, d, *style);
        }
        let words = Across::Px(x + entry.sign_width + GAP);
        canvas.words(words, y, Anchor::Start, Ink::Muted, &entry.word);
        x += columns.width;
    }
}
