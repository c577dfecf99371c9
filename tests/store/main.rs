//! The store and its text formats on real files, and where it matters in real processes.

mod observations;

mod crash;
mod exchange;
mod history;
mod refusals;
mod registration;
mod writing;
