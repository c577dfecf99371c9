//! Outage windows in words.

use std::fmt;

use super::annotations::{changed, with_remarks};
use crate::domain::availability::State;
use crate::domain::observation::{Cause, Failure};
use crate::domain::outage::{EndKind, StartKind};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::outage_list::{Meanwhile, Outage, OutageList};
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
    if !list.outages.is_empty() {
        let all: Vec<_> = list.outages.iter().collect();
        document.grid(windows(list.scope, &all));
    }
    // of what is not told nothing is summed up either
    if list.subjects > 0 || list.partial.is_empty() {
        summed_up(list, &mut document);
    }
    if let Some(note) = partial(&list.partial) {
        document.paragraph(note);
    }
    if let Some(what_if) = &list.what_if {
        document.paragraph(difference(what_if));
    }
    document
}

fn summed_up(list: &OutageList, document: &mut Document) {
    document.paragraph(format!(
        "{} {}",
        in_all_of(list.scope, &list.totals),
        between(list.request.period)
    ));
    if list
        .outages
        .iter()
        .any(|outage| outage.inside != outage.counted)
    {
        document.paragraph(
            "Of windows that reach out of the period, only the part inside is summed up.",
        );
    }
    for line in changed(&list.totals, &list.remarks) {
        document.paragraph(line);
    }
    document.paragraph(watched_of(list.scope, list.subjects, &list.totals));
}

/// As in `2 outages, down for 3m in all (2m – 4m)`, of probes.
pub(super) fn in_all(totals: &Totals) -> String {
    in_all_of(Scope::Endpoint, totals)
}

fn in_all_of(scope: Scope, totals: &Totals) -> String {
    let (count, availability) = (totals.outages.count, &totals.availability);
    let (one, more) = match scope {
        Scope::Endpoint => ("outage", "outages"),
        Scope::Platform => ("outage of a platform", "outages of platforms"),
        Scope::Service => ("outage of a service", "outages of services"),
    };
    if count == 0 {
        // to have seen none is worth nothing if nobody looked
        return if availability.observed() == Millis::ZERO {
            "Nothing was observed, and so no outages,".to_owned()
        } else {
            format!("No {more}")
        };
    }
    format!(
        "{}, down for {} in all",
        many(count, one, more),
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
    watched_of(Scope::Endpoint, totals.probes, totals)
}

/// How much of the time of so many endpoints, platforms or services was observed.
pub(super) fn watched_of(scope: Scope, subjects: usize, totals: &Totals) -> String {
    let availability = &totals.availability;
    let covered = availability.covered;
    let (one, more) = match scope {
        Scope::Endpoint => ("probe", "probes"),
        Scope::Platform => ("platform", "platforms"),
        Scope::Service => ("service", "services"),
    };
    if subjects == 0 {
        return format!("No {one} was configured then.");
    }
    let Some(coverage) = availability.coverage() else {
        return "All of it was declared maintenance.".to_owned();
    };
    let of = if subjects == 1 {
        format!("of 1 {one}")
    } else {
        format!("summed over {subjects} {more}")
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
    difference_of("outage", "outages", what_if)
}

/// Of what is called so.
pub(super) fn difference_of(one: &str, more: &str, what_if: &WhatIf) -> Text {
    let told = |down: &DownTime| {
        format!(
            "{} and {} down",
            many(down.outages, one, more),
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

/// Says of which nothing can be told, if there are such.
pub(super) fn partial(partial: &[Subject]) -> Option<Text> {
    let (first, rest) = partial.split_first()?;
    let mut note = Text::toned(Tone::Warn, "Not told").then(" of ");
    note = note.then(Text::quoted(first.key()));
    for subject in rest {
        note = note.then(", ").then(Text::quoted(subject.key()));
    }
    Some(note.then(
        ": only some of the probes were asked for, and without the others nobody can say whether \
         it was down.",
    ))
}

/// One row a window; all of them of one scope.
pub(super) fn windows(scope: Scope, outages: &[&Outage]) -> Grid {
    let grid = match scope {
        Scope::Endpoint => of_endpoints(outages),
        Scope::Platform => rolled_up("Platform", "Endpoints", "Meanwhile", outages),
        Scope::Service => rolled_up("Service", "Platforms", "Of which", outages),
    };
    let remarks = outages.iter();
    with_remarks(
        grid,
        remarks.map(|outage| (&outage.annotations[..], outage.left_out)),
    )
}

/// Of platforms or services.
fn rolled_up(
    whose: &'static str,
    members: &'static str,
    meanwhile: &'static str,
    outages: &[&Outage],
) -> Grid {
    let mut grid = Grid::new(&[
        left("ID"),
        left(whose),
        left("Started (UTC)"),
        left("Ended (UTC)"),
        right("Lasted"),
        left("Low – high"),
        left(meanwhile),
        left(members),
        left("Cause"),
    ])
    .conceding(&[
        Concession::Brief("Ended (UTC)"),
        Concession::Below("Cause", ""),
        Concession::Below("Low – high", "lasted "),
        Concession::Below("ID", ""),
        Concession::Below(meanwhile, ""),
        Concession::Below(members, ""),
        Concession::Below("Ended (UTC)", "ended "),
    ]);
    for outage in outages {
        let down = outage
            .members
            .map(|members| format!("{} of {} down", members.down, members.all));
        grid.row([
            Text::quoted(outage.id.to_string()),
            Text::quoted(outage.subject.key()),
            started(outage).into(),
            ended(outage),
            lasted(outage).into(),
            bounds(outage).into(),
            joined(self::meanwhile(&outage.meanwhile), "; "),
            down.unwrap_or_default().into(),
            causes(outage).into(),
        ]);
    }
    grid
}

/// As in `mobile down 2m; desktop, web up`: the worst first, and those that were the same together.
pub(super) fn meanwhile(platforms: &[Meanwhile]) -> Vec<Text> {
    let mut parts = Vec::new();
    for state in [
        State::Down,
        State::Unknown,
        State::Degraded,
        State::Maintenance,
        State::Up,
    ] {
        let toned = |words: String| Text::toned(Tone::of(state), words);
        let of_state = || platforms.iter().filter(|one| one.worst == state);
        // how long it was down is always of interest
        let throughout = |one: &&Meanwhile| state != State::Down && one.worst_for == one.of;
        for one in of_state().filter(|one| !throughout(one)) {
            let (name, time) = (one.platform.display(), length(one.worst_for));
            parts.push(toned(format!("{name} {} {time}", state.as_str())));
        }
        let same = of_state().filter(throughout);
        let same: Vec<_> = same.map(|one| one.platform.display()).collect();
        if !same.is_empty() {
            parts.push(toned(format!("{} {}", same.join(", "), state.as_str())));
        }
    }
    parts
}

pub(super) fn joined(parts: Vec<Text>, between: &str) -> Text {
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |text, part| text.then(between).then(part))
}

fn of_endpoints(outages: &[&Outage]) -> Grid {
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
        Concession::Below("Ended (UTC)", "ended "),
    ]);
    for outage in outages {
        grid.row([
            Text::quoted(outage.id.to_string()),
            Text::quoted(outage.subject.key()),
            started(outage).into(),
            ended(outage),
            lasted(outage).into(),
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

/// With what of it counts, if part of it was declared as maintenance.
fn lasted(outage: &Outage) -> String {
    let lasted = outage.window.duration();
    if outage.counted + outage.left_out == lasted {
        length(lasted)
    } else {
        format!("{}, counted {}", length(lasted), length(outage.counted))
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
    ranked(&outage.window.causes.ranked())
}

/// The most frequent causes, as in `status 5, timeout 1`; an only one without its number.
pub(super) fn ranked<N: fmt::Display>(causes: &[(Cause, N)]) -> String {
    let mut told: Vec<_> = match causes {
        [(cause, _)] => vec![cause.to_string()],
        several => several
            .iter()
            .take(CAUSES_MAX)
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect(),
    };
    if causes.len() > CAUSES_MAX {
        told.push("…".to_owned());
    }
    told.join(", ")
}

fn first_failure(outage: &Outage) -> Text {
    let failure = outage.window.first_failure.as_ref();
    failure.map_or_else(Text::default, failed)
}

/// How a request failed, besides the cause.
pub(super) fn failed(failure: &Failure) -> Text {
    match (&failure.detail, failure.phase) {
        (Some(detail), _) => Text::quoted(detail.as_ref()),
        (None, Some(phase)) => format!("in phase {phase}").into(),
        (None, None) => Text::default(),
    }
}
