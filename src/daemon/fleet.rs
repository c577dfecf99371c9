//! All probes of a daemon: scheduled, followed, and changed without losing their places.

use std::collections::HashMap;
use std::rc::Rc;

use tracing::{debug, info};

use super::Archive;
use super::announcer::Announcer;
use super::asker::Asker;
use super::epochs::Epochs;
use super::follower::{Follower, timing};
use super::resume::{Resumed, resume, retell};
use super::services::Services;
use super::timekeeper::overrun_max;
use crate::clock::Clock;
use crate::config::{self, Configuration};
use crate::domain::maintenance::{Declaration, Declared};
use crate::domain::observation::{Observation, Reason};
use crate::domain::probe::ProbeId;
use crate::domain::rollup::RollupParameters;
use crate::domain::schedule::agenda::{Limits, SlotId, Tally};
use crate::domain::schedule::stagger::{Staggered, stagger};
use crate::domain::subject::Subject;
use crate::domain::time::{Micros, UnixMillis};
use crate::prober::Reply;
use crate::scheduler::{Finished, Scheduler, Started};
use crate::store::{Configured, EvidenceChange, ProbeRecord, Reader, StoreError};

pub(super) struct Fleet<'a> {
    clock: Clock,
    epochs: Epochs,
    /// The instant of the newest observation that is stored or on its way.
    newest: Option<UnixMillis>,
    /// Askings of which nothing is kept, since it is not known when they began.
    dropped: u64,
    announcer: Box<dyn Announcer>,
    asker: &'a Asker,
    scheduler: Scheduler<'a, Asker>,
    followers: HashMap<SlotId, Follower>,
    slots: HashMap<ProbeId, SlotId>,
    services: Services,
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
    }
}

impl From<&config::Probe> for ProbeRecord {
    fn from(probe: &config::Probe) -> Self {
        Self {
            probe: probe.probe.clone(),
            url: probe.shown_url.as_str().into(),
            parameters: probe.parameters,
        }
    }
}

impl<'a> Fleet<'a> {
    pub(super) fn new(
        clock: Clock,
        limits: Limits,
        asker: &'a Asker,
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
            followers: HashMap::new(),
            slots: HashMap::new(),
            services: Services::default(),
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
            .set_up(&self.followers, &reader.rollups()?, now);
        self.services.declare(reader.maintenance()?);
        self.services.tell_declared(&mut self.followers, now);
        self.services.adopt(&self.followers, now);
        self.watch_over();
        Ok(astray)
    }

    fn add(&mut self, probe: config::Probe, phase: Micros, resumed: Resumed) {
        let id = probe.probe.id.clone();
        let (timing, host) = (timing(&probe), host(&probe));
        let probe = Rc::new(probe);
        let slot = self.scheduler.add(Rc::clone(&probe), timing, &host, phase);
        let follower = Follower::new(probe, resumed);
        self.followers.insert(slot, follower);
        self.slots.insert(id, slot);
    }

    /// Takes over what changed in the configuration, in the store and then here; if the store
    /// fails, not at all.
    pub(super) async fn change(
        &mut self,
        configuration: Configuration,
        now: UnixMillis,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        let sender = &archive.sender;
        sender.register(configured(&configuration), now).await?;
        let rollups = archive.writer.reader()?.rollups()?;
        let declared = (configuration.rollups, configuration.maintenance);
        let policies_changed = declared != self.declared;
        self.declared = declared;
        let (change, evidence) = self.take_over(configuration.probes, now);
        self.services.set_up(&self.followers, &rollups, now);
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
            sender.send_evidence(probe, change).await?;
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
            let Some(follower) = self.followers.get_mut(&slot) else {
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
            if let Some(follower) = self.followers.remove(&slot) {
                let kept = follower.end(now, self.announcer.as_ref());
                evidence.extend(kept.map(|kept| (id, kept)));
            }
        }
        change.added = joining.len();
        for probe in joining {
            let service = probe.probe.service.slug();
            let others: Vec<SlotId> = self
                .followers
                .iter()
                .filter(|(_, other)| other.probe().probe.service.slug() == service)
                .map(|(slot, _)| *slot)
                .collect();
            let phase = self.scheduler.phase_among(timing(&probe).interval, others);
            // a probe that was here before begins a new life
            self.add(probe, phase, Resumed::anew(now));
        }
        self.watch_over();
        (change, evidence)
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
        self.services.look(&mut self.followers, now, to);
    }

    /// Has a look at large services of which a probe turned.
    pub(super) fn look_at_due_services(&mut self, now: UnixMillis) {
        let to = self.announcer.as_ref();
        self.services.look_at_due(&mut self.followers, now, to);
    }

    pub(super) fn asker(&self) -> &'a Asker {
        self.asker
    }

    fn watch_over(&self) {
        let followers = self.followers.values();
        self.asker.watch_over(followers.map(Follower::probe));
    }

    /// Has a look at those that have had no answer for long.
    pub(super) fn look_at_overdue(&self) {
        for (slot, started) in self.scheduler.under_way() {
            if let Some(follower) = self.followers.get(&slot) {
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
        let taken = self.followers.get_mut(&slot).and_then(|follower| {
            let Some(passage) = passage else {
                self.dropped += 1;
                return None;
            };
            let (observation, seen) =
                follower.observation(started, passage, overrun_max(&self.clock), answer);
            let judgement = follower.judge(
                &observation,
                seen,
                started,
                passage,
                self.announcer.as_ref(),
            );
            (undecided, turned) = (judgement.undecided, judgement.turned);
            self.newest = self.newest.max(Some(observation.ts));
            Some(Taken {
                probe: follower.probe().probe.id.clone(),
                observation,
                evidence: judgement.evidence,
            })
        });
        self.scheduler.settle(slot, undecided);
        if turned && let Some(taken) = &taken {
            let now = taken.observation.finished();
            let to = self.announcer.as_ref();
            self.services.turned(slot, &mut self.followers, now, to);
        }
        taken
    }

    /// Whether instants are worth anything now.
    pub(super) fn is_in_epoch(&self) -> bool {
        self.epochs.is_present()
    }

    /// The instant of the newest observation that there is.
    pub(super) fn newest(&self) -> Option<UnixMillis> {
        self.newest
    }

    /// How many askings nothing was kept of since this was last asked.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// All that is under way was held up.
    pub(super) fn hinder(&mut self, reason: Reason) {
        let under_way = self.scheduler.under_way().map(|(slot, _)| slot);
        self.epochs.hinder(under_way, reason);
    }

    /// The clock is no longer straight with what it was. Of what is under way, those askings
    /// belong to the past that `is_old` says so of; gives when the first of the others began.
    pub(super) fn end_epoch(&mut self, is_old: impl Fn(Started) -> bool) -> Option<UnixMillis> {
        let under_way = self.scheduler.under_way();
        let (old, new): (Vec<_>, Vec<_>) = under_way.partition(|(_, started)| is_old(*started));
        self.epochs.end(old.into_iter().map(|(slot, _)| slot));
        new.into_iter().map(|(_, started)| started.ts).min()
    }

    /// A new epoch: what the old ones tell of its time is set aside, and whoever has judged any of
    /// that goes back to where the store leaves the rest.
    pub(super) async fn begin_epoch(
        &mut self,
        start: UnixMillis,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        let overtaken: HashMap<ProbeId, SlotId> = self
            .followers
            .iter()
            .filter(|(_, follower)| follower.last_ts().is_some_and(|last| last >= start))
            .map(|(slot, follower)| (follower.probe().probe.id.clone(), *slot))
            .collect();
        let mut told = HashMap::new();
        if !overtaken.is_empty() {
            for (id, slot) in &overtaken {
                let follower = self.followers.get_mut(slot);
                if let Some(kept) = follower.and_then(Follower::last_evidence) {
                    archive.sender.send_evidence(id.clone(), kept).await?;
                }
            }
            archive.sender.flush().await?;
            let reader = archive.writer.reader()?;
            for stored in reader.probes()? {
                let slot = overtaken.get(&stored.probe.id);
                let follower = slot.and_then(|slot| self.followers.get(slot));
                if let Some(last) = follower.and_then(Follower::last_ts) {
                    let windows = reader.windows_since(&stored, start, last)?;
                    told.insert(stored.key, windows);
                }
            }
        }
        let epoch = archive.sender.begin_epoch(start).await?;
        let mut astray = Vec::new();
        if !overtaken.is_empty() {
            let reader = archive.writer.reader()?;
            for stored in reader.probes()? {
                let slot = overtaken.get(&stored.probe.id);
                let Some(follower) = slot.and_then(|slot| self.followers.get_mut(slot)) else {
                    continue;
                };
                let mut resumed = resume(&reader, &stored, start, self.clock.mono())?;
                let change = resumed.astray.take();
                follower.resume(resumed);
                let left = reader.windows_since(&stored, start, start)?;
                let told = told.remove(&stored.key).unwrap_or_default();
                retell(&stored.probe.id, &told, &left, self.announcer.as_ref());
                astray.extend(change.map(|change| (stored.probe.id, change)));
            }
        }
        self.epochs.begin(epoch, start);
        self.services.set_back(start);
        for (probe, change) in astray {
            archive.sender.send_evidence(probe, change).await?;
        }
        Ok(())
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

    /// What is under way, as observations that say nothing of the endpoint; without those of which
    /// nothing can be said of when they began.
    pub(super) fn cut_short(&mut self) -> Vec<(ProbeId, Observation)> {
        let now = self.clock.mono();
        let under_way: Vec<_> = self.scheduler.under_way().collect();
        under_way
            .into_iter()
            .filter_map(|(slot, started)| {
                let passage = self.epochs.passage(slot, started.ts)?;
                let follower = self.followers.get_mut(&slot)?;
                let observation = follower.cut_short(started, passage, now - started.mono);
                Some((follower.probe().probe.id.clone(), observation))
            })
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.followers.len()
    }

    /// How many are in an outage.
    pub(super) fn down(&self) -> usize {
        let followers = self.followers.values();
        followers.filter(|follower| follower.is_down()).count()
    }

    pub(super) fn tally(&self) -> &Tally {
        self.scheduler.tally()
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
fn host(probe: &config::Probe) -> String {
    let url = &probe.inquiry.first().url;
    format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}
