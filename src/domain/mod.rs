//! Vocabulary and rules. Pure: no clock, no I/O, no `async`, no serde; values in, values out.

// vocabulary
#[macro_use]
pub mod words;

pub mod durations;
pub mod observation;
pub mod parameters;
pub mod probe;
pub mod sighting;
pub mod subject;
pub mod time;
pub mod versions;

// when to ask
pub mod schedule;

// observations → windows
pub mod checkpoint;
pub mod counted;
mod degraded;
pub mod epoch;
pub mod failures;
pub mod histogram;
pub mod history;
pub mod inconclusive;
pub mod latency;
pub mod outage;
pub mod outage_id;
mod outage_tracker;
pub mod past;
pub mod reducer;
mod run;
pub mod sync;
pub mod tally;
pub mod track;
pub mod transcript;

// what people declare, beforehand and afterwards
pub mod annotation;
pub mod calendar;
pub mod cron;
pub mod formula;
pub mod line;
pub mod maintenance;
mod recurrence;
pub mod zone;

// what is promised
pub mod agreement;
mod kept;
pub mod objective;
pub mod promise;
pub mod report_schedule;
mod settlement;

// how long it is kept, and by what
pub mod configured;
pub mod retention;

// the observer's own part
pub mod pulse;
pub mod trouble;

// members → platforms and services
pub mod incident;
pub mod rollup;

// windows → numbers
pub mod availability;
pub mod period_set;
pub mod windowed;
