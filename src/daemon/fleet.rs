//! All probes of a daemon: scheduled, followed, and changed without losing their places.

use std::collections::HashMap;
use std::rc::Rc;

use tracing::{debug, info};

use super::announcer::Announcer;
use super::follower::{Follower, timing};
use super::keeper::Keeper;
use crate::clock::Clock;
use crate::config::{self, Configuration};
use crate::domain::observation::{Epoch, Observation};
use crate::domain::probe::ProbeId;
use crate::domain::reducer::Reducer;
use crate::domain::schedule::agenda::{Limits, SlotId, Tally};
use crate::domain::schedule::stagger::{Staggered, stagger};
use crate::domain::time::{Micros, UnixMillis};
use crate::prober::{Prober, Reply};
use crate::scheduler::{Ask, Finished, Scheduler, Started};
use crate::store::{Configured, EvidenceChange, ProbeRecord, Reader, Sender, StoreError};

pub(super) struct Fleet<'a> {
    clock: Clock,
    epoch: Epoch,
    announcer: Box<dyn Announcer>,
    scheduler: Scheduler<'a, Prober>,
    followers: HashMap<SlotId, Follower>,
    slots: HashMap<ProbeId, SlotId>,
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

impl Ask for Prober {
    type Probe = config::Probe;
    type Answer = Reply;

    async fn ask(&self, probe: Rc<config::Probe>, started: Started) -> Reply {
        self.inquire(&probe.inquiry, started.ts).await
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
        prober: &'a Prober,
        epoch: Epoch,
        announcer: Box<dyn Announcer>,
    ) -> Self {
        Self {
            clock,
            epoch,
            announcer,
            scheduler: Scheduler::new(clock, limits, prober),
            followers: HashMap::new(),
            slots: HashMap::new(),
        }
    }

    /// Begins with these probes, each where its stored observations leave it. Gives the evidence
    /// in the store that belongs to no outage.
    pub(super) fn start(
        &mut self,
        probes: Vec<config::Probe>,
        reader: &Reader,
    ) -> Result<Vec<(ProbeId, EvidenceChange)>, StoreError> {
        let now = self.clock.now();
        let mut resumed = HashMap::new();
        let mut astray = Vec::new();
        for stored in reader.probes()? {
            let reducer = reader.reducer(&stored, now)?;
            let instants = reader.evidence_instants(stored.key)?;
            let mut forget = reader.evidence_astray(&stored, &reducer, &instants, now)?;
            let mut keeper = Keeper::default();
            if let Some(since) = reducer.failing_since() {
                let of_run = &instants[instants.partition_point(|at| *at < since)..];
                let spare;
                (keeper, spare) = Keeper::resume(of_run, self.clock.mono());
                forget.extend(spare);
            }
            if !forget.is_empty() {
                let change = EvidenceChange { forget, keep: None };
                astray.push((stored.probe.id.clone(), change));
            }
            resumed.insert(stored.probe.id, (reducer, keeper));
        }
        let phases = stagger(&probes.iter().map(staggered).collect::<Vec<_>>());
        for (probe, phase) in probes.into_iter().zip(phases) {
            let (reducer, keeper) = resumed.remove(&probe.probe.id).unwrap_or_default();
            self.add(probe, phase, reducer, keeper);
        }
        Ok(astray)
    }

    fn add(&mut self, probe: config::Probe, phase: Micros, reducer: Reducer, keeper: Keeper) {
        let id = probe.probe.id.clone();
        let (timing, host) = (timing(&probe), host(&probe));
        let probe = Rc::new(probe);
        let slot = self.scheduler.add(Rc::clone(&probe), timing, &host, phase);
        let follower = Follower::new(probe, reducer, keeper);
        self.followers.insert(slot, follower);
        self.slots.insert(id, slot);
    }

    /// Takes over what changed in the configuration, in the store and then here; if the store
    /// fails, not at all.
    pub(super) async fn change(
        &mut self,
        configuration: Configuration,
        sender: &Sender,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        sender.register(configured(&configuration), now).await?;
        let (change, evidence) = self.take_over(configuration.probes, now);
        if change.is_nothing() {
            debug!("nothing changed in the configuration");
        } else {
            info!(
                added = change.added,
                removed = change.removed,
                changed = change.changed,
                probes = self.len(),
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
            self.add(probe, phase, Reducer::default(), Keeper::default());
        }
        (change, evidence)
    }

    /// The next asking to end. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Finished<Reply> {
        self.scheduler.next().await
    }

    /// Judges what an asking gave. `None` if the probe was removed meanwhile.
    pub(super) fn take(&mut self, finished: Finished<Reply>) -> Option<Taken> {
        let Finished {
            slot,
            started,
            answer,
        } = finished;
        let mut undecided = false;
        let taken = self.followers.get_mut(&slot).map(|follower| {
            let (observation, seen) = follower.observation(started, self.epoch, answer);
            let evidence;
            (undecided, evidence) =
                follower.judge(&observation, seen, started, self.announcer.as_ref());
            Taken {
                probe: follower.probe().probe.id.clone(),
                observation,
                evidence,
            }
        });
        self.scheduler.settle(slot, undecided);
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

    /// What is under way, as observations that say nothing of the endpoint.
    pub(super) fn cut_short(&mut self) -> Vec<(ProbeId, Observation)> {
        let now = self.clock.mono();
        let under_way: Vec<_> = self.scheduler.under_way().collect();
        under_way
            .into_iter()
            .filter_map(|(slot, started)| {
                let follower = self.followers.get_mut(&slot)?;
                let observation = follower.cut_short(started, self.epoch, now - started.mono);
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
