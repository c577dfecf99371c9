//! Stretches in which a probe's endpoint answered badly without being down.
//!
//! Two signs, and both count: the same walk that finds outages, with `slow` as contrary as `fail`;
//! and failures too scattered to be an outage, but many among few observations (flapping).

use std::collections::VecDeque;

use super::observation::Outcome;
use super::parameters::Parameters;
use super::run::{Label, Labeller, Step, Thresholds};
use super::sighting::Sighting;
use super::time::{Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, optional, some_instant};

/// Finds the stretches in which `slow` and `fail` together reach the thresholds.
#[derive(Clone, Debug, Default)]
pub(super) struct SlownessTracker {
    labeller: Labeller,
    /// Where the pending run began.
    run_first: Option<UnixMillis>,
    /// Where the stretch began that is not over.
    since: Option<UnixMillis>,
}

impl SlownessTracker {
    #[inline]
    pub(super) fn push(
        &mut self,
        sighting: &Sighting,
        thresholds: Thresholds,
        stretch: &mut impl FnMut(Period),
    ) {
        let contrary = !matches!(sighting.outcome, Outcome::Ok);
        match self.labeller.step(contrary, thresholds) {
            Step::Pending => {
                self.run_first.get_or_insert(sighting.ts);
            }
            Step::Settled {
                label: Label::Down, ..
            } => {
                let first = self.run_first.take().unwrap_or(sighting.ts);
                self.since.get_or_insert(first);
            }
            Step::Settled {
                label: Label::Up, ..
            } => {
                let first = self.run_first.take().unwrap_or(sighting.ts);
                if let Some(since) = self.since.take() {
                    stretch(Period::new(since, first));
                }
            }
        }
    }

    /// Nothing was observed for longer than grace; the last label is held until `end`. Of answers
    /// between two gaps that were neither slow nor enough for a recovery there is none.
    pub(super) fn gap(&mut self, end: UnixMillis, stretch: &mut impl FnMut(Period)) {
        if let Some(since) = self.since {
            stretch(Period::new(since, end));
        }
        self.labeller.cut();
        self.run_first = None;
        self.since = None;
    }

    /// What is so far, were `now` the end of it.
    pub(super) fn provisional(&self, now: UnixMillis, stretch: &mut impl FnMut(Period)) {
        if self.labeller.confirmed() == Some(Label::Down)
            && let Some(since) = self.since.or(self.run_first)
        {
            stretch(Period::new(since, now));
        }
    }

    /// Where what is not told yet begins.
    pub(super) fn untold_since(&self) -> Option<UnixMillis> {
        self.since.or(self.run_first)
    }

    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        self.labeller.transcribe(to)?;
        some_instant(to, &mut self.run_first)?;
        some_instant(to, &mut self.since)
    }
}

/// Finds stretches of flapping: at least `flap_failures` failures among at most `flap_of`
/// consecutive observations without a gap, from the first of those failures to the last.
#[derive(Clone, Debug, Default)]
pub(super) struct FlapTracker {
    /// Observations since the last gap.
    observed: u64,
    /// The latest failures, each with its place among the observations; the oldest first.
    failures: VecDeque<(u64, UnixMillis)>,
    /// Found, but perhaps not at its end.
    stretch: Option<Period>,
}

impl FlapTracker {
    #[inline]
    pub(super) fn push(
        &mut self,
        sighting: &Sighting,
        parameters: &Parameters,
        stretch: &mut impl FnMut(Period),
    ) {
        self.observed += 1;
        if matches!(sighting.outcome, Outcome::Fail(_)) {
            self.fail(sighting.ts, parameters, stretch);
        }
    }

    fn fail(&mut self, ts: UnixMillis, parameters: &Parameters, stretch: &mut impl FnMut(Period)) {
        let of = u64::from(parameters.flap_of.get());
        self.failures.push_back((self.observed, ts));
        while self
            .failures
            .front()
            .is_some_and(|&(place, _)| self.observed - place >= of)
        {
            self.failures.pop_front();
        }
        if self.failures.len() < parameters.flap_failures.get() as usize {
            return;
        }
        let Some(&(_, from)) = self.failures.front() else {
            return;
        };
        match &mut self.stretch {
            Some(open) if from <= open.to => open.to = ts,
            open => {
                if let Some(over) = open.replace(Period::new(from, ts)) {
                    stretch(over);
                }
            }
        }
    }

    /// Consecutive means without a gap.
    pub(super) fn gap(&mut self, stretch: &mut impl FnMut(Period)) {
        self.observed = 0;
        self.failures.clear();
        if let Some(over) = self.stretch.take() {
            stretch(over);
        }
    }

    pub(super) fn provisional(&self, stretch: &mut impl FnMut(Period)) {
        if let Some(open) = self.stretch {
            stretch(open);
        }
    }

    /// Where what is not told yet begins.
    pub(super) fn untold_since(&self) -> Option<UnixMillis> {
        let stretch = self.stretch.map(|stretch| stretch.from);
        stretch.or_else(|| self.failures.front().map(|(_, ts)| *ts))
    }

    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        to.number(&mut self.observed)?;
        let mut failures: Vec<_> = std::mem::take(&mut self.failures).into();
        transcript::list(
            to,
            &mut failures,
            || (0, transcript::BLANK_INSTANT),
            |to, (place, ts)| {
                to.number(place)?;
                to.instant(ts)
            },
        )?;
        self.failures = failures.into();
        // places are counted up to what was observed
        if self
            .failures
            .iter()
            .any(|(place, _)| *place > self.observed)
        {
            return Err(Damaged);
        }
        let blank = || Period::new(transcript::BLANK_INSTANT, transcript::BLANK_INSTANT);
        optional(to, &mut self.stretch, blank, transcript::period)
    }

    /// Whether the latest observations hold enough failures.
    pub(super) fn is_flapping(&self, parameters: &Parameters) -> bool {
        let of = u64::from(parameters.flap_of.get());
        let recent = self
            .failures
            .iter()
            .filter(|&&(place, _)| self.observed - place < of)
            .count();
        recent >= parameters.flap_failures.get() as usize
    }
}
