//! Observations as text that other programs read and write: NDJSON and CSV, in and out.
//!
//! What is written reads back exactly, but for what only its own database can say of it: the
//! daemon's epoch and its monotonic clock.

mod error;
mod fields;
mod lines;
mod row;

pub mod ndjson;

pub mod csv;

pub use error::{ExchangeError, Place};
pub use row::Row;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;

/// An observation of a file, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Counted from 1.
    pub line: u64,
    pub probe: ProbeId,
    pub observation: Observation,
}

/// An observation to be written.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub probe: &'a ProbeId,
    pub url: &'a str,
    pub observation: &'a Observation,
    /// Decided by the database it comes from, whatever its provenance says.
    pub set_aside: bool,
}
