//! The store and its text formats on real files, and where it matters in real processes.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers and all")]

mod observations;

mod backup;
mod counting;
mod crash;
mod declared;
mod derived;
mod evidence;
mod exchange;
mod history;
mod promised;
mod rebuilding;
mod refusals;
mod registration;
mod rename;
mod upkeep;
mod writing;
