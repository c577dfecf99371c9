//! The lines of a grid: aligned columns which give way, one concession after the other, until they
//! fit.

use super::document::{Align, Column, Concession, Grid, Text, Tone};
use super::ink;

/// Blanks between columns.
const GAP: usize = 2;

/// Before what stands below its row.
const INDENT: &str = "  ";

/// Between cells that stand below their row.
const DOT: &str = " · ";

/// What became of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Brief,
    /// Cut, but not below this width.
    Cut(usize),
    /// Below the row, after these words.
    Below(&'static str),
    /// Below the row, after the column's title.
    Titled,
    Nowhere,
}

/// The grid as lines. Without a width to fit, each row is one line, however long.
pub(super) fn lines(grid: &Grid, width_max: Option<usize>) -> Vec<String> {
    let mut places = vec![Place::Whole; grid.columns.len()];
    let mut concessions = grid.concessions.iter();
    let widths = loop {
        let widths = widths(grid, &places);
        let Some(width_max) = width_max else {
            break widths;
        };
        if let Some(widths) = fit(&widths, &places, width_max) {
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
    let titles = grid
        .columns
        .iter()
        .map(|column| column.title.to_uppercase());
    let mut lines = vec![aligned(&grid.columns, titles, &widths)];
    for row in &grid.rows {
        let cells = row.iter().zip(&places).map(|(cell, place)| match place {
            Place::Brief => ink::brief(cell),
            _ => ink::whole(cell),
        });
        lines.push(aligned(&grid.columns, cells, &widths));
        let cells = row.iter().zip(&places).zip(&grid.columns);
        let below: Vec<_> = cells.filter_map(below).collect();
        lines.extend(listed(below, width_max.unwrap_or(usize::MAX)));
    }
    lines
}

/// Where a grid's own concessions do not suffice, as with long names, the columns on the right give
/// way, but never the first.
fn last_in_row(places: &[Place]) -> Option<usize> {
    let is_in_row =
        |place: &Place| !matches!(place, Place::Below(_) | Place::Titled | Place::Nowhere);
    let first = places.iter().position(is_in_row)?;
    let last = places.iter().rposition(is_in_row)?;
    (last > first).then_some(last)
}

fn below(((cell, place), column): ((&Text, &Place), &Column)) -> Option<String> {
    let label = match place {
        Place::Below(label) => (*label).to_owned(),
        Place::Titled => {
            let title = column.title.trim_end_matches(" (UTC)");
            format!("{} ", title.to_lowercase())
        }
        Place::Whole | Place::Brief | Place::Cut(_) | Place::Nowhere => return None,
    };
    let cell = ink::brief(cell);
    match label.as_str() {
        _ if cell.trim().is_empty() => None,
        "" => Some(cell),
        label => Some(format!("{}{cell}", ink::toned(Tone::Faint, label))),
    }
}

/// As many on one line as it holds; only what needs more than a line is broken.
fn listed(items: Vec<String>, width_max: usize) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for item in items {
        match groups.last_mut() {
            Some(group)
                if ink::width(INDENT) + ink::width(group) + ink::width(DOT) + ink::width(&item)
                    <= width_max =>
            {
                group.push_str(DOT);
                group.push_str(&item);
            }
            _ => groups.push(item),
        }
    }
    let wrapped = |group: &String| ink::wrapped(INDENT, group, width_max);
    groups.iter().flat_map(wrapped).collect()
}

/// The width of each column; `None` for those that have no place in the row.
fn widths(grid: &Grid, places: &[Place]) -> Vec<Option<usize>> {
    let width = |at: usize, place: &Place| {
        let cells = grid.rows.iter().filter_map(|row| row.get(at));
        let widest = match place {
            Place::Below(_) | Place::Titled | Place::Nowhere => return None,
            Place::Brief => cells.map(|cell| ink::width(&ink::brief(cell))).max(),
            Place::Whole | Place::Cut(_) => cells.map(|cell| ink::width(&ink::whole(cell))).max(),
        };
        let title = ink::width(grid.columns[at].title);
        Some(widest.unwrap_or(0).max(title))
    };
    let places = places.iter().enumerate();
    places.map(|(at, place)| width(at, place)).collect()
}

/// The widths with as much cut from the columns that may be cut, the first of them first, as is
/// needed. `None` if that is not enough.
fn fit(widths: &[Option<usize>], places: &[Place], width_max: usize) -> Option<Vec<Option<usize>>> {
    let shown = widths.iter().flatten();
    let whole = shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1);
    let mut excess = whole.saturating_sub(width_max);
    let mut fitted = widths.to_vec();
    for (width, place) in fitted.iter_mut().zip(places) {
        if let (Some(width), Place::Cut(width_min)) = (width, place) {
            let cut = excess.min(width.saturating_sub(*width_min));
            *width -= cut;
            excess -= cut;
        }
    }
    (excess == 0).then_some(fitted)
}

fn concede(grid: &Grid, concession: Concession, places: &mut [Place]) {
    let (title, place) = match concession {
        Concession::Brief(title) => (title, Place::Brief),
        Concession::Cut(title, width_min) => (title, Place::Cut(width_min)),
        Concession::Below(title, label) => (title, Place::Below(label)),
        Concession::Drop(title) => (title, Place::Nowhere),
    };
    let at = grid.columns.iter().position(|column| column.title == title);
    debug_assert!(at.is_some(), "no column is called {title}");
    if let Some(at) = at {
        places[at] = place;
    }
}

fn aligned(
    columns: &[Column],
    cells: impl Iterator<Item = String>,
    widths: &[Option<usize>],
) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for ((column, cell), width) in columns.iter().zip(cells).zip(widths) {
        let Some(width) = *width else {
            continue;
        };
        let cell = ink::cut(&cell, width);
        let blanks = width.saturating_sub(ink::width(&cell));
        let (before, after) = match column.align {
            Align::Left => (0, blanks),
            Align::Right => (blanks, 0),
        };
        line.push_str(&" ".repeat(gap + before));
        line.push_str(&cell);
        gap = GAP + after;
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::super::document::{left, right};
    use super::*;

    fn grid() -> Grid {
        let mut grid = Grid::new(&[
            left("Id"),
            left("Started"),
            left("Ended"),
            right("Lasted"),
            left("Why"),
        ])
        .conceding(&[
            Concession::Brief("Ended"),
            Concession::Cut("Why", 8),
            Concession::Below("Why", ""),
            Concession::Drop("Id"),
            Concession::Below("Lasted", "lasted "),
        ]);
        grid.row([
            Text::quoted("a1"),
            "29th 14:00".into(),
            Text::spare("29th ").then("14:01"),
            "1m".into(),
            Text::quoted("no answer within 10s"),
        ]);
        grid.row([
            Text::quoted("b2"),
            "29th 15:00".into(),
            Text::toned(Tone::Bad, "open"),
            "2m".into(),
            Text::default(),
        ]);
        grid
    }

    fn check(width_max: Option<usize>, expected: &[&str]) {
        assert_eq!(lines(&grid(), width_max), expected, "{width_max:?}");
    }

    #[test]
    fn a_row_is_one_line_where_nobody_asks_for_less() {
        let whole: &[_] = &[
            "ID  STARTED     ENDED       LASTED  WHY",
            "a1  29th 14:00  29th 14:01      1m  no answer within 10s",
            "b2  29th 15:00  \u{2063}open\u{2060}            2m",
        ];
        check(None, whole);
        check(Some(56), whole);
    }

    #[test]
    fn a_grid_concedes_no_more_than_it_must() {
        check(
            Some(55),
            &[
                "ID  STARTED     ENDED  LASTED  WHY",
                "a1  29th 14:00  14:01      1m  no answer within 10s",
                "b2  29th 15:00  \u{2063}open\u{2060}       2m",
            ],
        );
        check(
            Some(45),
            &[
                "ID  STARTED     ENDED  LASTED  WHY",
                "a1  29th 14:00  14:01      1m  no answer wit…",
                "b2  29th 15:00  \u{2063}open\u{2060}       2m",
            ],
        );
        check(
            Some(38),
            &[
                "ID  STARTED     ENDED  LASTED",
                "a1  29th 14:00  14:01      1m",
                "  no answer within 10s",
                "b2  29th 15:00  \u{2063}open\u{2060}       2m",
            ],
        );
    }

    #[test]
    fn what_still_does_not_fit_goes_below_after_its_title() {
        check(
            Some(16),
            &[
                "STARTED",
                "29th 14:00",
                "  \u{2064}ended \u{2060}14:01",
                "  \u{2064}lasted \u{2060}1m",
                "  no answer",
                "  within 10s",
                "29th 15:00",
                "  \u{2064}ended \u{2060}\u{2063}open\u{2060}",
                "  \u{2064}lasted \u{2060}2m",
            ],
        );
    }

    #[test]
    fn what_can_be_no_narrower_stays() {
        check(
            Some(18),
            &[
                "STARTED     ENDED",
                "29th 14:00  14:01",
                "  \u{2064}lasted \u{2060}1m",
                "  no answer within",
                "  10s",
                "29th 15:00  \u{2063}open\u{2060}",
                "  \u{2064}lasted \u{2060}2m",
            ],
        );
    }
}
