//! Finds the outage that somebody asks about by its id, and what was seen of it.

use super::BadUsage;
use super::sought::{self, Identified};
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Probe;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::replay::{Selection, Source, read};
use crate::report::annotated::Annotated;
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
    let option = "--evidence";
    match sought::find(source, option, begins, selection, ever) {
        Ok(outage) => told(source, outage),
        // that of what endpoints make together, perhaps
        Err(error) => match sought::find(source, option, begins, selection, ever) {
            Ok(wider) => Err(made_of(source, begins, &wider, selection)?.into()),
            Err(_) => Err(error),
        },
    }
}

/// What is kept is kept of requests, and so of endpoints: this tells whose evidence to ask for.
fn made_of(
    source: &impl Source,
    begins: &str,
    wider: &Annotated,
    selection: Selection<'_>,
) -> anyhow::Result<BadUsage> {
    let there = Selection {
        period: wider.period,
        ..selection
    };
    let services = read(source, there)?.judged;
    let parts: Vec<Outage> = services
        .iter()
        .flat_map(ServiceHistory::probes)
        .filter(|probe| wider.subject.includes(&probe.probe))
        .flat_map(|probe| outages_of(probe, wider.period))
        .collect();
    let (kind, subject) = (wider.kind(), &wider.subject);
    Ok(BadUsage(if parts.is_empty() {
        format!(
            "--evidence {begins}: the {kind} of {subject} is made of failures too few for an outage"
        )
    } else {
        format!(
            "--evidence {begins}: that is of the {kind} {subject}; evidence is kept of what it is \
             made of: {}",
            sought::ids(&parts)
        )
    }))
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
