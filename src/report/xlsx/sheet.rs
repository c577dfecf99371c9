//! Sheets of a workbook: a row of headings, then rows of cells that a spreadsheet can reckon with.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::domain::availability::Percent;
use crate::domain::time::{Micros, Millis, UnixMillis};
use crate::report::text::{harmless, length_exact};

/// Rows that a sheet may have, with the headings.
const ROWS_MAX: u32 = 1_048_576;

/// Characters that a cell may have, as UTF-16 counts them.
const CELL_MAX: usize = 32_767;

/// Whole numbers up to here a spreadsheet keeps: it reckons with 53 bits.
const COUNT_MAX: u64 = 1 << 53;

/// 1970-01-01 in days since what spreadsheets call 1900-01-00.
const UNIX_EPOCH_DAYS: f64 = 25_569.0;

/// In milliseconds. Before 1900-03-01 days have other numbers, and after the year 9999 none.
pub(super) const INSTANTS: std::ops::Range<i64> = -2_203_891_200_000..253_402_300_800_000;

const DAY_MS: f64 = 86_400_000.0;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Nothing,
    /// Never a formula, whatever it begins with.
    Text(String),
    Count(u64),
    /// A date with its time, in UTC.
    Instant(UnixMillis),
    /// Hours, minutes and seconds.
    Length(Millis),
    /// Of a request; in milliseconds.
    Latency(Micros),
    Percent(Percent),
    /// In thousandths.
    Weight(u32),
}

/// What it is called, and how wide it is in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column(pub(super) &'static str, pub(super) f64);

/// Widths of columns that hold nothing longer.
pub(super) const INSTANT: f64 = 23.0;
pub(super) const LENGTH: f64 = 15.0;
pub(super) const COUNT: f64 = 12.0;
pub(super) const NAME: f64 = 18.0;
pub(super) const WORD: f64 = 11.0;
pub(super) const ID: f64 = 15.0;
pub(super) const TEXT: f64 = 50.0;

pub(super) struct Book {
    pub(super) workbook: Workbook,
    rows_max: u32,
    formats: Formats,
}

struct Formats {
    title: Format,
    heading: Format,
    sentence: Format,
    instant: Format,
    length: Format,
    latency: Format,
    percent: Format,
    count: Format,
    weight: Format,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<UnixMillis> for Cell {
    fn from(at: UnixMillis) -> Self {
        Self::Instant(at)
    }
}

impl From<Millis> for Cell {
    fn from(length: Millis) -> Self {
        Self::Length(length)
    }
}

impl From<Micros> for Cell {
    fn from(length: Micros) -> Self {
        Self::Latency(length)
    }
}

impl From<Percent> for Cell {
    fn from(share: Percent) -> Self {
        Self::Percent(share)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(known: Option<T>) -> Self {
        known.map_or(Self::Nothing, Into::into)
    }
}

impl Book {
    pub(super) fn new() -> Self {
        Self::with_rows(ROWS_MAX)
    }

    fn with_rows(rows_max: u32) -> Self {
        let number = |format: &str| Format::new().set_num_format(format);
        let mut workbook = Workbook::new();
        // for the facts, which are known last
        workbook.add_worksheet();
        Self {
            workbook,
            rows_max,
            formats: Formats {
                title: Format::new().set_bold().set_font_size(16),
                heading: Format::new()
                    .set_bold()
                    .set_text_wrap()
                    .set_align(FormatAlign::Top)
                    .set_background_color(Color::RGB(0x00E8_EDF3))
                    .set_border_bottom(FormatBorder::Thin),
                sentence: Format::new().set_text_wrap().set_align(FormatAlign::Top),
                instant: number("yyyy-mm-dd hh:mm:ss.000"),
                length: number("[h]:mm:ss.000"),
                latency: number("#,##0.000"),
                percent: number("0.000%"),
                count: number("#,##0"),
                weight: number("0.###"),
            },
        }
    }

    /// One row for each; returns how many there are. Those that the sheet has no room for are
    /// counted in its last row.
    pub(super) fn table<const N: usize>(
        &mut self,
        name: &'static str,
        columns: [Column; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Result<u64, XlsxError> {
        let Self {
            workbook,
            rows_max,
            formats,
        } = self;
        let sheet = workbook.add_worksheet();
        sheet.set_name(name)?;
        let width: f64 = columns.iter().map(|Column(_, width)| width).sum();
        laid_out(sheet, width);
        sheet.set_landscape();
        // beside which a wide sheet is told on further pages
        sheet.set_repeat_columns(0, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_freeze_panes(1, 0)?;
        let mut last = 0;
        for (at, Column(heading, width)) in (0..).zip(columns) {
            sheet.set_column_width(at, width)?;
            sheet.write_string_with_format(0, at, heading, &formats.heading)?;
            last = at;
        }
        let (mut next, mut count, mut left_out) = (1, 0u64, 0u64);
        for row in rows {
            count += 1;
            if next == *rows_max - 1 {
                left_out += 1;
                continue;
            }
            for (at, cell) in (0..).zip(&row) {
                formats.write(sheet, (next, at), cell)?;
            }
            next += 1;
        }
        sheet.autofilter(0, 0, next - 1, last)?;
        if left_out > 0 {
            let note = format!(
                "{left_out} more have no room in a sheet; other formats of the report have all"
            );
            sheet.write_string_with_format(next, 0, note, &formats.title)?;
        }
        Ok(count)
    }

    /// Sentences one below the other.
    pub(super) fn prose<'t>(
        &mut self,
        name: &'static str,
        sentences: impl IntoIterator<Item = &'t str>,
    ) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(name)?;
        laid_out(sheet, PAGE_WIDTH);
        sheet.set_column_width(0, 110)?;
        sheet.write_string_with_format(0, 0, name, &self.formats.title)?;
        for (row, sentence) in (2..).zip(sentences) {
            sheet.write_string_with_format(row, 0, fitting(sentence), &self.formats.sentence)?;
        }
        Ok(())
    }

    /// Names with what they stand for, under headings: the first sheet.
    pub(super) fn facts(
        &mut self,
        name: &'static str,
        groups: &[(&str, Vec<(&str, Cell)>)],
    ) -> Result<(), XlsxError> {
        let Self {
            workbook, formats, ..
        } = self;
        let sheet = workbook.worksheet_from_index(0)?;
        sheet.set_name(name)?;
        laid_out(sheet, PAGE_WIDTH);
        sheet.set_column_width(0, 36)?;
        sheet.set_column_width(1, TEXT)?;
        let mut row = 0;
        for (heading, facts) in groups {
            for (column, text) in [(0, *heading), (1, "")] {
                sheet.write_string_with_format(row, column, text, &formats.heading)?;
            }
            for (name, cell) in facts {
                row += 1;
                sheet.write_string(row, 0, *name)?;
                formats.write(sheet, (row, 1), cell)?;
            }
            row += 2;
        }
        Ok(())
    }
}

/// A sheet so many characters wide still reads when it is as wide as a page.
const PAGE_WIDTH: f64 = 200.0;

/// For A4, with the page's number below.
fn laid_out(sheet: &mut Worksheet, width: f64) {
    sheet.set_paper_size(9);
    if width <= PAGE_WIDTH {
        sheet.set_print_fit_to_pages(1, 0);
    } else {
        sheet.set_print_scale(60);
    }
    sheet.set_footer("&L&A&R&P / &N");
}

impl Formats {
    fn write(
        &self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        cell: &Cell,
    ) -> Result<(), XlsxError> {
        let mut number = |number: f64, format: &Format| {
            sheet.write_number_with_format(row, column, number, format)?;
            Ok(())
        };
        match *cell {
            Cell::Nothing => Ok(()),
            Cell::Count(count) if count <= COUNT_MAX => number(float(count), &self.count),
            Cell::Instant(at) if INSTANTS.contains(&at.0) => {
                number(UNIX_EPOCH_DAYS + days(at.0), &self.instant)
            }
            Cell::Length(length) if length >= Millis::ZERO => number(days(length.0), &self.length),
            Cell::Latency(length) => number(float(length.0) / 1000.0, &self.latency),
            Cell::Percent(share) => number(f64::from(share.thousandths) / 100_000.0, &self.percent),
            Cell::Weight(thousandths) => number(f64::from(thousandths) / 1000.0, &self.weight),
            // rather a text than a number that is not true, or that does not show
            Cell::Length(length) => text(sheet, (row, column), &length_exact(length)),
            Cell::Count(count) => text(sheet, (row, column), &count.to_string()),
            Cell::Instant(at) => text(sheet, (row, column), &at.to_string()),
            Cell::Text(ref foreign) => text(sheet, (row, column), foreign),
        }
    }
}

fn text(sheet: &mut Worksheet, (row, column): (u32, u16), text: &str) -> Result<(), XlsxError> {
    if !text.is_empty() {
        sheet.write_string(row, column, fitting(text))?;
    }
    Ok(())
}

fn days(ms: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a double tells milliseconds apart for as long as there are dates"
    )]
    let ms = ms as f64;
    ms / DAY_MS
}

fn float(count: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "larger counts are written as text, and such lengths are off by less than a millionth"
    )]
    let float = count as f64;
    float
}

/// What a cell can hold of a text; says so where that is not all.
fn fitting(foreign: &str) -> String {
    let text = harmless(foreign);
    let units = |c: char| c.len_utf16();
    if text.len() <= CELL_MAX || text.chars().map(units).sum::<usize>() <= CELL_MAX {
        return text;
    }
    let all = text.chars().count();
    let note = |left_out: usize| format!(" … ({left_out} more characters)");
    let mut room = CELL_MAX - note(all).len();
    let kept: String = text
        .chars()
        .take_while(|c| {
            let fits = units(*c) <= room;
            room = room.saturating_sub(units(*c));
            fits
        })
        .collect();
    let left_out = all - kept.chars().count();
    kept + &note(left_out)
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
