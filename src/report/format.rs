//! The formats that a report comes in.

use std::io::{self, Write};

use super::model::Report;
use super::table::Page;
use super::{csv, json, markdown, table, wording};

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
    }
}

impl Format {
    /// What the names of its files end with, without the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Markdown => "md",
            // a word that is one
            _ => self.as_str(),
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
    }
}
