//! The agenda: which probe starts next, at a fixed rate and within the limits.
//!
//! Where limits leave no room, probes wait, and whoever has been due for longest goes first, of those
//! whose host has room. So none is starved: nobody can be asked twice before one that waits, and with
//! n probes of N on its host, and T the longest asking, each starts within
//! T × (⌈N ÷ `in_flight`⌉ + ⌈n ÷ `in_flight_per_host`⌉) of when it was due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use crate::domain::durations::Durations;
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
    /// Of each start after it was due.
    pub lateness: Durations,
    /// Regular askings that did not happen since the one before was still waiting or under way.
    pub missed: u64,
}

impl Tally {
    /// What happened since it stood so.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            lateness: self.lateness.since(&earlier.lateness),
            missed: self.missed - earlier.missed,
        }
    }
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
    free_hosts: Vec<u32>,
    /// Hosts with a waiting probe and room for it, by when the first of those was due. Entries of
    /// hosts that have changed since are passed over.
    ready: BinaryHeap<Reverse<(MonoMicros, u32)>>,
    in_flight: usize,
    waiting: usize,
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

#[derive(Debug)]
struct Host {
    name: Arc<str>,
    /// How many probes are asked there, now or from their next asking on.
    probes: usize,
    in_flight: usize,
    /// In the order in which they were due. Those removed since are passed over.
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
            free_hosts: Vec::new(),
            ready: BinaryHeap::new(),
            in_flight: 0,
            waiting: 0,
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

    /// The host of a probe that comes to it.
    fn host(&mut self, name: &str) -> u32 {
        if let Some(&host) = self.host_of_name.get(name) {
            self.hosts[host as usize].probes += 1;
            return host;
        }
        let name: Arc<str> = name.into();
        let new = Host {
            name: Arc::clone(&name),
            probes: 1,
            in_flight: 0,
            waiting: VecDeque::new(),
            is_ready: false,
        };
        let host = if let Some(free) = self.free_hosts.pop() {
            self.hosts[free as usize] = new;
            free
        } else {
            self.hosts.push(new);
            u32::try_from(self.hosts.len() - 1).expect("memory ends before 2^32 hosts")
        };
        self.host_of_name.insert(name, host);
        host
    }

    /// A probe has left the host, and is not under way there any more.
    fn leave(&mut self, index: u32) {
        let host = &mut self.hosts[index as usize];
        host.probes -= 1;
        if host.probes == 0 {
            host.waiting = VecDeque::new();
            let name = Arc::clone(&host.name);
            self.host_of_name.remove(&name);
            self.free_hosts.push(index);
        }
    }

    /// Asks a probe at another rate, or another host, from its next asking on. That one comes no
    /// later than an interval from now; with the interval unchanged, the rhythm stays.
    pub fn change(&mut self, id: SlotId, timing: Timing, host: &str, now: MonoMicros) {
        if self.slot(id).is_none() {
            return;
        }
        let host = self.host(host);
        let slot = &mut self.slots[id.index()];
        slot.timing = timing;
        slot.tick = slot.tick.min(now + timing.interval);
        let left = match slot.phase {
            // whoever is under way or in line counts for the old host until it is done
            Phase::Running | Phase::Waiting => slot.next_host.replace(host),
            Phase::Idle => {
                slot.due = slot.due.min(slot.tick);
                let due = slot.due;
                self.idle.push(Reverse((due, id)));
                Some(std::mem::replace(&mut slot.host, host))
            }
            Phase::Leaving | Phase::Free => Some(host),
        };
        if let Some(left) = left {
            self.leave(left);
        }
    }

    /// Takes a probe off. If it is under way, [`Agenda::finished`] is still to be called.
    pub fn remove(&mut self, id: SlotId) {
        let Some(slot) = self.slot(id) else { return };
        match slot.phase {
            Phase::Running => slot.phase = Phase::Leaving,
            Phase::Idle => self.release(id.index),
            Phase::Waiting => {
                self.waiting -= 1;
                self.release(id.index);
            }
            Phase::Leaving | Phase::Free => {}
        }
    }

    fn release(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.phase = Phase::Free;
        slot.generation = slot.generation.wrapping_add(1);
        let (host, next_host) = (slot.host, slot.next_host.take());
        self.free.push(index);
        self.leave(host);
        if let Some(next_host) = next_host {
            self.leave(next_host);
        }
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
            let Reverse((due, host_index)) = self.ready.pop()?;
            self.hosts[host_index as usize].is_ready = false;
            let Some((id, first_due)) = self.first_waiting(host_index) else {
                continue;
            };
            if first_due != due {
                // the one that it was ready for was removed
                self.make_ready(host_index);
                continue;
            }
            let host = &mut self.hosts[host_index as usize];
            host.waiting.pop_front();
            host.in_flight += 1;
            self.in_flight += 1;
            self.waiting -= 1;
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
            self.waiting += 1;
            self.hosts[host as usize].waiting.push_back(id);
            self.make_ready(host);
        }
    }

    fn make_ready(&mut self, index: u32) {
        if !self.hosts[index as usize].is_ready
            && let Some((_, due)) = self.first_waiting(index)
        {
            self.hosts[index as usize].is_ready = true;
            self.ready.push(Reverse((due, index)));
        }
    }

    /// The probe that the host has room for, if any waits, and when it was due.
    fn first_waiting(&mut self, index: u32) -> Option<(SlotId, MonoMicros)> {
        let host = &mut self.hosts[index as usize];
        if host.in_flight >= self.limits.in_flight_per_host {
            return None;
        }
        loop {
            let id = *host.waiting.front()?;
            let slot = &self.slots[id.index()];
            if slot.generation == id.generation {
                return Some((id, slot.due));
            }
            host.waiting.pop_front();
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
                let due = slot.due;
                let next_host = slot.next_host.take();
                slot.host = next_host.unwrap_or(host);
                self.idle.push(Reverse((due, id)));
                self.tally.missed += missed;
                self.end_at(host);
                if next_host.is_some() {
                    self.leave(host);
                }
            }
            Phase::Leaving => {
                self.end_at(host);
                self.release(id.index);
            }
            Phase::Idle | Phase::Waiting | Phase::Free => {}
        }
    }

    fn end_at(&mut self, host: u32) {
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
        self.waiting
    }

    /// Hosts that probes are asked at.
    pub fn hosts(&self) -> usize {
        self.host_of_name.len()
    }

    pub const fn limits(&self) -> Limits {
        self.limits
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}
