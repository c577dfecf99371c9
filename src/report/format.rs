//! The formats that a report comes in.

use std::io::{self, Write};
use std::path::Path;

use super::chart::svg::{SHEET_WIDTH, sheet};
use super::charts;
use super::document::Document;
use super::meta::Meta;
use super::model::Report;
use super::post_mortem::PostMortem;
use super::table::Page;
use super::{csv, html, ical, json, markdown, pdf, table, wording, xlsx};

words! {
    /// For people and for programs.
    Format, "format" {
        /// For people, on a terminal.
        Table = "table",
        /// For people, in documents.
        Markdown = "markdown",
        /// For people, in a browser and on paper: one file.
        Html = "html",
        /// For people, on paper and for the files.
        Pdf = "pdf",
        /// Everything.
        Json = "json",
        /// The same, an object a line.
        Ndjson = "ndjson",
        /// The figures: one row for the whole, each service, platform and probe.
        Csv = "csv",
        /// Everything in sheets, for a spreadsheet.
        Xlsx = "xlsx",
        /// Outages and maintenance as events.
        Icalendar = "icalendar",
        /// The charts, one below the other.
        Svg = "svg",
    }
}

impl Format {
    /// Of the names of files, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Markdown => "md",
            Self::Icalendar => "ics",
            // a word that is one
            Self::Html
            | Self::Pdf
            | Self::Json
            | Self::Ndjson
            | Self::Csv
            | Self::Xlsx
            | Self::Svg => self.as_str(),
        }
    }

    /// What a file of this name holds. `None` if its extension is that of no format.
    pub fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let mut all = Self::ALL.iter().copied();
        all.find(|format| format.extension() == extension)
    }

    /// Whether it is no text, and so nothing for a terminal.
    pub const fn is_binary(self) -> bool {
        match self {
            Self::Pdf | Self::Xlsx => true,
            Self::Table
            | Self::Markdown
            | Self::Html
            | Self::Json
            | Self::Ndjson
            | Self::Csv
            | Self::Icalendar
            | Self::Svg => false,
        }
    }
}

/// Writes the report. `page` is what a table is written for.
pub fn write(report: &Report, format: Format, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(&wording::report(report), page, out),
        Format::Markdown => markdown::render(&wording::report(report), out),
        Format::Html => html::render(&wording::report(report), &Meta::of(report), out),
        Format::Pdf => pdf::render(&wording::report(report), &Meta::of(report), out),
        Format::Json => json::report(report, out),
        Format::Ndjson => json::lines(report, out),
        Format::Csv => csv::report(report, out),
        Format::Xlsx => xlsx::report(report, out),
        Format::Icalendar => ical::report(report, out),
        Format::Svg => out.write_all(sheet(&charts::all(report), SHEET_WIDTH).as_bytes()),
    }
}

/// Writes what is known of an incident. Whether there is that in this format; else nothing is
/// written.
pub fn write_post_mortem(
    post_mortem: &PostMortem,
    format: Format,
    page: Page,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let meta = || Meta::of_post_mortem(post_mortem);
    let document = || -> Document { wording::post_mortem(post_mortem) };
    match format {
        Format::Table => table::render(&document(), page, out)?,
        Format::Markdown => markdown::render(&document(), out)?,
        Format::Html => html::render(&document(), &meta(), out)?,
        Format::Pdf => pdf::render(&document(), &meta(), out)?,
        Format::Json => json::post_mortem(post_mortem, out)?,
        Format::Ndjson | Format::Csv | Format::Xlsx | Format::Icalendar | Format::Svg => {
            return Ok(false);
        }
    }
    Ok(true)
}
