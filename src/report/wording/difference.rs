//! What a what-if changes, in words.

use super::outages::{between, difference_of, partial};
use crate::domain::subject::Scope;
use crate::domain::time::Millis;
use crate::report::difference::{Difference, Listed, Sides, Span};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::text::{instant, instant_after, length, many};

/// Every window or incident that is not the same in both.
pub fn difference(difference: &Difference) -> Document {
    let mut document = Document::default();
    if !difference.differing.is_empty() {
        document.grid(grid(difference));
    }
    let (one, more) = match difference.listed {
        Listed::Windows(_) => ("outage", "outages"),
        Listed::Incidents => ("incident", "incidents"),
    };
    let count = difference.differing.len() as u64;
    let told = match count {
        0 => "No difference".to_owned(),
        _ => many(count, "difference", "differences"),
    };
    document.paragraph(format!(
        "{told} and {} the same {}",
        many(difference.same, one, more),
        between(difference.request.period)
    ));
    document.paragraph(difference_of(one, more, &difference.what_if));
    if let Some(note) = partial(&difference.partial) {
        document.paragraph(note);
    }
    document
}

fn grid(difference: &Difference) -> Grid {
    let whose = match difference.listed {
        Listed::Windows(Scope::Endpoint) => "Probe",
        Listed::Windows(Scope::Platform) => "Platform",
        Listed::Windows(Scope::Service) | Listed::Incidents => "Service",
    };
    let mut grid = Grid::new(&[
        left(whose),
        left("Difference"),
        left("As configured (UTC)"),
        right("Lasted"),
        left("With the change (UTC)"),
        right("Lasts"),
    ])
    .conceding(&[
        Concession::Below("As configured (UTC)", "as configured "),
        Concession::Below("With the change (UTC)", "with the change "),
        Concession::Below("Lasted", "lasted "),
        Concession::Below("Lasts", "lasts "),
    ]);
    for one in &difference.differing {
        let (configured, changed) = (one.sides.configured(), one.sides.changed());
        grid.row([
            Text::quoted(one.subject.key()),
            what(&one.sides),
            times(configured),
            lasted(configured),
            times(changed),
            lasted(changed),
        ]);
    }
    grid
}

fn what(sides: &Sides) -> Text {
    match sides {
        Sides::Configured(_) => Text::toned(Tone::Good, "gone with the change"),
        Sides::Changed(_) => Text::toned(Tone::Bad, "only with the change"),
        Sides::Other {
            configured,
            changed,
        } => {
            let starts = configured.start != changed.start;
            let ends = (configured.end, configured.is_open) != (changed.end, changed.is_open);
            let what = match (starts, ends) {
                (true, true) => "other start and end",
                (true, false) => "other start",
                (false, _) => "other end",
            };
            Text::toned(Tone::Warn, what)
        }
    }
}

fn times(span: Option<Span>) -> Text {
    let Some(span) = span else {
        return Text::spare("–");
    };
    let start = Text::from(format!("{} – ", instant(span.start)));
    if span.is_open {
        start.then(Text::toned(Tone::Bad, "open"))
    } else {
        start.then(instant_after(span.start, span.end))
    }
}

fn lasted(span: Option<Span>) -> Text {
    match span.map(|span| span.duration()) {
        None | Some(Millis::ZERO) => Text::spare("–"),
        Some(lasted) => length(lasted).into(),
    }
}
