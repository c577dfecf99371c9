//! What a contract makes of a month.

use super::agreement::{Agreement, PartialMinutes, Reckoning, Settlement};
use super::availability::Percent;
use super::calendar::{CalendarPeriod, CalendarUnit};
use super::objective::Bounded;
use super::outage::OutageWindow;
use super::period_set::PeriodSet;
use super::time::{Millis, Period, UnixMillis};
use super::track::Track;

const MINUTE: i64 = 60_000;

impl Agreement {
    /// The month of what was just before an instant. `None` at the ends of the calendar.
    pub fn month(&self, until: UnixMillis) -> Option<Period> {
        let last = until.saturating_sub(Millis(1));
        let month = CalendarPeriod::holding(CalendarUnit::Month, last, &self.zone)?;
        Some(month.period)
    }

    /// The track as the contract has it: where maintenance counts, only what annotations leave out
    /// stays maintenance. So must be the members' that a track is rolled up from.
    #[must_use]
    pub fn sees(&self, track: &Track, left_out: &PeriodSet) -> Track {
        let maintenance = if self.maintenance_counts {
            track.maintenance.intersection(left_out)
        } else {
            track.maintenance.clone()
        };
        Track {
            maintenance,
            ..track.clone()
        }
    }

    fn minutes(&self, down: Millis) -> Millis {
        match self.partial_minutes {
            PartialMinutes::Exact => down,
            PartialMinutes::Dropped => Millis(down.0 / MINUTE * MINUTE),
            PartialMinutes::Counted => {
                let started = down.0.saturating_add(MINUTE - 1) / MINUTE;
                Millis(started.saturating_mul(MINUTE))
            }
        }
    }

    /// The highest that is due at an uptime of (whole - down) / whole.
    fn credit(&self, whole: Millis, down: Millis) -> Percent {
        let up = i128::from((whole - down).0) * 100_000;
        let is_under = |below: Percent| up < i128::from(below.thousandths) * i128::from(whole.0);
        let due = self.tiers.iter().filter(|tier| is_under(tier.below));
        due.map(|tier| tier.credit)
            .max()
            .unwrap_or(Percent { thousandths: 0 })
    }
}

impl Settlement {
    /// Of a track as the contract [has it](Agreement::sees): its maintenance is excluded. `until` is
    /// the present, and lies in the month or after it.
    ///
    /// Whether an outage is long enough is told by the whole of it, also outside of the month, without
    /// maintenance; so much as lies in the month up to `until` is counted.
    pub fn of(agreement: &Agreement, track: &Track, month: Period, until: UnixMillis) -> Self {
        let until = until.clamp(month.from, month.to.max(month.from));
        let known = Period::new(month.from, until);
        let covered: PeriodSet = track.covered.iter().copied().collect();
        let maintenance = track.maintenance.intersection(&covered);
        let excluded = maintenance.clip(known);
        let whole = month.length() - excluded.length();
        let watched = covered.difference(&track.unknown);
        let unobserved = PeriodSet::from_iter([known])
            .difference(&excluded)
            .difference(&watched)
            .length();
        let outage = |down: PeriodSet| {
            let hull = match down.periods() {
                [first, .., last] => Period::new(first.from, last.to),
                [only] => *only,
                [] => known,
            };
            let down = down.difference(&maintenance.clip(hull));
            Outage {
                lasted: down.length(),
                inside: down.clip(known).length(),
            }
        };
        let mut sums = Bounded::<Sum>::default();
        for cluster in clusters(track) {
            let mut reported = Sum::default();
            for window in &cluster.windows {
                let whole = outage(PeriodSet::from_iter([*window]));
                let certain = outage(track.certain.clip(*window));
                reported.add(agreement, whole);
                sums.least
                    .add(agreement, certain.at_least_an_instant_of(whole));
            }
            let mut longest = Sum::default();
            longest.add(agreement, outage(cluster.possible));
            // minutes that are rounded up may make more of several outages than of one
            longest.down = longest.down.max(reported.down);
            sums.reported.merge(reported);
            sums.most.merge(longest);
        }
        let reckon = |sum: Sum| sum.reckon(agreement, whole);
        Self {
            month,
            until,
            unobserved,
            reckonings: Bounded {
                reported: reckon(sums.reported),
                least: reckon(sums.least),
                most: reckon(sums.most),
            },
        }
    }

    /// Whether any of it was, so that it says something.
    pub fn is_observed(&self) -> bool {
        let to_come = self.month.to - self.until;
        self.unobserved < self.reckonings.reported.whole - to_come
    }

    pub fn is_over(&self) -> bool {
        self.month.to <= self.until
    }
}

/// An outage without maintenance.
#[derive(Clone, Copy)]
struct Outage {
    lasted: Millis,
    /// Of that, in the month.
    inside: Millis,
}

impl Outage {
    /// One that was seen at a single instant makes no certain time, but it took place.
    fn at_least_an_instant_of(self, reported: Self) -> Self {
        let instant = |certain: Millis, reported: Millis| certain.max(reported.min(Millis(1)));
        Self {
            lasted: instant(self.lasted, reported.lasted),
            inside: instant(self.inside, reported.inside),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    down: Millis,
    counted: u64,
    too_short: u64,
}

impl Sum {
    fn add(&mut self, agreement: &Agreement, outage: Outage) {
        if outage.inside <= Millis::ZERO {
            return;
        }
        if outage.lasted < agreement.outage_min {
            self.too_short += 1;
        } else {
            self.counted += 1;
            self.down = self.down + agreement.minutes(outage.inside);
        }
    }

    fn merge(&mut self, other: Self) {
        self.down = self.down + other.down;
        self.counted += other.counted;
        self.too_short += other.too_short;
    }

    fn reckon(self, agreement: &Agreement, whole: Millis) -> Reckoning {
        let down = self.down.min(whole);
        Reckoning {
            whole,
            down,
            counted: self.counted,
            too_short: self.too_short,
            uptime: Percent::of(whole - down, whole),
            credit: (whole > Millis::ZERO).then(|| agreement.credit(whole, down)),
        }
    }
}

/// What may have been one outage, and the windows that were reported of it.
struct Cluster {
    possible: PeriodSet,
    windows: Vec<Period>,
}

/// Each stretch of possible down time with its windows. Stretches that only touch stay apart: it was
/// seen up in between.
fn clusters(track: &Track) -> Vec<Cluster> {
    let mut clusters = Vec::with_capacity(track.possible.len());
    let mut windows = track.windows.iter().peekable();
    let alone = |window: Period| Cluster {
        possible: PeriodSet::from_iter([window]),
        windows: vec![window],
    };
    for stretch in &track.possible {
        // each window lies in a stretch, unless what is left out took that away
        while let Some(before) = windows.next_if(|window| window.end <= stretch.period.from) {
            clusters.push(alone(before.period()));
        }
        let inside =
            std::iter::from_fn(|| windows.next_if(|window| window.start < stretch.period.to));
        let inside: Vec<_> = inside.map(OutageWindow::period).collect();
        clusters.push(Cluster {
            possible: inside.iter().copied().chain([stretch.period]).collect(),
            windows: inside,
        });
    }
    clusters.extend(windows.map(|window| alone(window.period())));
    clusters
}
