//! Grids: columns that fit the page, with their titles on each.

use super::super::document::{Align, Column, Grid, Text};
use super::super::places::{Measure, Place, Placed, placed};
use super::face::{Face, Fonts};
use super::line::{Line, Piece, line, pieces, wrapped};
use super::sheet::Sheets;
use super::structure::{Part, Role};
use super::style::{CELL, CELL_TITLE, Ink, MARGIN, WIDTH};

/// Above and below what stands in a row.
const PADDING: f32 = 2.5;

/// The most that a column gets beside what it needs, where there is room.
const SPREAD_MAX: f32 = 14.0;

/// Before what stands below its row.
const INDENT: f32 = 10.0;

/// Between cells that stand below their row.
const DOT: &str = "  ·  ";

/// In tenths of points.
struct InTenths<'f>(&'f Fonts);

impl Measure for InTenths<'_> {
    const GAP: usize = 100;
    const CHARACTER: usize = 43;

    fn whole(&self, cell: &Text) -> usize {
        self.tenths(&pieces(cell, Face::Regular, false), CELL.size)
    }

    fn brief(&self, cell: &Text) -> usize {
        self.tenths(&pieces(cell, Face::Regular, true), CELL.size)
    }

    fn title(&self, title: &str) -> usize {
        self.tenths(&titled(title), CELL_TITLE.size)
    }
}

impl InTenths<'_> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cell is neither below nothing nor wider than four thousand kilometres"
    )]
    fn tenths(&self, pieces: &[Piece], size: f32) -> usize {
        let widths = pieces
            .iter()
            .map(|piece| self.0.width(&piece.words, piece.face, size));
        (widths.sum::<f32>() * 10.0).ceil() as usize
    }
}

#[expect(clippy::cast_precision_loss, reason = "far more than a page is wide")]
fn points(tenths: usize) -> f32 {
    tenths as f32 / 10.0
}

/// A column that stands in the rows.
struct Shown {
    column: Column,
    at: usize,
    is_brief: bool,
    x: f32,
    width: f32,
}

/// All of the grid.
pub(super) fn set(grid: &Grid, sheets: &mut Sheets<'_>) {
    let room = 10.0 * WIDTH;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the width of a page"
    )]
    let Placed { places, widths } = placed(grid, &InTenths(sheets.fonts), Some(room as usize));
    let columns = shown(grid, &places, &widths);
    let table = sheets.structure.root(Role::Table);
    let height_of = |row: &Vec<Text>, sheets: &Sheets<'_>| {
        let cells = in_row(row, &columns, sheets.fonts);
        let below = below(row, grid, &places, sheets.fonts);
        let lines_below: f32 = below.iter().map(|_| CELL.leading).sum();
        (height(&cells) + lines_below, cells, below)
    };
    // titles are not left alone at the foot of a page
    let first = grid.rows.first().map(|row| height_of(row, sheets).0);
    sheets.need(2.0 * PADDING + CELL_TITLE.leading + first.unwrap_or_default());
    titles(&columns, Some(table), sheets);
    let body = sheets.structure.part(table, Role::TableBody);
    for row in &grid.rows {
        let (height, cells, below) = height_of(row, sheets);
        if sheets.need(height) {
            titles(&columns, None, sheets);
        }
        let row = sheets.structure.part(body, Role::Row);
        sheets.y += PADDING;
        let last = set_cells(&columns, cells, row, sheets);
        for line in below {
            over(&columns, sheets);
            let content = sheets.structure.content(last);
            sheets.line(MARGIN + INDENT, line, CELL, Some(content));
            sheets.y += CELL.leading;
        }
        sheets.y += PADDING;
        sheets.shade(MARGIN, -0.2, WIDTH, 0.4, Ink::Hairline);
    }
}

/// Wider than they need, if there is room, so that they stand apart.
fn shown(grid: &Grid, places: &[Place], widths: &[Option<usize>]) -> Vec<Shown> {
    let count = widths.iter().flatten().count();
    let gap = points(InTenths::GAP);
    let gaps: f32 = widths.iter().flatten().skip(1).map(|_| gap).sum();
    let needed: f32 = widths.iter().flatten().map(|width| points(*width)).sum();
    let between = u16::try_from(count.saturating_sub(1).max(1)).map_or(f32::MAX, f32::from);
    let spread = ((WIDTH - needed - gaps) / between).clamp(0.0, SPREAD_MAX);
    let mut x = MARGIN;
    let mut shown = Vec::new();
    for (at, (column, width)) in grid.columns.iter().zip(widths).enumerate() {
        if let Some(width) = width {
            let width = points(*width).min(WIDTH);
            shown.push(Shown {
                column: *column,
                at,
                is_brief: places[at] == Place::Brief,
                x,
                width,
            });
            x += width + gap + spread;
        }
    }
    shown
}

fn titled(title: &str) -> [Piece; 1] {
    [Piece::new(Face::Bold, Ink::Faint, title)]
}

/// The row of titles; part of the table the first time, on further pages only for the eye.
fn titles(columns: &[Shown], table: Option<Part>, sheets: &mut Sheets<'_>) {
    let row = table.map(|table| {
        let head = sheets.structure.part(table, Role::TableHead);
        sheets.structure.part(head, Role::Row)
    });
    sheets.y += PADDING;
    for shown in columns {
        let line = line(sheets.fonts, &titled(shown.column.title), CELL_TITLE.size);
        let content = row.map(|row| {
            let cell = sheets.structure.part(row, Role::TitleCell);
            sheets.structure.content(cell)
        });
        sheets.line(aligned(shown, &line), line, CELL_TITLE, content);
    }
    sheets.y += CELL_TITLE.leading + PADDING;
    sheets.shade(MARGIN, -0.4, WIDTH, 0.8, Ink::Faint);
}

/// Each cell as lines.
fn in_row(row: &[Text], columns: &[Shown], fonts: &Fonts) -> Vec<Vec<Line>> {
    let cell = |shown: &Shown| {
        let pieces = row
            .get(shown.at)
            .map(|cell| pieces(cell, Face::Regular, shown.is_brief));
        // what fits to the point must not break for a rounded bit
        wrapped(
            fonts,
            &pieces.unwrap_or_default(),
            CELL.size,
            shown.width + 0.1,
        )
    };
    columns.iter().map(cell).collect()
}

/// Of a row, without what stands below it.
fn height(cells: &[Vec<Line>]) -> f32 {
    let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
    let lines: f32 = (0..lines).map(|_| CELL.leading).sum();
    lines + 2.0 * PADDING
}

/// Prints the cells line by line; a row that is longer than a page goes on on the next. The last
/// cell.
fn set_cells(columns: &[Shown], cells: Vec<Vec<Line>>, row: Part, sheets: &mut Sheets<'_>) -> Part {
    let parts: Vec<_> = columns
        .iter()
        .map(|_| sheets.structure.part(row, Role::Cell))
        .collect();
    let mut cells: Vec<_> = cells.into_iter().map(Vec::into_iter).collect();
    let lines = cells.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
    for at in 0..lines {
        if at > 0 {
            over(columns, sheets);
        }
        for ((shown, part), cell) in columns.iter().zip(&parts).zip(&mut cells) {
            if let Some(line) = cell.next() {
                let content = sheets.structure.content(*part);
                sheets.line(aligned(shown, &line), line, CELL, Some(content));
            }
        }
        sheets.y += CELL.leading;
    }
    parts.last().copied().unwrap_or(row)
}

/// Goes on to the next page, under the titles, if there is no room for a line.
fn over(columns: &[Shown], sheets: &mut Sheets<'_>) {
    if sheets.need(CELL.leading) {
        titles(columns, None, sheets);
    }
}

fn aligned(shown: &Shown, line: &Line) -> f32 {
    match shown.column.align {
        Align::Left => shown.x,
        Align::Right => shown.x + shown.width - line.width,
    }
}

/// The cells that stand below their row, one after the other.
fn below(row: &[Text], grid: &Grid, places: &[Place], fonts: &Fonts) -> Vec<Line> {
    let mut all: Vec<Piece> = Vec::new();
    for ((cell, place), column) in row.iter().zip(places).zip(&grid.columns) {
        let Some(label) = place.label(*column) else {
            continue;
        };
        let cell = pieces(cell, Face::Regular, true);
        if cell.iter().all(|piece| piece.words.trim().is_empty()) {
            continue;
        }
        if !all.is_empty() {
            all.push(Piece::new(Face::Regular, Ink::Faint, DOT));
        }
        all.push(Piece::new(Face::Regular, Ink::Faint, &label));
        all.extend(cell);
    }
    if all.is_empty() {
        Vec::new()
    } else {
        wrapped(fonts, &all, CELL.size, WIDTH - INDENT)
    }
}
