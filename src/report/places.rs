//! Where the columns of a grid stand: they give way, one concession after the other, until they fit.

use super::document::{Column, Concession, Grid, Text};

/// What became of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Whole,
    Brief,
    /// Narrower than its cells, but not below so many characters.
    Cut(usize),
    /// Below the row, after these words.
    Below(&'static str),
    /// Below the row, after the column's title.
    Titled,
    Nowhere,
}

/// How wide things are, in the unit of what the grid is written for.
pub(super) trait Measure {
    /// Between columns.
    const GAP: usize;
    /// One of middling width.
    const CHARACTER: usize;

    fn whole(&self, cell: &Text) -> usize;

    /// Without the words that are spare.
    fn brief(&self, cell: &Text) -> usize;

    fn title(&self, title: &str) -> usize;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// Of each column.
    pub(super) places: Vec<Place>,
    /// Of each column; `None` for those that have no place in the row.
    pub(super) widths: Vec<Option<usize>>,
}

/// The least that has to be conceded. Without a width to fit, that is nothing. If all concessions
/// are not enough, the grid stays wider than it should be.
pub(super) fn placed<M: Measure>(grid: &Grid, measure: &M, width_max: Option<usize>) -> Placed {
    let mut places = vec![Place::Whole; grid.columns.len()];
    let mut concessions = grid.concessions.iter();
    let widest = widest(grid, measure);
    let widths = loop {
        let widths: Vec<_> = places
            .iter()
            .zip(&widest)
            .map(|(place, widest)| widest.at(*place))
            .collect();
        let Some(width_max) = width_max else {
            break widths;
        };
        if let Some(widths) = fit::<M>(&widths, &places, width_max) {
            break widths;
        }
        match concessions.next() {
            Some(concession) => concede(grid, *concession, &mut places),
            None => match last_in_row(&places) {
                Some(at) => places[at] = Place::Titled,
                // it can be no narrower
                None => break widths,
            },
        }
    };
    Placed { places, widths }
}

impl Place {
    pub(super) fn is_in_row(self) -> bool {
        matches!(self, Self::Whole | Self::Brief | Self::Cut(_))
    }

    /// What stands before the column's cells below their rows, if they do.
    pub(super) fn label(self, column: Column) -> Option<String> {
        match self {
            Self::Below(label) => Some(label.to_owned()),
            Self::Titled => {
                let title = column.title.trim_end_matches(" (UTC)");
                Some(format!("{} ", title.to_lowercase()))
            }
            Self::Whole | Self::Brief | Self::Cut(_) | Self::Nowhere => None,
        }
    }
}

/// The width of a column in the row.
struct Widest {
    whole: usize,
    brief: usize,
}

impl Widest {
    fn at(&self, place: Place) -> Option<usize> {
        match place {
            Place::Below(_) | Place::Titled | Place::Nowhere => None,
            Place::Brief => Some(self.brief),
            Place::Whole | Place::Cut(_) => Some(self.whole),
        }
    }
}

/// Of each column, its title among its cells.
fn widest(grid: &Grid, measure: &impl Measure) -> Vec<Widest> {
    let mut widest: Vec<_> = grid
        .columns
        .iter()
        .map(|column| measure.title(column.title))
        .map(|title| Widest {
            whole: title,
            brief: title,
        })
        .collect();
    for row in &grid.rows {
        for (widest, cell) in widest.iter_mut().zip(row) {
            widest.whole = widest.whole.max(measure.whole(cell));
            widest.brief = widest.brief.max(measure.brief(cell));
        }
    }
    widest
}

/// Where a grid's own concessions do not suffice, as with long names, the columns on the right give
/// way, but never the first.
fn last_in_row(places: &[Place]) -> Option<usize> {
    let first = places.iter().position(|place| place.is_in_row())?;
    let last = places.iter().rposition(|place| place.is_in_row())?;
    (last > first).then_some(last)
}

/// The widths with as much cut from the columns that may be cut, the first of them first, as is
/// needed. `None` if that is not enough.
fn fit<M: Measure>(
    widths: &[Option<usize>],
    places: &[Place],
    width_max: usize,
) -> Option<Vec<Option<usize>>> {
    let shown = widths.iter().flatten();
    let whole = shown.clone().sum::<usize>() + M::GAP * shown.count().saturating_sub(1);
    let mut excess = whole.saturating_sub(width_max);
    let mut fitted = widths.to_vec();
    for (width, place) in fitted.iter_mut().zip(places) {
        if let (Some(width), Place::Cut(characters)) = (width, place) {
            let cut = excess.min(width.saturating_sub(characters * M::CHARACTER));
            *width -= cut;
            excess -= cut;
        }
    }
    (excess == 0).then_some(fitted)
}

fn concede(grid: &Grid, concession: Concession, places: &mut [Place]) {
    let (title, place) = match concession {
        Concession::Brief(title) => (title, Place::Brief),
        Concession::Cut(title, characters) => (title, Place::Cut(characters)),
        Concession::Below(title, label) => (title, Place::Below(label)),
        Concession::Drop(title) => (title, Place::Nowhere),
    };
    let at = grid.columns.iter().position(|column| column.title == title);
    debug_assert!(at.is_some(), "no column is called {title}");
    if let Some(at) = at {
        places[at] = place;
    }
}
