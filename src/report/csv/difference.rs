//! What a what-if changes.

use std::io::{self, Write};

use super::{cell, instant, length};
use crate::report::difference::{Difference, Differing, Span};

const COLUMNS: [&str; 11] = [
    "difference",
    "scope",
    "subject",
    "configured_id",
    "configured_started_at",
    "configured_ended_at",
    "configured_duration_ms",
    "changed_id",
    "changed_started_at",
    "changed_ended_at",
    "changed_duration_ms",
];

/// One row for each window or incident that is not the same in both; the cells of the one in which
/// it is missing are empty.
pub fn difference(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for one in &difference.differing {
        csv.write_record(row(difference, one))?;
    }
    csv.flush()
}

fn row(difference: &Difference, one: &Differing) -> Vec<String> {
    let mut row = vec![
        one.sides.as_str().to_owned(),
        difference.listed.as_str().to_owned(),
        cell(&one.subject.key()),
    ];
    row.extend(span(one.sides.configured()));
    row.extend(span(one.sides.changed()));
    row
}

fn span(span: Option<Span>) -> [String; 4] {
    [
        span.map(|span| span.id.to_string()).unwrap_or_default(),
        instant(span.map(|span| span.start)),
        instant(span.filter(|span| !span.is_open).map(|span| span.end)),
        length(span.map(|span| span.duration())),
    ]
}
