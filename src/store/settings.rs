//! How what is observed is stored.

use std::fmt;

use crate::domain::retention::Retention;

/// What holds for the whole database, from when the writer is [told](super::Sender::settle).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub durability: Durability,
    pub retention: Retention,
}

/// What a power cut, or a crash of the operating system, may cost. The database stays whole, and a
/// crash of this program alone costs nothing, either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed: each commit waits until the disk has it.
    #[default]
    Full,
    /// The latest commits: what the operating system had not written yet.
    Normal,
}

impl Durability {
    pub const ALL: [Self; 2] = [Self::Full, Self::Normal];

    /// As in probes.yaml; also what SQLite calls it (<https://sqlite.org/pragma.html#pragma_synchronous>).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
