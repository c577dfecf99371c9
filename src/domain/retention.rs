//! How long what is stored is kept.

use super::time::Millis;

/// For each tier how far it reaches back from the present; `None`: for ever. Outage windows and
/// other runs are kept for ever in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Single observations. At least [`Retention::OBSERVATIONS_MIN`].
    pub observations: Option<Millis>,
    /// Counts and histograms of hours.
    pub hourly: Option<Millis>,
    /// Counts and histograms of days.
    pub daily: Option<Millis>,
}

impl Retention {
    /// A clock may be set back by a day, and then what was observed since is read once more.
    pub const OBSERVATIONS_MIN: Millis = Millis::from_secs(2 * 24 * 3600);
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            observations: Some(Millis::from_secs(90 * 24 * 3600)),
            hourly: None,
            daily: None,
        }
    }
}
