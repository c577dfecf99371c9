//! Requests that say nothing about the endpoint, as far as time went unobserved over them.

use crate::domain::observation::{Outcome, Reason};
use crate::domain::parameters::ParameterHistory;
use crate::domain::sighting::Sighting;
use crate::domain::time::UnixMillis;

/// Inconclusive observations of one reason between two that say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconclusive {
    /// `None` if they tell none.
    pub reason: Option<Reason>,
    pub first: UnixMillis,
    pub last: UnixMillis,
    pub count: u64,
}

/// Collects them in one walk over a probe's observations. Those between two others that are within
/// grace of each other are forgotten, so it grows with the gaps and not with the observations.
#[derive(Debug)]
pub(super) struct InconclusiveBuilder<'a> {
    parameters: &'a ParameterHistory,
    collected: Vec<Inconclusive>,
    /// From here on, it is those since the last observation that says something.
    pending: usize,
    last: Option<UnixMillis>,
}

impl<'a> InconclusiveBuilder<'a> {
    pub(super) fn new(parameters: &'a ParameterHistory) -> Self {
        Self {
            parameters,
            collected: Vec::new(),
            pending: 0,
            last: None,
        }
    }

    /// Takes the next observation, not earlier than the one before.
    #[inline]
    pub(super) fn push(&mut self, sighting: &Sighting) {
        if sighting.set_aside {
            return;
        }
        let Outcome::Inconclusive { reason, .. } = &sighting.outcome else {
            let last = self.last.replace(sighting.ts);
            if self.pending < self.collected.len() {
                self.settle(last, sighting.ts);
            }
            return;
        };
        let pending = self.collected[self.pending..].iter_mut();
        match pending.into_iter().find(|run| run.reason == *reason) {
            Some(run) => {
                run.last = sighting.ts;
                run.count += 1;
            }
            None => self.collected.push(Inconclusive {
                reason: *reason,
                first: sighting.ts,
                last: sighting.ts,
                count: 1,
            }),
        }
    }

    fn settle(&mut self, last: Option<UnixMillis>, ts: UnixMillis) {
        let is_gap = last.is_none_or(|last| {
            let [a, b] = [last, ts].map(|at| self.parameters.at(at).grace);
            ts - last > a.max(b)
        });
        if !is_gap {
            self.collected.truncate(self.pending);
        }
        self.pending = self.collected.len();
    }

    /// In order of time, but for those between the same two observations.
    pub(super) fn finish(self) -> Vec<Inconclusive> {
        self.collected
    }
}
