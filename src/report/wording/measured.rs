//! How long answers took, and what failures were due to.

use crate::domain::observation::{Cause, Phase};
use crate::report::document::{Concession, Document, Grid, Text, left, right};
use crate::report::latency::Figures;
use crate::report::measured::Measured;
use crate::report::model::Report;
use crate::report::text::length_of_answer;

const PERCENTILES: [&str; 5] = ["Min", "Median", "p95", "p99", "Max"];

/// How they give way.
const CONCEDING: [Concession; 3] = [
    Concession::Below("Answers", "answers "),
    Concession::Below("Min", "min "),
    Concession::Below("p99", "p99 "),
];

/// Whole answers of each, and each phase.
pub(super) fn latency(report: &Report, document: &mut Document) {
    let whole = &report.measured.latency;
    if whole.parts.is_empty() {
        document.paragraph("No answer was timed.");
        return;
    }
    let mut phases = grid("Phase, of all probes");
    for (part, figures) in &whole.parts {
        phases.row(row(part.as_str().replace('_', " ").into(), figures));
    }
    document.grid(phases);
    let mut subjects = grid("Whole answers of");
    let mut add = |of: Text, measured: &Measured| {
        if let Some(figures) = measured.latency.total() {
            subjects.row(row(of, figures));
        }
    };
    for service in &report.services {
        let name = service.name.slug();
        if let Some(own) = &service.own {
            add(Text::quoted(name), &own.measured);
        }
        for platform in &service.platforms {
            if let Some(own) = &platform.own {
                let key = format!("{name}/{}", platform.name.slug());
                add(Text::quoted(key), &own.measured);
            }
        }
    }
    for probe in report.probes() {
        add(Text::quoted(probe.probe.id.as_str()), &probe.measured);
    }
    document.grid(subjects);
    if report.is_rounded {
        document.paragraph(
            "Where the period begins or ends inside an hour or a day of which nothing finer is \
             kept, all of that hour or day is counted in here.",
        );
    }
}

fn grid(of: &'static str) -> Grid {
    let columns = PERCENTILES.map(right);
    let columns = [&[left(of), right("Answers")], &columns[..]].concat();
    Grid::new(&columns).conceding(&CONCEDING)
}

fn row(of: Text, figures: &Figures) -> [Text; 7] {
    let Figures {
        count,
        min,
        median,
        p95,
        p99,
        max,
    } = *figures;
    let took = |of| Text::from(length_of_answer(of));
    [
        of,
        count.to_string().into(),
        took(min),
        took(median),
        took(p95),
        took(p99),
        took(max),
    ]
}

/// Of all probes, the most frequent first.
pub(super) fn failures(report: &Report, document: &mut Document) {
    let ranked = report.measured.failures.ranked();
    if ranked.is_empty() {
        document.paragraph("No request failed.");
        return;
    }
    let mut grid = Grid::new(&[left("Cause"), left("Phase"), right("Failures")]);
    let word =
        |word: Option<&'static str>| word.map_or_else(|| Text::spare("not told"), Text::from);
    for (cause, phase, count) in ranked {
        grid.row([
            word(cause.map(Cause::as_str)),
            word(phase.map(Phase::as_str)),
            count.to_string().into(),
        ]);
    }
    document.grid(grid);
}
