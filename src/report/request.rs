//! What a report is asked for.

use crate::domain::time::{Period, UnixMillis};
use crate::domain::zone::Zone;

/// What is asked for. With the histories it decides every byte of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The present: nothing later is known.
    pub generated_at: UnixMillis,
    /// Of which nothing is later than the present.
    pub period: Period,
    /// The period before, to compare with: it ends where `period` begins. `None` if it is not wanted.
    pub before: Option<Period>,
    /// Whose days are told one by one.
    pub zone: Zone,
    /// Of the program.
    pub version: &'static str,
    /// How the observations are judged otherwise than configured, as in `failure_threshold=5`.
    /// Empty if they are not.
    pub what_if: Vec<String>,
}
