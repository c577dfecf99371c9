//! What a configuration promises, and the reports that are written by themselves, as they are shown.

use serde::Serialize;

use crate::config::ScheduledReport;
use crate::domain::probe::Name;
use crate::domain::promise::Promise;
use crate::report::document::{Concession, Grid, Text, left};

/// An objective or an agreement.
#[derive(Serialize)]
pub(super) struct Promised<'c> {
    scope: &'static str,
    subject: String,
    kind: &'static str,
    name: &'c str,
    /// On one line.
    terms: &'c str,
}

/// The names are those of probes.yaml.
#[derive(Serialize)]
pub(super) struct Reported<'c> {
    name: &'c str,
    every: &'static str,
    timezone: &'c str,
    formats: Vec<&'static str>,
    folder: String,
    /// Null: all.
    keep: Option<u32>,
    /// Null: all.
    services: Option<Vec<&'c str>>,
}

pub(super) fn promised(promise: &Promise) -> Promised<'_> {
    Promised {
        scope: promise.subject.scope().as_str(),
        subject: promise.subject.key(),
        kind: promise.kind.as_str(),
        name: &promise.name,
        terms: &promise.terms,
    }
}

pub(super) fn reported(report: &ScheduledReport) -> Reported<'_> {
    let services = report.services.as_ref();
    Reported {
        name: report.name.display(),
        every: report.schedule.every.as_str(),
        timezone: report.schedule.zone.as_str(),
        formats: report.formats.iter().map(|it| it.as_str()).collect(),
        folder: report.folder.display().to_string(),
        keep: report.keep.map(std::num::NonZeroU32::get),
        services: services.map(|names| names.iter().map(Name::display).collect()),
    }
}

pub(super) fn promised_grid(promises: &[Promised<'_>]) -> Grid {
    let columns = [left("Promised"), left("Kind"), left("Name"), left("Terms")];
    let mut grid = Grid::new(&columns).conceding(&[Concession::Below("Terms", "")]);
    for row in promises {
        grid.row([
            Text::quoted(row.subject.clone()),
            row.kind.into(),
            row.name.into(),
            row.terms.into(),
        ]);
    }
    grid
}

pub(super) fn reported_grid(reports: &[Reported<'_>]) -> Grid {
    let mut grid = Grid::new(&[
        left("Report"),
        left("Every"),
        left("Time zone"),
        left("Formats"),
        left("Folder"),
        left("Keep"),
        left("Services"),
    ])
    .conceding(&[
        Concession::Below("Services", "of "),
        Concession::Below("Folder", ""),
        Concession::Below("Time zone", ""),
    ]);
    for row in reports {
        let services = row.services.as_ref();
        grid.row([
            row.name.into(),
            row.every.into(),
            row.timezone.into(),
            row.formats.join(", ").into(),
            Text::quoted(row.folder.clone()),
            row.keep
                .map_or_else(|| "all".to_owned(), |keep| keep.to_string())
                .into(),
            services
                .map_or_else(|| "all".to_owned(), |names| names.join(", "))
                .into(),
        ]);
    }
    grid
}
