//! How many observations had which outcome.

use std::cmp::Reverse;
use std::ops::AddAssign;

use super::observation::{Cause, Failure, Outcome, Reason};
use super::sighting::Sighting;

/// Counts every stored observation, also the several of one instant of which only the worst
/// decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub ok: u64,
    pub slow: u64,
    pub fail: u64,
    /// They say nothing about the endpoint.
    pub inconclusive: u64,
    /// Kept, but not counted anywhere else: the clock was set back to before them.
    pub set_aside: u64,
    causes: [u64; Cause::ALL.len()],
    reasons: [u64; Reason::ALL.len()],
}

impl Tally {
    #[inline]
    pub fn count(&mut self, sighting: &Sighting) {
        if sighting.set_aside {
            self.set_aside += 1;
            return;
        }
        match &sighting.outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Slow { .. } => self.slow += 1,
            Outcome::Fail(Failure { cause, .. }) => {
                self.fail += 1;
                if let Some(cause) = cause {
                    self.causes[*cause as usize] += 1;
                }
            }
            Outcome::Inconclusive { reason, .. } => {
                self.inconclusive += 1;
                if let Some(reason) = reason {
                    self.reasons[*reason as usize] += 1;
                }
            }
        }
    }

    /// All but those set aside.
    pub fn observations(&self) -> u64 {
        [self.slow, self.fail, self.inconclusive]
            .into_iter()
            .fold(self.ok, u64::saturating_add)
    }

    /// Tells the causes of failures that are in `fail` already.
    pub fn add_causes(&mut self, causes: impl IntoIterator<Item = (Cause, u64)>) {
        for (cause, more) in causes {
            raise(&mut self.causes[cause as usize], more);
        }
    }

    /// Tells the reasons of what is in `inconclusive` already.
    pub fn add_reasons(&mut self, reasons: impl IntoIterator<Item = (Reason, u64)>) {
        for (reason, more) in reasons {
            raise(&mut self.reasons[reason as usize], more);
        }
    }

    /// Failures by cause, the most frequent first. Imported ones that tell no cause are missing.
    pub fn causes(&self) -> Vec<(Cause, u64)> {
        ranked(Cause::ALL, &self.causes)
    }

    /// Inconclusive ones by reason, the most frequent first; those that tell none are missing.
    pub fn reasons(&self) -> Vec<(Reason, u64)> {
        ranked(Reason::ALL, &self.reasons)
    }
}

fn ranked<T: Copy>(words: &[T], counts: &[u64]) -> Vec<(T, u64)> {
    let mut ranked: Vec<_> = words
        .iter()
        .copied()
        .zip(counts.iter().copied())
        .filter(|&(_, count)| count > 0)
        .collect();
    // stable: equal ones stay in order of the vocabulary
    ranked.sort_by_key(|&(_, count)| Reverse(count));
    ranked
}

/// Numbers that a damaged database gives may be of any height.
fn raise(count: &mut u64, more: u64) {
    *count = count.saturating_add(more);
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        raise(&mut self.ok, other.ok);
        raise(&mut self.slow, other.slow);
        raise(&mut self.fail, other.fail);
        raise(&mut self.inconclusive, other.inconclusive);
        raise(&mut self.set_aside, other.set_aside);
        for (count, more) in self.causes.iter_mut().zip(other.causes) {
            raise(count, more);
        }
        for (count, more) in self.reasons.iter_mut().zip(other.reasons) {
            raise(count, more);
        }
    }
}
