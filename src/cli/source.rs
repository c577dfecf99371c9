//! Where the commands read the past from: the database, or what a test makes up.

use std::collections::HashSet;

use super::filter::FilterArgs;
use crate::domain::annotation::Annotation;
use crate::domain::history::Life;
use crate::domain::parameters::ParameterHistory;
use crate::domain::probe::Probe;
use crate::domain::sighting::Sighting;
use crate::domain::subject::Subject;
use crate::domain::time::{Period, UnixMillis};
use crate::evidence::Evidence;
use crate::report::circumstances::Circumstances;
use crate::store::{ProbeKey, Reader};

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
    /// What observations of a probe are found by.
    type Key: Copy;

    /// All that were ever configured.
    fn probes(&self) -> anyhow::Result<Vec<(Self::Key, StoredProbe)>>;

    /// What is known besides.
    fn circumstances(&self) -> anyhow::Result<Circumstances>;

    /// Gives `each` the observations of the probe in `period`, in order of `ts`.
    fn sightings(
        &self,
        probe: Self::Key,
        period: Period,
        each: impl FnMut(Sighting),
    ) -> anyhow::Result<()>;

    /// Where a stretch begins that holds the latest observations before `instant`, of a length
    /// that fits in memory. `None` if there is no observation before.
    fn stretch_before(
        &self,
        probe: Self::Key,
        instant: UnixMillis,
    ) -> anyhow::Result<Option<UnixMillis>>;

    /// The instants of the failures of the probe of which there is evidence, in order of time.
    fn evidence_instants(&self, probe: Self::Key) -> anyhow::Result<Vec<UnixMillis>>;

    /// That of the first and the last of them within the period.
    fn evidence(
        &self,
        probe: Self::Key,
        period: Period,
    ) -> anyhow::Result<Vec<(UnixMillis, Evidence)>>;
}

/// The probes that a filter leaves.
#[derive(Debug)]
pub(super) struct Chosen<K> {
    /// In the order of the source.
    pub(super) probes: Vec<(K, StoredProbe)>,
    /// All others.
    others: Vec<(K, StoredProbe)>,
    /// Services and platforms that have probes beside these.
    partial: HashSet<Subject>,
}

impl<K> Chosen<K> {
    /// Whether all probes that the subject ever had are among them.
    pub(super) fn is_whole(&self, subject: &Subject) -> bool {
        !self.partial.contains(subject)
    }

    /// Takes in all other probes that have a say in windows of platforms and services which
    /// annotations may leave out: that is left out of these probes, too, and from when to when hangs
    /// on the others.
    pub(super) fn widened(mut self, annotations: &[Annotation]) -> Self {
        let decisive = annotations.iter();
        let decisive = decisive.filter(|annotation| annotation.remark.excludes().is_some());
        let subjects: HashSet<_> = decisive
            .map(|annotation| &annotation.subject)
            .filter(|subject| self.partial.contains(*subject))
            .filter(|subject| {
                let mut probes = self.probes.iter();
                probes.any(|(_, stored)| subject.includes(&stored.probe))
            })
            .collect();
        let (more, others) = self.others.into_iter().partition(|(_, stored)| {
            let mut subjects = subjects.iter();
            subjects.any(|subject| subject.includes(&stored.probe))
        });
        self.probes.extend::<Vec<_>>(more);
        self.others = others;
        self.partial = partial(&self.others);
        self
    }
}

pub(super) fn chosen<S: Source>(source: &S, filter: &FilterArgs) -> anyhow::Result<Chosen<S::Key>> {
    let stored = source.probes()?;
    let probes: Vec<_> = stored
        .iter()
        .map(|(_, stored)| stored.probe.clone())
        .collect();
    let chosen = filter.choose(&probes)?;
    let (mut probes, mut others) = (Vec::new(), Vec::new());
    for (stored, is_chosen) in stored.into_iter().zip(chosen) {
        if is_chosen {
            probes.push(stored);
        } else {
            others.push(stored);
        }
    }
    Ok(Chosen {
        partial: partial(&others),
        probes,
        others,
    })
}

/// The services and platforms of probes.
fn partial<K>(probes: &[(K, StoredProbe)]) -> HashSet<Subject> {
    let probes = probes.iter().map(|(_, stored)| &stored.probe);
    probes
        .flat_map(|probe| [Subject::service_of(probe), Subject::platform_of(probe)])
        .collect()
}

impl Source for Reader {
    type Key = ProbeKey;

    fn probes(&self) -> anyhow::Result<Vec<(ProbeKey, StoredProbe)>> {
        let stored = self.probes()?.into_iter().map(|stored| {
            let probe = StoredProbe {
                url: stored.url.to_string(),
                lives: stored.lives,
                probe: stored.probe,
                parameters: stored.parameters,
            };
            (stored.key, probe)
        });
        Ok(stored.collect())
    }

    fn circumstances(&self) -> anyhow::Result<Circumstances> {
        let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
        let epochs = self.epochs()?.into_iter();
        Ok(Circumstances {
            rollups: self.rollups()?,
            maintenance: self.maintenance()?,
            annotations: self.annotations()?,
            troubles: self.troubles(ever)?,
            epochs: epochs.map(|epoch| epoch.started).collect(),
        })
    }

    fn sightings(
        &self,
        probe: ProbeKey,
        period: Period,
        each: impl FnMut(Sighting),
    ) -> anyhow::Result<()> {
        Ok(self.sightings(probe, period, each)?)
    }

    fn stretch_before(
        &self,
        probe: ProbeKey,
        instant: UnixMillis,
    ) -> anyhow::Result<Option<UnixMillis>> {
        Ok(self.hour_before(probe, instant)?)
    }

    fn evidence_instants(&self, probe: ProbeKey) -> anyhow::Result<Vec<UnixMillis>> {
        Ok(self.evidence_instants(probe)?)
    }

    fn evidence(
        &self,
        probe: ProbeKey,
        period: Period,
    ) -> anyhow::Result<Vec<(UnixMillis, Evidence)>> {
        Ok(self.evidence(probe, period)?)
    }
}
