//! The formats that a report comes in.

use std::io::{self, Write};

use super::chart::svg::{SHEET_WIDTH, sheet};
use super::charts;
use super::meta::Meta;
use super::model::Report;
use super::table::Page;
use super::{csv, json, markdown, pdf, table, wording};

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
        /// For people, on paper and for the files.
        Pdf = "pdf",
        /// The charts, one below the other.
        Svg = "svg",
    }
}

/// Writes the report. `page` is what a table is written for.
pub fn write(report: &Report, format: Format, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(&wording::report(report), page, out),
        Format::Markdown => markdown::render(&wording::report(report), out),
        Format::Json => json::report(report, out),
        Format::Csv => csv::report(report, out),
        Format::Pdf => pdf::render(&wording::report(report), &Meta::of(report), out),
        Format::Svg => out.write_all(sheet(&charts::all(report), SHEET_WIDTH).as_bytes()),
    }
}
