//! What becomes of promises: objectives, agreements, and the worst windows. Examples worked by hand,
//! and what must hold for random histories, against plain counting.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../notation/mod.rs"]
mod notation;

mod drawn;

mod agreements;
mod objectives;
mod reported;
mod windowed;
