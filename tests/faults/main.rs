//! Faults of the store: the real store in a real process over a file layer that kills it, fails, or
//! forgets what was not synced (`shim.c`, loaded with `LD_PRELOAD`).
//!
//! By default each part takes a sample; environment variables named in `docs/STORAGE.md` make it
//! long.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::print_stdout,
    reason = "figures of long tests, and what a worker answers"
)]

mod damage;
mod dice;
mod disk;
mod sequence;
mod shim;
mod verdict;
mod worker;

mod errors;
mod kills;
mod migrations;
mod power;
