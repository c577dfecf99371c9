//! What every report is made from: each probe with its past.

use super::accounting::Accounting;
use crate::domain::history::Life;
use crate::domain::parameters::Parameters;
use crate::domain::past::Past;
use crate::domain::probe::Probe;
use crate::domain::rollup::RollupHistory;
use crate::domain::time::Period;
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
