//! The outline of a shape, as the `d` of a path.

use std::fmt::Write as _;

use super::canvas::{WIDTH, hundredths};

/// A place this far from a straight line is on it, in hundredths of a pixel.
const OFF_MAX: i64 = 25;

/// At most so many places become one straight line, so that thinning takes no longer than drawing.
const THINNED_MAX: usize = 64;

/// Across as on the canvas; down in pixels, of curves in hundredths of one.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    path: String,
    /// Of the drawing, in pixels; `None` if it is stretched.
    width: Option<i64>,
}

impl Shape {
    pub(super) const fn new(width: Option<i64>) -> Self {
        Self {
            path: String::new(),
            width,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.path.is_empty()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A place or a length across, as it is written.
    pub(super) fn x(&self, part: i64) -> String {
        match self.width {
            Some(px) => hundredths(part.saturating_mul(px) * 100 / WIDTH),
            None => part.to_string(),
        }
    }

    pub(super) fn rectangle(&mut self, from: i64, to: i64, top: i64, height: i64) {
        let (x, length) = (self.x(from), self.x(to - from));
        self.push(format_args!("M{x} {top}h{length}v{height}h-{length}z"));
    }

    /// A level line.
    pub(super) fn level(&mut self, from: i64, to: i64, y: i64) {
        let (x, length) = (self.x(from), self.x(to - from));
        self.push(format_args!("M{x} {y}h{length}"));
    }

    /// An upright line.
    pub(super) fn upright(&mut self, at: i64, top: i64, height: i64) {
        let x = self.x(at);
        self.push(format_args!("M{x} {top}v{height}"));
    }

    /// A line through places, with `y` in hundredths of a pixel.
    pub(super) fn curve(&mut self, places: impl IntoIterator<Item = (i64, i64)>) {
        let mut letter = 'M';
        let places: Vec<_> = places.into_iter().collect();
        for (x, y) in thinned(&places) {
            let (x, y) = (self.x(x), hundredths(y));
            self.push(format_args!("{letter}{x} {y}"));
            letter = 'L';
        }
    }

    /// Goes back to where it began.
    pub(super) fn close(&mut self) {
        self.path.push('z');
    }

    fn push(&mut self, words: std::fmt::Arguments<'_>) {
        // writing to a string does not fail
        let _ = self.path.write_fmt(words);
    }
}

/// Without the places between which nobody sees a bend.
fn thinned(places: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut kept: Vec<(i64, i64)> = Vec::new();
    let mut begin = 0;
    for (at, place) in places.iter().enumerate() {
        let is_last = at + 1 == places.len();
        let reaches_on = !is_last
            && at > begin
            && at - begin < THINNED_MAX
            && is_straight(&places[begin..=at + 1]);
        if !reaches_on {
            kept.push(*place);
            begin = at;
        }
    }
    kept
}

/// Whether all places lie on the line from the first to the last, and in this order.
fn is_straight(places: &[(i64, i64)]) -> bool {
    let [(from, top), between @ .., (to, bottom)] = places else {
        return true;
    };
    let (across, down) = (to - from, bottom - top);
    between.iter().all(|(x, y)| {
        let along = x - from;
        let is_on_the_way = along * across.signum() > 0 && along.abs() < across.abs();
        is_on_the_way && (y - top - down * along / across).abs() <= OFF_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_between_which_nobody_sees_a_bend_are_left_out() {
        for (places, expected) in [
            (&[][..], &[][..]),
            (&[(0, 0)], &[(0, 0)]),
            (&[(0, 0), (5, 0), (9, 0)], &[(0, 0), (9, 0)]),
            (&[(0, 0), (5, 250), (9, 450)], &[(0, 0), (9, 450)]),
            (&[(0, 0), (5, 90), (9, 0)], &[(0, 0), (5, 90), (9, 0)]),
            (&[(0, 0), (0, 90), (0, 0)], &[(0, 0), (0, 90), (0, 0)]),
            // there and back
            (&[(0, 0), (9, 0), (5, 0)], &[(0, 0), (9, 0), (5, 0)]),
        ] {
            assert_eq!(thinned(places), expected, "{places:?}");
        }
    }
}
