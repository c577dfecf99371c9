//! Vocabulary and rules. Pure: no clock, no I/O, no `async`, no serde; values in, values out.

pub mod time;

pub mod probe;

pub mod parameters;

pub mod observation;

pub mod sighting;

pub mod verdict;
