//! Outages, incidents and blips.

use rust_xlsxwriter::XlsxError;

use super::sheet::{Book, COUNT, Cell, Column, ID, INSTANT, LENGTH, NAME, TEXT, WORD};
use crate::domain::annotation::Annotation;
use crate::domain::observation::Cause;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Name;
use crate::report::incident_list::ServiceIncident;
use crate::report::model::Report;
use crate::report::outage_list::{Meanwhile, Outage};

const OUTAGES: [Column; 30] = [
    Column("Outage", ID),
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Endpoint", NAME),
    Column("Probe", 30.0),
    Column("State", WORD),
    Column("Started (UTC)", INSTANT),
    Column("Ended (UTC)", INSTANT),
    Column("Duration", LENGTH),
    Column("Duration, at least", LENGTH),
    Column("Duration, at most", LENGTH),
    Column("Counted", LENGTH),
    Column("In the period", LENGTH),
    Column("Start, earliest (UTC)", INSTANT),
    Column("End, earliest (UTC)", INSTANT),
    Column("End, latest (UTC)", INSTANT),
    Column("Start", WORD),
    Column("End", WORD),
    Column("Opened at (UTC)", INSTANT),
    Column("Detected at (UTC)", INSTANT),
    Column("Closed at (UTC)", INSTANT),
    Column("Failures", COUNT),
    Column("Observations", COUNT),
    Column("Causes", 24.0),
    Column("First failure", TEXT),
    Column("Members down", COUNT),
    Column("Members", COUNT),
    Column("Meanwhile", 30.0),
    Column("Left out by annotations", LENGTH),
    Column("Annotations", TEXT),
];

/// Windows of one scope, with their true times.
pub(super) fn outages(
    outages: &[&Outage],
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    book.table(
        name,
        OUTAGES,
        outages.iter().map(|outage| of_outage(outage)),
    )
}

fn of_outage(outage: &Outage) -> [Cell; 30] {
    let (window, probe) = (&outage.window, outage.probe.as_ref());
    let causes = window.causes.ranked();
    let causes: Vec<_> = causes
        .iter()
        .map(|(cause, count)| format!("{cause} {count}"))
        .collect();
    let first = window.first_failure.as_ref();
    let ended = (!window.is_open()).then_some(window.end);
    [
        outage.id.to_string().into(),
        outage.service.display().into(),
        outage.platform.as_ref().map(Name::display).into(),
        probe.map(|probe| probe.endpoint.display()).into(),
        probe.map(|probe| probe.id.as_str()).into(),
        if window.is_open() { "open" } else { "closed" }.into(),
        window.start.into(),
        ended.into(),
        window.duration().into(),
        window.duration_min().into(),
        window.duration_max().into(),
        outage.counted.into(),
        outage.inside.into(),
        window.start_earliest.into(),
        window.end_earliest.into(),
        window.end_latest.into(),
        window.start_kind.as_str().into(),
        window.end_kind.as_str().into(),
        window.opened_at.into(),
        window.detected_at.into(),
        window.closed_at.into(),
        window.failures.into(),
        window.observations.into(),
        causes.join(", ").into(),
        first.and_then(|failure| failure.detail.as_deref()).into(),
        outage.members.map(|members| members.down).into(),
        outage.members.map(|members| members.all).into(),
        meanwhile(&outage.meanwhile).into(),
        outage.left_out.into(),
        annotations(&outage.annotations).into(),
    ]
}

fn meanwhile(platforms: &[Meanwhile]) -> String {
    let told: Vec<_> = platforms
        .iter()
        .map(|one| format!("{} {}", one.platform.display(), one.worst.as_str()))
        .collect();
    told.join(", ")
}

fn annotations(said: &[Annotation]) -> String {
    let told: Vec<_> = said
        .iter()
        .map(|said| {
            let (kind, by) = (said.remark.kind(), &said.by);
            match said.remark.text() {
                Some(text) => format!("{by}: {kind}: {text}"),
                None => format!("{by}: {kind}"),
            }
        })
        .collect();
    told.join("; ")
}

fn ids(ids: &[OutageId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(" ")
}

const INCIDENTS: [Column; 22] = [
    Column("Incident", ID),
    Column("Service", NAME),
    Column("Severity", 17.0),
    Column("Kind", 14.0),
    Column("State", WORD),
    Column("Started (UTC)", INSTANT),
    Column("Ended (UTC)", INSTANT),
    Column("Duration", LENGTH),
    Column("Duration, at least", LENGTH),
    Column("Duration, at most", LENGTH),
    Column("Any platform down", LENGTH),
    Column("All platforms down", LENGTH),
    Column("Not observed", LENGTH),
    Column("Start, earliest (UTC)", INSTANT),
    Column("End, earliest (UTC)", INSTANT),
    Column("End, latest (UTC)", INSTANT),
    Column("Platforms, down for seconds", 40.0),
    Column("Others meanwhile", 30.0),
    Column("Blips", COUNT),
    Column("Flapping", LENGTH),
    Column("Outages of endpoints", TEXT),
    Column("Annotations", TEXT),
];

/// Incidents of all services, with their true times.
pub(super) fn incidents(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    book.table(name, INCIDENTS, report.incidents().map(of_incident))
}

fn of_incident(one: &ServiceIncident) -> [Cell; 22] {
    let incident = &one.incident;
    let platforms: Vec<_> = one
        .platforms
        .iter()
        .map(|one| {
            let down = one.share.down.0;
            format!(
                "{} {}.{:03}",
                one.platform.display(),
                down / 1000,
                down % 1000
            )
        })
        .collect();
    [
        incident.id.to_string().into(),
        one.service.display().into(),
        incident.severity.as_str().into(),
        incident.kind.as_str().into(),
        if incident.is_open { "open" } else { "closed" }.into(),
        incident.period.from.into(),
        (!incident.is_open).then_some(incident.period.to).into(),
        incident.duration().into(),
        one.duration_min().into(),
        one.duration_max().into(),
        incident.any_down.into(),
        incident.all_down.into(),
        incident.unknown.into(),
        incident.start_earliest.into(),
        one.end_earliest.into(),
        incident.end_latest.into(),
        platforms.join(", ").into(),
        meanwhile(&one.others).into(),
        incident.blips.into(),
        incident.flapping.length().into(),
        ids(&one.windows).into(),
        annotations(&one.annotations).into(),
    ]
}

const BLIPS: [Column; 9] = [
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Endpoint", NAME),
    Column("Probe", 30.0),
    Column("First failure (UTC)", INSTANT),
    Column("Last failure (UTC)", INSTANT),
    Column("Failures", COUNT),
    Column("Cause", NAME),
    Column("Detail", TEXT),
];

/// Failures too few to be an outage.
pub(super) fn blips(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let rows = report.probes().flat_map(|probe| {
        let of = &probe.probe;
        probe.blips.iter().map(move |blip| {
            let first = blip.first_failure.as_ref();
            let cause = first.and_then(|failure| failure.cause);
            [
                of.service.display().into(),
                of.platform.display().into(),
                of.endpoint.display().into(),
                of.id.as_str().into(),
                blip.first.into(),
                blip.last.into(),
                blip.failures.into(),
                cause.map(Cause::as_str).into(),
                first.and_then(|failure| failure.detail.as_deref()).into(),
            ]
        })
    });
    book.table(name, BLIPS, rows)
}
