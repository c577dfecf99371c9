//! The vote of the members at each instant: walked from one change to the next.

use super::parameters::RollupHistory;
use super::tally::{Flags, Tally};
use crate::domain::period_set::PeriodSet;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::track::{Possible, Track};

/// One endpoint of a platform, or one platform of a service.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub track: &'a Track,
    /// Of which only the weight matters.
    pub parameters: &'a RollupHistory,
}

/// What the members say together at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Up,
    Degraded,
    Down,
    Unknown,
}

/// A stretch in which nothing changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) period: Period,
    pub(super) verdict: Verdict,
    /// All members are maintained, and vote nevertheless: about windows, not about the state.
    pub(super) maintained: bool,
    pub(super) certain: bool,
    /// So many thousandths of weight are down, of so many that are known.
    pub(super) weight_down: u64,
    pub(super) weight_known: u64,
    /// Enough members are down whose end nobody saw.
    pub(super) open_ended: bool,
    /// So many members it takes.
    pub(super) needed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// Ends come before everything else of their instant: a member that was seen up there, and
    /// another that was seen up last there, have not been down together.
    PossibleEnds,
    Ends(Flags),
    Begins(Flags),
    Weight(u32),
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: UnixMillis,
    change: Change,
    member: usize,
}

/// Where the possible down time of the whole began, with whether that was seen.
#[derive(Clone, Copy, Debug)]
struct Since {
    at: UnixMillis,
    seen: bool,
}

/// Walks over everything, in order of time. `visit` gets stretches that follow each other without
/// a break as long as any member exists; the possible down time is returned.
pub(super) fn sweep(
    members: &[Member<'_>],
    policy: &RollupHistory,
    mut visit: impl FnMut(Stretch),
) -> Vec<Possible> {
    let events = events(members, policy);
    let Some(first) = events.first() else {
        return Vec::new();
    };
    let mut tally = Tally::new(members.len());
    for (index, member) in members.iter().enumerate() {
        tally.weigh(index, member.parameters.at(first.at).weight.0);
    }
    let mut possible = Vec::new();
    let mut since: Option<Since> = None;
    let mut rest = &events[..];
    while let Some(Event { at, .. }) = rest.first().copied() {
        let (now, later) = rest.split_at(rest.partition_point(|event| event.at == at));
        rest = later;
        let down_when = policy.at(at).down_when;
        let (ends, others) =
            now.split_at(now.partition_point(|event| event.change == Change::PossibleEnds));
        let end_seen = tally.possible_end_seen(down_when);
        for event in ends {
            tally.clear(event.member, Flags::POSSIBLE_ALL);
        }
        if !tally.is_possible(down_when)
            && let Some(begun) = since.take()
        {
            possible.push(ended(begun, at, end_seen));
        }
        for event in others {
            match event.change {
                Change::Begins(flags) => tally.set(event.member, flags),
                Change::Ends(flags) => tally.clear(event.member, flags),
                Change::Weight(weight) => tally.weigh(event.member, weight),
                Change::PossibleEnds | Change::Policy => {}
            }
        }
        match (since, tally.is_possible(down_when)) {
            (None, true) => {
                since = Some(Since {
                    at,
                    seen: tally.possible_begin_seen(down_when),
                });
            }
            // members left, or another policy came
            (Some(begun), false) => {
                possible.push(ended(begun, at, end_seen));
                since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
        let Some(next) = rest.first() else { break };
        if tally.is_empty() {
            continue;
        }
        let (weight_down, weight_known) = tally.weights();
        visit(Stretch {
            period: Period::new(at, next.at),
            verdict: tally.verdict(down_when),
            maintained: tally.is_maintained(),
            certain: tally.is_certain(down_when),
            weight_down,
            weight_known,
            open_ended: tally.is_open_ended(down_when),
            needed: tally.needed(down_when),
        });
    }
    possible
}

fn ended(begun: Since, at: UnixMillis, seen: bool) -> Possible {
    Possible {
        period: Period::new(begun.at, at),
        from_seen: begun.seen,
        to_seen: seen,
    }
}

fn events(members: &[Member<'_>], policy: &RollupHistory) -> Vec<Event> {
    let mut events = Vec::new();
    for (member, Member { track, parameters }) in members.iter().enumerate() {
        let mut add = |at, change| events.push(Event { at, change, member });
        let mut mark = |period: Period, flags| {
            if !period.is_empty() {
                add(period.from, Change::Begins(flags));
                add(period.to, Change::Ends(flags));
            }
        };
        // lives that touch are one
        let covered: PeriodSet = track.covered.iter().copied().collect();
        for period in covered.periods() {
            mark(*period, Flags::COVERED);
        }
        for (set, flags) in [
            (&track.maintenance, Flags::MAINTENANCE),
            (&track.unknown, Flags::UNKNOWN),
            (&track.degraded, Flags::DEGRADED),
            (&track.certain, Flags::CERTAIN),
        ] {
            for period in set.periods() {
                mark(*period, flags);
            }
        }
        for window in &track.windows {
            mark(window.period(), Flags::DOWN);
        }
        for stretch in &track.possible {
            let mut flags = Flags::POSSIBLE;
            if !stretch.from_seen {
                flags = flags.with(Flags::FROM_UNSEEN);
            }
            if !stretch.to_seen {
                flags = flags.with(Flags::TO_UNSEEN);
            }
            if !stretch.period.is_empty() {
                events.push(Event {
                    at: stretch.period.from,
                    change: Change::Begins(flags),
                    member,
                });
                events.push(Event {
                    at: stretch.period.to,
                    change: Change::PossibleEnds,
                    member,
                });
            }
        }
        for at in parameters.changes() {
            events.push(Event {
                at,
                change: Change::Weight(parameters.at(at).weight.0),
                member,
            });
        }
    }
    events.extend(policy.changes().map(|at| Event {
        at,
        change: Change::Policy,
        member: 0,
    }));
    events.sort_unstable_by_key(|event| (event.at, event.change));
    events
}
