//! How the members of a platform or service make up its state.

use std::fmt;
use std::num::{NonZeroU8, NonZeroU32};
use std::str::FromStr;

use crate::domain::time::Millis;
use crate::domain::versions::Versions;

/// Of an endpoint, a platform or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RollupParameters {
    /// When its members make it down. An endpoint has none.
    pub down_when: DownWhen,
    /// In what it is a member of. A service is none.
    pub weight: Weight,
    /// Longest pause inside one incident. Only a service has incidents.
    pub merge_gap: Millis,
}

/// Which were in force when. Constant with the defaults for what was never configured.
pub type RollupHistory = Versions<RollupParameters>;

/// How many of the members that vote must be down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DownWhen {
    #[default]
    Any,
    All,
    /// At least so many; all, if fewer vote.
    Quorum(NonZeroU32),
    /// At least this share of them, 1 to 100 percent.
    Share(NonZeroU8),
}

/// How much a member matters, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(pub u32);

/// The text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of any, all, a count as in 2, and a share as in 50%")]
pub struct BadDownWhen(pub String);

impl Default for RollupParameters {
    fn default() -> Self {
        Self {
            down_when: DownWhen::Any,
            weight: Weight::ONE,
            merge_gap: Millis::from_secs(600),
        }
    }
}

/// The text is no weight.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no weight from 0 to 1000 with at most three decimals")]
pub struct BadWeight(pub String);

impl Weight {
    pub const ONE: Self = Self(1000);
    pub const MAX: Self = Self(1_000_000);
}

impl fmt::Display for Weight {
    /// As in `1` and `0.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.pad(decimals.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Weight {
    type Err = BadWeight;

    fn from_str(text: &str) -> Result<Self, BadWeight> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let number = |digits: &str, length: usize| {
            let right = (1..=length).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|_| right)
        };
        let thousandths = format!("{decimals:0<3}");
        match (number(whole, 4), number(&thousandths, 3)) {
            (Some(whole), Some(thousandths)) if !decimals.is_empty() => {
                Some(whole * 1000 + thousandths)
            }
            _ => None,
        }
        .map(Self)
        .filter(|weight| *weight <= Self::MAX)
        .ok_or_else(|| BadWeight(text.to_owned()))
    }
}

impl DownWhen {
    /// How many of `voters` members must be down; at least one.
    pub fn needed(self, voters: u32) -> u32 {
        let needed = match self {
            Self::Any => 1,
            Self::All => voters,
            Self::Quorum(count) => count.get().min(voters),
            Self::Share(percent) => {
                let share = (u64::from(voters) * u64::from(percent.get())).div_ceil(100);
                u32::try_from(share).unwrap_or(voters).min(voters)
            }
        };
        needed.max(1)
    }
}

impl fmt::Display for DownWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.pad("any"),
            Self::All => f.pad("all"),
            Self::Quorum(count) => f.pad(&count.to_string()),
            Self::Share(percent) => f.pad(&format!("{percent}%")),
        }
    }
}

impl FromStr for DownWhen {
    type Err = BadDownWhen;

    /// `any`, `all`, `2`, `50%`.
    fn from_str(text: &str) -> Result<Self, BadDownWhen> {
        let bad = || BadDownWhen(text.to_owned());
        match text {
            "any" => Ok(Self::Any),
            "all" => Ok(Self::All),
            _ => match text.strip_suffix('%') {
                Some(percent) => match percent.trim_end().parse::<NonZeroU8>() {
                    Ok(percent) if percent.get() <= 100 => Ok(Self::Share(percent)),
                    _ => Err(bad()),
                },
                None => text.parse().map(Self::Quorum).map_err(|_| bad()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_reads_back_as_it_shows() {
        for (text, thousandths, shown) in [
            ("1", 1000, "1"),
            ("0.5", 500, "0.5"),
            ("0", 0, "0"),
            ("2.250", 2250, "2.25"),
            ("0.001", 1, "0.001"),
            ("1000", 1_000_000, "1000"),
            ("10.0", 10_000, "10"),
        ] {
            assert_eq!(text.parse(), Ok(Weight(thousandths)));
            assert_eq!(Weight(thousandths).to_string(), shown);
        }
        for bad in [
            "", ".5", "1.", "-1", "+1", "1e2", "1000.001", "1001", "0.0001", "one", "1.+5",
        ] {
            assert_eq!(bad.parse::<Weight>(), Err(BadWeight(bad.to_owned())));
        }
    }

    #[test]
    fn a_policy_reads_back_as_it_shows_and_needs_so_many() {
        // of 1, 2, 3 and 4 voters
        for (text, needed) in [
            ("any", [1, 1, 1, 1]),
            ("all", [1, 2, 3, 4]),
            ("2", [1, 2, 2, 2]),
            ("50%", [1, 1, 2, 2]),
            ("51%", [1, 2, 2, 3]),
            ("100%", [1, 2, 3, 4]),
            ("1%", [1, 1, 1, 1]),
        ] {
            let policy: DownWhen = text.parse().unwrap();
            assert_eq!(policy.to_string(), text);
            assert_eq!([1, 2, 3, 4].map(|voters| policy.needed(voters)), needed);
        }
        for bad in ["", "0", "0%", "101%", "-1", "none", "2.5"] {
            assert!(bad.parse::<DownWhen>().is_err(), "{bad}");
        }
    }
}
