//! How an objective fares. To the millisecond: percentages and rates are cut at the very end, and
//! decide nothing.

use super::availability::{Percent, partition};
use super::calendar::{CalendarPeriod, CalendarUnit};
use super::objective::{Bounded, Burn, Forecast, Kept, Objective, Span, Verdict};
use super::period_set::PeriodSet;
use super::time::{Millis, Period, UnixMillis};
use super::track::Track;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The long and the short window, and the share of the budget, in percent, that is spent within the
/// long one at the fastest rate that is not too fast. SRE workbook, table 5-8.
const WINDOWS: [(Millis, Millis, i128); 3] = [
    (Millis(HOUR), Millis(5 * MINUTE), 2),
    (Millis(6 * HOUR), Millis(30 * MINUTE), 5),
    (Millis(3 * DAY), Millis(6 * HOUR), 10),
];

/// All of anything, in thousandths of a percent.
const WHOLE: i128 = 100_000;

impl Objective {
    /// The span of which an instant is the present: the month of what was just before it, or the days
    /// up to it. `None` at the ends of the calendar.
    pub fn span(&self, until: UnixMillis) -> Option<Period> {
        match &self.over {
            Span::Month(zone) => {
                let last = until.saturating_sub(Millis(1));
                let month = CalendarPeriod::holding(CalendarUnit::Month, last, zone)?;
                Some(month.period)
            }
            Span::Days(days) => {
                let from = until.saturating_sub(Millis(i64::from(days.get()) * DAY));
                Some(Period::new(from, until))
            }
        }
    }

    /// What must be known to tell how it fares at an instant: the span, and the windows over which
    /// the burn is looked at.
    pub fn looks_at(&self, until: UnixMillis) -> Period {
        let [.., (longest, _, _)] = WINDOWS;
        let burn = until.saturating_sub(longest);
        let span = self.span(until).map_or(until, |span| span.from);
        Period::new(span.min(burn), until)
    }

    /// The share that may be bad, in thousandths of a percent.
    fn allowed(&self) -> i128 {
        (WHOLE - i128::from(self.target.thousandths)).max(1)
    }
}

impl Kept {
    /// At an instant, of what counts of a track. `None` at the ends of the calendar.
    pub fn of(objective: &Objective, track: &Track, until: UnixMillis) -> Option<Self> {
        let span = objective.span(until)?;
        let watched = Watched::new(objective, track, objective.looks_at(until));
        let in_span = watched.clip(span);
        let observed = in_span.observed.length();
        let to_come = span.to - until;
        let budget = i128::from((observed + to_come).0) * objective.allowed() / WHOLE;
        let budget = Millis(i64::try_from(budget).unwrap_or(i64::MAX));
        let spent = in_span.spent();
        let attained = |bad: Millis| Percent::of(observed - bad, observed);
        let attained = || {
            Some(Bounded {
                reported: attained(spent.reported)?,
                least: attained(spent.most)?,
                most: attained(spent.least)?,
            })
        };
        let mut kept = Self {
            span,
            until,
            observed,
            attained: attained(),
            budget,
            spent,
            left: Bounded {
                reported: budget - spent.reported,
                least: budget - spent.most,
                most: budget - spent.least,
            },
            verdict: (observed > Millis::ZERO).then(|| Verdict::new(&spent, budget)),
            burn: watched.burn(objective, span, until),
            forecast: None,
        };
        kept.forecast = kept.forecast(objective, &watched);
        Some(kept)
    }

    /// Whether its span is over, so that nothing is to come.
    pub fn is_over(&self) -> bool {
        self.span.to <= self.until
    }

    fn forecast(&self, objective: &Objective, watched: &Watched) -> Option<Forecast> {
        let &Self { span, until, .. } = self;
        let looked_at = self.burn.iter().rev().find(|burn| burn.long_rate.is_some());
        let over = looked_at?.long;
        let rate = watched.rate(Period::new(until.saturating_sub(over), until));
        let to = match &objective.over {
            Span::Month(_) => span.to,
            Span::Days(_) => until + span.length(),
        };
        if rate.bad == 0 || to <= until {
            return None;
        }
        let spent = &watched.bad.reported.clip(span);
        // where the beginning of the span gives back what was spent
        let (leaving, stays) = match &objective.over {
            Span::Month(_) => (&[][..], self.spent.reported),
            Span::Days(_) => (spent.periods(), Millis::ZERO),
        };
        let exhausted_at = if self.left.reported <= Millis::ZERO {
            Some(reached(spent, self.budget).unwrap_or(until))
        } else {
            rate.reaches(self.left.reported, leaving, span.from)
                .map(|after| until + after)
                .filter(|at| *at < to)
        };
        Some(Forecast {
            over,
            to,
            exhausted_at,
            spent_at_end: stays + rate.bad_within(to - until),
        })
    }
}

impl Verdict {
    fn new(spent: &Bounded<Millis>, budget: Millis) -> Self {
        if spent.most <= budget {
            Self::Met
        } else if spent.least > budget {
            Self::Missed
        } else {
            Self::Unclear
        }
    }
}

/// What was observed, and what of it was bad.
struct Watched {
    observed: PeriodSet,
    bad: Bounded<PeriodSet>,
}

impl Watched {
    fn new(objective: &Objective, track: &Track, period: Period) -> Self {
        let parts = partition(track, period);
        let observed = parts.observed();
        let possible = track
            .possible
            .iter()
            .map(|stretch| stretch.period.clip(period));
        let possible = possible.collect::<PeriodSet>().intersection(&observed);
        let certain = track.certain.clip(period).intersection(&parts.down);
        let bad = |down: PeriodSet| {
            if objective.degraded_counts {
                down.union(&parts.degraded)
            } else {
                down
            }
        };
        Self {
            bad: Bounded {
                least: bad(certain),
                most: bad(possible.union(&parts.down)),
                reported: bad(parts.down.clone()),
            },
            observed,
        }
    }

    fn clip(&self, period: Period) -> Self {
        Self {
            observed: self.observed.clip(period),
            bad: Bounded {
                reported: self.bad.reported.clip(period),
                least: self.bad.least.clip(period),
                most: self.bad.most.clip(period),
            },
        }
    }

    fn spent(&self) -> Bounded<Millis> {
        let reported = self.bad.reported.length();
        Bounded {
            reported,
            // a failure at a single instant makes no certain time, but none it is not
            least: self.bad.least.length().max(reported.min(Millis(1))),
            most: self.bad.most.length(),
        }
    }

    fn rate(&self, window: Period) -> Rate {
        Rate {
            bad: self.bad.reported.clip(window).length().0.into(),
            observed: self.observed.clip(window).length().0.into(),
        }
    }

    fn burn(&self, objective: &Objective, span: Period, until: UnixMillis) -> Vec<Burn> {
        let length = span.length();
        let windows = WINDOWS.iter().filter(|(long, _, _)| *long <= length);
        let burn = windows.map(|&(long, short, share)| {
            let rate = |window: Millis| self.rate(Period::new(until.saturating_sub(window), until));
            let (over_long, over_short) = (rate(long), rate(short));
            // percent make hundredths
            let threshold = share * i128::from(length.0) / i128::from(long.0);
            let threshold = threshold.max(100);
            let allowed = objective.allowed();
            let is_over = |rate: Rate| rate.is_over(allowed, threshold);
            Burn {
                long,
                short,
                long_rate: over_long.in_hundredths(allowed),
                short_rate: over_short.in_hundredths(allowed),
                threshold: u64::try_from(threshold).unwrap_or(u64::MAX),
                is_too_fast: is_over(over_long) && is_over(over_short),
            }
        });
        burn.collect()
    }
}

/// So much of what was observed was bad, in milliseconds.
#[derive(Clone, Copy)]
struct Rate {
    bad: i128,
    observed: i128,
}

impl Rate {
    /// Times what is allowed.
    fn in_hundredths(self, allowed: i128) -> Option<u64> {
        if self.observed == 0 {
            return None;
        }
        let rate = self.bad * WHOLE * 100 / (self.observed * allowed);
        Some(u64::try_from(rate).unwrap_or(u64::MAX))
    }

    fn is_over(self, allowed: i128, hundredths: i128) -> bool {
        self.bad * WHOLE * 100 > hundredths * self.observed * allowed
    }

    /// Rounded up.
    fn bad_within(self, length: Millis) -> Millis {
        let bad = i128::from(length.0) * self.bad;
        millis((bad + self.observed - 1).div_euclid(self.observed.max(1)))
    }

    /// After how long so much more is spent, if what lies in `leaving` comes back while the beginning
    /// of the span moves over it, from `from` on. It may be long after the last has come back.
    fn reaches(self, more: Millis, leaving: &[Period], from: UnixMillis) -> Option<Millis> {
        let mut missing = i128::from(more.0);
        for stretch in leaving {
            // nothing is won while it comes back
            let after = self.spends(missing)?;
            if after <= stretch.from - from {
                return Some(after);
            }
            missing += i128::from(stretch.length().0);
        }
        self.spends(missing)
    }

    /// How long it takes to spend so much, rounded up.
    fn spends(self, bad: i128) -> Option<Millis> {
        let time = bad * self.observed;
        (self.bad > 0).then(|| millis((time + self.bad - 1).div_euclid(self.bad)))
    }
}

fn millis(length: i128) -> Millis {
    Millis(i64::try_from(length).unwrap_or(i64::MAX))
}

/// When so much of a set was over.
fn reached(spent: &PeriodSet, budget: Millis) -> Option<UnixMillis> {
    let mut left = budget;
    for stretch in spent.periods() {
        if left <= stretch.length() {
            return Some(stretch.from + left);
        }
        left = left - stretch.length();
    }
    None
}
