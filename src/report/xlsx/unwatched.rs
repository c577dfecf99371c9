//! Time that does not count: nobody watched, or it was declared as maintenance.

use rust_xlsxwriter::XlsxError;

use super::sheet::{Book, Cell, Column, INSTANT, LENGTH, NAME, TEXT, WORD};
use crate::domain::maintenance::Origin;
use crate::domain::time::Period;
use crate::report::model::{Maintenance, Report};
use crate::report::unobserved::{Unobserved, Why};

const UNOBSERVED: [Column; 8] = [
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Endpoint", NAME),
    Column("Probe", 30.0),
    Column("From (UTC)", INSTANT),
    Column("To (UTC)", INSTANT),
    Column("Length", LENGTH),
    Column("Why, as far as known", TEXT),
];

/// Of each probe.
pub(super) fn unobserved(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let stretches = report.unobserved.stretches.iter();
    book.table(name, UNOBSERVED, stretches.map(of_unobserved))
}

fn of_unobserved(one: &Unobserved) -> [Cell; 8] {
    let reasons: Vec<_> = one.reasons.iter().map(Why::as_str).collect();
    [
        one.probe.service.display().into(),
        one.probe.platform.display().into(),
        one.probe.endpoint.display().into(),
        one.probe.id.as_str().into(),
        one.period.from.into(),
        one.period.to.into(),
        one.period.length().into(),
        reasons.join(", ").into(),
    ]
}

const MAINTENANCE: [Column; 10] = [
    Column("Number", WORD),
    Column("Of", WORD),
    Column("Subject", 30.0),
    Column("From (UTC)", INSTANT),
    Column("To (UTC)", INSTANT),
    Column("Length", LENGTH),
    Column("Schedule", TEXT),
    Column("Note", TEXT),
    Column("Declared at (UTC)", INSTANT),
    Column("Declared by", NAME),
];

/// Each stretch of it inside the period.
pub(super) fn maintenance(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let rows = report.maintenance.iter().flat_map(|one| {
        let stretches = one.stretches.periods().iter();
        stretches.map(move |stretch| of_maintenance(one, *stretch))
    });
    book.table(name, MAINTENANCE, rows)
}

fn of_maintenance(one: &Maintenance, stretch: Period) -> [Cell; 10] {
    let declared = &one.declared;
    let declaration = &declared.declaration;
    [
        u64::from(declared.id.0).into(),
        declaration.subject.scope().as_str().into(),
        declaration.subject.key().into(),
        stretch.from.into(),
        stretch.to.into(),
        stretch.length().into(),
        declaration.schedule.to_string().into(),
        declaration.note.as_deref().into(),
        declared.from.into(),
        match &declared.origin {
            Origin::Configured => "configuration".into(),
            Origin::By(name) => (**name).into(),
        },
    ]
}
