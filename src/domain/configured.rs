//! Which configuration was in force when.

use std::fmt;

use super::time::UnixMillis;

/// SHA-256 over the texts of the files of a configuration, in their order, before anything is filled
/// in. Shows as hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConfigHash(pub [u8; 32]);

/// In force from an instant on, until the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForceFrom {
    pub from: UnixMillis,
    pub hash: ConfigHash,
}

impl fmt::Display for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
