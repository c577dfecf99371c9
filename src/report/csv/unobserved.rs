//! Time that nobody watched.

use std::io::{self, Write};

use super::cell;
use crate::report::unobserved::{Unobserved, UnobservedList, Why};

const COLUMNS: [&str; 9] = [
    "service",
    "platform",
    "endpoint",
    "probe_id",
    "from",
    "to",
    "duration_ms",
    "reason",
    "reasons",
];

/// One row a stretch of a probe. `reasons` is `observer_offline=12 not_running=0`, with how many
/// inconclusive requests tell each.
pub fn unobserved(list: &UnobservedList, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for stretch in &list.stretches {
        csv.write_record(row(stretch))?;
    }
    csv.flush()
}

fn row(one: &Unobserved) -> [String; 9] {
    let reasons: Vec<_> = one
        .reasons
        .iter()
        .map(|why| format!("{}={}", why.as_str(), why.observations()))
        .collect();
    [
        cell(one.probe.service.slug()),
        cell(one.probe.platform.slug()),
        cell(one.probe.endpoint.slug()),
        cell(one.probe.id.as_str()),
        one.period.from.to_string(),
        one.period.to.to_string(),
        one.period.length().0.to_string(),
        one.reasons.first().map_or("", Why::as_str).to_owned(),
        reasons.join(" "),
    ]
}
