//! Vocabulary and rules. Pure: no clock, no I/O, no `async`, no serde; values in, values out.

// vocabulary
pub mod observation;
pub mod parameters;
pub mod probe;
pub mod sighting;
pub mod time;

// when to ask
pub mod schedule;

// observations → windows
mod degraded;
pub mod epoch;
pub mod history;
pub mod outage;
pub mod outage_id;
pub mod reducer;
mod run;
pub mod sync;

// windows → numbers
pub mod availability;
pub mod period_set;
