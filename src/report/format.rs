//! The formats that a report comes in.

use std::io::{self, Write};

use super::model::Report;
use super::post_mortem::PostMortem;
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

/// Writes the report. `page` is what a table is written for.
pub fn write(report: &Report, format: Format, page: Page, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::render(&wording::report(report), page, out),
        Format::Markdown => markdown::render(&wording::report(report), out),
        Format::Json => json::report(report, out),
        Format::Csv => csv::report(report, out),
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
    match format {
        Format::Table => table::render(&wording::post_mortem(post_mortem), page, out)?,
        Format::Markdown => markdown::render(&wording::post_mortem(post_mortem), out)?,
        Format::Json => json::post_mortem(post_mortem, out)?,
        Format::Csv => return Ok(false),
    }
    Ok(true)
}
