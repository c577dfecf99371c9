//! Where the cells of a grid stand, so that it fits a printed page and a window of a laptop.

use std::borrow::Cow;

use super::escape::UNBROKEN_MAX;
use crate::report::document::{Align, Column, Concession, Grid, Text};
use crate::report::ink;
use crate::report::places::{Measure, Place, placed};

/// What a row may measure, in characters: as many as a line of A4 has in the size in which tables
/// are printed.
const WIDTH_MAX: usize = 116;

/// Prose is broken into lines in a column of this width.
const PROSE_WIDTH: usize = 24;

/// In characters of middling width.
struct InCharacters;

impl Measure for InCharacters {
    const GAP: usize = 2;
    const CHARACTER: usize = 1;

    fn whole(&self, cell: &Text) -> usize {
        needed(&ink::whole(cell))
    }

    fn brief(&self, cell: &Text) -> usize {
        needed(&ink::brief(cell))
    }

    fn title(&self, title: &str) -> usize {
        longest_word(title)
    }
}

/// The place of each column. `None` if it stands in the cell before it, in small type: its bounds.
pub(super) fn places(grid: &Grid) -> Vec<Option<Place>> {
    let stands_alone = |at: usize| match &grid.columns[..=at] {
        [.., before, column] => !is_bounds(column, before),
        _ => true,
    };
    let narrowed = narrowed(grid, stands_alone);
    let mut in_order = placed(&narrowed, &InCharacters, Some(WIDTH_MAX))
        .places
        .into_iter();
    let all = 0..grid.columns.len();
    all.map(|at| {
        if stands_alone(at) {
            in_order.next()
        } else {
            None
        }
    })
    .collect()
}

/// Without the columns of bounds; where these are wider than what they bound, they stand for it.
fn narrowed(grid: &Grid, stands_alone: impl Fn(usize) -> bool) -> Grid {
    let columns = grid.columns.iter().enumerate();
    let columns: Vec<_> = columns.filter(|(at, _)| stands_alone(*at)).collect();
    let row = |row: &Vec<Text>| {
        let mut cells: Vec<Cow<Text>> = Vec::with_capacity(columns.len());
        for (at, cell) in row.iter().enumerate() {
            match cells.last_mut() {
                Some(bounded) if !stands_alone(at) => {
                    if width_of_bounds(cell) > InCharacters.whole(bounded) {
                        *bounded = Cow::Borrowed(cell);
                    }
                }
                _ => cells.push(Cow::Borrowed(cell)),
            }
        }
        cells.into_iter().map(Cow::into_owned).collect()
    };
    let is_of_column = |concession: &&Concession| {
        let (Concession::Brief(title)
        | Concession::Cut(title, _)
        | Concession::Below(title, _)
        | Concession::Drop(title)) = concession;
        columns.iter().any(|(_, column)| column.title == *title)
    };
    Grid {
        rows: grid.rows.iter().map(row).collect(),
        concessions: grid
            .concessions
            .iter()
            .filter(is_of_column)
            .copied()
            .collect(),
        columns: columns.into_iter().map(|(_, column)| *column).collect(),
    }
}

/// Whether it tells the bounds of the column before it, which then is one of numbers.
fn is_bounds(column: &Column, before: &Column) -> bool {
    before.align == Align::Right && column.title.to_lowercase().ends_with("low – high")
}

/// On a line of their own, in small type, without spare words.
fn width_of_bounds(bounds: &Text) -> usize {
    ink::width(&ink::brief(bounds)) * 7 / 8
}

/// Words are broken into lines.
fn needed(shown: &str) -> usize {
    let longest_word = longest_word(shown).min(UNBROKEN_MAX);
    ink::width(shown).min(PROSE_WIDTH).max(longest_word)
}

fn longest_word(words: &str) -> usize {
    words.split(' ').map(ink::width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{left, right};

    fn grid(words: usize) -> Grid {
        let columns = [
            left("Of"),
            right("Lasted"),
            right("Low – high"),
            right("First"),
            right("Second"),
            right("Third"),
            right("Fourth"),
            right("Fifth"),
            left("Note"),
        ];
        let mut grid = Grid::new(&columns).conceding(&[
            Concession::Below("Note", "note "),
            Concession::Below("Low – high", "lasted "),
        ]);
        let long = || Text::from("7 ".repeat(words));
        let cells = [
            "x".into(),
            "1".into(),
            "0 – 2".into(),
            long(),
            long(),
            long(),
            long(),
            long(),
        ];
        grid.row(
            cells
                .into_iter()
                .chain(["some words and more of them".into()]),
        );
        grid
    }

    #[test]
    fn columns_give_way_one_after_the_other() {
        for (words, note, fifth) in [
            (5, Place::Whole, Place::Whole),
            (8, Place::Below("note "), Place::Whole),
            (12, Place::Below("note "), Place::Titled),
        ] {
            let whole = Some(Place::Whole);
            let mut expected = vec![whole; 9];
            expected[2] = None;
            (expected[7], expected[8]) = (Some(fifth), Some(note));
            assert_eq!(places(&grid(words)), expected, "{words} words");
        }
    }
}
