//! The formats that a report comes in.

use std::io::{self, Write};

use super::meta::Meta;
use super::model::Report;
use super::table::Page;
use super::{csv, html, json, markdown, table, wording};

words! {
    /// For people and for programs.
    Format, "format" {
        /// For people, on a terminal.
        Table = "table",
        /// For people, in documents.
        Markdown = "markdown",
        /// For people, in a browser and on paper: one file.
        Html = "html",
        /// Everything.
        Json = "json",
        /// The figures: one row for the whole, each service, platform and probe.
        Csv = "csv",
    }
}

/// Writes the report. `page` is what a table is written for.
pub fn write(report: &Report, format: Format, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(&wording::report(report), page, out),
        Format::Markdown => markdown::render(&wording::report(report), out),
        Format::Html => html::render(&wording::report(report), &Meta::of(report), out),
        Format::Json => json::report(report, out),
        Format::Csv => csv::report(report, out),
    }
}
