//! What an event says.

use crate::domain::annotation::Annotation;
use crate::domain::maintenance::{Declared, Origin};
use crate::domain::outage::{EndKind, StartKind};
use crate::domain::probe::Name;
use crate::domain::subject::Scope;
use crate::domain::time::{Period, UnixMillis};
use crate::report::outage_list::{Meanwhile, Outage};
use crate::report::text::{bounds, instant, length, plain};

pub(super) struct Event {
    /// Without anything that would have to be escaped.
    pub(super) uid: String,
    pub(super) period: Period,
    pub(super) summary: String,
    /// Line by line.
    pub(super) description: Vec<String>,
    pub(super) categories: &'static str,
}

/// The same window is the same event in every calendar; one that is open reaches to the present.
pub(super) fn of_outage(outage: &Outage, now: UnixMillis) -> Event {
    let window = &outage.window;
    let whose = whose(outage);
    let lasted = length(window.duration());
    Event {
        uid: format!("{}@outwatch", outage.id),
        period: Period::new(
            window.start,
            if window.is_open() { now } else { window.end },
        ),
        summary: if window.is_open() {
            format!("{whose} is still down, for {lasted} so far")
        } else {
            format!("{whose} was down for {lasted}")
        },
        description: described(outage),
        categories: match outage.subject.scope() {
            Scope::Service => "Outage,Service",
            Scope::Platform => "Outage,Platform",
            Scope::Endpoint => "Outage,Endpoint",
        },
    }
}

/// As in `Music mobile`: as people wrote the names.
fn whose(outage: &Outage) -> String {
    let mut names = vec![outage.service.display()];
    names.extend(outage.platform.as_ref().map(Name::display));
    names.extend(outage.probe.as_ref().map(|probe| probe.endpoint.display()));
    plain(&names.join(" "))
}

fn described(outage: &Outage) -> Vec<String> {
    let window = &outage.window;
    let started = instant(window.start);
    let mut lines = vec![
        match window.start_kind {
            StartKind::Seen => format!("Started {started} UTC"),
            StartKind::Unseen => format!("Started {started} UTC or before: nobody watched"),
            StartKind::Resumed => {
                format!("Started {started} UTC, or went on after nobody had watched")
            }
        },
        match window.end_kind {
            EndKind::Seen => format!("Ended {} UTC", instant(window.end)),
            EndKind::Open => format!("Not ended by {} UTC", instant(window.end)),
            EndKind::Unseen => {
                format!("Ended {} UTC or later: nobody watched", instant(window.end))
            }
            EndKind::Removed => format!("Not watched since {} UTC: removed", instant(window.end)),
        },
    ];
    let lasted = length(window.duration());
    lines.push(match window.duration_max() {
        Some(most) => format!("Lasted {lasted} ({})", bounds(window.duration_min(), most)),
        None => format!(
            "Lasted {lasted} (at least {})",
            length(window.duration_min())
        ),
    });
    if outage.counted != window.duration() {
        lines.push(format!("Counted {}", length(outage.counted)));
    }
    let causes = window.causes.ranked();
    let causes: Vec<_> = causes
        .iter()
        .map(|(cause, count)| format!("{cause} {count}"))
        .collect();
    if !causes.is_empty() {
        lines.push(format!("Failures by cause: {}", causes.join(", ")));
    }
    let first = window.first_failure.as_ref();
    if let Some(detail) = first.and_then(|failure| failure.detail.as_deref()) {
        lines.push(format!("First failure: {}", plain(detail)));
    }
    if !outage.meanwhile.is_empty() {
        let meanwhile: Vec<_> = outage.meanwhile.iter().map(meanwhile).collect();
        lines.push(format!("Meanwhile: {}", meanwhile.join(", ")));
    }
    lines.extend(outage.annotations.iter().map(annotated));
    lines.push(format!("Outage {}", outage.id));
    lines
}

fn meanwhile(one: &Meanwhile) -> String {
    let (name, state) = (one.platform.display(), one.worst.as_str());
    plain(&format!("{name} {state} {}", length(one.worst_for)))
}

fn annotated(said: &Annotation) -> String {
    let (kind, by) = (said.remark.kind(), &said.by);
    plain(&match said.remark.text() {
        Some(text) => format!("{by} says {kind}: {text}"),
        None => format!("{by} says {kind}"),
    })
}

/// One stretch of it.
pub(super) fn of_maintenance(declared: &Declared, stretch: Period) -> Event {
    let declaration = &declared.declaration;
    let subject = declaration.subject.key();
    let summary = match &declaration.note {
        Some(note) => format!("Maintenance of {subject}: {note}"),
        None => format!("Maintenance of {subject}"),
    };
    let at = instant(declared.from);
    let declared_by = match &declared.origin {
        Origin::Configured => format!("Declared {at} UTC, in the configuration"),
        Origin::By(name) => format!("Declared {at} UTC by {name}"),
    };
    let scheduled = format!("Scheduled {}", declaration.schedule);
    Event {
        uid: format!("maintenance-{}-{}@outwatch", declared.id.0, stretch.from.0),
        period: stretch,
        summary: plain(&summary),
        description: vec![plain(&scheduled), plain(&declared_by)],
        categories: "Maintenance",
    }
}
