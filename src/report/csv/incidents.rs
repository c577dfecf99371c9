//! Incidents.

use std::io::{self, Write};

use super::outages::meanwhile;
use super::{annotations, cell, ids, instant, length};
use crate::report::incident_list::{IncidentList, PlatformShare, ServiceIncident};

const COLUMNS: [&str; 24] = [
    "id",
    "scope",
    "service",
    "kind",
    "severity",
    "state",
    "started_at",
    "ended_at",
    "start_earliest",
    "end_earliest",
    "end_latest",
    "duration_ms",
    "duration_min_ms",
    "duration_max_ms",
    "any_down_ms",
    "all_down_ms",
    "unknown_ms",
    "weighted_down_us",
    "blips",
    "platforms",
    "others",
    "flapping_ms",
    "windows",
    "annotations",
];

/// One row an incident. `platforms` is the time down of each that had a part in it, in milliseconds:
/// `mobile=120000 web=90000`; what isn't known is empty.
pub fn incidents(list: &IncidentList, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for incident in &list.incidents {
        csv.write_record(row(incident))?;
    }
    csv.flush()
}

fn row(one: &ServiceIncident) -> [String; 24] {
    let incident = &one.incident;
    [
        incident.id.to_string(),
        "incident".to_owned(),
        cell(one.service.slug()),
        incident.kind.to_string(),
        incident.severity.to_string(),
        if incident.is_open { "open" } else { "closed" }.to_owned(),
        incident.period.from.to_string(),
        instant((!incident.is_open).then_some(incident.period.to)),
        instant(incident.start_earliest),
        one.end_earliest.to_string(),
        instant(incident.end_latest),
        incident.duration().0.to_string(),
        one.duration_min().0.to_string(),
        length(one.duration_max()),
        incident.any_down.0.to_string(),
        incident.all_down.0.to_string(),
        incident.unknown.0.to_string(),
        incident.weighted_down.0.to_string(),
        incident.blips.to_string(),
        platforms(&one.platforms),
        meanwhile(&one.others),
        incident.flapping.length().0.to_string(),
        ids(&one.windows),
        annotations(&one.annotations),
    ]
}

fn platforms(platforms: &[PlatformShare]) -> String {
    let told: Vec<_> = platforms
        .iter()
        .map(|one| format!("{}={}", one.platform.slug(), one.share.down.0))
        .collect();
    cell(&told.join(" "))
}
