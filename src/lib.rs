//! Outwatch: a synthetic uptime prober that tells the truth about outages.
//!
//! ```text
//! probes.yaml ─ config ─▶ Probe ─▶ scheduler ─▶ prober ─▶ verdict ─▶ Observation ─┬─▶ store (SQLite)
//!                                                                                 └─▶ reducer ─▶ windows, states
//! SQLite ─▶ store reader ─▶ reducer ─▶ Report ─▶ table · csv · json · md
//! ```
//!
//! Observations are the ground state. Windows, states and percentages are derived from them by one
//! reducer, which the daemon and every offline command share.
//!
//! The modules stand on floors; each imports only from floors below its own.

// floor 0: vocabulary and rules
#[macro_use]
pub mod domain;

// floor 1: what an answer must be like, and what is kept of one
pub mod evidence;
pub mod expect;

// floor 2: each knows one outside thing, and none knows a sibling
pub mod clock;
pub mod exchange;
pub mod files;
pub mod prober;
pub mod report;
pub mod store;

// floor 3: the shell around the schedule, whether it is us, and the past told again
pub mod observer;
pub mod replay;
pub mod scheduler;

// floor 4: the only place that knows YAML
pub mod config;

// floor 5: wires them
pub mod daemon;

// floor 6: a day in a minute
pub mod demo;

// floor 7: one command per file
pub mod cli;
