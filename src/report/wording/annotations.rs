//! What people said of outages, in words.

use super::grids::percent;
use crate::domain::annotation::Annotation;
use crate::domain::time::Millis;
use crate::report::accounting::Remarks;
use crate::report::annotated::Annotated;
use crate::report::document::{Concession, Document, Fields, Grid, Text, Tone, left};
use crate::report::text::{instant, instant_after, instant_utc, length, many};
use crate::report::totals::Totals;

/// One window or incident, with all that was said of it.
pub fn annotated(annotated: &Annotated) -> Document {
    let mut document = Document::default();
    let noun = if annotated.is_incident {
        "Incident"
    } else {
        "Outage"
    };
    document.title(format!("{noun} {}, in UTC", annotated.id));
    let period = annotated.period;
    let mut fields = Fields::default();
    let whose = match annotated.kind() {
        "endpoint" => "probe",
        "incident" => "service",
        kind => kind,
    };
    fields.add(whose, annotated.subject.key());
    fields.add("started", instant(period.from));
    let ended = if annotated.is_open {
        Text::toned(Tone::Bad, "open")
    } else {
        instant_after(period.from, period.to)
    };
    fields.add("ended", ended);
    fields.add("lasted", length(period.length()));
    fields.add("counted", counted(annotated));
    document.fields(fields);
    if annotated.annotations.is_empty() {
        document.paragraph("Nobody has said anything of it.");
        return document;
    }
    let mut grid = Grid::new(&[left("At (UTC)"), left("By"), left("Said"), left("Text")])
        .conceding(&[Concession::Below("Text", "")]);
    for annotation in &annotated.annotations {
        let text = annotation.remark.text();
        grid.row([
            instant(annotation.at).into(),
            Text::quoted(&*annotation.by),
            annotation.remark.kind().as_str().into(),
            text.map_or_else(Text::default, |text| Text::quoted(&**text)),
        ]);
    }
    document.grid(grid);
    document
}

fn counted(annotated: &Annotated) -> Text {
    let counted = length(annotated.counted);
    let of = match annotated.left_out {
        Millis::ZERO => return counted.into(),
        left_out => length(left_out),
    };
    let by = if annotated.is_excluded() {
        "left out"
    } else {
        "left out with another annotation"
    };
    Text::from(format!("{counted}; ")).then(Text::toned(Tone::Warn, format!("{of} {by}")))
}

/// What annotations change of the figures; then those that change nothing, since their windows are
/// there no longer.
pub(super) fn changed(totals: &Totals, remarks: &Remarks) -> Vec<Text> {
    let mut lines = Vec::new();
    if let Some(observed) = &totals.as_observed {
        let counting = &totals.availability;
        let outages = Text::toned(Tone::Warn, many(remarks.left_out, "outage", "outages"));
        let change = if observed.down == counting.down {
            "; the time down here is the same with it and without.".to_owned()
        } else {
            format!(
                ": {} down were observed, of which {} count; uptime {} as observed, {} as it counts.",
                length(observed.down),
                length(counting.down),
                percent(observed.uptime()),
                percent(counting.uptime()),
            )
        };
        lines.push(outages.then(" left out by annotation").then(change));
    }
    for lost in &remarks.lost {
        lines.push(
            Text::from("An annotation is of an outage that is no longer there: ")
                .then(Text::quoted(lost.subject.key()))
                .then(format!(", {}: ", instant_utc(lost.started_at)))
                .then(said(std::slice::from_ref(lost))),
        );
    }
    lines
}

/// Adds what was said of each row's window and how much of that does not count, if there is any:
/// below the rows, where room is short.
pub(super) fn with_remarks<'m>(
    mut grid: Grid,
    rows: impl IntoIterator<Item = (&'m [Annotation], Millis)>,
) -> Grid {
    let remarks: Vec<_> = rows
        .into_iter()
        .map(|(annotations, left_out)| remark(annotations, left_out))
        .collect();
    if remarks.iter().all(|remark| remark.0.is_empty()) {
        return grid;
    }
    grid.columns.push(left("Remarks"));
    grid.concessions.insert(0, Concession::Below("Remarks", ""));
    for (row, remark) in grid.rows.iter_mut().zip(remarks) {
        row.push(remark);
    }
    grid
}

fn remark(annotations: &[Annotation], left_out: Millis) -> Text {
    let said = said(annotations);
    if left_out == Millis::ZERO {
        return said;
    }
    let uncounted = Text::toned(Tone::Warn, format!("{} not counted", length(left_out)));
    if annotations.is_empty() {
        return uncounted;
    }
    uncounted.then(": ").then(said)
}

/// All that was said of one window, on one line.
pub(super) fn said(annotations: &[Annotation]) -> Text {
    let mut line = Text::default();
    for (at, annotation) in annotations.iter().enumerate() {
        if at > 0 {
            line = line.then("; ");
        }
        let kind = annotation.remark.kind().as_str();
        line = match annotation.remark.text() {
            Some(text) => line.then(format!("{kind} ")).then(Text::quoted(&**text)),
            None => line.then(Text::toned(Tone::Warn, kind)),
        };
        line = line
            .then(" (")
            .then(Text::quoted(&*annotation.by))
            .then(format!(", {})", instant(annotation.at)));
    }
    line
}
