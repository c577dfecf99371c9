//! The agenda: which probe starts next, at a fixed rate and within the limits.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use super::lateness::Lateness;
use crate::domain::time::{Micros, MonoMicros};

/// How often a probe is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From one regular asking to the next. Longer than zero.
    pub interval: Micros,
    /// From the end of one asking to the next while a run is undecided.
    pub confirm_interval: Micros,
}

/// How many askings may be under way at once. They delay, and never drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub in_flight: usize,
    pub in_flight_per_host: usize,
}

/// A probe's place on the agenda; never given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId {
    index: u32,
    generation: u32,
}

impl SlotId {
    /// Below the number of slots ever in use at once: to index a table beside the agenda.
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

/// A probe is to be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub slot: SlotId,
    /// How long after it was due.
    pub late: Micros,
}

/// What happened on the agenda since it began.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub lateness: Lateness,
    /// Regular askings that did not happen since the one before was still waiting or under way.
    pub missed: u64,
}

/// Knows every probe's due time, and which are waiting or under way.
#[derive(Debug)]
pub struct Agenda {
    limits: Limits,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Idle probes by due time. Entries of slots that have changed since are passed over.
    idle: BinaryHeap<Reverse<(MonoMicros, SlotId)>>,
    hosts: Vec<Host>,
    host_of_name: HashMap<Arc<str>, u32>,
    /// Hosts with a waiting probe and room for it, each once, in turn.
    ready: VecDeque<u32>,
    in_flight: usize,
    tally: Tally,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    phase: Phase,
    host: u32,
    /// The host from the next asking on, if it changed while this one was under way.
    next_host: Option<u32>,
    timing: Timing,
    /// The next regular asking; only ever advanced by whole intervals.
    tick: MonoMicros,
    /// When it is to be asked next: at the tick, or before it to confirm.
    due: MonoMicros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Waiting,
    Running,
    /// Removed while running.
    Leaving,
    Free,
}

#[derive(Debug, Default)]
struct Host {
    in_flight: usize,
    waiting: VecDeque<SlotId>,
    is_ready: bool,
}

impl Agenda {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            slots: Vec::new(),
            free: Vec::new(),
            idle: BinaryHeap::new(),
            hosts: Vec::new(),
            host_of_name: HashMap::new(),
            ready: VecDeque::new(),
            in_flight: 0,
            tally: Tally::default(),
        }
    }

    /// A probe that is asked first at `first`, and from then on at its fixed rate.
    ///
    /// # Panics
    /// Never in practice: with the 2^32nd probe or host, long after memory has ended.
    pub fn add(&mut self, timing: Timing, host: &str, first: MonoMicros) -> SlotId {
        let host = self.host(host);
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                phase: Phase::Free,
                host,
                next_host: None,
                timing,
                tick: first,
                due: first,
            });
            u32::try_from(self.slots.len() - 1).expect("memory ends before 2^32 probes")
        });
        let slot = &mut self.slots[index as usize];
        let id = SlotId {
            index,
            generation: slot.generation,
        };
        *slot = Slot {
            generation: slot.generation,
            phase: Phase::Idle,
            host,
            next_host: None,
            timing,
            tick: first,
            due: first,
        };
        self.idle.push(Reverse((first, id)));
        id
    }

    fn host(&mut self, name: &str) -> u32 {
        if let Some(&host) = self.host_of_name.get(name) {
            return host;
        }
        let host = u32::try_from(self.hosts.len()).expect("memory ends before 2^32 hosts");
        self.hosts.push(Host::default());
        self.host_of_name.insert(name.into(), host);
        host
    }

    /// Asks a probe at another rate, or another host, from its next asking on. That one comes no
    /// later than an interval from now; with the interval unchanged, the rhythm stays.
    pub fn change(&mut self, id: SlotId, timing: Timing, host: &str, now: MonoMicros) {
        let host = self.host(host);
        let Some(slot) = self.slot(id) else { return };
        slot.timing = timing;
        slot.tick = slot.tick.min(now + timing.interval);
        match slot.phase {
            // whoever is under way or in line counts for the old host until it is done
            Phase::Running | Phase::Waiting => slot.next_host = Some(host),
            Phase::Idle => {
                slot.host = host;
                slot.due = slot.due.min(slot.tick);
                let due = slot.due;
                self.idle.push(Reverse((due, id)));
            }
            Phase::Leaving | Phase::Free => {}
        }
    }

    /// Takes a probe off. If it is under way, [`Agenda::finished`] is still to be called.
    pub fn remove(&mut self, id: SlotId) {
        let Some(slot) = self.slot(id) else { return };
        match slot.phase {
            Phase::Running => slot.phase = Phase::Leaving,
            Phase::Idle => self.release(id.index),
            Phase::Waiting => {
                let host = slot.host as usize;
                self.hosts[host].waiting.retain(|waiting| *waiting != id);
                self.release(id.index);
            }
            Phase::Leaving | Phase::Free => {}
        }
    }

    fn release(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.phase = Phase::Free;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index);
    }

    fn slot(&mut self, id: SlotId) -> Option<&mut Slot> {
        self.slots
            .get_mut(id.index())
            .filter(|slot| slot.generation == id.generation)
    }

    /// The next regular asking of a probe.
    pub fn tick(&self, id: SlotId) -> Option<MonoMicros> {
        let slot = self.slots.get(id.index())?;
        (slot.generation == id.generation).then_some(slot.tick)
    }

    /// The next probe to start, as long as one is due and the limits leave room. Call it until it
    /// returns `None`.
    pub fn start(&mut self, now: MonoMicros) -> Option<Start> {
        self.queue_due(now);
        while self.in_flight < self.limits.in_flight {
            let host_index = self.ready.pop_front()?;
            let host = &mut self.hosts[host_index as usize];
            host.is_ready = false;
            // all that waited may have been removed
            let Some(id) = host.waiting.pop_front() else {
                continue;
            };
            host.in_flight += 1;
            self.in_flight += 1;
            self.make_ready(host_index);
            let slot = &mut self.slots[id.index()];
            slot.phase = Phase::Running;
            if slot.tick <= slot.due {
                slot.tick = slot.tick + slot.timing.interval;
            }
            let late = now - slot.due;
            self.tally.lateness.add(late);
            return Some(Start { slot: id, late });
        }
        None
    }

    /// Moves every probe that is due to its host's queue.
    fn queue_due(&mut self, now: MonoMicros) {
        while let Some(&Reverse((due, id))) = self.idle.peek() {
            if due > now {
                break;
            }
            self.idle.pop();
            let Some(slot) = self.slot(id) else { continue };
            if slot.phase != Phase::Idle || slot.due != due {
                continue;
            }
            slot.phase = Phase::Waiting;
            let host = slot.host;
            self.hosts[host as usize].waiting.push_back(id);
            self.make_ready(host);
        }
    }

    fn make_ready(&mut self, index: u32) {
        let host = &mut self.hosts[index as usize];
        let room = host.in_flight < self.limits.in_flight_per_host;
        if room && !host.waiting.is_empty() && !host.is_ready {
            host.is_ready = true;
            self.ready.push_back(index);
        }
    }

    /// An asking has ended. `undecided` if the probe is to be asked again soon.
    pub fn finished(&mut self, id: SlotId, now: MonoMicros, undecided: bool) {
        let Some(slot) = self.slot(id) else { return };
        let host = slot.host;
        match slot.phase {
            Phase::Running => {
                let mut missed = 0;
                if slot.tick <= now {
                    missed = (now - slot.tick).0 / slot.timing.interval.0.max(1) + 1;
                    slot.tick = slot.tick + Micros(slot.timing.interval.0.max(1) * missed);
                }
                slot.due = slot.tick;
                if undecided {
                    slot.due = slot.due.min(now + slot.timing.confirm_interval);
                }
                slot.phase = Phase::Idle;
                slot.host = slot.next_host.take().unwrap_or(slot.host);
                let due = slot.due;
                self.idle.push(Reverse((due, id)));
                self.tally.missed += missed;
            }
            Phase::Leaving => self.release(id.index),
            Phase::Idle | Phase::Waiting | Phase::Free => return,
        }
        self.hosts[host as usize].in_flight -= 1;
        self.in_flight -= 1;
        self.make_ready(host);
    }

    /// When [`Agenda::start`] should be called again, unless an asking ends before. `None` while
    /// nothing is idle.
    pub fn wake(&mut self) -> Option<MonoMicros> {
        while let Some(&Reverse((due, id))) = self.idle.peek() {
            match self.slot(id) {
                Some(slot) if slot.phase == Phase::Idle && slot.due == due => return Some(due),
                _ => self.idle.pop(),
            };
        }
        None
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Probes that are due and wait for the limits.
    pub fn waiting(&self) -> usize {
        self.hosts.iter().map(|host| host.waiting.len()).sum()
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}
