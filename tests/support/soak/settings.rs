//! What a soak is run with.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use outwatch::domain::time::Millis;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The binary that is tried.
    pub(crate) outwatch: PathBuf,
    pub(crate) length: Duration,
    /// Over all platforms, at least one for each.
    pub(crate) probes: usize,
    /// Of every probe. Timeouts are half of it, and tries of undecided runs a quarter apart.
    pub(crate) interval: Millis,
    /// Says what goes wrong when, as far as a run repeats another: it lives by the real clock.
    pub(crate) seed: u64,
    pub(crate) service: Option<ServiceKind>,
    /// A tmpfs for the database may be mounted: nobody else would see it.
    pub(crate) may_mount: bool,
    /// How often what there is so far is compared.
    pub(crate) compare_every: Duration,
    /// Pauses between troubles of the observer, on average.
    pub(crate) trouble_every: Duration,
}

/// What is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServiceKind {
    Nginx,
    BuiltIn,
}

/// A platform, and how it is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    pub(crate) name: &'static str,
    pub(crate) failure_threshold: i64,
    pub(crate) recovery_threshold: i64,
}

pub(crate) const PLATFORMS: [Platform; 3] = [
    Platform {
        name: "desktop",
        failure_threshold: 2,
        recovery_threshold: 2,
    },
    Platform {
        name: "mobile",
        failure_threshold: 3,
        recovery_threshold: 2,
    },
    Platform {
        name: "web",
        failure_threshold: 1,
        recovery_threshold: 3,
    },
];

impl Settings {
    pub(crate) fn timeout(&self) -> Millis {
        Millis(self.interval.0 / 2)
    }

    pub(crate) fn confirm_interval(&self) -> Millis {
        Millis(self.interval.0 / 4)
    }

    /// Which platform a probe belongs to.
    pub(crate) fn platform_of(probe: usize) -> usize {
        if probe == EXTRA {
            0
        } else {
            probe % PLATFORMS.len()
        }
    }

    pub(crate) fn probe_id(probe: usize) -> String {
        let platform = PLATFORMS[Self::platform_of(probe)].name;
        format!("soak/{platform}/{}", Self::endpoint(probe))
    }

    pub(crate) fn endpoint(probe: usize) -> String {
        if probe == EXTRA {
            "extra".to_owned()
        } else {
            format!("p{probe}")
        }
    }

    /// Whether what is slow is still in time.
    pub(crate) fn may_be_slow(&self) -> bool {
        self.timeout() > SLOW + Millis(500)
    }

    /// As long as nothing of a probe is observed for longer, its label holds.
    pub(crate) fn grace(&self) -> Millis {
        Millis(2 * self.interval.0) + self.timeout()
    }

    /// An outage that is watched for longer is confirmed for sure: an asking from before it ends,
    /// the next turn comes, and each further try a timeout and a wait later. `LATE` for a machine
    /// with other things to do.
    pub(crate) fn certainly_confirmed_after(&self, probe: usize) -> Millis {
        let further = PLATFORMS[Self::platform_of(probe)].failure_threshold - 1;
        let retry = self.timeout() + self.confirm_interval();
        self.timeout() + self.interval + Millis(further * retry.0) + LATE
    }
}

/// A probe that only some configurations have. It fails with its server, and never else.
pub(crate) const EXTRA: usize = usize::MAX;

/// What is slow takes so long, more or less: nginx slows by pauses of a second.
pub(crate) const SLOW: Millis = Millis(1000);

/// As much later than planned may everything come.
pub(crate) const LATE: Millis = Millis(1500);

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nginx => "nginx",
            Self::BuiltIn => "built-in server",
        })
    }
}
