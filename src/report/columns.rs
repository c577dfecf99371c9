//! The lines of a grid on a terminal: aligned columns that fit its width.

use super::document::{Align, Column, Grid, Text, Tone};
use super::ink;
use super::places::{Measure, Place, Placed, placed};

/// Blanks between columns.
const GAP: usize = 2;

/// Before what stands below its row.
const INDENT: &str = "  ";

/// Between cells that stand below their row.
const DOT: &str = " · ";

/// In columns of the terminal.
struct InColumns;

impl Measure for InColumns {
    const GAP: usize = GAP;
    const CHARACTER: usize = 1;

    fn whole(&self, cell: &Text) -> usize {
        ink::width(&ink::whole(cell))
    }

    fn brief(&self, cell: &Text) -> usize {
        ink::width(&ink::brief(cell))
    }

    fn title(&self, title: &str) -> usize {
        ink::width(title)
    }
}

/// The grid as lines. Without a width to fit, each row is one line, however long.
pub(super) fn lines(grid: &Grid, width_max: Option<usize>) -> Vec<String> {
    let Placed { places, widths } = placed(grid, &InColumns, width_max);
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

fn below(((cell, place), column): ((&Text, &Place), &Column)) -> Option<String> {
    let label = place.label(*column)?;
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
    use super::super::document::{Concession, left, right};
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
