//! The part of an observation that windows are made from.

use super::observation::{Epoch, Observation, Outcome, Provenance};
use super::time::UnixMillis;

/// What the reducer needs of one observation, and nothing else: it is read by the million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When the request started.
    pub ts: UnixMillis,
    /// When it had ended; its start if it is not known how long it took.
    pub finished: UnixMillis,
    pub outcome: Outcome,
    /// `None` for an imported one.
    pub epoch: Option<Epoch>,
    /// Kept, but not counted: a later epoch's clock was set back to before it.
    pub set_aside: bool,
}

impl From<&Observation> for Sighting {
    fn from(observation: &Observation) -> Self {
        let (epoch, set_aside) = match observation.provenance {
            Provenance::Observed { epoch, .. } => (Some(epoch), false),
            Provenance::Imported { set_aside } => (None, set_aside),
        };
        Self {
            ts: observation.ts,
            finished: observation.finished(),
            outcome: observation.outcome.clone(),
            epoch,
            set_aside,
        }
    }
}

impl Sighting {
    /// Whether it says anything about the endpoint.
    #[inline]
    pub fn counts(&self) -> bool {
        !self.set_aside && !matches!(self.outcome, Outcome::Inconclusive { .. })
    }
}
