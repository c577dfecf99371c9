//! Where the cells of a grid stand, so that it fits a printed page and a window of a laptop.

use crate::report::document::{Align, Column, Concession, Grid, Text};
use crate::report::ink;

use super::escape::UNBROKEN_MAX;

/// What a row may measure, in characters: as many as a line of A4 has in the size in which tables
/// are printed.
const WIDTH_MAX: usize = 118;

/// Between two columns.
const GAP: usize = 2;

/// Prose is broken into lines in a column of this width.
const PROSE_WIDTH: usize = 24;

/// What became of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Whole,
    /// Without spare words.
    Brief,
    /// In the cell before it, in small type: its bounds.
    Bounds,
    /// Below the row, after these words.
    Below(&'static str),
    /// Below the row, after the column's title.
    Titled,
    Nowhere,
}

impl Place {
    pub(super) const fn is_in_row(self) -> bool {
        matches!(self, Self::Whole | Self::Brief)
    }
}

/// The place of each column.
pub(super) fn places(grid: &Grid) -> Vec<Place> {
    let columns = &grid.columns;
    let mut places: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| match at {
            0 => Place::Whole,
            _ if is_bounds(column) => Place::Bounds,
            _ => Place::Whole,
        })
        .collect();
    let widths = widths(grid);
    let mut concessions = grid.concessions.iter();
    while row_width(&widths, &places) > WIDTH_MAX {
        let (title, place) = match concessions.next() {
            Some(Concession::Brief(title)) => (title, Place::Brief),
            Some(Concession::Below(title, label)) => (title, Place::Below(label)),
            Some(Concession::Drop(title)) => (title, Place::Nowhere),
            // it is broken into lines anyway
            Some(Concession::Cut(..)) => continue,
            None => match last_in_row(&places) {
                Some(at) => {
                    places[at] = Place::Titled;
                    continue;
                }
                None => break,
            },
        };
        let at = columns.iter().position(|column| column.title == *title);
        if let Some(at) = at.filter(|at| places[*at].is_in_row()) {
            places[at] = place;
        }
    }
    places
}

/// Whether it tells the bounds of the column before it.
fn is_bounds(column: &Column) -> bool {
    column.title.to_lowercase().ends_with("low – high")
}

/// Where a grid's own concessions do not suffice, columns on the right give way, but never the
/// first.
fn last_in_row(places: &[Place]) -> Option<usize> {
    let last = places.iter().rposition(|place| place.is_in_row())?;
    (last > 0).then_some(last)
}

/// Of a column, with its spare words and without.
#[derive(Clone, Copy, Debug, Default)]
struct Width {
    whole: usize,
    brief: usize,
}

fn widths(grid: &Grid) -> Vec<Width> {
    let width = |(at, column): (usize, &Column)| {
        let of = |shown: fn(&Text) -> String| {
            let cells = grid.rows.iter().filter_map(|row| row.get(at));
            let cells = cells.map(|cell| needed(&shown(cell), column.align));
            cells.max().unwrap_or(0).max(longest_word(column.title))
        };
        Width {
            whole: of(ink::whole),
            brief: of(ink::brief),
        }
    };
    grid.columns.iter().enumerate().map(width).collect()
}

/// Numbers keep to one line, words do not.
fn needed(shown: &str, align: Align) -> usize {
    let width = ink::width(shown);
    match align {
        Align::Right => width,
        Align::Left => width
            .min(PROSE_WIDTH)
            .max(longest_word(shown).min(UNBROKEN_MAX)),
    }
}

fn longest_word(words: &str) -> usize {
    words.split(' ').map(ink::width).max().unwrap_or(0)
}

fn row_width(widths: &[Width], places: &[Place]) -> usize {
    let mut columns: Vec<usize> = Vec::new();
    for (width, place) in widths.iter().zip(places) {
        match place {
            Place::Whole => columns.push(width.whole),
            Place::Brief => columns.push(width.brief),
            Place::Bounds => {
                // in small type, and on a line of its own
                if let Some(column) = columns.last_mut() {
                    *column = (*column).max(width.brief * 7 / 8);
                }
            }
            Place::Below(_) | Place::Titled | Place::Nowhere => {}
        }
    }
    columns.iter().map(|width| width + GAP).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{left, right};

    fn grid(length: usize) -> Grid {
        let columns = [
            left("Of"),
            right("Lasted"),
            left("Low – high"),
            right("Sum"),
            left("Note"),
        ];
        let mut grid = Grid::new(&columns).conceding(&[Concession::Below("Note", "note ")]);
        let long = "7".repeat(length);
        let cells = ["x".into(), "1".into(), "0 – 2".into(), Text::from(long)];
        grid.row(
            cells
                .into_iter()
                .chain(["some words and more of them".into()]),
        );
        grid
    }

    #[test]
    fn columns_give_way_one_after_the_other() {
        use Place::{Below, Bounds, Titled, Whole};
        for (length, expected) in [
            (10, [Whole, Whole, Bounds, Whole, Whole]),
            (90, [Whole, Whole, Bounds, Whole, Below("note ")]),
            (200, [Whole, Whole, Bounds, Titled, Below("note ")]),
        ] {
            assert_eq!(places(&grid(length)), expected, "length {length}");
        }
    }
}
