//! The whole daemon with clocks that a test moves, against a server on loopback: what is stored and
//! told when the clock is set, cannot be trusted, or the machine sleeps.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/mod.rs"]
mod support;

mod service;
mod site;

mod even;
mod steps;
mod trust;
