//! Requests that say nothing about the endpoint, as far as time went unobserved over them.

use super::observation::{Outcome, Reason};
use super::parameters::ParameterHistory;
use super::sighting::Sighting;
use super::time::UnixMillis;
use super::transcript::{self, Damaged, Transcript, some_instant};

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
    told: Vec<Inconclusive>,
    since: Since,
}

/// Those since the last observation that says something, and when that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Since {
    pending: Vec<Inconclusive>,
    last: Option<UnixMillis>,
}

impl Since {
    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let blank = || Inconclusive {
            reason: None,
            first: transcript::BLANK_INSTANT,
            last: transcript::BLANK_INSTANT,
            count: 0,
        };
        transcript::list(to, &mut self.pending, blank, |to, run| {
            transcript::reason(to, &mut run.reason)?;
            to.instant(&mut run.first)?;
            to.instant(&mut run.last)?;
            to.number(&mut run.count)
        })?;
        some_instant(to, &mut self.last)
    }
}

impl<'a> InconclusiveBuilder<'a> {
    pub(super) fn new(parameters: &'a ParameterHistory) -> Self {
        Self {
            parameters,
            told: Vec::new(),
            since: Since::default(),
        }
    }

    /// Goes on where another stood, which had told this before.
    pub(super) fn resume(&mut self, told: Vec<Inconclusive>, since: Since) {
        self.told = told;
        self.since = since;
    }

    /// What was told since the beginning or the last pause, and where it stands.
    pub(super) fn pause(&mut self) -> (Vec<Inconclusive>, &Since) {
        (std::mem::take(&mut self.told), &self.since)
    }

    /// Takes the next observation, not earlier than the one before.
    #[inline]
    pub(super) fn push(&mut self, sighting: &Sighting) {
        if sighting.set_aside {
            return;
        }
        let Outcome::Inconclusive { reason, .. } = &sighting.outcome else {
            let last = self.since.last.replace(sighting.ts);
            if !self.since.pending.is_empty() {
                self.settle(last, sighting.ts);
            }
            return;
        };
        let mut pending = self.since.pending.iter_mut();
        match pending.find(|run| run.reason == *reason) {
            Some(run) => {
                run.last = sighting.ts;
                run.count += 1;
            }
            None => self.since.pending.push(Inconclusive {
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
        if is_gap {
            self.told.append(&mut self.since.pending);
        } else {
            self.since.pending.clear();
        }
    }

    /// In order of time, but for those between the same two observations.
    pub(super) fn finish(mut self) -> Vec<Inconclusive> {
        self.told.append(&mut self.since.pending);
        self.told
    }
}
