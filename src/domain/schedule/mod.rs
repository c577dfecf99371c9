//! When which probe is due. Pure: it is told what time it is, and never waits.

pub mod agenda;
pub mod demand;
pub mod stagger;
