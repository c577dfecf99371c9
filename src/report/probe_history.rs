//! What every report is made from: each probe with its past.

use super::accounting::Accounting;
use super::inconclusive::{Inconclusive, InconclusiveBuilder};
use super::tally::Tally;
use crate::domain::history::{History, HistoryBuilder, Life};
use crate::domain::parameters::{ParameterHistory, Parameters};
use crate::domain::probe::Probe;
use crate::domain::rollup::RollupHistory;
use crate::domain::sighting::Sighting;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::track::Track;

/// One probe and its past, as far as a report needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeHistory {
    pub probe: Probe,
    /// Free of secrets.
    pub url: String,
    /// In force at the present, or when it was removed.
    pub parameters: Parameters,
    /// Of which its weight in the platform counts.
    pub rollup: RollupHistory,
    /// When it was configured, in order of time.
    pub lives: Vec<Life>,
    pub past: Past,
    /// What it was over time, with what was declared for it.
    pub track: Track,
    /// What people said of its windows, and what counts then. [`services`] finds it out.
    ///
    /// [`services`]: super::service_history::services
    pub accounting: Accounting<Track>,
}

/// What the observations of one probe say.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub history: History,
    /// Of the observations inside the period.
    pub tally: Tally,
    /// Where the replay began; `None` if with the first observation there is.
    pub begins: Option<UnixMillis>,
    /// The latest observation of any outcome, also one that says nothing about the endpoint.
    pub latest: Option<Sighting>,
    /// Where time went unobserved, the requests that say nothing; in order of time, but for those
    /// of one gap.
    pub inconclusive: Vec<Inconclusive>,
}

/// Collects a probe's past in one walk over its observations.
#[derive(Debug)]
pub struct PastBuilder<'a> {
    history: HistoryBuilder<'a>,
    period: Period,
    now: UnixMillis,
    begins: Option<UnixMillis>,
    tally: Tally,
    latest: Option<Sighting>,
    inconclusive: InconclusiveBuilder<'a>,
}

impl ProbeHistory {
    /// What it was over time, as far as it counts.
    pub fn counted(&self) -> &Track {
        self.accounting.counted.as_ref().unwrap_or(&self.track)
    }

    /// Whether it is configured at the present.
    pub fn is_configured(&self) -> bool {
        self.lives.last().is_some_and(|life| life.to.is_none())
    }

    /// Whether it was configured in any part of the period.
    pub fn existed_in(&self, period: Period) -> bool {
        let mut covered = self.past.history.covered.iter();
        covered.any(|life| life.overlaps(period))
    }
}

impl<'a> PastBuilder<'a> {
    /// `lives` in order of time, at least one. Observations after `now` are left out.
    pub fn new(
        parameters: &'a ParameterHistory,
        lives: &'a [Life],
        period: Period,
        now: UnixMillis,
    ) -> Self {
        Self {
            history: HistoryBuilder::new(parameters, lives, now),
            period,
            now,
            begins: None,
            tally: Tally::default(),
            latest: None,
            inconclusive: InconclusiveBuilder::new(parameters),
        }
    }

    /// Observations before `begins` are not told, since nothing of the period hangs on them.
    pub fn beginning(self, begins: Option<UnixMillis>) -> Self {
        Self { begins, ..self }
    }

    /// Takes the next observation, not earlier than the one before.
    #[inline]
    pub fn push(&mut self, sighting: Sighting) {
        if sighting.ts > self.now {
            return;
        }
        if self.period.from <= sighting.ts && sighting.ts < self.period.to {
            self.tally.count(&sighting);
        }
        self.inconclusive.push(&sighting);
        if sighting.counts() {
            self.latest = None;
            self.history.push(sighting);
        } else if !sighting.set_aside {
            self.latest = Some(sighting);
        }
    }

    pub fn finish(self) -> Past {
        let history = self.history.finish();
        let counted = || history.last.as_ref().map(|(sighting, _)| sighting.clone());
        Past {
            latest: self.latest.or_else(counted),
            tally: self.tally,
            begins: self.begins,
            inconclusive: self.inconclusive.finish(),
            history,
        }
    }
}
