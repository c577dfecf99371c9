//! Platforms and services as their probes are observed, and what is declared for them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::announcer::Announcer;
use super::follower::{Follower, Gone};
use super::followers::Followers;
use crate::domain::maintenance::{Declared, maintained};
use crate::domain::outage::EndKind;
use crate::domain::rollup::{LiveMember, LiveService, RollupHistory, Turn};
use crate::domain::schedule::agenda::SlotId;
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;

/// By the probes of a daemon.
#[derive(Default)]
pub(super) struct Services {
    all: Vec<Followed>,
    of_probe: HashMap<SlotId, usize>,
    rollups: HashMap<Subject, RollupHistory>,
    /// Probes that were removed, and are needed still.
    gone: HashMap<SlotId, Gone>,
    declared: Vec<Declared>,
    /// How far ahead the followers know what is declared for them.
    declared_until: Option<UnixMillis>,
}

struct Followed {
    service: LiveService<SlotId>,
    /// Nobody has had a look since a probe of it turned.
    has_turned: bool,
}

/// With more pieces, those that can be are forgotten: each vote goes through all that are kept. Of
/// many probes, one piece each.
const PIECES_MAX: usize = 12;

/// With so many more for each probe, they are forgotten even if a probe is unknown.
const PIECES_EACH_MAX: usize = 16;

/// How far ahead followers are told what is declared for them.
const AHEAD: Millis = Millis::from_secs(3600);

/// A service of more probes is not looked at each time one of them turns, but when the next beat
/// comes: all of them may turn at once, and a look takes all of them.
const AT_ONCE_MAX: usize = 64;

impl Services {
    /// Makes the platforms and services of these probes. Those that were there before go on.
    pub(super) fn set_up(
        &mut self,
        followers: &Followers,
        rollups: HashMap<Subject, RollupHistory>,
        now: UnixMillis,
    ) {
        self.rollups = rollups;
        let mut by_service = BTreeMap::<Subject, Vec<SlotId>>::new();
        let present = followers.iter().map(|(slot, f)| (slot, &f.probe().probe));
        let gone = self.gone.iter().map(|(slot, gone)| (*slot, &gone.probe));
        let probes: HashMap<_, _> = present.chain(gone).collect();
        for (slot, probe) in &probes {
            let service = Subject::service_of(probe);
            by_service.entry(service).or_default().push(*slot);
        }
        let before = std::mem::take(&mut self.all);
        let before: HashMap<_, _> = before
            .iter()
            .map(|followed| (&followed.service.subject, &followed.service))
            .collect();
        self.of_probe.clear();
        for (subject, mut slots) in by_service {
            slots.sort_unstable();
            let mut service = LiveService::new(subject.clone(), self.rollup(&subject), now);
            for slot in slots {
                let probe = probes[&slot];
                let platform = Subject::platform_of(probe);
                let member = LiveMember {
                    probe: slot,
                    parameters: self.rollup(&Subject::Endpoint(probe.id.clone())),
                    is_gone: self.gone.contains_key(&slot),
                };
                service.add(&platform, &self.rollup(&platform), member, now);
                self.of_probe.insert(slot, self.all.len());
            }
            if let Some(before) = before.get(&subject) {
                service.go_on_from(before);
            }
            self.all.push(Followed {
                service,
                // by other members, or another policy
                has_turned: true,
            });
        }
    }

    fn rollup(&self, subject: &Subject) -> RollupHistory {
        self.rollups.get(subject).cloned().unwrap_or_default()
    }

    /// Everything that is declared, now that it has changed.
    pub(super) fn declare(&mut self, declared: Vec<Declared>) {
        self.declared = declared;
        self.declare_anew();
    }

    /// To be told again, since there are other followers, or they go on from another instant.
    pub(super) fn declare_anew(&mut self) {
        self.declared_until = None;
    }

    /// Tells the followers what is declared for the time that comes.
    pub(super) fn tell_declared(&mut self, followers: &mut Followers, now: UnixMillis) {
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

    /// A probe was removed. To be called before the services are set up without it.
    pub(super) fn removed(&mut self, probe: SlotId, gone: Gone) {
        self.gone.insert(probe, gone);
    }

    /// Takes what is down at the start as told, but for what was lost from sight since.
    pub(super) fn adopt(&mut self, followers: &Followers, now: UnixMillis, to: &dyn Announcer) {
        for Followed { service, .. } in &mut self.all {
            let track = |slot| track(followers, &self.gone, slot, now);
            service.set_back(UnixMillis(0));
            for (subject, turn) in service.turns(now, track) {
                if matches!(&turn, Turn::Closed(window) if window.end_kind == EndKind::Unseen) {
                    to.turned(&subject, &turn);
                }
            }
        }
    }

    /// A probe has turned: tells what that makes of its platform and service.
    pub(super) fn turned(
        &mut self,
        probe: SlotId,
        followers: &mut Followers,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        let Some(service) = self.of_probe.get(&probe) else {
            return;
        };
        let Followed {
            service,
            has_turned,
        } = &mut self.all[*service];
        if service.members().nth(AT_ONCE_MAX).is_some() {
            *has_turned = true;
        } else {
            look(service, followers, &mut self.gone, now, to);
        }
    }

    /// What probes have turned that was not looked at at once.
    pub(super) fn look_at_turned(
        &mut self,
        followers: &mut Followers,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        for followed in &mut self.all {
            if std::mem::take(&mut followed.has_turned) {
                look(&mut followed.service, followers, &mut self.gone, now, to);
            }
        }
    }

    /// What time alone has turned: maintenance began or ended, or nothing was observed for long.
    /// `down` are those of the followers that are; only these, and those that are gone, may turn what
    /// they are part of, since with fewer voters, or without one that was not down, less may be enough.
    pub(super) fn look(
        &mut self,
        followers: &mut Followers,
        down: &HashSet<SlotId>,
        now: UnixMillis,
        to: &dyn Announcer,
    ) {
        let may_turn: HashSet<usize> = down
            .iter()
            .chain(self.gone.keys())
            .filter_map(|slot| self.of_probe.get(slot).copied())
            .collect();
        for (index, Followed { service, .. }) in self.all.iter_mut().enumerate() {
            if service.is_down() || may_turn.contains(&index) {
                look(service, followers, &mut self.gone, now, to);
            }
        }
    }

    /// A new epoch begins, perhaps before what was told last.
    pub(super) fn set_back(&mut self, now: UnixMillis) {
        for Followed { service, .. } in &mut self.all {
            service.set_back(now);
        }
        self.gone.clear();
    }
}

fn look(
    service: &mut LiveService<SlotId>,
    followers: &mut Followers,
    gone: &mut HashMap<SlotId, Gone>,
    now: UnixMillis,
    to: &dyn Announcer,
) {
    let members: Vec<_> = service.members().collect();
    let track = |slot| track(followers, gone, slot, now);
    let of = |slot: &SlotId| followers.get(*slot);
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
    let any_gone = members.iter().any(|slot| gone.contains_key(slot));
    let too_many = pieces > PIECES_MAX.max(members.len());
    let before = if (too_many || any_gone) && all_known() {
        Some(service.carry(settled, track))
    } else {
        None
    };
    // one that is unknown for long must not keep the past of all others
    let kept = before.is_none() || before < Some(settled);
    let before = if kept && pieces > PIECES_MAX + PIECES_EACH_MAX * members.len() {
        service.cut(settled, track);
        Some(settled)
    } else {
        before
    };
    if let Some(before) = before {
        for slot in members {
            if let Some(follower) = followers.get_mut(slot) {
                follower.forget_before(before);
            }
            if let Some(member) = gone.get_mut(&slot) {
                member.forget_before(before);
                if member.end <= before {
                    gone.remove(&slot);
                }
            }
        }
    }
}

/// Nothing, of one that was removed long ago.
fn track(
    followers: &Followers,
    gone: &HashMap<SlotId, Gone>,
    slot: SlotId,
    now: UnixMillis,
) -> Track {
    match followers.get(slot) {
        Some(follower) => follower.track(now),
        None => gone.get(&slot).map(Gone::track).unwrap_or_default(),
    }
}
