//! Which configuration was in force when.

use std::fmt;

use super::time::{Period, UnixMillis};

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

impl InForceFrom {
    /// Those of `all`, which are ascending, that were in force in any part of the period.
    pub fn within(all: &[Self], period: Period) -> Vec<Self> {
        let first = all.partition_point(|one| one.from <= period.from);
        let to = all.partition_point(|one| one.from < period.to);
        all[first.saturating_sub(1).min(to)..to].to_vec()
    }
}

impl fmt::Display for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_that_a_period_begins_with_is_in_force_in_it() {
        let all = [10, 20, 30].map(|from| InForceFrom {
            from: UnixMillis(from),
            hash: ConfigHash([0; 32]),
        });
        for ((from, to), expected) in [
            ((0, 5), &[][..]),
            ((0, 11), &[10]),
            ((15, 18), &[10]),
            ((15, 25), &[10, 20]),
            ((20, 30), &[20]),
            ((40, 50), &[30]),
        ] {
            let period = Period::new(UnixMillis(from), UnixMillis(to));
            let within = InForceFrom::within(&all, period).into_iter();
            let within: Vec<_> = within.map(|one| one.from.0).collect();
            assert_eq!(within, expected, "{from} {to}");
        }
    }
}
