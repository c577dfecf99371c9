//! Windows.

use std::io::{self, Write};

use super::{annotations, cell, ids, instant, length, optional};
use crate::domain::probe::Name;
use crate::report::outage_list::{Meanwhile, Outage, OutageList};

const COLUMNS: [&str; 34] = [
    "id",
    "scope",
    "service",
    "platform",
    "endpoint",
    "probe_id",
    "state",
    "started_at",
    "ended_at",
    "start_earliest",
    "end_earliest",
    "end_latest",
    "start_kind",
    "end_kind",
    "duration_ms",
    "duration_min_ms",
    "duration_max_ms",
    "counted_ms",
    "failures",
    "observations",
    "causes",
    "first_failure_cause",
    "first_failure_phase",
    "first_failure_detail",
    "opened_at",
    "closed_at",
    "detected_at",
    "in_period_ms",
    "parts",
    "members_down",
    "members",
    "meanwhile",
    "left_out_ms",
    "annotations",
];

/// One row a window. `causes` is `status=350 timeout=10`; what isn't known is empty.
pub fn outages(list: &OutageList, out: &mut dyn Write) -> io::Result<()> {
    outages_of(&list.outages, out)
}

/// The same of any windows.
pub fn outages_of<'m>(
    outages: impl IntoIterator<Item = &'m Outage>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for outage in outages {
        csv.write_record(row(outage))?;
    }
    csv.flush()
}

fn row(outage: &Outage) -> [String; 34] {
    let (window, probe) = (&outage.window, outage.probe.as_ref());
    let members = outage.members;
    let failure = window.first_failure.as_ref();
    let ended = (!window.is_open()).then_some(window.end);
    let causes = window.causes.ranked();
    let causes = causes.iter();
    let causes: Vec<_> = causes
        .map(|(cause, count)| format!("{cause}={count}"))
        .collect();
    [
        outage.id.to_string(),
        outage.subject.scope().to_string(),
        cell(outage.service.slug()),
        optional(outage.platform.as_ref().map(Name::slug)),
        optional(probe.map(|probe| probe.endpoint.slug())),
        optional(probe.map(|probe| probe.id.as_str())),
        if window.is_open() { "open" } else { "closed" }.to_owned(),
        window.start.to_string(),
        instant(ended),
        instant(window.start_earliest),
        window.end_earliest.to_string(),
        instant(window.end_latest),
        window.start_kind.as_str().to_owned(),
        window.end_kind.as_str().to_owned(),
        window.duration().0.to_string(),
        window.duration_min().0.to_string(),
        length(window.duration_max()),
        outage.counted.0.to_string(),
        window.failures.to_string(),
        window.observations.to_string(),
        causes.join(" "),
        failure
            .and_then(|f| f.cause)
            .map(|c| c.to_string())
            .unwrap_or_default(),
        failure
            .and_then(|f| f.phase)
            .map(|p| p.to_string())
            .unwrap_or_default(),
        optional(failure.and_then(|f| f.detail.as_deref())),
        instant(window.opened_at),
        instant(window.closed_at),
        instant(window.detected_at),
        outage.inside.0.to_string(),
        ids(&outage.parts),
        members
            .map(|members| members.down.to_string())
            .unwrap_or_default(),
        members
            .map(|members| members.all.to_string())
            .unwrap_or_default(),
        meanwhile(&outage.meanwhile),
        outage.left_out.0.to_string(),
        annotations(&outage.annotations),
    ]
}

/// As in `desktop=up mobile=down`.
pub(super) fn meanwhile(platforms: &[Meanwhile]) -> String {
    let told: Vec<_> = platforms
        .iter()
        .map(|one| format!("{}={}", one.platform.slug(), one.worst.as_str()))
        .collect();
    cell(&told.join(" "))
}
