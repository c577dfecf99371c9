//! Which stretch of a straight clock each asking belongs to, and what hindered it meanwhile.

use std::collections::HashMap;

use crate::domain::epoch::EpochStarts;
use crate::domain::observation::{Epoch, Reason};
use crate::domain::schedule::agenda::SlotId;
use crate::domain::time::UnixMillis;

/// Keeps account only of askings that something happened to; all others are of the present epoch.
pub(super) struct Epochs {
    /// Those of this run, each with its first instant.
    starts: Vec<(Epoch, UnixMillis)>,
    /// `None` while the clock is not trusted, or the store has not begun one yet.
    present: Option<Epoch>,
    under_way: HashMap<SlotId, Fate>,
}

/// What came over an asking while it was under way.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    /// The epoch that it began in, if that is over.
    left: Option<Left>,
    hindered: Option<Reason>,
}

#[derive(Clone, Copy, Debug)]
enum Left {
    Epoch(Epoch),
    /// It began in none, so that its instant is worth nothing.
    Nothing,
}

/// What an asking has been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) epoch: Epoch,
    /// It tells of time that a later epoch tells again.
    pub(super) set_aside: bool,
    /// It was held up by trouble of our own.
    pub(super) hindered: Option<Reason>,
}

impl Epochs {
    pub(super) fn new(epoch: Epoch, start: UnixMillis) -> Self {
        Self {
            starts: vec![(epoch, start)],
            present: Some(epoch),
            under_way: HashMap::new(),
        }
    }

    /// Whether instants are worth anything now.
    pub(super) fn is_present(&self) -> bool {
        self.present.is_some()
    }

    /// These askings were under way when something held all of us up.
    pub(super) fn hinder(&mut self, askings: impl IntoIterator<Item = SlotId>, reason: Reason) {
        for slot in askings {
            let fate = self.under_way.entry(slot).or_default();
            fate.hindered.get_or_insert(reason);
        }
    }

    /// The present epoch is over. These askings belong to it, and the others that are under way to
    /// the next.
    pub(super) fn end(&mut self, askings: impl IntoIterator<Item = SlotId>) {
        let left = match self.present.take() {
            Some(epoch) => Left::Epoch(epoch),
            None => Left::Nothing,
        };
        for slot in askings {
            let fate = self.under_way.entry(slot).or_default();
            fate.left.get_or_insert(left);
        }
    }

    /// Another has begun.
    pub(super) fn begin(&mut self, epoch: Epoch, start: UnixMillis) {
        self.starts.push((epoch, start));
        self.present = Some(epoch);
    }

    /// What an asking that began at `ts` has been through so far. `None` if its instant is worth
    /// nothing.
    pub(super) fn passage(&self, slot: SlotId, ts: UnixMillis) -> Option<Passage> {
        let fate = self.under_way.get(&slot).copied().unwrap_or_default();
        let epoch = match fate.left {
            None => self.present?,
            Some(Left::Epoch(epoch)) => epoch,
            Some(Left::Nothing) => return None,
        };
        let set_aside = self.present != Some(epoch)
            && EpochStarts::new(self.starts.clone()).sets_aside(epoch, ts);
        Some(Passage {
            epoch,
            set_aside,
            hindered: fate.hindered,
        })
    }

    /// An asking is no longer under way.
    pub(super) fn forget(&mut self, slot: SlotId) {
        self.under_way.remove(&slot);
    }
}
