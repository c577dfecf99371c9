//! Finds the outage that somebody asks about by its id, and what was seen of it.

use super::BadUsage;
use super::filter::FilterArgs;
use super::histories::{Selection, read};
use super::source::{Source, chosen};
use crate::domain::outage_id::OutageId;
use crate::domain::subject::Scope;
use crate::domain::time::{Millis, Period};
use crate::report::outage_evidence::OutageEvidence;
use crate::report::outage_list::{Outage, OutageList};

/// Most ids that an error lists.
const LISTED_MAX: usize = 5;

/// The outage whose id begins so: one of the period, or, if `ever`, any of which there is evidence.
pub(super) fn find<S: Source>(
    source: &S,
    begins: &str,
    selection: Selection<'_>,
    ever: bool,
) -> anyhow::Result<OutageEvidence> {
    let begins = begins.trim().to_ascii_lowercase();
    let mut found = Vec::new();
    if ever {
        found = of_ever(source, &begins, selection)?;
    }
    // a whole id is one of a kind
    if found.len() != 1 || begins.len() < ID_LENGTH {
        let histories = read(source, selection)?;
        let listed = OutageList::new(
            selection.request(),
            Scope::Endpoint,
            &histories.judged,
            None,
        )
        .outages;
        let more = listed.into_iter().filter(|outage| fits(outage, &begins));
        found.extend(more);
        found.sort_by_key(|outage| outage.id);
        found.dedup_by_key(|outage| outage.id);
    }
    match found.len() {
        0 => Err(unknown(&begins, selection, ever).into()),
        1 => told(source, found.swap_remove(0)),
        count => Err(ambiguous(&begins, &found, count).into()),
    }
}

/// In characters.
const ID_LENGTH: usize = 13;

fn fits(outage: &Outage, begins: &str) -> bool {
    !begins.is_empty() && outage.id.to_string().starts_with(begins)
}

/// By the instants of evidence: the id of a window is made from that of its first failure, so no
/// more is replayed than the probe in question.
fn of_ever(
    source: &impl Source,
    begins: &str,
    selection: Selection<'_>,
) -> anyhow::Result<Vec<Outage>> {
    let mut found = Vec::new();
    for (key, stored) in chosen(source, selection.filter)?.probes {
        let probe = &stored.probe.id;
        for at in source.evidence_instants(key)? {
            let id = OutageId::new(probe, at).to_string();
            if begins.is_empty() || !id.starts_with(begins) || at > selection.now {
                continue;
            }
            let there = Selection {
                filter: &FilterArgs::only(probe),
                period: Period::new(at, at + Millis(1)),
                ..selection
            };
            let histories = read(source, there)?;
            let listed =
                OutageList::new(there.request(), Scope::Endpoint, &histories.judged, None).outages;
            found.extend(
                listed
                    .into_iter()
                    .filter(|outage| fits(outage, begins))
                    .map(
                        // nobody asked for a part of it
                        |outage| Outage {
                            inside: outage.counted,
                            ..outage
                        },
                    ),
            );
        }
    }
    Ok(found)
}

fn told(source: &impl Source, outage: Outage) -> anyhow::Result<OutageEvidence> {
    let stored = source.probes()?.into_iter();
    let key = stored
        .filter(|(_, stored)| Some(&stored.probe) == outage.probe.as_ref())
        .map(|(key, _)| key)
        .next();
    let kept = match key {
        // up to its last failure, which is inside
        Some(key) => source.evidence(
            key,
            Period::new(outage.window.start, outage.window.end_earliest + Millis(1)),
        )?,
        None => Vec::new(),
    };
    Ok(OutageEvidence::new(outage, kept))
}

fn unknown(begins: &str, selection: Selection<'_>, ever: bool) -> BadUsage {
    let Period { from, to } = selection.period;
    let where_else = if ever {
        "name its period, if it is an earlier one of which there is no evidence"
    } else {
        "without a period, all are looked through"
    };
    BadUsage(format!(
        "--evidence {begins}: no outage from {from} to {to} has an id that begins so; {where_else}"
    ))
}

fn ambiguous(begins: &str, found: &[Outage], count: usize) -> BadUsage {
    let ids: Vec<_> = found
        .iter()
        .take(LISTED_MAX)
        .map(|outage| outage.id.to_string())
        .collect();
    BadUsage(format!(
        "--evidence {begins}: {count} outages have ids that begin so: {}{}",
        ids.join(", "),
        if count > LISTED_MAX { ", …" } else { "" }
    ))
}
