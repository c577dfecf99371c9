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
pub mod domain;

// floor 1: each knows one outside thing, and none knows a sibling
pub mod clock;
pub mod exchange;
pub mod prober;
pub mod report;
pub mod store;

// floor 2: the shell around the schedule
pub mod scheduler;

// floor 3: the only place that knows YAML
pub mod config;

// floor 4: wires them
pub mod daemon;

// floor 5: a day in a minute
pub mod demo;

// floor 6: one command per file
pub mod cli;
