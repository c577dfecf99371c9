//! Objectives (`slo`): a target over a span of time, its error budget, how fast the budget burns,
//! and when it will be gone. After the SRE workbook, chapter 5 (Alerting on SLOs).

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::availability::Percent;
use super::time::{Millis, Period, UnixMillis};
use super::zone::Zone;

/// The terms of an objective.
///
/// Shows and reads as one line: `99.9% over each month in Europe/Berlin, degraded counts`,
/// `99.95% over 30 days`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Of the observed time in its span; above 0 % and below 100 %.
    pub target: Percent,
    pub over: Span,
    /// Whether time degraded counts as down.
    pub degraded_counts: bool,
}

/// Over what an objective is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Each calendar month.
    Month(Zone),
    /// The last so many days, at any instant; a day has 24 hours.
    Days(NonZeroU16),
}

/// An amount as reported, with the least and the most that it can have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounded<T> {
    pub reported: T,
    pub least: T,
    pub most: T,
}

/// How an objective fares at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The span that is looked at, up to the end of the calendar month or the instant.
    pub span: Period,
    /// Up to which it is known. The month is over if that is its end.
    pub until: UnixMillis,
    /// Time in the span that somebody watched so far: what the target is a share of.
    pub observed: Millis,
    /// Of observed time. `None` without any. The least goes with the most that can have been spent.
    pub attained: Option<Bounded<Percent>>,
    /// Bad time that the span may have: so much of what was observed of it and of what is to come.
    /// Maintenance and time that nobody watched have no budget, so that a span that is over is kept
    /// to the millisecond if and only if what was attained is the target.
    pub budget: Millis,
    pub spent: Bounded<Millis>,
    /// `budget - spent`; negative where it is overspent.
    pub left: Bounded<Millis>,
    /// `None` without observed time.
    pub verdict: Option<Verdict>,
    /// Each pair of the workbook's table that fits into the span.
    pub burn: Vec<Burn>,
    /// `None` where nothing burns, or the month is over.
    pub forecast: Option<Forecast>,
}

words! {
    /// Whether an objective is kept, as far as the bounds of the outages tell.
    Verdict, "verdict" {
        /// Even had every outage been as long as it can have been. Of a month that is not over: so
        /// far.
        Met = "met",
        /// Even had every outage been as short as it can have been.
        Missed = "missed",
        /// It cannot be told.
        Unclear = "unclear",
    }
}

/// How fast the budget burns over two windows up to the instant: 1 spends it exactly within a span.
///
/// The rate is the bad share of the observed time in the window / (1 - target). The workbook (table
/// 5-8) tells for a span of 30 days when it is too fast: 14.4 over 1 hour and 5 minutes, 6 over 6
/// hours and 30 minutes, 1 over 3 days and 6 hours. This is so fast that 2 %, 5 % and 10 % of the
/// budget are spent within the long window; of another span the threshold for the same share is
/// share x span / long window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burn {
    pub long: Millis,
    pub short: Millis,
    /// In hundredths, cut; `None` where nothing was observed.
    pub long_rate: Option<u64>,
    pub short_rate: Option<u64>,
    /// In hundredths, cut: above this in both windows it is too fast. Not below 1, at which the budget
    /// just lasts.
    pub threshold: u64,
    /// By the rates to the millisecond.
    pub is_too_fast: bool,
}

/// What comes of it if it burns on as over the longest window in which anything was observed, and
/// all is watched. The last so many days move on: what was spent before them comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Over which it was looked at how fast it burns.
    pub over: Millis,
    /// Up to where it is looked ahead: the end of the month, or as many days on.
    pub to: UnixMillis,
    /// When the budget is gone; in the past if it is already. `None` if not before `to`.
    pub exhausted_at: Option<UnixMillis>,
    /// Bad time in the span that ends at `to`, rounded up to the millisecond.
    pub spent_at_end: Millis,
}

/// The text is no objective.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no objective; write it as in `99.9% over each month in UTC`")]
pub struct BadObjective(pub String);

const DEGRADED_COUNTS: &str = ", degraded counts";

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}", self.target.written(), self.over)?;
        if self.degraded_counts {
            f.write_str(DEGRADED_COUNTS)?;
        }
        Ok(())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(zone) => write!(f, "each month in {zone}"),
            Self::Days(days) if days.get() == 1 => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
        }
    }
}

impl FromStr for Objective {
    type Err = BadObjective;

    fn from_str(text: &str) -> Result<Self, BadObjective> {
        let read = || {
            let (terms, degraded_counts) = match text.strip_suffix(DEGRADED_COUNTS) {
                Some(terms) => (terms, true),
                None => (text, false),
            };
            let (target, over) = terms.split_once(" over ")?;
            let target: Percent = target.parse().ok()?;
            let over = match over.strip_prefix("each month in ") {
                Some(zone) => Span::Month(zone.parse().ok()?),
                None => Span::Days(
                    over.strip_suffix(" days")
                        .or(over.strip_suffix(" day"))?
                        .parse()
                        .ok()?,
                ),
            };
            Objective::is_target(target).then_some(Self {
                target,
                over,
                degraded_counts,
            })
        };
        read().ok_or_else(|| BadObjective(text.to_owned()))
    }
}

impl Objective {
    /// Whether it leaves anything to keep, and a budget.
    pub fn is_target(target: Percent) -> bool {
        target.thousandths > 0 && target < Percent::HUNDRED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_reads_back_as_it_shows() {
        for text in [
            "99.9% over each month in UTC",
            "99.95% over each month in Europe/Berlin, degraded counts",
            "99% over 30 days",
            "0.001% over 1 day, degraded counts",
            "99.999% over 65535 days",
        ] {
            let objective: Objective = text.parse().unwrap();
            assert_eq!(objective.to_string(), text);
        }
        for bad in [
            "",
            "99.9%",
            "100% over 30 days",
            "0% over 30 days",
            "99.9 over 30 days",
            "99.9% over 0 days",
            "99.9% over 30",
            "99.9% over each month in Berlin",
            "99.9% over each month",
            "99.9% over 30 days, degraded",
            "99.9% over 30 days, degraded counts, degraded counts",
        ] {
            assert_eq!(
                bad.parse::<Objective>(),
                Err(BadObjective(bad.to_owned())),
                "{bad}"
            );
        }
    }
}
