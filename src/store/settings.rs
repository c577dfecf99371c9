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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UnixMillis;
    use crate::store::Store;

    #[test]
    fn durability_is_what_sqlite_calls_synchronous() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("outwatch.db");
        let store = Store::create_or_open(&db, UnixMillis(0)).unwrap();
        let synchronous = || -> i64 {
            let read = store
                .connection
                .query_row("PRAGMA synchronous", [], |row| row.get(0));
            read.unwrap()
        };
        assert_eq!(synchronous(), 2, "full unless it is said otherwise");
        for (durability, level) in [(Durability::Normal, 1), (Durability::Full, 2)] {
            store.set_durability(durability).unwrap();
            assert_eq!(synchronous(), level, "{durability}");
        }
    }
}
