//! The shell around the agenda: sleeps until the next probe is due, asks, and hands over what came
//! back. Idle probes have no task, only those under way a future.

use std::pin::Pin;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Sleep, sleep_until};

use crate::clock::Clock;
use crate::domain::schedule::agenda::{Agenda, Limits, SlotId, Timing};
use crate::domain::schedule::stagger::Gaps;
use crate::domain::time::{Micros, MonoMicros, UnixMillis};

/// Asks a probe once.
pub trait Ask {
    type Probe;
    type Answer;

    fn ask(&self, probe: Rc<Self::Probe>, started: Started) -> impl Future<Output = Self::Answer>;
}

/// When an asking began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    pub ts: UnixMillis,
    pub mono: MonoMicros,
}

/// An asking that has ended. The probe rests until [`Scheduler::settle`] is called.
#[derive(Debug)]
pub struct Finished<A> {
    pub slot: SlotId,
    pub started: Started,
    pub answer: A,
}

type Asking<'a, A> = Pin<Box<dyn Future<Output = Finished<A>> + 'a>>;

/// Runs probes on the thread that polls it.
pub struct Scheduler<'a, K: Ask> {
    clock: Clock,
    asker: &'a K,
    agenda: Agenda,
    /// By [`SlotId::index`].
    places: Vec<Option<Place<K::Probe>>>,
    under_way: FuturesUnordered<Asking<'a, K::Answer>>,
    sleep: Pin<Box<Sleep>>,
}

struct Place<P> {
    slot: SlotId,
    probe: Rc<P>,
    /// While it is being asked.
    started: Option<Started>,
}

impl<'a, K: Ask> Scheduler<'a, K> {
    pub fn new(clock: Clock, limits: Limits, asker: &'a K) -> Self {
        Self {
            sleep: Box::pin(sleep_until(clock.instant(MonoMicros(0)))),
            clock,
            asker,
            agenda: Agenda::new(limits),
            places: Vec::new(),
            under_way: FuturesUnordered::new(),
        }
    }

    /// A probe that is asked first after `phase`, and from then on at its fixed rate.
    pub fn add(
        &mut self,
        probe: Rc<K::Probe>,
        timing: Timing,
        host: &str,
        phase: Micros,
    ) -> SlotId {
        let slot = self.agenda.add(timing, host, self.clock.mono() + phase);
        if self.places.len() <= slot.index() {
            self.places.resize_with(slot.index() + 1, || None);
        }
        self.places[slot.index()] = Some(Place {
            slot,
            probe,
            started: None,
        });
        slot
    }

    /// Where those in `others` leave room for probes of this interval that join them.
    pub fn gaps_among(&self, interval: Micros, others: impl IntoIterator<Item = SlotId>) -> Gaps {
        let now = self.clock.mono();
        let due = others.into_iter().filter_map(|slot| self.agenda.tick(slot));
        Gaps::between(interval, due.map(|tick| tick - now))
    }

    /// Goes on with another probe in the same place, and keeps the rhythm as far as the interval
    /// allows. An asking under way is that of the old one.
    pub fn change(&mut self, slot: SlotId, probe: Rc<K::Probe>, timing: Timing, host: &str) {
        self.agenda.change(slot, timing, host, self.clock.mono());
        if let Some(place) = self.place(slot) {
            place.probe = probe;
        }
    }

    /// Takes a probe off. If it is being asked, its answer is dropped.
    pub fn remove(&mut self, slot: SlotId) {
        self.agenda.remove(slot);
        if let Some(place) = self.place(slot)
            && place.started.is_none()
        {
            self.places[slot.index()] = None;
        }
    }

    fn place(&mut self, slot: SlotId) -> Option<&mut Place<K::Probe>> {
        self.places
            .get_mut(slot.index())?
            .as_mut()
            .filter(|place| place.slot == slot)
    }

    /// The next asking to end. Starts what is due meanwhile; may be dropped and called again.
    pub async fn next(&mut self) -> Finished<K::Answer> {
        loop {
            self.start_due();
            let wake = self.agenda.wake();
            if let Some(wake) = wake.map(|wake| self.clock.instant(wake))
                && wake != self.sleep.deadline()
            {
                self.sleep.as_mut().reset(wake);
            }
            tokio::select! {
                biased;
                Some(finished) = self.under_way.next() => return finished,
                () = self.sleep.as_mut(), if wake.is_some() => {}
                // nothing to do until the caller adds a probe
                () = std::future::pending(), if wake.is_none() => {}
            }
        }
    }

    fn start_due(&mut self) {
        while let Some(start) = self.agenda.start(self.clock.mono()) {
            let started = Started {
                ts: self.clock.now(),
                mono: self.clock.mono(),
            };
            let slot = start.slot;
            let place = self.place(slot).expect("what is on the agenda has a place");
            place.started = Some(started);
            let probe = Rc::clone(&place.probe);
            let asker = self.asker;
            self.under_way.push(Box::pin(async move {
                Finished {
                    slot,
                    started,
                    answer: asker.ask(probe, started).await,
                }
            }));
        }
    }

    /// Lets a probe go on after its asking has ended. `undecided` if it is to be asked again soon.
    pub fn settle(&mut self, slot: SlotId, undecided: bool) {
        let now = self.clock.mono();
        self.agenda.finished(slot, now, undecided);
        let gone = self.agenda.tick(slot).is_none();
        if let Some(place) = self.place(slot) {
            place.started = None;
            if gone {
                self.places[slot.index()] = None;
            }
        }
    }

    /// The askings under way, each with its start.
    pub fn under_way(&self) -> impl Iterator<Item = (SlotId, Started)> {
        self.places
            .iter()
            .flatten()
            .filter_map(|place| Some((place.slot, place.started?)))
    }

    pub fn agenda(&self) -> &Agenda {
        &self.agenda
    }
}
