//! Grids as tables: their rows on a wide page, cards on a narrow one.

use std::fmt::Write;

use super::escape::{brief, broken, css, escaped, text};
use super::layout::places;
use crate::report::document::{Align, Column, Grid, Span, Text};
use crate::report::places::Place;

/// Longer tables can be folded away. They are open from the start: what is folded away is found
/// and printed by few browsers only.
const ROWS_MAX: usize = 40;

/// What a row has where it ends too early.
static EMPTY: Text = Text(Vec::new());

/// Between what stands below a row.
const DOT: &str = " · ";

/// What the stylesheet must know of a table: the columns in its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape(Vec<Kind>);

/// A column in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    column: Column,
    /// Whether all of its cells are quoted; so it is said once, and not of each.
    is_code: bool,
}

/// A grid with the place of each of its columns.
pub(super) struct Laid<'d> {
    grid: &'d Grid,
    /// Of each column; `None` if it stands in the cell before it.
    places: Vec<Option<Place>>,
    /// Of each column, whether all of its cells are quoted.
    is_code: Vec<bool>,
}

impl<'d> Laid<'d> {
    pub(super) fn out(grid: &'d Grid) -> Self {
        Self {
            grid,
            places: places(grid),
            is_code: (0..grid.columns.len())
                .map(|at| is_code(grid, at))
                .collect(),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        let kind = |(at, column): (usize, &Column)| Kind {
            column: *column,
            is_code: self.is_code[at],
        };
        Shape(self.in_row().map(kind).collect())
    }

    /// `shape` is the number of its shape, `heading` the id of what it stands below.
    pub(super) fn write(&self, shape: usize, heading: Option<&str>, out: &mut String) {
        let rows = self.grid.rows.len();
        let is_long = rows > ROWS_MAX;
        if is_long {
            _ = writeln!(out, "<details open><summary>{rows} rows</summary>");
        }
        let label = heading.map_or_else(String::new, |id| format!(" aria-labelledby=\"{id}\""));
        _ = writeln!(out, "<table class=\"t{shape}\"{label}>");
        self.write_titles(out);
        let in_row = self.in_row().count();
        for row in &self.grid.rows {
            self.write_row(row, out);
            self.write_below(row, in_row, out);
        }
        out.push_str("</table>\n");
        if is_long {
            out.push_str("</details>\n");
        }
    }

    fn write_titles(&self, out: &mut String) {
        out.push_str("<thead><tr>");
        for (at, column) in self.in_row() {
            let title = escaped(column.title);
            _ = write!(out, "<th scope=col>{title}");
            if self.bounds_of(at).is_some() {
                out.push_str(" <small>low – high</small>");
            }
        }
        out.push('\n');
    }

    /// Rows are groups of their own, with what stands below them.
    fn write_row(&self, row: &[Text], out: &mut String) {
        out.push_str("<tbody><tr>");
        for (nth, (at, _)) in self.in_row().enumerate() {
            let cell = cell_of(row, at);
            let shown = match (&cell.0[..], self.places[at]) {
                ([Span::Quoted(words)], _) if self.is_code[at] => broken(words),
                (_, Some(Place::Brief)) => brief(cell),
                _ => text(cell),
            };
            let is_spare = cell.0.iter().all(|span| matches!(span, Span::Spare(_)));
            match nth {
                // a heading that says nothing is none
                0 if !shown.is_empty() => _ = write!(out, "<th scope=row>{shown}"),
                // all of it is, so the cell is
                _ if is_spare && !shown.is_empty() => {
                    let words: String = cell.0.iter().map(words).collect();
                    _ = write!(out, "<td class=f>{words}");
                }
                _ => _ = write!(out, "<td>{shown}"),
            }
            if let Some(bounds) = self.bounds(row, at) {
                _ = write!(out, " <small>{bounds}</small>");
            }
        }
        out.push('\n');
    }

    fn write_below(&self, row: &[Text], in_row: usize, out: &mut String) {
        let mut parts = Vec::new();
        for (at, column) in self.grid.columns.iter().enumerate() {
            let Some(label) = self.places[at].and_then(|place| place.label(*column)) else {
                continue;
            };
            let label = escaped(&label);
            let cell = brief(cell_of(row, at));
            if cell.trim().is_empty() {
                continue;
            }
            let bounds = self
                .bounds(row, at)
                .map_or_else(String::new, |bounds| format!(" ({bounds})"));
            parts.push(match label.as_str() {
                "" => format!("{cell}{bounds}"),
                label => format!("<span class=f>{label}</span>{cell}{bounds}"),
            });
        }
        if !parts.is_empty() {
            let parts = parts.join(DOT);
            _ = writeln!(out, "<tr class=l><td colspan={in_row}>{parts}");
        }
    }

    fn in_row(&self) -> impl Iterator<Item = (usize, &Column)> {
        let columns = self.grid.columns.iter().enumerate();
        columns.filter(|(at, _)| self.places[*at].is_some_and(Place::is_in_row))
    }

    /// The bounds of a cell, if there is anything between them.
    fn bounds(&self, row: &[Text], at: usize) -> Option<String> {
        let bounds = brief(cell_of(row, self.bounds_of(at)?));
        (!bounds.trim().is_empty()).then_some(bounds)
    }

    /// The column that tells the bounds of this one.
    fn bounds_of(&self, at: usize) -> Option<usize> {
        (self.places.get(at + 1) == Some(&None)).then_some(at + 1)
    }
}

fn is_code(grid: &Grid, at: usize) -> bool {
    let cells = grid.rows.iter().map(|row| &cell_of(row, at).0[..]);
    let mut cells = cells.filter(|spans| !spans.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|spans| matches!(spans, [Span::Quoted(_)]))
}

fn cell_of(row: &[Text], at: usize) -> &Text {
    row.get(at).unwrap_or(&EMPTY)
}

fn words(span: &Span) -> String {
    match span {
        Span::Words(words) | Span::Spare(words) | Span::Toned(_, words) | Span::Quoted(words) => {
            escaped(words)
        }
    }
}

impl Shape {
    /// The rules for tables of this number: which columns are numbers, and what a card calls them.
    pub(super) fn rules(&self, number: usize) -> String {
        let mut rules = String::new();
        let kinds = || (1..).zip(&self.0);
        let select = |chosen: fn(&Kind) -> bool| {
            let chosen = kinds().filter(|(_, kind)| chosen(kind));
            let chosen: Vec<_> = chosen
                .map(|(nth, _)| format!(":nth-child({nth})"))
                .collect();
            (!chosen.is_empty()).then(|| format!("tr:not(.l)>:is({})", chosen.join(",")))
        };
        if let Some(right) = select(|kind| kind.column.align == Align::Right) {
            _ = writeln!(rules, ".t{number} {right}{{--align:right;--wrap:nowrap}}");
        }
        if let Some(code) = select(|kind| kind.is_code) {
            _ = writeln!(
                rules,
                ".t{number} tbody {code}{{font-family:var(--monospace);font-size:.9em}}"
            );
        }
        for (nth, kind) in kinds().skip(1) {
            let title = css(kind.column.title);
            _ = writeln!(
                rules,
                ".t{number} td:nth-child({nth}){{--title:\"{title}\"}}"
            );
        }
        rules
    }
}
