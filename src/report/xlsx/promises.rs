//! How objectives fared, and what agreements make of months.

use rust_xlsxwriter::XlsxError;

use super::sheet::{Book, COUNT, Cell, Column, INSTANT, LENGTH, NAME, TEXT, WORD};
use crate::domain::agreement::Settlement;
use crate::domain::objective::{Kept, Verdict};
use crate::report::agreements::AgreementReport;
use crate::report::model::Report;
use crate::report::objectives::ObjectiveReport;

/// A service or a platform with what was promised of it.
struct Of<'m> {
    names: [&'m str; 2],
    objectives: &'m [ObjectiveReport],
    agreements: &'m [AgreementReport],
}

fn all(report: &Report) -> Vec<Of<'_>> {
    let mut all = Vec::new();
    for service in &report.services {
        all.push(Of {
            names: [service.name.display(), ""],
            objectives: &service.objectives,
            agreements: &service.agreements,
        });
        all.extend(service.platforms.iter().map(|platform| Of {
            names: [service.name.display(), platform.name.display()],
            objectives: &platform.objectives,
            agreements: &platform.agreements,
        }));
    }
    all
}

const OBJECTIVES: [Column; 17] = [
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Objective", NAME),
    Column("Terms", TEXT),
    Column("From (UTC)", INSTANT),
    Column("To (UTC)", INSTANT),
    Column("Known up to (UTC)", INSTANT),
    Column("Target", WORD),
    Column("Attained", WORD),
    Column("Attained, at least", WORD),
    Column("Attained, at most", WORD),
    Column("Verdict", WORD),
    Column("Budget", LENGTH),
    Column("Spent", LENGTH),
    Column("Spent, at least", LENGTH),
    Column("Spent, at most", LENGTH),
    Column("Left", LENGTH),
];

pub(super) fn objectives(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        of.objectives.iter().flat_map(|objective| {
            let kept = objective.kept.iter();
            kept.map(|kept| of_objective(of.names, objective, kept))
        })
    });
    book.table(name, OBJECTIVES, rows)
}

fn of_objective(
    [service, platform]: [&str; 2],
    report: &ObjectiveReport,
    kept: &Kept,
) -> [Cell; 17] {
    [
        service.into(),
        platform.into(),
        (*report.name).into(),
        report.objective.to_string().into(),
        kept.span.from.into(),
        kept.span.to.into(),
        kept.until.into(),
        report.objective.target.into(),
        kept.attained.map(|of| of.reported).into(),
        kept.attained.map(|of| of.least).into(),
        kept.attained.map(|of| of.most).into(),
        verdict(kept).into(),
        kept.budget.into(),
        kept.spent.reported.into(),
        kept.spent.least.into(),
        kept.spent.most.into(),
        kept.left.reported.into(),
    ]
}

/// Of a span that is not over a budget that is left is no verdict yet.
fn verdict(kept: &Kept) -> Option<&'static str> {
    kept.verdict.map(|verdict| match verdict {
        Verdict::Met if !kept.is_over() => "within budget so far",
        verdict => verdict.as_str(),
    })
}

const AGREEMENTS: [Column; 19] = [
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Agreement", NAME),
    Column("Terms", TEXT),
    Column("Month from (UTC)", INSTANT),
    Column("Month to (UTC)", INSTANT),
    Column("Known up to (UTC)", INSTANT),
    Column("Time that counts", LENGTH),
    Column("Not observed", LENGTH),
    Column("Down", LENGTH),
    Column("Outages counted", COUNT),
    Column("Outages too short", COUNT),
    Column("Uptime", WORD),
    Column("Credit", WORD),
    Column("Down, at least", LENGTH),
    Column("Credit, at least", WORD),
    Column("Down, at most", LENGTH),
    Column("Credit, at most", WORD),
    Column("State of the month", NAME),
];

pub(super) fn agreements(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        of.agreements.iter().flat_map(|agreement| {
            let settlements = agreement.settlements.iter();
            settlements.map(|settlement| of_agreement(of.names, agreement, settlement))
        })
    });
    book.table(name, AGREEMENTS, rows)
}

fn of_agreement(
    [service, platform]: [&str; 2],
    report: &AgreementReport,
    settlement: &Settlement,
) -> [Cell; 19] {
    let of = &settlement.reckonings;
    [
        service.into(),
        platform.into(),
        (*report.name).into(),
        report.agreement.to_string().into(),
        settlement.month.from.into(),
        settlement.month.to.into(),
        settlement.until.into(),
        of.reported.whole.into(),
        settlement.unobserved.into(),
        of.reported.down.into(),
        of.reported.counted.into(),
        of.reported.too_short.into(),
        of.reported.uptime.into(),
        of.reported.credit.into(),
        of.least.down.into(),
        of.least.credit.into(),
        of.most.down.into(),
        of.most.credit.into(),
        if settlement.is_over() {
            "over"
        } else {
            "not over"
        }
        .into(),
    ]
}
