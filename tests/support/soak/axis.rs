//! What was true, as the daemon's clock showed it. Where that was set back, the later time tells a
//! stretch again, and what was told of it before does not count.

use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::diary::{Absence, Diary, Fault, FaultKind};

/// What a request to an endpoint must have met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    Down,
    /// Nobody knows: it was changing, or the clock was, or this process was held up.
    Either,
}

/// How the daemon's clock ran.
#[derive(Debug)]
pub(crate) struct Axis {
    /// In order and apart.
    ranges: Vec<Range>,
    /// Around the changes of the clock, by the system's.
    vague: Vec<Period>,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    /// What the daemon's clock showed,
    shown: Period,
    /// and by how much it was ahead.
    ahead: Millis,
}

/// What an endpoint was over time, by the daemon's clock: stretches that touch.
#[derive(Debug)]
pub(crate) struct Truth {
    stretches: Vec<(Period, State)>,
    pub(crate) outages: Vec<Outage>,
}

/// Down, from the first to the last instant that is for sure, and around it as far as may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outage {
    pub(crate) reach: Period,
    pub(crate) sure: Period,
    /// Nothing in between is unsure: it is one outage.
    pub(crate) is_one: bool,
    pub(crate) kind: FaultKind,
}

/// So long after the clock was set nobody can tell which of the two an asking has seen: the daemon
/// looks once a second.
const NOTICED_WITHIN: Millis = Millis(2500);

/// Of a clock that is set, both sides are a little unsure.
const AROUND: Millis = Millis(500);

impl Axis {
    /// Of all until `now`, by the system's clock.
    pub(crate) fn new(diary: &Diary, now: UnixMillis) -> Self {
        let mut ranges = Vec::new();
        let mut told_again_from = UnixMillis(i64::MAX);
        let ends = diary.clock.iter().skip(1).map(|next| next.before);
        let ends: Vec<_> = ends.chain([now]).collect();
        for (change, end) in diary.clock.iter().zip(ends).rev() {
            let from = change.after + change.ahead;
            let shown = Period::new(from, (end + change.ahead).min(told_again_from));
            told_again_from = told_again_from.min(from);
            if !shown.is_empty() {
                ranges.push(Range {
                    shown,
                    ahead: change.ahead,
                });
            }
        }
        ranges.reverse();
        let noticed = |change: UnixMillis| {
            let of_it = |absence: &&Absence| absence.end.is_some_and(|end| end.earliest == change);
            let absence = diary.absences.iter().find(of_it);
            absence
                .and_then(|absence| absence.end)
                .map_or(change, |end| end.latest)
        };
        let around =
            |period: &Period| Period::new(period.from.saturating_sub(AROUND), period.to + AROUND);
        let vague = diary
            .clock
            .iter()
            .skip(1)
            .map(|change| {
                let before = change.before.saturating_sub(AROUND);
                Period::new(before, noticed(change.after) + NOTICED_WITHIN)
            })
            .chain(diary.held_up.iter().map(around))
            .collect();
        Self { ranges, vague }
    }

    /// What the daemon's clock showed in a period of the system's, as far as it counts.
    pub(crate) fn pieces(&self, real: Period) -> impl Iterator<Item = Period> {
        self.ranges.iter().filter_map(move |range| {
            let period = Period::new(real.from + range.ahead, real.to + range.ahead);
            let shown = period.clip(range.shown);
            (!shown.is_empty()).then_some(shown)
        })
    }

    /// What it leapt over.
    pub(crate) fn leaps(&self) -> impl Iterator<Item = Period> {
        self.ranges
            .windows(2)
            .map(|two| Period::new(two[0].shown.to, two[1].shown.from))
            .filter(|leap| !leap.is_empty())
    }

    /// Where it shows what is not sure.
    pub(crate) fn is_vague(&self, shown: Period) -> bool {
        let mut vague = self.vague.iter().flat_map(|period| self.pieces(*period));
        vague.any(|period| period.overlaps(shown))
    }

    pub(crate) fn truth(&self, diary: &Diary, probe: usize) -> Truth {
        let is_hard = |fault: &&Fault| fault.probe == probe && fault.kind.is_outage();
        let faults: Vec<_> = diary.faults.iter().filter(is_hard).collect();
        let mut instants: Vec<_> = faults
            .iter()
            .flat_map(|fault| {
                let end = fault.end.map(|end| [end.earliest, end.latest]);
                [fault.begin.earliest, fault.begin.latest]
                    .into_iter()
                    .chain(end.into_iter().flatten())
            })
            .chain(self.vague.iter().flat_map(|vague| [vague.from, vague.to]))
            .collect();
        instants.sort_unstable();
        instants.dedup();

        let mut stretches: Vec<(Period, State)> = Vec::new();
        let mut add = |period: Period, state| match stretches.last_mut() {
            _ if period.is_empty() => {}
            Some((last, of_last)) if *of_last == state => last.to = period.to,
            _ => stretches.push((period, state)),
        };
        let mut shown_until = None;
        for Range { shown, ahead } in &self.ranges {
            let real = Period::new(
                UnixMillis(shown.from.0 - ahead.0),
                UnixMillis(shown.to.0 - ahead.0),
            );
            add(
                Period::new(shown_until.unwrap_or(shown.from), shown.from),
                State::Either,
            );
            let inside = instants.iter().copied();
            let inside = inside.filter(|at| real.from < *at && *at < real.to);
            let mut from = real.from;
            for to in inside.chain([real.to]) {
                let state = self.state(&faults, Period::new(from, to));
                add(Period::new(from + *ahead, to + *ahead), state);
                from = to;
            }
            shown_until = Some(shown.to);
        }
        let outages = self.outages(&stretches, &faults);
        Truth { stretches, outages }
    }

    /// In a period in which nothing changes.
    fn state(&self, faults: &[&Fault], real: Period) -> State {
        if self.vague.iter().any(|vague| vague.overlaps(real)) {
            return State::Either;
        }
        let is_maybe = |fault: &&&Fault| {
            fault.begin.earliest <= real.from && fault.end.is_none_or(|end| real.to <= end.latest)
        };
        let is_sure = |fault: &&Fault| {
            fault.begin.latest <= real.from && fault.end.is_none_or(|end| real.to <= end.earliest)
        };
        let mut any = State::Up;
        for fault in faults.iter().filter(is_maybe) {
            if is_sure(fault) {
                return State::Down;
            }
            any = State::Either;
        }
        any
    }

    fn outages(&self, stretches: &[(Period, State)], faults: &[&Fault]) -> Vec<Outage> {
        let is_amiss = |stretch: &(Period, State)| stretch.1 != State::Up;
        let kind_at = |at: Period| {
            let during = |fault: &&&Fault| {
                let until = fault.end.map_or(UnixMillis(i64::MAX / 4), |end| end.latest);
                let mut shown = self.pieces(Period::new(fault.begin.earliest, until));
                shown.any(|shown| shown.overlaps(at))
            };
            faults.iter().find(during).map(|fault| fault.kind)
        };
        stretches
            .chunk_by(|one, next| is_amiss(one) && is_amiss(next))
            .filter_map(|chunk| {
                let mut down = chunk.iter().filter(|stretch| stretch.1 == State::Down);
                let first = down.next()?.0;
                let last = down.next_back().map_or(first, |stretch| stretch.0);
                Some(Outage {
                    reach: Period::new(chunk[0].0.from, chunk[chunk.len() - 1].0.to),
                    sure: Period::new(first.from, last.to),
                    is_one: first == last,
                    kind: kind_at(first)?,
                })
            })
            .collect()
    }
}

impl Truth {
    pub(crate) fn stretches(&self) -> &[(Period, State)] {
        &self.stretches
    }

    /// Whether it may have been so at an instant of the period; both ends are among them. Outside
    /// of all that is known it may have been anything.
    pub(crate) fn may_be(&self, state: State, period: Period) -> bool {
        let (Some(first), Some(last)) = (self.stretches.first(), self.stretches.last()) else {
            return true;
        };
        if period.from < first.0.from || period.to >= last.0.to {
            return true;
        }
        let before = self
            .stretches
            .partition_point(|stretch| stretch.0.to <= period.from);
        self.stretches[before..]
            .iter()
            .take_while(|stretch| stretch.0.from <= period.to)
            .any(|stretch| stretch.1 == state || stretch.1 == State::Either)
    }

    /// The first outage that an instant of the period may belong to.
    pub(crate) fn outage(&self, period: Period) -> Option<&Outage> {
        let before = self
            .outages
            .partition_point(|outage| outage.reach.to < period.from);
        let outage = self.outages.get(before)?;
        (outage.reach.from <= period.to).then_some(outage)
    }

    /// The stretches in which it was down for sure.
    pub(crate) fn down(&self) -> impl Iterator<Item = Period> {
        let down = self
            .stretches
            .iter()
            .filter(|stretch| stretch.1 == State::Down);
        down.map(|stretch| stretch.0)
    }
}
