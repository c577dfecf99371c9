//! Where the commands read the past from: the database, or what a test makes up.

use std::collections::HashSet;

use super::filter::Filter;
use crate::domain::annotation::Annotation;
use crate::domain::checkpoint::{Checkpoint, News};
use crate::domain::counted::Counted;
use crate::domain::history::Life;
use crate::domain::observation::Timings;
use crate::domain::parameters::ParameterHistory;
use crate::domain::probe::Probe;
use crate::domain::sighting::Sighting;
use crate::domain::subject::Subject;
use crate::domain::tally::Tally;
use crate::domain::time::{Period, UnixMillis};
use crate::evidence::Evidence;
use crate::report::circumstances::Circumstances;
use crate::store::{InPeriod, OverTime, ProbeKey, Reader, Resumption};

/// A probe as the database knows it.
#[derive(Clone, Debug)]
pub struct StoredProbe {
    pub probe: Probe,
    /// Free of secrets.
    pub url: String,
    pub parameters: ParameterHistory,
    /// In order of time.
    pub lives: Vec<Life>,
}

/// Where the past is read from.
pub trait Source {
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

    /// What is known of the probe's past up to an instant not after `now`, without reading its
    /// observations; complete for what reaches to `since` or beyond. `None` if that is to be found
    /// out from its observations.
    fn told(
        &self,
        _probe: Self::Key,
        _since: UnixMillis,
        _now: UnixMillis,
    ) -> anyhow::Result<Option<Told>> {
        Ok(None)
    }

    /// How many of the probe's observations in `period` had which outcome, as far as they come
    /// before what is [told](Self::told) ends. `None` if that is to be found out from them.
    fn tally(&self, _probe: Self::Key, _period: Period, _told: &Told) -> anyhow::Result<Tally> {
        Ok(Tally::default())
    }

    /// The probe's observations in each of these steps, which follow one another, and in all of them.
    fn over_time(&self, probe: Self::Key, steps: &[Period]) -> anyhow::Result<OverTime> {
        let mut found = OverTime::default();
        for step in steps {
            let counted = self.answers(probe, *step)?;
            found.whole.counted.merge(&counted.counted);
            found.steps.push(counted);
        }
        Ok(found)
    }

    /// Its observations in one period; of latencies those of whole answers alone.
    fn answers(&self, probe: Self::Key, period: Period) -> anyhow::Result<InPeriod<Counted>> {
        let mut found = InPeriod::<Counted>::default();
        self.sightings(probe, period, |sighting| {
            found.counted.count(&sighting, None, &Timings::default());
        })?;
        Ok(found)
    }

    /// Observations before this instant are not kept any more. `None`: all are.
    fn pruned_before(&self) -> anyhow::Result<Option<UnixMillis>> {
        Ok(None)
    }

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

/// What is known of a probe's past without reading its observations.
#[derive(Clone, Debug)]
pub struct Told {
    /// From where on it is complete.
    pub begins: UnixMillis,
    pub news: News,
    pub checkpoint: Checkpoint,
    /// Observations from here on are still to be taken.
    pub from: UnixMillis,
}

/// The probes that a filter leaves.
#[derive(Debug)]
pub struct Chosen<K> {
    /// In the order of the source.
    pub probes: Vec<(K, StoredProbe)>,
    /// All others.
    others: Vec<(K, StoredProbe)>,
    /// Services and platforms that have probes beside these.
    partial: HashSet<Subject>,
}

impl<K> Chosen<K> {
    /// Whether all probes that the subject ever had are among them.
    pub fn is_whole(&self, subject: &Subject) -> bool {
        !self.partial.contains(subject)
    }

    /// Takes in all other probes that have a say in windows of platforms and services which
    /// annotations may leave out: that is left out of these probes, too, and from when to when hangs
    /// on the others.
    pub fn widened(mut self, annotations: &[Annotation]) -> Self {
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

pub fn chosen<S: Source>(source: &S, filter: &Filter) -> anyhow::Result<Chosen<S::Key>> {
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
            promises: self.promises()?,
            configurations: self.configurations()?,
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

    fn told(
        &self,
        probe: ProbeKey,
        since: UnixMillis,
        now: UnixMillis,
    ) -> anyhow::Result<Option<Told>> {
        let Some(resumption) = self.resumption(probe, now)? else {
            return Ok(None);
        };
        let (begins, news) = self.told(probe, &resumption, since)?;
        let Resumption {
            checkpoint, from, ..
        } = resumption;
        Ok(Some(Told {
            begins,
            news,
            checkpoint,
            from,
        }))
    }

    fn tally(&self, probe: ProbeKey, period: Period, told: &Told) -> anyhow::Result<Tally> {
        Ok(self.tally(probe, period, told.from)?.counted)
    }

    fn over_time(&self, probe: ProbeKey, steps: &[Period]) -> anyhow::Result<OverTime> {
        Ok(self.over_time(probe, steps, self.counted_until(probe)?)?)
    }

    fn answers(&self, probe: ProbeKey, period: Period) -> anyhow::Result<InPeriod<Counted>> {
        Ok(self.answers(probe, period, self.counted_until(probe)?)?)
    }

    fn pruned_before(&self) -> anyhow::Result<Option<UnixMillis>> {
        Ok(self.pruned_before()?)
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
