//! Platforms and services as their probes are observed, and what is declared for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::announcer::Announcer;
use super::follower::Follower;
use crate::domain::maintenance::{Declared, maintained};
use crate::domain::rollup::{LiveService, RollupHistory, RollupParameters};
use crate::domain::schedule::agenda::SlotId;
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;

/// By the probes of a daemon.
#[derive(Default)]
pub(super) struct Services {
    all: Vec<LiveService<SlotId>>,
    of_probe: HashMap<SlotId, usize>,
    /// Large ones of which a member turned.
    due: BTreeSet<usize>,
    declared: Vec<Declared>,
    /// How far ahead the followers know what is declared for them.
    declared_until: Option<UnixMillis>,
}

/// With more pieces than this, and than [`PIECES_PER_MEMBER_MAX`], those that can be are forgotten.
const PIECES_MAX: usize = 64;
const PIECES_PER_MEMBER_MAX: usize = 2;

/// With more members a service is looked at once a beat, however many of them turn. Each look
/// takes as long as there are members, and all of them may turn within a second.
const LOOKED_AT_EACH_TURN_MAX: usize = 100;

/// How far ahead followers are told what is declared for them.
const AHEAD: Millis = Millis::from_secs(3600);

impl Services {
    /// Makes the platforms and services of these probes. Those that were there before go on.
    pub(super) fn set_up(
        &mut self,
        followers: &HashMap<SlotId, Follower>,
        rollups: &HashMap<Subject, RollupHistory>,
        now: UnixMillis,
    ) {
        let mut by_service = BTreeMap::<Subject, Vec<SlotId>>::new();
        for (slot, follower) in followers {
            let service = Subject::service_of(&follower.probe().probe);
            by_service.entry(service).or_default().push(*slot);
        }
        let before = std::mem::take(&mut self.all).into_iter();
        let before: HashMap<_, _> = before.map(|one| (one.subject.clone(), one)).collect();
        self.of_probe.clear();
        self.due.clear();
        for (subject, mut slots) in by_service {
            slots.sort_unstable();
            let mut service = LiveService::new(subject.clone(), rollup(rollups, &subject), now);
            for slot in slots {
                let Some(follower) = followers.get(&slot) else {
                    continue;
                };
                let probe = &follower.probe().probe;
                let platform = Subject::platform_of(probe);
                let weight = rollup(rollups, &Subject::Endpoint(probe.id.clone()));
                service.add(&platform, &rollup(rollups, &platform), slot, weight, now);
                self.of_probe.insert(slot, self.all.len());
            }
            if let Some(before) = before.get(&subject) {
                service.go_on_from(before);
            }
            if is_large(&service) {
                // it may have been due
                self.due.insert(self.all.len());
            }
            self.all.push(service);
        }
    }

    /// Everything that is declared, now that it has changed.
    pub(super) fn declare(&mut self, declared: Vec<Declared>) {
        self.declared = declared;
        self.declared_until = None;
    }

    /// Tells the followers what is declared for the time that comes.
    pub(super) fn tell_declared(
        &mut self,
        followers: &mut HashMap<SlotId, Follower>,
        now: UnixMillis,
    ) {
        let is_told = |until: UnixMillis| now + Millis(AHEAD.0 / 2) < until;
        if self.declared_until.is_some_and(is_told) {
            return;
        }
        let until = now + AHEAD;
        for follower in followers.values_mut() {
            let known = Period::new(follower.known_since(), until);
            let maintenance = maintained(&self.declared, &follower.probe().probe, known);
            follower.declare(maintenance);
        }
        self.declared_until = Some(until);
    }

    /// Takes what is down at the start as told.
    pub(super) fn adopt(&mut self, followers: &HashMap<SlotId, Follower>, now: UnixMillis) {
        for service in &mut self.all {
            let track = |slot| track(followers, slot, now);
            // what is over by now is none of this run's
            let _ = service.turns(now, track);
        }
    }

    /// A probe has turned: tells what that makes of its platform and service. Of a large service
    /// [`look_at_due`](Self::look_at_due) does.
    pub(super) fn turned(
        &mut self,
        probe: SlotId,
        followers: &mut HashMap<SlotId, Follower>,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        let Some(at) = self.of_probe.get(&probe) else {
            return;
        };
        let service = &mut self.all[*at];
        if is_large(service) {
            self.due.insert(*at);
        } else {
            look(service, followers, now, to);
        }
    }

    /// What the members that turned since the last time make of large services.
    pub(super) fn look_at_due(
        &mut self,
        followers: &mut HashMap<SlotId, Follower>,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        for at in std::mem::take(&mut self.due) {
            look(&mut self.all[at], followers, now, to);
        }
    }

    /// What time alone has turned: maintenance began or ended, or nothing was observed for long.
    pub(super) fn look(
        &mut self,
        followers: &mut HashMap<SlotId, Follower>,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        for service in &mut self.all {
            if service.is_down() {
                look(service, followers, now, to);
            }
        }
    }

    /// A new epoch begins, perhaps before what was told last.
    pub(super) fn set_back(&mut self, now: UnixMillis) {
        for service in &mut self.all {
            service.set_back(now);
        }
    }
}

/// By the defaults if it was never configured otherwise.
fn rollup(rollups: &HashMap<Subject, RollupHistory>, subject: &Subject) -> RollupHistory {
    let known = rollups.get(subject).cloned();
    known.unwrap_or_else(|| RollupHistory::constant(RollupParameters::default()))
}

fn is_large(service: &LiveService<SlotId>) -> bool {
    service.members().nth(LOOKED_AT_EACH_TURN_MAX).is_some()
}

fn look(
    service: &mut LiveService<SlotId>,
    followers: &mut HashMap<SlotId, Follower>,
    now: UnixMillis,
    to: &dyn Announcer,
) {
    let members: Vec<_> = service.members().collect();
    let track = |slot| track(followers, slot, now);
    let of = |slot: &SlotId| followers.get(slot);
    let settled = members.iter().filter_map(of).map(|f| f.settled(now)).min();
    let settled = settled.unwrap_or(now);
    for (subject, turn) in service.turns(settled, track) {
        to.turned(&subject, &turn);
    }
    let pieces: usize = members.iter().filter_map(of).map(Follower::pieces).sum();
    let all_known = || {
        members
            .iter()
            .filter_map(of)
            .all(|f| f.is_known_at(settled, now))
    };
    let pieces_max = PIECES_MAX.max(members.len() * PIECES_PER_MEMBER_MAX);
    if pieces > pieces_max && all_known() {
        let before = service.carry(settled, track);
        for slot in members {
            if let Some(follower) = followers.get_mut(&slot) {
                follower.forget_before(before);
            }
        }
    }
}

/// Nothing, of one that was removed meanwhile.
fn track(followers: &HashMap<SlotId, Follower>, slot: SlotId, now: UnixMillis) -> Track {
    let follower = followers.get(&slot);
    follower
        .map(|follower| follower.track(now))
        .unwrap_or_default()
}
