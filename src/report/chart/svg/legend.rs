//! What the signs of a drawing mean, in words.

use super::canvas::{Across, Anchor, Canvas, Style};
use super::ink::Ink;

/// Of one entry.
const COLUMN: i64 = 108;
const LINE: i64 = 20;

/// How wide a sign is drawn.
pub(super) const SIGN: i64 = 14;

/// One sign with its word.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Shapes in pixels, from the lower left corner of a box of [`SIGN`] by 12.
    pub(super) sign: Vec<(&'static str, Style)>,
    pub(super) word: String,
}

/// How high it is.
pub(super) fn height(canvas: &Canvas, entries: usize) -> i64 {
    let lines = entries.div_ceil(canvas.room_for(COLUMN));
    i64::try_from(lines).unwrap_or(0) * LINE + 8
}

pub(super) fn draw(canvas: &mut Canvas, top: i64, entries: &[Entry]) {
    let columns = canvas.room_for(COLUMN);
    let (mut x, mut y) = (0, top + 18);
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 && at % columns == 0 {
            (x, y) = (0, y + LINE);
        }
        for (d, style) in &entry.sign {
            canvas.symbol(Across::Px(x), y, d, *style);
        }
        let words = Across::Px(x + SIGN + 5);
        canvas.words(words, y, Anchor::Start, Ink::Muted, &entry.word);
        x += COLUMN;
    }
}
