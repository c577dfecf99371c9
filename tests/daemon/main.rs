//! The daemon from outside: the built binary against a service whose behaviour the test switches.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod installation;
mod service;
mod waiting;

mod annotations;
mod evidence;
mod maintenance;
mod outages;
mod refusals;
mod reloading;
mod renaming;
mod restarts;
mod secrets;
mod stalls;
mod stopping;
