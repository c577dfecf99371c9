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

    /// How many there were in this run.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::agenda::{Agenda, Limits, Timing};
    use crate::domain::time::{Micros, MonoMicros};

    const FIRST: Epoch = Epoch(1);
    const SECOND: Epoch = Epoch(2);

    /// Three askings under way since an epoch began at 100.
    fn begin() -> (Epochs, [SlotId; 3]) {
        let limits = Limits {
            in_flight: 1,
            in_flight_per_host: 1,
        };
        let timing = Timing {
            interval: Micros(1),
            confirm_interval: Micros(1),
        };
        let mut agenda = Agenda::new(limits);
        let slots = [(); 3].map(|()| agenda.add(timing, "host", MonoMicros(0)));
        (Epochs::new(FIRST, UnixMillis(100)), slots)
    }

    fn passage(epoch: Epoch, set_aside: bool) -> Passage {
        Passage {
            epoch,
            set_aside,
            hindered: None,
        }
    }

    #[test]
    fn what_began_before_a_step_stays_in_its_epoch_and_is_set_aside_if_told_again() {
        let (mut epochs, [old, new, next]) = begin();
        epochs.end([old]);
        assert!(!epochs.is_present());
        assert_eq!(epochs.passage(new, UnixMillis(51)), None, "not begun yet");
        epochs.begin(SECOND, UnixMillis(50));
        for (slot, ts, expected) in [
            (old, 49, passage(FIRST, false)),
            (old, 120, passage(FIRST, true)),
            (new, 51, passage(SECOND, false)),
            (next, 60, passage(SECOND, false)),
        ] {
            assert_eq!(epochs.passage(slot, UnixMillis(ts)), Some(expected), "{ts}");
        }
        epochs.forget(old);
        let again = epochs.passage(old, UnixMillis(70));
        assert_eq!(again, Some(passage(SECOND, false)), "its next asking");
    }

    #[test]
    fn what_began_while_the_clock_was_not_trusted_is_worth_nothing() {
        let (mut epochs, [old, lost, new]) = begin();
        epochs.end([old]);
        epochs.end([old, lost]);
        epochs.begin(SECOND, UnixMillis(500));
        for (slot, ts, expected) in [
            (old, 120, Some(passage(FIRST, false))),
            (lost, 3, None),
            (new, 501, Some(passage(SECOND, false))),
        ] {
            assert_eq!(epochs.passage(slot, UnixMillis(ts)), expected, "{ts}");
        }
    }

    #[test]
    fn the_first_that_held_an_asking_up_is_why() {
        let (mut epochs, [held, free, _]) = begin();
        epochs.hinder([held], Reason::Suspended);
        epochs.hinder([held], Reason::Stalled);
        let hindered = |slot| epochs.passage(slot, UnixMillis(100)).unwrap().hindered;
        assert_eq!(hindered(held), Some(Reason::Suspended));
        assert_eq!(hindered(free), None);
    }
}
