//! The outline of a shape, as the `d` of a path.

use std::fmt::Write as _;

use super::canvas::{WIDTH, hundredths};

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
        for (x, y) in places {
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
