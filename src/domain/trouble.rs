//! The observer's own trouble: time in which nobody could watch, whatever the endpoints did.

use super::observation::Reason;
use super::time::Period;

/// A stretch in which the observer itself was hindered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trouble {
    pub period: Period,
    pub reason: Reason,
}
