//! All probes of a daemon: scheduled, followed, and changed without losing their places.

mod epoch;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use tracing::{debug, info};

use super::announcer::Announcer;
use super::archive::Archive;
use super::asker::{Asker, Inquirer};
use super::epochs::Epochs;
use super::follower::{Follower, timing};
use super::followers::Followers;
use super::load;
use super::resume::{Resumed, resume};
use super::services::Services;
use super::shortage::Shortage;
use super::timekeeper::overrun_max;
use crate::clock::Clock;
use crate::config::{self, Configuration};
use crate::domain::maintenance::{Declaration, Declared};
use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;
use crate::domain::rollup::RollupParameters;
use crate::domain::schedule::agenda::{Agenda, Limits, SlotId};
use crate::domain::schedule::demand::Shortfall;
use crate::domain::schedule::stagger::{Staggered, stagger};
use crate::domain::subject::Subject;
use crate::domain::time::{Micros, UnixMillis};
use crate::prober::Reply;
use crate::scheduler::{Finished, Scheduler};
use crate::store::{Configured, EvidenceChange, ProbeRecord, Reader, StoreError};

pub(super) struct Fleet<'a, K: Inquirer = Asker> {
    clock: Clock,
    epochs: Epochs,
    /// The instant of the newest observation that is stored or on its way.
    newest: Option<UnixMillis>,
    /// Askings of which nothing is kept, since it is not known when they began.
    dropped: u64,
    announcer: Box<dyn Announcer>,
    asker: &'a K,
    scheduler: Scheduler<'a, K>,
    followers: Followers,
    slots: HashMap<ProbeId, SlotId>,
    /// Those in an outage.
    down: HashSet<SlotId>,
    services: Services,
    shortage: Shortage,
    /// What cannot be met of the load, as it was told.
    shortfalls: Vec<Shortfall>,
    /// The policies and the maintenance that are configured.
    declared: (Vec<(Subject, RollupParameters)>, Vec<Declaration>),
}

/// What an asking leaves to be stored.
pub(super) struct Taken {
    pub(super) probe: ProbeId,
    pub(super) observation: Observation,
    /// In this order.
    pub(super) evidence: Vec<EvidenceChange>,
}

/// What a reload changed.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    added: usize,
    removed: usize,
    changed: usize,
}

impl Change {
    fn is_nothing(self) -> bool {
        self.added + self.removed + self.changed == 0
    }
}

/// As the store keeps it.
pub fn configured(configuration: &Configuration) -> Configured {
    Configured {
        probes: configuration.probes.iter().map(ProbeRecord::from).collect(),
        rollups: configuration.rollups.clone(),
        maintenance: configuration.maintenance.clone(),
        promises: configuration.promises.clone(),
        hash: Some(configuration.hash),
    }
}

impl From<&config::Probe> for ProbeRecord {
    fn from(probe: &config::Probe) -> Self {
        Self {
            probe: probe.probe.clone(),
            url: Arc::clone(&probe.shown_url),
            parameters: probe.parameters,
        }
    }
}

impl<'a, K: Inquirer> Fleet<'a, K> {
    pub(super) fn new(
        clock: Clock,
        limits: Limits,
        asker: &'a K,
        epochs: Epochs,
        announcer: Box<dyn Announcer>,
    ) -> Self {
        Self {
            scheduler: Scheduler::new(clock.clone(), limits, asker),
            clock,
            epochs,
            newest: None,
            dropped: 0,
            announcer,
            asker,
            followers: Followers::default(),
            slots: HashMap::new(),
            down: HashSet::new(),
            services: Services::default(),
            shortage: Shortage::default(),
            shortfalls: Vec::new(),
            declared: Default::default(),
        }
    }

    /// Begins with these probes, each where its observations stored before `now` leave it. Gives
    /// the evidence in the store that belongs to no outage.
    pub(super) fn start(
        &mut self,
        configuration: Configuration,
        reader: &Reader,
        now: UnixMillis,
    ) -> Result<Vec<(ProbeId, EvidenceChange)>, StoreError> {
        self.newest = reader.newest_hour()?;
        let probes = configuration.probes;
        self.declared = (configuration.rollups, configuration.maintenance);
        let mut known = HashMap::new();
        let mut astray = Vec::new();
        for stored in reader.probes()? {
            let mut resumed = resume(reader, &stored, now, self.clock.mono())?;
            let change = resumed.astray.take();
            astray.extend(change.map(|change| (stored.probe.id.clone(), change)));
            known.insert(stored.probe.id, resumed);
        }
        let phases = stagger(&probes.iter().map(staggered).collect::<Vec<_>>());
        for (probe, phase) in probes.into_iter().zip(phases) {
            let resumed = known.remove(&probe.probe.id);
            let resumed = resumed.unwrap_or_else(|| Resumed::anew(now));
            self.add(probe, phase, resumed);
        }
        self.services
            .set_up(&self.followers, reader.rollups()?, now);
        self.services.declare(reader.maintenance()?);
        self.services.tell_declared(&mut self.followers, now);
        self.services
            .adopt(&self.followers, now, self.announcer.as_ref());
        self.watch_over();
        Ok(astray)
    }

    fn add(&mut self, probe: config::Probe, phase: Micros, resumed: Resumed) -> SlotId {
        let id = probe.probe.id.clone();
        let (timing, host) = (timing(&probe), host(&probe));
        let probe = Rc::new(probe);
        let slot = self.scheduler.add(Rc::clone(&probe), timing, &host, phase);
        let follower = Follower::new(probe, resumed);
        self.followers.insert(slot, follower);
        self.slots.insert(id, slot);
        self.look_whether_down(slot);
        slot
    }

    /// Takes over what changed in the configuration, in the store and then here; if the store
    /// fails, not at all.
    pub(super) async fn change(
        &mut self,
        configuration: Configuration,
        now: UnixMillis,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        archive.register(configured(&configuration), now).await?;
        let rollups = archive.writer.reader()?.rollups()?;
        let declared = (configuration.rollups, configuration.maintenance);
        let policies_changed = declared != self.declared;
        self.declared = declared;
        let (change, evidence) = self.take_over(configuration.probes, now);
        self.services.set_up(&self.followers, rollups, now);
        self.services.declare_anew();
        self.services.tell_declared(&mut self.followers, now);
        if change.is_nothing() && !policies_changed {
            debug!("nothing changed in the configuration");
        } else {
            info!(
                added = change.added,
                removed = change.removed,
                changed = change.changed,
                probes = self.len(),
                policies_changed,
                "configuration reloaded"
            );
        }
        for (probe, change) in evidence {
            archive.keep_evidence(probe, change)?;
        }
        Ok(())
    }

    /// Goes on with these probes. Unchanged ones keep their schedule, and all that go on their
    /// state. Also gives what evidence is to be kept of those that do not.
    fn take_over(
        &mut self,
        probes: Vec<config::Probe>,
        now: UnixMillis,
    ) -> (Change, Vec<(ProbeId, EvidenceChange)>) {
        let mut change = Change::default();
        let mut evidence = Vec::new();
        let mut gone = std::mem::take(&mut self.slots);
        let mut joining = Vec::new();
        for probe in probes {
            let Some(slot) = gone.remove(&probe.probe.id) else {
                joining.push(probe);
                continue;
            };
            self.slots.insert(probe.probe.id.clone(), slot);
            let Some(follower) = self.followers.get_mut(slot) else {
                continue;
            };
            if !follower.probe().same_as(&probe) {
                change.changed += 1;
                let (timing, host) = (timing(&probe), host(&probe));
                let probe = Rc::new(probe);
                self.scheduler
                    .change(slot, Rc::clone(&probe), timing, &host);
                follower.change(probe, now);
            }
        }
        change.removed = gone.len();
        for (id, slot) in gone {
            self.scheduler.remove(slot);
            self.down.remove(&slot);
            if let Some(follower) = self.followers.remove(slot) {
                let (gone, kept) = follower.end(now, self.announcer.as_ref());
                self.services.removed(slot, gone);
                evidence.extend(kept.map(|kept| (id, kept)));
            }
        }
        change.added = joining.len();
        self.join(joining, now);
        self.watch_over();
        (change, evidence)
    }

    /// Adds probes where those of their services leave the most room.
    fn join(&mut self, probes: Vec<config::Probe>, now: UnixMillis) {
        let mut groups = BTreeMap::<(String, Micros), Vec<config::Probe>>::new();
        for probe in probes {
            let service = probe.probe.service.slug().to_owned();
            let group = groups.entry((service, timing(&probe).interval));
            group.or_default().push(probe);
        }
        let mut members = HashMap::<String, Vec<SlotId>>::new();
        if !groups.is_empty() {
            for (slot, follower) in self.followers.iter() {
                let service = follower.probe().probe.service.slug();
                members.entry(service.to_owned()).or_default().push(slot);
            }
        }
        for ((service, interval), probes) in groups {
            let members = members.entry(service).or_default();
            let others = members.iter().copied();
            let mut gaps = self.scheduler.gaps_among(interval, others);
            for probe in probes {
                // a probe that was here before begins a new life
                members.push(self.add(probe, gaps.take(), Resumed::anew(now)));
            }
        }
    }

    /// What is declared, if that has changed.
    pub(super) fn declare(&mut self, declared: Option<Vec<Declared>>) {
        if let Some(declared) = declared {
            self.services.declare(declared);
        }
    }

    /// Has a look at what time alone may have turned.
    pub(super) fn look_at_services(&mut self, now: UnixMillis) {
        self.services.tell_declared(&mut self.followers, now);
        let to = self.announcer.as_ref();
        self.services.look(&mut self.followers, &self.down, now, to);
    }

    /// Has a look at what probes have turned since the last time.
    pub(super) fn look_at_turned(&mut self, now: UnixMillis) {
        let to = self.announcer.as_ref();
        self.services.look_at_turned(&mut self.followers, now, to);
    }

    pub(super) fn asker(&self) -> &'a K {
        self.asker
    }

    /// Other probes are asked now.
    fn watch_over(&mut self) {
        let probes = || self.followers.values().map(Follower::probe);
        self.asker.watch_over(probes());
        let shortfalls = load::shortfalls(probes(), self.agenda().limits());
        if shortfalls != self.shortfalls {
            load::tell(&shortfalls);
            self.shortfalls = shortfalls;
        }
    }

    /// Has a look at those that have had no answer for long, and whether a shortage is over.
    pub(super) fn look_at_overdue(&mut self) {
        self.shortage.look();
        for (slot, started) in self.scheduler.under_way() {
            if let Some(follower) = self.followers.get(slot) {
                self.asker.under_way(follower.probe(), started);
            }
        }
    }

    /// The next asking to end. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Finished<Reply> {
        self.scheduler.next().await
    }

    /// Judges what an asking gave. `None` if the probe was removed meanwhile, or nothing can be
    /// said of when it began.
    pub(super) fn take(&mut self, finished: Finished<Reply>) -> Option<Taken> {
        let Finished {
            slot,
            started,
            answer,
        } = finished;
        let passage = self.epochs.passage(slot, started.ts);
        self.epochs.forget(slot);
        let (mut undecided, mut turned) = (false, false);
        let was_down = self.down.contains(&slot);
        let mut is_down = was_down;
        let taken = self.followers.get_mut(slot).and_then(|follower| {
            let Some(passage) = passage else {
                self.dropped += 1;
                return None;
            };
            let overrun_max = |timeout| overrun_max(&self.clock, timeout);
            let (observation, seen) = follower.observation(started, passage, overrun_max, answer);
            self.shortage.take(&observation);
            let judgement = follower.judge(
                &observation,
                seen,
                started,
                passage,
                self.announcer.as_ref(),
            );
            (undecided, turned) = (judgement.undecided, judgement.turned);
            is_down = follower.is_down();
            self.newest = self.newest.max(Some(observation.ts));
            Some(Taken {
                probe: follower.probe().probe.id.clone(),
                observation,
                evidence: judgement.evidence,
            })
        });
        self.scheduler.settle(slot, undecided);
        if is_down != was_down {
            self.look_whether_down(slot);
        }
        if turned && let Some(taken) = &taken {
            let now = taken.observation.finished();
            let to = self.announcer.as_ref();
            self.services.turned(slot, &mut self.followers, now, to);
        }
        taken
    }

    /// What is held of the last failures of those that fail.
    pub(super) fn last_evidence(&mut self) -> Vec<(ProbeId, EvidenceChange)> {
        let followers = self.followers.values_mut();
        followers
            .filter_map(|follower| {
                let kept = follower.last_evidence()?;
                Some((follower.probe().probe.id.clone(), kept))
            })
            .collect()
    }

    /// What a probe asks; empty of one that is gone.
    pub(super) fn shown_url(&self, probe: &ProbeId) -> &str {
        let slot = self.slots.get(probe);
        let follower = slot.and_then(|slot| self.followers.get(*slot));
        follower.map_or("", |follower| &*follower.probe().shown_url)
    }

    /// How many pieces of the past all of them keep.
    #[cfg(test)]
    pub(super) fn pieces(&self) -> usize {
        self.followers.values().map(Follower::pieces).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.followers.len()
    }

    /// How many are in an outage.
    pub(super) fn down(&self) -> usize {
        self.down.len()
    }

    fn look_whether_down(&mut self, slot: SlotId) {
        if self.followers.get(slot).is_some_and(Follower::is_down) {
            self.down.insert(slot);
        } else {
            self.down.remove(&slot);
        }
    }

    pub(super) fn agenda(&self) -> &Agenda {
        self.scheduler.agenda()
    }
}

fn staggered(probe: &config::Probe) -> Staggered<'_> {
    Staggered {
        service: probe.probe.service.slug(),
        platform: probe.probe.platform.slug(),
        interval: timing(probe).interval,
    }
}

/// What the limit per host counts by.
pub(super) fn host(probe: &config::Probe) -> String {
    let url = &probe.inquiry.first().url;
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}
