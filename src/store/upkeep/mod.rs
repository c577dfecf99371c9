//! What is done to a database itself: looked into, checked, copied, and made smaller. All of it may
//! take long, tells how far it has come, and can be stopped at any moment without harm.

mod backup;
mod derived;
mod info;
mod integrity;
mod rebuild;
mod space;
mod vacuum;

pub use backup::{Backup, backup};
pub use info::{Info, TableSize, info};
pub use integrity::{Checked, Finding, Part, check};
pub use rebuild::{Prunable, Pruned, prunable};
pub use vacuum::Vacuumed;

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What `done` counts.
    pub what: &'static str,
    pub done: u64,
    /// How many there are in all; 0 if that is not known.
    pub of: u64,
}

/// Who is told.
pub type Told<'a> = &'a mut dyn FnMut(Progress);
