//! How the daemon fares: what it counts and measures of itself.

use serde::{Deserialize, Serialize};

use crate::domain::durations::Durations;
use crate::domain::time::{Micros, Millis, UnixMillis};

/// As a daemon tells it, in JSON, in the database. Lengths are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fares {
    pub version: String,
    pub pid: u32,
    /// By a clock that nobody sets.
    pub uptime_ms: i64,
    /// It stopped: these are its last words.
    pub is_stopped: bool,
    pub probes: u64,
    /// Of them in an outage.
    pub down: u64,
    /// Stretches of a straight clock since it started.
    pub epochs: u64,
    pub schedule: ScheduleFares,
    pub store: StoreFares,
    pub process: ProcessFares,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleFares {
    /// Requests under way now.
    pub in_flight: u64,
    pub in_flight_max: u64,
    pub in_flight_per_host_max: u64,
    /// Probes that are due, and wait for the limits.
    pub waiting: u64,
    pub since_start: AskedFares,
    pub lately: AskedFares,
}

/// What was asked within some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedFares {
    pub span_ms: i64,
    pub asked: u64,
    /// Regular askings that fell out, since the one before was still waiting or under way.
    pub missed: u64,
    /// From when probes were due to when they were asked.
    pub lateness: Spread,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreFares {
    /// Observations and the like that wait for the disk now.
    pub queued: u64,
    /// As many did at once.
    pub queued_max: u64,
    /// So many more may; what comes then is lost.
    pub room: u64,
    /// Commits that failed and were tried again.
    pub retries: u64,
    /// Observations of the largest commit.
    pub batch_max: u64,
    /// Observations that were lost, since their probes were not registered.
    pub lost: u64,
    /// Changes of evidence that were lost.
    pub evidence_lost: u64,
    /// Steps in which hours that are over are packed, and what follows from them is kept, since the
    /// start.
    pub housekeeping_steps: u64,
    pub housekeeping_time: Spread,
    pub since_start: CommitFares,
    pub lately: CommitFares,
}

/// What was committed within some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitFares {
    pub span_ms: i64,
    pub observations: u64,
    pub commits: u64,
    pub commit_time: Spread,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessFares {
    /// Memory of its own, without files that it has open. `None` where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// Descriptors that are open.
    pub descriptors: Option<u64>,
    /// `None` without a limit, too.
    pub descriptors_max: Option<u64>,
}

/// How lengths of time are spread; `None` of nothing. Percentiles are at most an eighth too high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub max_ms: Option<f64>,
}

impl From<&Durations> for Spread {
    fn from(durations: &Durations) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "below 2^52 microseconds")]
        let ms = |length: Micros| length.0 as f64 / 1000.0;
        Self {
            p50_ms: durations.percentile(50).map(ms),
            p99_ms: durations.percentile(99).map(ms),
            max_ms: (durations.count() > 0).then(|| ms(durations.max())),
        }
    }
}

/// What a daemon told, as it is read later.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfStatus {
    pub generated_at: UnixMillis,
    pub told_at: UnixMillis,
    pub running: Running,
    pub fares: Fares,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    Yes,
    /// It was told to stop.
    Stopped,
    /// It ended without a word: it was killed, or the machine went down.
    Ended,
    /// The system does not tell.
    Unknown,
}

impl Running {
    /// Whether it runs, if that is known.
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::Stopped | Self::Ended => Some(false),
            Self::Unknown => None,
        }
    }
}

impl SelfStatus {
    /// `is_held`: whether the process that told it holds the database. `None` where the system does
    /// not tell.
    pub fn new(fares: Fares, told_at: UnixMillis, is_held: Option<bool>, now: UnixMillis) -> Self {
        Self {
            generated_at: now,
            told_at,
            running: match is_held {
                _ if fares.is_stopped => Running::Stopped,
                Some(true) => Running::Yes,
                Some(false) => Running::Ended,
                None => Running::Unknown,
            },
            fares,
        }
    }

    /// How long ago it was told.
    pub fn age(&self) -> Millis {
        self.generated_at - self.told_at
    }

    /// Whether it runs, as far as the system tells, and has told so within this time. It tells with
    /// its commits, so that this means that it stores what it sees.
    pub fn is_well(&self, within: Millis) -> bool {
        matches!(self.running, Running::Yes | Running::Unknown) && self.age() <= within
    }

    /// By the clock of when it was told.
    pub fn started_at(&self) -> UnixMillis {
        self.told_at.saturating_sub(Millis(self.fares.uptime_ms))
    }
}
