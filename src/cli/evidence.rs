//! Finds the outage that somebody asks about by its id, and what was seen of it.

use super::histories::Selection;
use super::sought::{self, Identified};
use super::source::Source;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Probe;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::report::outage_evidence::OutageEvidence;
use crate::report::outage_list::{Outage, outages_of};
use crate::report::service_history::ServiceHistory;

/// The outage whose id begins so: one of the period, or, if `ever`, any of which there is evidence.
pub(super) fn find(
    source: &impl Source,
    begins: &str,
    selection: Selection<'_>,
    ever: bool,
) -> anyhow::Result<OutageEvidence> {
    let outage = sought::find(source, "--evidence", begins, selection, ever)?;
    told(source, outage)
}

/// Of endpoints: what is kept is kept of these.
impl Identified for Outage {
    fn id(&self) -> OutageId {
        self.id
    }

    fn listed(services: &[ServiceHistory], period: Period) -> Vec<Self> {
        let probes = services.iter().flat_map(ServiceHistory::probes);
        probes.flat_map(|probe| outages_of(probe, period)).collect()
    }

    fn ids_at(probe: &Probe, at: UnixMillis) -> Vec<(OutageId, bool)> {
        vec![(OutageId::new(&probe.id, at), false)]
    }

    fn whole(self) -> Self {
        Self {
            inside: self.counted,
            ..self
        }
    }
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
