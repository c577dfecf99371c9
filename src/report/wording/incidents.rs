//! Incidents in words.

use super::annotations::{changed, with_remarks};
use super::outages::{between, difference_of, joined, meanwhile, partial, watched_of};
use crate::domain::incident::{IncidentKind, Severity};
use crate::domain::subject::Scope;
use crate::domain::time::{Micros, Millis};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::incident_list::{IncidentList, PlatformShare, ServiceIncident};
use crate::report::text::{self, instant, instant_after, length, many};

/// The incidents of a period, then how much of it was watched.
pub fn incidents(list: &IncidentList) -> Document {
    let mut document = Document::default();
    if !list.incidents.is_empty() {
        document.grid(grid(&list.incidents));
    }
    // of what is not told nothing is summed up either
    if list.subjects > 0 || list.partial.is_empty() {
        summed_up(list, &mut document);
    }
    if let Some(note) = partial(&list.partial) {
        document.paragraph(note);
    }
    if let Some(what_if) = &list.what_if {
        document.paragraph(difference_of("incident", "incidents", what_if));
    }
    document
}

fn summed_up(list: &IncidentList, document: &mut Document) {
    let count = list.incidents.len() as u64;
    let told = match count {
        0 => "No incidents".to_owned(),
        _ => many(count, "incident", "incidents"),
    };
    document.paragraph(format!("{told} {}", between(list.request.period)));
    for line in changed(&list.totals, &list.remarks) {
        document.paragraph(line);
    }
    document.paragraph(watched_of(Scope::Service, list.subjects, &list.totals));
}

/// One row an incident.
pub(super) fn grid<'m>(incidents: impl IntoIterator<Item = &'m ServiceIncident>) -> Grid {
    let mut grid = Grid::new(&[
        left("ID"),
        left("Service"),
        left("Started (UTC)"),
        left("Ended (UTC)"),
        right("Lasted"),
        left("Low – high"),
        left("Severity"),
        left("Kind"),
        left("Platforms"),
        left("Any / all down"),
        left("Weighted"),
        left("Unobserved"),
        left("Blips"),
    ])
    .conceding(&[
        Concession::Brief("Ended (UTC)"),
        Concession::Below("Platforms", ""),
        Concession::Below("Any / all down", "any / all platforms down "),
        Concession::Below("Weighted", "weighted down "),
        Concession::Below("Unobserved", "unobserved "),
        Concession::Below("Blips", "blips "),
        Concession::Below("Low – high", "lasted "),
        Concession::Below("ID", ""),
        Concession::Below("Kind", ""),
    ]);
    let mut annotations = Vec::new();
    for one in incidents {
        let incident = &one.incident;
        annotations.push((&one.annotations[..], Millis::ZERO));
        grid.row([
            Text::quoted(incident.id.to_string()),
            Text::quoted(one.subject.key()),
            instant(incident.period.from).into(),
            ended(one),
            length(incident.duration()).into(),
            bounds(one).into(),
            severity(incident.severity),
            kind(incident.kind, incident.is_open).into(),
            platforms(one),
            any_all(incident.any_down, incident.all_down),
            weighted(incident.weighted_down),
            time(incident.unknown),
            match incident.blips {
                0 => Text::spare("–"),
                blips => blips.to_string().into(),
            },
        ]);
    }
    with_remarks(grid, annotations)
}

fn ended(one: &ServiceIncident) -> Text {
    if one.incident.is_open {
        Text::toned(Tone::Bad, "open")
    } else {
        instant_after(one.incident.period.from, one.incident.period.to)
    }
}

pub(super) fn bounds(one: &ServiceIncident) -> String {
    let least = one.duration_min();
    match one.duration_max() {
        Some(most) => text::bounds(least, most),
        None => format!("at least {}", length(least)),
    }
}

fn severity(severity: Severity) -> Text {
    let tone = match severity {
        Severity::Full => Tone::Bad,
        Severity::Partial | Severity::IntermittentOnly => Tone::Warn,
    };
    Text::toned(tone, how_much(severity))
}

/// How much of a service was down at the worst instant.
pub(super) const fn how_much(severity: Severity) -> &'static str {
    match severity {
        Severity::Full => "full",
        Severity::Partial => "partial",
        Severity::IntermittentOnly => "no platform down",
    }
}

/// Whether it was one stretch; of one that goes on, whether it is so far.
pub(super) const fn kind(kind: IncidentKind, is_open: bool) -> &'static str {
    match kind {
        IncidentKind::Continuous => "continuous",
        IncidentKind::Intermittent if is_open => "comes and goes",
        IncidentKind::Intermittent => "came and went",
    }
}

/// As in `mobile down 2m; some endpoints of web fail now and then (1 of 3, 5m); desktop up`.
fn platforms(one: &ServiceIncident) -> Text {
    let mut parts: Vec<_> = one.platforms.iter().map(platform).collect();
    parts.extend(meanwhile(&one.others));
    joined(parts, "; ")
}

pub(super) fn platform(one: &PlatformShare) -> Text {
    let (name, share) = (one.platform.display(), &one.share);
    let now_and_then = (share.flapping > Millis::ZERO).then(|| length(share.flapping));
    if share.down > Millis::ZERO {
        let mut down = format!("{name} down {}", length(share.down));
        if one.counted != share.down {
            down = format!("{down}, counted {}", length(one.counted));
        }
        let down = Text::toned(Tone::Bad, down);
        return match now_and_then {
            Some(time) => down.then(format!(", fails now and then for {time}")),
            None => down,
        };
    }
    let (some, of) = (one.endpoints.len(), one.endpoints_of);
    let endpoints = match (some, of) {
        (_, 1) => name.to_owned(),
        (some, of) if some == of => format!("all endpoints of {name}"),
        (some, of) => format!("{some} of {of} endpoints of {name}"),
    };
    let verb = if some == 1 { "fails" } else { "fail" };
    match now_and_then {
        Some(time) => Text::toned(
            Tone::Warn,
            format!("{endpoints} {verb} now and then for {time}"),
        ),
        None if some > 0 => Text::toned(Tone::Warn, format!("{endpoints} down")),
        None => Text::from(format!("{name} {}", many(share.blips, "blip", "blips"))),
    }
}

fn any_all(any: Millis, all: Millis) -> Text {
    if any == Millis::ZERO {
        return Text::spare("–");
    }
    format!("{} / {}", length(any), length(all)).into()
}

fn weighted(down: Micros) -> Text {
    time(down.cut_to_millis())
}

fn time(time: Millis) -> Text {
    match time {
        Millis::ZERO => Text::spare("–"),
        time => length(time).into(),
    }
}
