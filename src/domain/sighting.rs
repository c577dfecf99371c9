//! What the reducer needs of an observation, and no more.

use super::observation::{Epoch, Outcome};
use super::time::UnixMillis;

/// An observation without what only people look at: timings, peer, status.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// When the request started.
    pub ts: UnixMillis,
    /// When it had ended; its start if it is not known how long it took.
    pub finished: UnixMillis,
    pub outcome: Outcome,
    /// `None` for an imported one.
    pub epoch: Option<Epoch>,
    /// Kept and shown, but not counted: its clock was set back later (or its exporter said so).
    pub set_aside: bool,
}
