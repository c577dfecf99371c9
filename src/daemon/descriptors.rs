//! Descriptors: every connection takes one, and the system allows a process only so many.

use crate::domain::schedule::agenda::Limits;

/// Not for probes: the database with its log and its readers, the lock, sockets of timers and
/// signals, watched folders, files of the configuration while it is read, rounds of controls. At
/// rest it is half as many.
const KEPT: usize = 36;

/// What one asking may need at once: a second one while two addresses are tried, or both families
/// of addresses are looked up. Redirects and the steps of a journey come one after the other.
const PER_ASKING: usize = 2;

/// More at once are not taken by themselves, however many descriptors there are: each costs memory,
/// up to a hundred kilobytes with TLS.
const IN_FLIGHT_MAX: usize = 4096;

/// How many askings of one host at once are taken by themselves.
const IN_FLIGHT_PER_HOST: usize = 32;

/// What the user wants at most under way; `None` is left to us.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub in_flight: Option<usize>,
    pub in_flight_per_host: Option<usize>,
}

/// More was wanted than there are descriptors for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{wanted} requests at once need more than the {descriptors} descriptors that this process may have: {granted} at once"
)]
pub struct Capped {
    pub wanted: usize,
    pub granted: usize,
    pub descriptors: usize,
}

impl Wanted {
    /// What of it can be had with so many descriptors. `None`: there is no limit, or it is not
    /// known.
    pub fn limits(self, descriptors: Option<usize>) -> (Limits, Option<Capped>) {
        let spare = descriptors.map(|all| all.saturating_sub(KEPT));
        let most = spare.map(|spare| spare.max(1));
        let by_itself = spare.map_or(IN_FLIGHT_MAX, |spare| {
            (spare / PER_ASKING).clamp(1, IN_FLIGHT_MAX)
        });
        let wanted = self.in_flight.unwrap_or(by_itself);
        let granted = most.map_or(wanted, |most| wanted.min(most));
        let capped = descriptors
            .filter(|_| granted < wanted)
            .map(|descriptors| Capped {
                wanted,
                granted,
                descriptors,
            });
        let limits = Limits {
            in_flight: granted,
            in_flight_per_host: self.in_flight_per_host.unwrap_or(IN_FLIGHT_PER_HOST),
        };
        (limits, capped)
    }
}

/// Lets this process have as many as it may take by itself, and tells how many that are. `None`
/// without a limit.
pub fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let found = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: found.maximum,
        ..found
    };
    // some systems promise more than they give: then it stays as it was
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => found.maximum,
        Err(_) => found.current,
    };
    limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// How many a daemon started from here could have. `None` without a limit.
pub fn available() -> Option<usize> {
    let found = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    found
        .maximum
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// How many are open. `None` where the system does not tell.
pub(super) fn in_use() -> Option<u64> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?;
    // the one that this is read by is gone afterwards
    u64::try_from(open.count()).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_may_be_under_way_comes_from_the_descriptors() {
        for (descriptors, wanted, in_flight, is_capped) in [
            (None, None, 4096, false),
            (None, Some(9000), 9000, false),
            (Some(1_048_576), None, 4096, false),
            (Some(1_048_576), Some(9000), 9000, false),
            (Some(1024), None, 494, false),
            (Some(1024), Some(700), 700, false),
            (Some(1024), Some(2000), 988, true),
            (Some(64), None, 14, false),
            (Some(20), None, 1, false),
            (Some(20), Some(5), 1, true),
        ] {
            let wanted = Wanted {
                in_flight: wanted,
                in_flight_per_host: None,
            };
            let (limits, capped) = wanted.limits(descriptors);
            assert_eq!(limits.in_flight, in_flight, "{descriptors:?} {wanted:?}");
            assert_eq!(capped.is_some(), is_capped, "{descriptors:?} {wanted:?}");
        }
    }
}
