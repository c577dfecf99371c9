//! The daemon from outside: the built binary against a service whose behaviour the test switches.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod installation;
mod network;
mod service;
mod waiting;

mod annotations;
mod controls;
mod descriptors;
mod evidence;
mod fares;
mod local_resources;
mod maintenance;
mod outages;
mod platforms;
mod refusals;
mod reloading;
mod renaming;
mod restarts;
mod secrets;
mod stalls;
mod stopping;
