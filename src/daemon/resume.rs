//! Where the stored observations leave a probe, and what that changes of what was told of it.

use super::announcer::Announcer;
use super::keeper::Keeper;
use crate::domain::outage::OutageWindow;
use crate::domain::probe::ProbeId;
use crate::domain::reducer::Reducer;
use crate::domain::time::{MonoMicros, UnixMillis};
use crate::store::{EvidenceChange, Reader, StoreError, StoredProbe};

/// What following a probe begins with.
pub(super) struct Resumed {
    /// When its present life began.
    pub(super) since: UnixMillis,
    pub(super) reducer: Reducer,
    pub(super) keeper: Keeper,
    /// Evidence in the store that belongs to no outage.
    pub(super) astray: Option<EvidenceChange>,
}

impl Resumed {
    /// That of a probe which nothing is known of.
    pub(super) fn anew(now: UnixMillis) -> Self {
        Self {
            since: now,
            reducer: Reducer::default(),
            keeper: Keeper::default(),
            astray: None,
        }
    }
}

/// As an epoch that begins `now` finds it.
pub(super) fn resume(
    reader: &Reader,
    stored: &StoredProbe,
    now: UnixMillis,
    mono: MonoMicros,
) -> Result<Resumed, StoreError> {
    let reducer = reader.reducer(stored, now)?;
    let mut instants = reader.evidence_instants(stored.key)?;
    // what was told of later instants is set aside
    let later = instants.split_off(instants.partition_point(|at| *at < now));
    let mut forget = reader.evidence_astray(stored, &reducer, &instants, now)?;
    forget.extend(later);
    let mut keeper = Keeper::default();
    if let Some(since) = reducer.failing_since() {
        let of_run = &instants[instants.partition_point(|at| *at < since)..];
        let spare;
        (keeper, spare) = Keeper::resume(of_run, mono);
        forget.extend(spare);
    }
    let astray = (!forget.is_empty()).then_some(EvidenceChange { forget, keep: None });
    Ok(Resumed {
        since: stored.lives.last().map_or(now, |life| life.from),
        reducer,
        keeper,
        astray,
    })
}

/// Observations that these windows came from are set aside, and others are left: tells what is no
/// longer true of what was told.
pub(super) fn retell(
    probe: &ProbeId,
    told: &[OutageWindow],
    left: &[OutageWindow],
    to: &dyn Announcer,
) {
    for window in told {
        match left.iter().find(|other| other.start == window.start) {
            None => to.taken_back(probe, window),
            Some(left) if left.is_open() && !window.is_open() => to.opened(probe, left, false),
            Some(_) => {}
        }
    }
}
