//! A workbook of Office Open XML: each part of a report as a sheet, with dates that are dates and
//! lengths of time that can be summed up.

mod figures;
mod measured;
mod promises;
mod sheet;
mod unwatched;
mod windows;

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, XlsxError};

use self::sheet::{Book, Cell, INSTANTS};
use super::model::Report;
use super::text::instant_utc;

/// All of a report but the timelines.
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bytes = workbook(report).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let book = &mut Book::new();
    let of_services = report.outages_of_services();
    let of_platforms = report.outages_of_platforms();
    let sheets: [(&'static str, &Sheet<'_>); _] = [
        ("Figures", &|book, name| figures::all(report, book, name)),
        ("Services", &|book, name| {
            windows::outages(&of_services, book, name)
        }),
        ("Platforms", &|book, name| {
            windows::outages(&of_platforms, book, name)
        }),
        ("Outages", &|book, name| {
            windows::outages(&report.outages(), book, name)
        }),
        ("Incidents", &|book, name| {
            windows::incidents(report, book, name)
        }),
        ("Blips", &|book, name| windows::blips(report, book, name)),
        ("Not observed", &|book, name| {
            unwatched::unobserved(report, book, name)
        }),
        ("Maintenance", &|book, name| {
            unwatched::maintenance(report, book, name)
        }),
        ("Latency", &|book, name| {
            measured::latency(report, book, name)
        }),
        ("Latency over time", &|book, name| {
            measured::over_time(report, book, name)
        }),
        ("Failures", &|book, name| {
            measured::failures(report, book, name)
        }),
        ("Days", &|book, name| measured::days(report, book, name)),
        ("Objectives", &|book, name| {
            promises::objectives(report, book, name)
        }),
        ("Agreements", &|book, name| {
            promises::agreements(report, book, name)
        }),
    ];
    let mut rows = Vec::new();
    for (name, write) in sheets {
        rows.push((name, Cell::Count(write(book, name)?)));
    }
    let sentences = report.method.iter().map(String::as_str);
    book.prose("Method", sentences)?;
    let groups = [
        ("Outage report", figures::about(report)),
        ("All probes together", figures::key(report)),
        ("Sheets, and how many rows they have", rows),
    ];
    book.facts("Summary", &groups)?;
    book.workbook.set_properties(&properties(report)?);
    book.workbook.save_to_buffer()
}

/// Adds one of that name, and tells how many rows it has.
type Sheet<'a> = dyn Fn(&mut Book, &'static str) -> Result<u64, XlsxError> + 'a;

/// Without the time at which the file is really made: the same report is the same file.
fn properties(report: &Report) -> Result<DocProperties, XlsxError> {
    let request = &report.request;
    let period = request.period;
    let made = request
        .generated_at
        .0
        .clamp(INSTANTS.start, INSTANTS.end - 1);
    let made = ExcelDateTime::from_timestamp(made.div_euclid(1000))?;
    let (from, to) = (instant_utc(period.from), instant_utc(period.to));
    Ok(DocProperties::new()
        .set_title(format!("Outage report from {from} to {to}"))
        .set_author(format!("Outwatch {}", request.version))
        .set_creation_datetime(&made))
}
