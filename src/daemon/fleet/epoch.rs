//! What the clocks and our own trouble do to what is under way, and to what was judged.

use std::collections::HashMap;

use super::Fleet;
use crate::daemon::archive::Archive;
use crate::daemon::asker::Inquirer;
use crate::daemon::follower::Follower;
use crate::daemon::resume::{resume, retell};
use crate::domain::observation::{Observation, Reason};
use crate::domain::probe::ProbeId;
use crate::domain::schedule::agenda::SlotId;
use crate::domain::time::UnixMillis;
use crate::scheduler::Started;
use crate::store::StoreError;

impl<K: Inquirer> Fleet<'_, K> {
    /// Whether instants are worth anything now.
    pub(in crate::daemon) fn is_in_epoch(&self) -> bool {
        self.epochs.is_present()
    }

    /// How many stretches of a straight clock there were in this run.
    pub(in crate::daemon) fn epochs(&self) -> usize {
        self.epochs.count()
    }

    /// The instant of the newest observation that there is.
    pub(in crate::daemon) fn newest(&self) -> Option<UnixMillis> {
        self.newest
    }

    /// How many askings nothing was kept of since this was last asked.
    pub(in crate::daemon) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// All that is under way was held up.
    pub(in crate::daemon) fn hinder(&mut self, reason: Reason) {
        let under_way = self.scheduler.under_way().map(|(slot, _)| slot);
        self.epochs.hinder(under_way, reason);
    }

    /// The clock is no longer straight with what it was. Of what is under way, those askings
    /// belong to the past that `is_old` says so of; gives when the first of the others began.
    pub(in crate::daemon) fn end_epoch(
        &mut self,
        is_old: impl Fn(Started) -> bool,
    ) -> Option<UnixMillis> {
        let under_way = self.scheduler.under_way();
        let (old, new): (Vec<_>, Vec<_>) = under_way.partition(|(_, started)| is_old(*started));
        self.epochs.end(old.into_iter().map(|(slot, _)| slot));
        new.into_iter().map(|(_, started)| started.ts).min()
    }

    /// A new epoch: what the old ones tell of its time is set aside, and whoever has judged any of
    /// that goes back to where the store leaves the rest.
    pub(in crate::daemon) async fn begin_epoch(
        &mut self,
        start: UnixMillis,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        let overtaken: HashMap<ProbeId, SlotId> = self
            .followers
            .iter()
            .filter(|(_, follower)| follower.last_ts().is_some_and(|last| last >= start))
            .map(|(slot, follower)| (follower.probe().probe.id.clone(), slot))
            .collect();
        let mut told = HashMap::new();
        if !overtaken.is_empty() {
            for (id, slot) in &overtaken {
                let follower = self.followers.get_mut(*slot);
                if let Some(kept) = follower.and_then(Follower::last_evidence) {
                    archive.keep_evidence(id.clone(), kept)?;
                }
            }
            archive.flush().await?;
            let reader = archive.writer.reader()?;
            for stored in reader.probes()? {
                let slot = overtaken.get(&stored.probe.id);
                let follower = slot.and_then(|slot| self.followers.get(*slot));
                if let Some(last) = follower.and_then(Follower::last_ts) {
                    let windows = reader.windows_since(&stored, start, last)?;
                    told.insert(stored.key, windows);
                }
            }
        }
        let epoch = archive.begin_epoch(start).await?;
        let mut astray = Vec::new();
        if !overtaken.is_empty() {
            let reader = archive.writer.reader()?;
            for stored in reader.probes()? {
                let slot = overtaken.get(&stored.probe.id);
                let Some(follower) = slot.and_then(|slot| self.followers.get_mut(*slot)) else {
                    continue;
                };
                let mut resumed = resume(&reader, &stored, start, self.clock.mono())?;
                let change = resumed.astray.take();
                follower.resume(resumed);
                if let Some(slot) = slot {
                    self.look_whether_down(*slot);
                }
                let left = reader.windows_since(&stored, start, start)?;
                let told = told.remove(&stored.key).unwrap_or_default();
                retell(&stored.probe.id, &told, &left, self.announcer.as_ref());
                astray.extend(change.map(|change| (stored.probe.id, change)));
            }
        }
        self.epochs.begin(epoch, start);
        self.services.set_back(start);
        self.services.declare_anew();
        for (probe, change) in astray {
            archive.keep_evidence(probe, change)?;
        }
        Ok(())
    }

    /// What is under way, as observations that say nothing of the endpoint; without those of which
    /// nothing can be said of when they began.
    pub(in crate::daemon) fn cut_short(&mut self) -> Vec<(ProbeId, Observation)> {
        let now = self.clock.mono();
        let under_way: Vec<_> = self.scheduler.under_way().collect();
        under_way
            .into_iter()
            .filter_map(|(slot, started)| {
                let passage = self.epochs.passage(slot, started.ts)?;
                let follower = self.followers.get_mut(slot)?;
                let observation = follower.cut_short(started, passage, now - started.mono);
                Some((follower.probe().probe.id.clone(), observation))
            })
            .collect()
    }
}
