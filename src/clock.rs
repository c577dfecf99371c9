//! The wall and the monotonic clock, read nowhere else. Injected, so that a replay can show the
//! times of a long day, and a test its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::domain::time::{Micros, Millis, MonoMicros, Pace, UnixMillis};

/// A wall and a monotonic clock that began together.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    pace: Pace,
    /// `None` for the system's clock; else what the wall clock showed at `origin`.
    shown_at_origin: Option<UnixMillis>,
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self {
            origin: Instant::now(),
            pace: Pace::REAL,
            shown_at_origin: None,
        }
    }

    /// Clocks that show `begin` now, and run faster than real time. They follow tokio's time, so
    /// that a test may pause and advance it.
    pub fn replay(begin: UnixMillis, pace: Pace) -> Self {
        Self {
            origin: Instant::now(),
            pace,
            shown_at_origin: Some(begin),
        }
    }

    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The wall clock. A system clock before 1970 reads as 1970.
    pub fn now(&self) -> UnixMillis {
        match self.shown_at_origin {
            Some(begin) => begin + Millis::from_duration(self.elapsed()),
            None => system_now(),
        }
    }

    /// The monotonic clock, since this clock began.
    pub fn mono(&self) -> MonoMicros {
        MonoMicros(Micros::from_duration(self.elapsed()).0)
    }

    /// When the monotonic clock will show `mono`, to sleep until then.
    pub fn instant(&self, mono: MonoMicros) -> Instant {
        self.origin + self.pace.to_real(Duration::from_micros(mono.0))
    }

    fn elapsed(&self) -> Duration {
        self.pace.to_shown(self.origin.elapsed())
    }
}

/// The system's wall clock, for commands that need the present and nothing else.
#[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
pub fn system_now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(0) + Millis::from_duration(since)
}
