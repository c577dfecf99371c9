//! The daemon from outside: the built binary against a service whose behaviour the test switches.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod installation;
mod network;
mod process;
mod rebuilt;
mod service;
mod volume;
mod waiting;

mod annotations;
mod astray;
mod controls;
mod descriptors;
mod evidence;
mod fares;
mod limits;
mod local_resources;
mod logging;
mod maintenance;
mod outages;
mod platforms;
mod refusals;
mod reloading;
mod renaming;
mod reports;
mod restarts;
mod secrets;
mod stalls;
mod stopping;
mod storage;
mod storms;
mod supervision;
mod upkeep;
