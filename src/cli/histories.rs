//! From the database to the histories that every report is made from.

use std::path::Path;

use super::filter::FilterArgs;
use super::what_if::WhatIfArgs;
use crate::domain::history::Life;
use crate::domain::parameters::ParameterHistory;
use crate::domain::probe::Probe;
use crate::domain::sighting::Sighting;
use crate::domain::time::{Period, UnixMillis};
use crate::report::probe_history::{Past, PastBuilder, ProbeHistory};

/// A probe as the database knows it.
#[derive(Clone, Debug)]
pub(super) struct StoredProbe {
    pub(super) probe: Probe,
    /// Free of secrets.
    pub(super) url: String,
    pub(super) parameters: ParameterHistory,
    /// In order of time.
    pub(super) lives: Vec<Life>,
}

/// Where the past is read from.
pub(super) trait Source {
    fn probes(&self) -> anyhow::Result<Vec<StoredProbe>>;

    /// Gives `each` the observations of the probe up to `now`, in order of `ts`.
    fn sightings(
        &self,
        probe: &StoredProbe,
        now: UnixMillis,
        each: impl FnMut(Sighting),
    ) -> anyhow::Result<()>;
}

/// The database, to be read beside a daemon that writes it.
pub(super) fn open(db: &Path) -> anyhow::Result<impl Source + use<>> {
    anyhow::bail!("{}: this build has no store", db.display());
    #[expect(unreachable_code, reason = "names the type until there is a store")]
    Ok(NoStore)
}

/// Stands in until there is a store.
struct NoStore;

impl Source for NoStore {
    fn probes(&self) -> anyhow::Result<Vec<StoredProbe>> {
        Ok(Vec::new())
    }

    fn sightings(
        &self,
        _: &StoredProbe,
        _: UnixMillis,
        _: impl FnMut(Sighting),
    ) -> anyhow::Result<()> {
        Ok(())
    }
}

/// What is read, and how it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection<'a> {
    pub(super) filter: &'a FilterArgs,
    pub(super) what_if: &'a WhatIfArgs,
    pub(super) period: Period,
    pub(super) now: UnixMillis,
}

/// The chosen probes with their pasts.
#[derive(Debug)]
pub(super) struct Histories {
    /// As asked for.
    pub(super) judged: Vec<ProbeHistory>,
    /// As configured, if that is not what was asked for.
    pub(super) configured: Option<Vec<ProbeHistory>>,
}

/// Replays the observations of every chosen probe, once.
pub(super) fn read(source: &impl Source, selection: Selection<'_>) -> anyhow::Result<Histories> {
    let stored = source.probes()?;
    let probes: Vec<_> = stored.iter().map(|stored| stored.probe.clone()).collect();
    let chosen = selection.filter.choose(&probes)?;
    let changes = !selection.what_if.is_empty();
    let (mut judged, mut configured) = (Vec::new(), changes.then(Vec::new));
    for (probe, _) in stored.iter().zip(chosen).filter(|(_, chosen)| *chosen) {
        let otherwise = selection
            .what_if
            .apply(&probe.probe.id, probe.parameters.clone())?;
        let begin = |parameters| {
            PastBuilder::new(parameters, &probe.lives, selection.period, selection.now)
        };
        let mut past = begin(&otherwise);
        let mut past_configured = changes.then(|| begin(&probe.parameters));
        source.sightings(probe, selection.now, |sighting| {
            if let Some(configured) = &mut past_configured {
                configured.push(sighting.clone());
            }
            past.push(sighting);
        })?;
        judged.push(told(probe, &otherwise, past.finish(), selection.now));
        if let (Some(all), Some(past)) = (&mut configured, past_configured) {
            all.push(told(probe, &probe.parameters, past.finish(), selection.now));
        }
    }
    Ok(Histories { judged, configured })
}

fn told(
    stored: &StoredProbe,
    parameters: &ParameterHistory,
    past: Past,
    now: UnixMillis,
) -> ProbeHistory {
    // those of a removed probe are those it had last
    let removed = stored.lives.last().and_then(|life| life.to);
    ProbeHistory {
        probe: stored.probe.clone(),
        url: stored.url.clone(),
        parameters: *parameters.at(removed.map_or(now, |removed| removed.min(now))),
        lives: stored.lives.clone(),
        maintenance: crate::domain::period_set::PeriodSet::default(),
        past,
    }
}
