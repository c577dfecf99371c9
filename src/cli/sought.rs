//! Finds what somebody asks for by the beginning of its id.

use super::BadUsage;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Probe;
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::replay::{Filter, Selection, Source, chosen, read};
use crate::report::annotated::{Annotated, annotated};
use crate::report::service_history::ServiceHistory;

/// Most ids that an error lists.
const LISTED_MAX: usize = 5;

/// Of an id, in characters.
const ID_LENGTH: usize = 13;

/// What has an id.
pub(super) trait Identified: Sized {
    fn id(&self) -> OutageId;

    /// All that reach into a period.
    fn listed(services: &[ServiceHistory], period: Period) -> Vec<Self>;

    /// Those that can have begun with a failure of the probe, each with whether more probes than
    /// this one have a say in it.
    fn ids_at(probe: &Probe, at: UnixMillis) -> Vec<(OutageId, bool)>;

    /// Of a period that holds all of it.
    #[must_use]
    fn whole(self) -> Self {
        self
    }
}

impl Identified for Annotated {
    fn id(&self) -> OutageId {
        self.id
    }

    fn listed(services: &[ServiceHistory], period: Period) -> Vec<Self> {
        annotated(services, period)
    }

    fn ids_at(probe: &Probe, at: UnixMillis) -> Vec<(OutageId, bool)> {
        let service = Subject::service_of(probe);
        vec![
            (OutageId::new(&probe.id, at), false),
            (OutageId::of(&Subject::platform_of(probe), at), true),
            (OutageId::of(&service, at), true),
            (OutageId::of_incident(&service, at), true),
        ]
    }
}

/// The one whose id begins so: one of the period, or, if `ever`, any that began with a failure of
/// which there is evidence. `option` is how it was asked for.
pub(super) fn find<T: Identified>(
    source: &impl Source,
    option: &str,
    begins: &str,
    selection: Selection<'_>,
    ever: bool,
) -> anyhow::Result<T> {
    let begins = begins.trim().to_ascii_lowercase();
    let mut found = Vec::new();
    if ever {
        found = of_ever(source, &begins, selection)?;
    }
    // a whole id is one of a kind
    if found.len() != 1 || begins.len() < ID_LENGTH {
        let services = read(source, selection)?.judged;
        let more = T::listed(&services, selection.period).into_iter();
        found.extend(more.filter(|one| fits(one.id(), &begins)));
    }
    found.sort_by_key(T::id);
    found.dedup_by_key(|one| one.id());
    match found.len() {
        0 => Err(unknown(option, &begins, selection, ever).into()),
        1 => Ok(found.swap_remove(0)),
        _ => Err(ambiguous(option, &begins, &found).into()),
    }
}

fn fits(id: OutageId, begins: &str) -> bool {
    !begins.is_empty() && id.to_string().starts_with(begins)
}

/// By the instants of evidence: the id of a window is made from that of its first failure, so no
/// more is replayed than what can be meant.
fn of_ever<T: Identified>(
    source: &impl Source,
    begins: &str,
    selection: Selection<'_>,
) -> anyhow::Result<Vec<T>> {
    let mut found = Vec::new();
    for (key, stored) in chosen(source, selection.filter)?.probes {
        let probe = &stored.probe;
        for at in source.evidence_instants(key)? {
            let ids = T::ids_at(probe, at).into_iter();
            let mut ids = ids.filter(|(id, _)| fits(*id, begins)).peekable();
            if ids.peek().is_none() || at > selection.now {
                continue;
            }
            let filter = if ids.any(|(_, of_more)| of_more) {
                Filter::service(probe)
            } else {
                Filter::only(&probe.id)
            };
            let there = Selection {
                filter: &filter,
                period: Period::new(at, at + Millis(1)),
                ..selection
            };
            let services = read(source, there)?.judged;
            let listed = T::listed(&services, there.period).into_iter();
            // nobody asked for a part of it
            found.extend(listed.filter(|one| fits(one.id(), begins)).map(T::whole));
        }
    }
    Ok(found)
}

fn unknown(option: &str, begins: &str, selection: Selection<'_>, ever: bool) -> BadUsage {
    let Period { from, to } = selection.period;
    let where_else = if ever {
        "name its period, if it is an earlier one of which there is no evidence"
    } else {
        "without a period, all are looked through"
    };
    BadUsage(format!(
        "{option} {begins}: no outage from {from} to {to} has an id that begins so; {where_else}"
    ))
}

fn ambiguous(option: &str, begins: &str, found: &[impl Identified]) -> BadUsage {
    BadUsage(format!(
        "{option} {begins}: {} outages have ids that begin so: {}",
        found.len(),
        ids(found)
    ))
}

/// The ids of the first few.
pub(super) fn ids(found: &[impl Identified]) -> String {
    let shown = found.iter().take(LISTED_MAX);
    let shown: Vec<_> = shown.map(|one| one.id().to_string()).collect();
    let more = if found.len() > LISTED_MAX {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}
