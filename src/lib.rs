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
pub mod prober;
pub mod report;

pub mod store;

pub mod exchange;

// floor 5: one command per file
pub mod cli;
