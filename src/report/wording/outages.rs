//! Outage windows in words.

use crate::domain::outage::{EndKind, StartKind};
use crate::domain::time::{Millis, Period};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::outage_list::{Outage, OutageList};
use crate::report::text::{self, instant, instant_after, instant_utc, length, length_within, many};
use crate::report::totals::Totals;
use crate::report::what_if::{DownTime, WhatIf};

/// Most causes that are told of one window; the machine-readable formats have all.
const CAUSES_MAX: usize = 3;

/// Narrower, the first failure says less than a line of its own is worth.
const FIRST_FAILURE_WIDTH_MIN: usize = 24;

/// The windows of a period, then what they come to.
pub fn outages(list: &OutageList) -> Document {
    let mut document = Document::default();
    let period = list.request.period;
    if !list.outages.is_empty() {
        document.grid(windows(&list.outages.iter().collect::<Vec<_>>()));
    }
    document.paragraph(format!("{} {}", in_all(&list.totals), between(period)));
    if list
        .outages
        .iter()
        .any(|outage| outage.inside != outage.counted)
    {
        document.paragraph(
            "Of windows that reach out of the period, only the part inside is summed up.",
        );
    }
    document.paragraph(watched(&list.totals));
    if let Some(what_if) = &list.what_if {
        document.paragraph(difference(what_if));
    }
    document
}

/// As in `2 outages, down for 3m in all (2m – 4m).`
pub(super) fn in_all(totals: &Totals) -> String {
    let (count, availability) = (totals.outages.count, &totals.availability);
    if count == 0 {
        // to have seen none is worth nothing if nobody looked
        return if availability.observed() == Millis::ZERO {
            "Nothing was observed, and so no outages,".to_owned()
        } else {
            "No outages".to_owned()
        };
    }
    format!(
        "{}, down for {} in all",
        many(count, "outage", "outages"),
        length_within(
            availability.down,
            availability.down_certain,
            Some(availability.down_possible)
        )
    )
}

pub(super) fn between(period: Period) -> String {
    format!(
        "from {} to {} ({}).",
        instant_utc(period.from),
        instant_utc(period.to),
        length(period.length())
    )
}

/// How much of the probes' time was observed.
pub(super) fn watched(totals: &Totals) -> String {
    let availability = &totals.availability;
    let (probes, covered) = (totals.probes, availability.covered);
    if probes == 0 {
        return "No probe was configured then.".to_owned();
    }
    let Some(coverage) = availability.coverage() else {
        return "All of it was declared maintenance.".to_owned();
    };
    let of = if probes == 1 {
        "of 1 probe".to_owned()
    } else {
        format!("summed over {probes} probes")
    };
    let observed = format!(
        "{} observed of {} ({of}), coverage {coverage} %.",
        length(availability.observed()),
        length(covered - availability.maintenance),
    );
    match (availability.unknown, availability.unknown_possible) {
        (Millis::ZERO, _) => observed,
        (unknown, Millis::ZERO) => format!("{observed} {} not observed.", length(unknown)),
        (unknown, possible) => format!(
            "{observed} {} not observed, of which {} may belong to an outage before or after.",
            length(unknown),
            length(possible)
        ),
    }
}

pub(super) fn difference(what_if: &WhatIf) -> Text {
    let told = |down: &DownTime| {
        format!(
            "{} and {} down",
            many(down.outages, "outage", "outages"),
            length(down.down)
        )
    };
    Text::toned(Tone::Warn, "What if")
        .then(" ")
        .then(Text::quoted(what_if.changes.join(", ")))
        .then(format!(
            ": {}, where the configured parameters give {}.",
            told(&what_if.changed),
            told(&what_if.configured)
        ))
}

/// One row a window.
pub(super) fn windows(outages: &[&Outage]) -> Grid {
    let mut grid = Grid::new(&[
        left("ID"),
        left("Probe"),
        left("Started (UTC)"),
        left("Ended (UTC)"),
        right("Lasted"),
        left("Low – high"),
        left("Cause"),
        left("First failure"),
    ])
    .conceding(&[
        Concession::Brief("Ended (UTC)"),
        Concession::Cut("First failure", FIRST_FAILURE_WIDTH_MIN),
        Concession::Below("First failure", ""),
        Concession::Below("ID", ""),
        Concession::Below("Low – high", "lasted "),
        Concession::Below("Cause", ""),
    ]);
    for outage in outages {
        grid.row([
            Text::quoted(outage.id.to_string()),
            Text::quoted(outage.subject.key()),
            started(outage).into(),
            ended(outage),
            length(outage.window.duration()).into(),
            bounds(outage).into(),
            causes(outage).into(),
            first_failure(outage),
        ]);
    }
    grid
}

pub(super) fn started(outage: &Outage) -> String {
    let at = instant(outage.window.start);
    match outage.window.start_kind {
        StartKind::Seen => at,
        kind @ (StartKind::Unseen | StartKind::Resumed) => format!("{at} ({})", kind.as_str()),
    }
}

pub(super) fn ended(outage: &Outage) -> Text {
    let at = instant_after(outage.window.start, outage.window.end);
    match outage.window.end_kind {
        EndKind::Open => Text::toned(Tone::Bad, "open"),
        EndKind::Seen => at,
        kind @ (EndKind::Unseen | EndKind::Removed) => at.then(format!(" ({})", kind.as_str())),
    }
}

/// The shortest and the longest that it can have lasted.
fn bounds(outage: &Outage) -> String {
    let (least, most) = (outage.window.duration_min(), outage.window.duration_max());
    match most {
        Some(most) => text::bounds(least, most),
        None => format!("at least {}", length(least)),
    }
}

pub(super) fn causes(outage: &Outage) -> String {
    let ranked = outage.window.causes.ranked();
    let mut told: Vec<_> = match ranked.as_slice() {
        [(cause, _)] => vec![cause.to_string()],
        several => several
            .iter()
            .take(CAUSES_MAX)
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect(),
    };
    if ranked.len() > CAUSES_MAX {
        told.push("…".to_owned());
    }
    told.join(", ")
}

fn first_failure(outage: &Outage) -> Text {
    let Some(failure) = &outage.window.first_failure else {
        return Text::default();
    };
    match (&failure.detail, failure.phase) {
        (Some(detail), _) => Text::quoted(detail.as_ref()),
        (None, Some(phase)) => format!("in phase {phase}").into(),
        (None, None) => Text::default(),
    }
}
