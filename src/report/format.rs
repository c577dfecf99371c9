//! The formats that a report comes in.

use std::io::{self, Write};

use super::model::Report;
use super::table::Page;
use super::{csv, ical, json, markdown, table, wording, xlsx};

words! {
    /// For people and for programs.
    Format, "format" {
        /// For people, on a terminal.
        Table = "table",
        /// For people, in documents.
        Markdown = "markdown",
        /// Everything.
        Json = "json",
        /// The figures: one row for the whole, each service, platform and probe.
        Csv = "csv",
        /// Everything in sheets, for a spreadsheet.
        Xlsx = "xlsx",
        /// Outages and maintenance as events.
        Icalendar = "icalendar",
    }
}

impl Format {
    /// Whether it is no text, and so nothing for a terminal.
    pub const fn is_binary(self) -> bool {
        match self {
            Self::Xlsx => true,
            Self::Table | Self::Markdown | Self::Json | Self::Csv | Self::Icalendar => false,
        }
    }
}

/// Writes the report. `page` is what a table is written for.
pub fn write(report: &Report, format: Format, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(&wording::report(report), page, out),
        Format::Markdown => markdown::render(&wording::report(report), out),
        Format::Json => json::report(report, out),
        Format::Csv => csv::report(report, out),
        Format::Xlsx => xlsx::report(report, out),
        Format::Icalendar => ical::report(report, out),
    }
}
