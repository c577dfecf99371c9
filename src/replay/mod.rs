//! From the database to the histories that every report is made from: what was written down is read,
//! and the rest is replayed.

mod filter;
mod histories;
mod measurements;
mod source;
mod what_if;

pub use filter::{Filter, unknown};
pub use histories::{Extent, Histories, Selection, read, read_telling};
pub use measurements::measurements;
pub use source::{Chosen, Source, StoredProbe, Told, chosen};
pub use what_if::{Change, Level, WhatIf};

/// What was asked for cannot be told; in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadUsage(pub String);
