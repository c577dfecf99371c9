//! From the members' tracks to the track of the whole.

use std::collections::BTreeMap;

use super::parameters::RollupHistory;
use super::sweep::{Member, Stretch, Verdict, sweep};
use crate::domain::outage::{CauseCounts, EndKind, OutageWindow, StartKind};
use crate::domain::period_set::PeriodSet;
use crate::domain::time::{Micros, Period, UnixMillis};
use crate::domain::track::Track;

/// A platform made from its endpoints, or a service from its platforms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollup {
    pub track: Track,
    /// For each of the track's windows, the windows of the members that it is made of.
    pub parts: Vec<Vec<Part>>,
    /// Where any weight was down, in order of time.
    pub impact: Vec<Impact>,
}

/// A window of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// In the order in which they were given.
    pub member: usize,
    /// Of its track.
    pub window: usize,
}

/// A stretch in which some of the known weight was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impact {
    pub period: Period,
    /// In thousandths,
    pub weight_down: u64,
    /// of so many that anything is known of.
    pub weight_known: u64,
}

impl Rollup {
    /// What the members make together.
    pub fn new(members: &[Member<'_>], policy: &RollupHistory) -> Self {
        let mut walk = Walk::default();
        let possible = sweep(members, policy, |stretch| walk.take(stretch));
        let mut track = Track {
            covered: walk.covered,
            windows: Vec::new(),
            degraded: walk.degraded.into_iter().collect(),
            unknown: walk.unknown.into_iter().collect(),
            maintenance: walk.maintenance.into_iter().collect(),
            certain: walk.certain.into_iter().collect(),
            possible,
        };
        let mut parts = Vec::with_capacity(walk.down.len());
        for down in &walk.down {
            let made_of = parts_of(members, down.period);
            let of = made_of
                .iter()
                .map(|part| &members[part.member].track.windows[part.window]);
            let window = window(down, &track, &of.collect::<Vec<_>>());
            track.windows.push(window);
            parts.push(made_of);
        }
        Self {
            track,
            parts,
            impact: walk.impact,
        }
    }

    /// Weight down / weight known, over the range: the time down, weighted by how much of the whole
    /// was.
    pub fn weighted_down(&self, range: Period) -> Micros {
        // divided once for each known weight, lest the cuts add up
        let mut weighted = BTreeMap::<u64, u128>::new();
        let first = self
            .impact
            .partition_point(|impact| impact.period.to <= range.from);
        let met = self.impact[first..].iter();
        for impact in met.take_while(|impact| impact.period.from < range.to) {
            let length = u128::from(impact.period.clip(range).length().0.unsigned_abs());
            *weighted.entry(impact.weight_known).or_default() +=
                length * u128::from(impact.weight_down);
        }
        let micros = weighted
            .into_iter()
            .map(|(known, weighted)| weighted * 1000 / u128::from(known.max(1)));
        Micros(u64::try_from(micros.sum::<u128>()).unwrap_or(u64::MAX))
    }
}

/// A longest run of stretches that are down.
#[derive(Debug)]
struct Down {
    period: Period,
    /// So many members it took at its beginning.
    needed: u32,
    /// At its end.
    open_ended: bool,
}

#[derive(Debug, Default)]
struct Walk {
    covered: Vec<Period>,
    degraded: Vec<Period>,
    unknown: Vec<Period>,
    maintenance: Vec<Period>,
    certain: Vec<Period>,
    down: Vec<Down>,
    impact: Vec<Impact>,
}

impl Walk {
    fn take(&mut self, stretch: Stretch) {
        let period = stretch.period;
        extend(&mut self.covered, period);
        if stretch.maintained {
            extend(&mut self.maintenance, period);
        }
        if stretch.certain {
            extend(&mut self.certain, period);
        }
        match stretch.verdict {
            Verdict::Up => {}
            Verdict::Degraded => extend(&mut self.degraded, period),
            Verdict::Unknown => extend(&mut self.unknown, period),
            Verdict::Down => {
                extend(&mut self.degraded, period);
                match self.down.last_mut() {
                    Some(down) if down.period.to == period.from => {
                        down.period.to = period.to;
                        down.open_ended = stretch.open_ended;
                    }
                    _ => self.down.push(Down {
                        period,
                        needed: stretch.needed,
                        open_ended: stretch.open_ended,
                    }),
                }
            }
        }
        if stretch.weight_down > 0 && stretch.weight_known > 0 {
            self.impact.push(Impact {
                period,
                weight_down: stretch.weight_down,
                weight_known: stretch.weight_known,
            });
        }
    }
}

fn extend(periods: &mut Vec<Period>, period: Period) {
    match periods.last_mut() {
        Some(last) if last.to == period.from => last.to = period.to,
        _ => periods.push(period),
    }
}

/// The members' windows that meet a period, in order of members and time.
fn parts_of(members: &[Member<'_>], period: Period) -> Vec<Part> {
    let mut parts = Vec::new();
    for (member, Member { track, .. }) in members.iter().enumerate() {
        let met = track.windows_in(period);
        parts.extend(met.map(|window| Part { member, window }));
    }
    parts
}

/// `parts` are the members' windows that it is made of.
fn window(down: &Down, track: &Track, parts: &[&OutageWindow]) -> OutageWindow {
    let Period { from, to } = down.period;
    // those whose going down made it down, and those whose return ended it
    let first: Vec<_> = parts
        .iter()
        .copied()
        .filter(|part| part.start <= from)
        .collect();
    let last = parts.iter().filter(|part| part.end == to);
    let start = start(track, from, &first, down.needed);
    let (end_kind, end_latest) = end(track, down, parts);
    let certain = track.certain.clip(down.period);
    let mut causes = CauseCounts::default();
    for part in parts {
        causes.merge(&part.causes);
    }
    let failing = parts.iter().filter(|part| part.first_failure.is_some());
    OutageWindow {
        start: from,
        start_earliest: start.earliest,
        start_kind: start.kind,
        end: to,
        end_earliest: certain.periods().last().map_or(from, |last| last.to),
        end_latest,
        end_kind,
        certain: certain.length(),
        opened_at: nth(first.iter().filter_map(|part| part.opened_at), down.needed),
        detected_at: nth(
            first.iter().filter_map(|part| part.detected_at),
            down.needed,
        ),
        closed_at: last
            .map(|part| part.closed_at)
            .min()
            .flatten()
            .filter(|_| end_kind == EndKind::Seen),
        failures: parts.iter().map(|part| part.failures).sum(),
        observations: parts.iter().map(|part| part.observations).sum(),
        causes,
        first_failure: failing
            .min_by_key(|part| part.start)
            .and_then(|part| part.first_failure.clone()),
    }
}

/// The instant by which so many were.
fn nth(instants: impl Iterator<Item = UnixMillis>, count: u32) -> Option<UnixMillis> {
    let mut instants: Vec<_> = instants.collect();
    instants.sort_unstable();
    instants.get(count.checked_sub(1)? as usize).copied()
}

/// What is known of the time before a window. `first` are the members' windows that made it down,
/// of which it took `needed`.
fn start(track: &Track, from: UnixMillis, first: &[&OutageWindow], needed: u32) -> Start {
    let earliest = match track.possible_at(from) {
        Some(stretch) if !stretch.from_seen => None,
        Some(stretch) => Some(stretch.period.from),
        None => Some(from),
    };
    let begins = |at| track.covered.iter().any(|life| life.from == at);
    let (kind, earliest) = match ending_at(&track.unknown, from) {
        None if begins(from) => (StartKind::Unseen, earliest),
        None => (StartKind::Seen, earliest),
        Some(gap) if begins(gap.from) => (StartKind::Unseen, None),
        Some(gap) => match track.windows.last() {
            Some(last) if last.end == gap.from => (StartKind::Resumed, last_down(first, needed)),
            // it may have begun anywhere in the gap
            _ => (
                StartKind::Unseen,
                earliest.map(|earliest| earliest.min(gap.from)),
            ),
        },
    };
    Start { kind, earliest }
}

struct Start {
    kind: StartKind,
    earliest: Option<UnixMillis>,
}

/// The last instant before a gap at which so many were seen down.
fn last_down(first: &[&OutageWindow], needed: u32) -> Option<UnixMillis> {
    let mut earliest: Vec<_> = first.iter().map(|part| part.start_earliest).collect();
    earliest.sort_unstable_by(|a, b| b.cmp(a));
    earliest.get(needed.checked_sub(1)? as usize).copied()?
}

/// What is known of the time after a window.
fn end(track: &Track, down: &Down, parts: &[&OutageWindow]) -> (EndKind, Option<UnixMillis>) {
    let to = down.period.to;
    let latest = match track.possible_at(UnixMillis(to.0.saturating_sub(1))) {
        Some(stretch) if !stretch.to_seen => None,
        Some(stretch) => Some(stretch.period.to),
        None => Some(to),
    };
    let ends = |at| track.covered.iter().any(|life| life.to == at);
    // how the members' windows ended that reach to its end
    let ended = |kind| {
        let mut last = parts.iter().filter(|part| part.end == to);
        last.any(|part| part.end_kind == kind)
    };
    match beginning_at(&track.unknown, to) {
        None if ends(to) && down.open_ended => {
            let kinds = [EndKind::Open, EndKind::Removed];
            let kind = kinds.into_iter().find(|kind| ended(*kind));
            (kind.unwrap_or(EndKind::Unseen), latest)
        }
        None => (EndKind::Seen, latest),
        Some(_) if ended(EndKind::Removed) => (EndKind::Removed, None),
        Some(gap) if ends(gap.to) => (EndKind::Unseen, latest),
        // it may have ended anywhere in the gap, unless it was seen up in the midst of it
        Some(gap) => {
            let seen_up = latest.filter(|latest| *latest < gap.to);
            (EndKind::Unseen, seen_up.or(Some(gap.to)))
        }
    }
}

fn ending_at(set: &PeriodSet, at: UnixMillis) -> Option<Period> {
    let periods = set.periods();
    let next = periods.partition_point(|period| period.to < at);
    periods.get(next).filter(|period| period.to == at).copied()
}

fn beginning_at(set: &PeriodSet, at: UnixMillis) -> Option<Period> {
    let periods = set.periods();
    let next = periods.partition_point(|period| period.from < at);
    periods
        .get(next)
        .filter(|period| period.from == at)
        .copied()
}
