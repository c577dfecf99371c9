//! The wall and the monotonic clocks, read nowhere else. Injected, so that a replay can show the
//! times of a long day, and a test can move them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::domain::pulse::Reading;
use crate::domain::time::{Micros, Millis, MonoMicros, Pace, UnixMillis};

/// A wall and a monotonic clock that began together. Clones show the same.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: Instant,
    pace: Pace,
    shown: Shown,
}

/// What the wall clock shows.
#[derive(Clone, Debug)]
enum Shown {
    System,
    /// This at the origin, and what has passed since then.
    Since(UnixMillis),
    /// The same, and what a hand has made of it.
    Scripted(UnixMillis, Arc<Moved>),
}

/// How far a hand has moved the clocks.
#[derive(Debug, Default)]
struct Moved {
    /// The wall clock alone, in milliseconds.
    set: AtomicI64,
    /// All but the monotonic one, in microseconds.
    slept: AtomicU64,
    /// All, in microseconds.
    leapt: AtomicU64,
}

/// Moves a scripted clock, as people, time servers and lids of laptops do.
#[derive(Clone, Debug)]
pub struct Hand(Arc<Moved>);

/// No clock that is right has shown an earlier instant to this program: 2026-01-01.
const MADE: UnixMillis = UnixMillis(1_767_225_600_000);

/// Clocks read within so long of one another show the same instant.
const TOGETHER: Micros = Micros(100_000);

/// Tries to read them so.
const READ_TRIES: u32 = 8;

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self {
            origin: Instant::now(),
            pace: Pace::REAL,
            shown: Shown::System,
        }
    }

    /// Clocks that show `begin` now, and run faster than real time. They follow tokio's time, so
    /// that a test may pause and advance it.
    pub fn replay(begin: UnixMillis, pace: Pace) -> Self {
        Self {
            origin: Instant::now(),
            pace,
            shown: Shown::Since(begin),
        }
    }

    /// As [`replay`](Self::replay), with a hand to move the clocks: for tests of what becomes of
    /// the rest then. It is trusted as far as the system's is.
    pub fn scripted(begin: UnixMillis, pace: Pace) -> (Self, Hand) {
        let moved = Arc::new(Moved::default());
        let clock = Self {
            origin: Instant::now(),
            pace,
            shown: Shown::Scripted(begin, Arc::clone(&moved)),
        };
        (clock, Hand(moved))
    }

    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// An earlier instant cannot be right: the machine began with a clock that nobody has set yet.
    /// A replay is of any day.
    pub fn earliest(&self) -> UnixMillis {
        match self.shown {
            Shown::System | Shown::Scripted(..) => MADE,
            Shown::Since(_) => UnixMillis(i64::MIN),
        }
    }

    /// The wall clock. A system clock before 1970 reads as 1970.
    pub fn now(&self) -> UnixMillis {
        self.shown_at(self.ran())
    }

    /// The monotonic clock, since this clock began.
    pub fn mono(&self) -> MonoMicros {
        mono(self.ran())
    }

    /// All clocks at one instant.
    pub fn reading(&self) -> Reading {
        let mut reading = self.read();
        if matches!(self.shown, Shown::System) {
            // whoever is held up between two of them reads clocks that seem to have been set
            for _ in 0..READ_TRIES {
                if boot_time(self.ran()) - reading.boot <= TOGETHER {
                    break;
                }
                reading = self.read();
            }
        }
        reading
    }

    fn read(&self) -> Reading {
        let ran = self.ran();
        Reading {
            // first: whoever is held up after it is found out by it
            boot: match &self.shown {
                Shown::System => boot_time(ran),
                Shown::Since(_) => mono(ran),
                Shown::Scripted(_, moved) => mono(ran + moved.slept()),
            },
            wall: self.shown_at(ran),
            mono: mono(ran),
        }
    }

    /// When the monotonic clock will show `mono`, to sleep until then.
    pub fn instant(&self, mono: MonoMicros) -> Instant {
        let leapt = match &self.shown {
            Shown::System | Shown::Since(_) => Duration::ZERO,
            Shown::Scripted(_, moved) => moved.leapt(),
        };
        let shown = Duration::from_micros(mono.0).saturating_sub(leapt);
        self.origin + self.pace.to_real(shown)
    }

    /// What the wall clock shows when the monotonic one has run for so long.
    fn shown_at(&self, ran: Duration) -> UnixMillis {
        match &self.shown {
            Shown::System => system_now(),
            Shown::Since(begin) => *begin + Millis::from_duration(ran),
            Shown::Scripted(begin, moved) => {
                *begin + Millis::from_duration(ran + moved.slept()) + moved.set()
            }
        }
    }

    /// For how long the monotonic clock ran.
    fn ran(&self) -> Duration {
        let ran = self.pace.to_shown(self.origin.elapsed());
        match &self.shown {
            Shown::System | Shown::Since(_) => ran,
            Shown::Scripted(_, moved) => ran + moved.leapt(),
        }
    }
}

impl Hand {
    /// Sets the wall clock forward by so much, or back if it is negative.
    pub fn set(&self, by: Millis) {
        self.0.set.fetch_add(by.0, Ordering::Relaxed);
    }

    /// The machine is suspended for so long.
    pub fn suspend(&self, length: Duration) {
        self.0.slept.fetch_add(micros(length), Ordering::Relaxed);
    }

    /// The machine runs for so long, and nothing else gets a turn. Timers of tokio's know nothing
    /// of it.
    pub fn leap(&self, length: Duration) {
        self.0.leapt.fetch_add(micros(length), Ordering::Relaxed);
    }
}

impl Moved {
    fn set(&self) -> Millis {
        Millis(self.set.load(Ordering::Relaxed))
    }

    fn slept(&self) -> Duration {
        Duration::from_micros(self.slept.load(Ordering::Relaxed))
    }

    fn leapt(&self) -> Duration {
        Duration::from_micros(self.leapt.load(Ordering::Relaxed))
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

/// The clock that runs on while the machine is suspended, since the machine began.
#[cfg(target_os = "linux")]
fn boot_time(_ran: Duration) -> MonoMicros {
    since_start(rustix::time::ClockId::Boottime)
}

/// Elsewhere none is known, and a suspension shows as a clock that was set.
#[cfg(not(target_os = "linux"))]
fn boot_time(ran: Duration) -> MonoMicros {
    mono(ran)
}

/// The monotonic clock since the machine began, not counting suspensions: what systemd compares with.
#[cfg(target_os = "linux")]
pub fn system_mono() -> MonoMicros {
    since_start(rustix::time::ClockId::Monotonic)
}

/// Elsewhere nobody compares with it.
#[cfg(not(target_os = "linux"))]
pub fn system_mono() -> MonoMicros {
    MonoMicros(0)
}

#[cfg(target_os = "linux")]
fn since_start(clock: rustix::time::ClockId) -> MonoMicros {
    let time = rustix::time::clock_gettime(clock);
    // neither is negative
    let (secs, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    MonoMicros(secs.saturating_mul(1_000_000).saturating_add(nanos / 1000))
}

fn mono(ran: Duration) -> MonoMicros {
    MonoMicros(micros(ran))
}

fn micros(length: Duration) -> u64 {
    Micros::from_duration(length).0
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    /// A clock's wall, monotonic and boot time, in milliseconds since it began.
    fn shown(clock: &Clock) -> [i64; 3] {
        let Reading { wall, mono, boot } = clock.reading();
        let ms = |mono: MonoMicros| i64::try_from(mono.0 / 1000).unwrap();
        [wall.0, ms(mono), ms(boot)]
    }

    #[tokio::test(start_paused = true)]
    async fn a_hand_moves_each_clock_by_itself() {
        let pace = Pace(NonZeroU32::new(10).unwrap());
        let (clock, hand) = Clock::scripted(UnixMillis(0), pace);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(shown(&clock), [10_000, 10_000, 10_000]);
        hand.set(Millis(-3000));
        assert_eq!(shown(&clock), [7000, 10_000, 10_000]);
        hand.suspend(Duration::from_mins(1));
        assert_eq!(shown(&clock), [67_000, 10_000, 70_000]);
        hand.leap(Duration::from_secs(5));
        assert_eq!(shown(&clock), [72_000, 15_000, 75_000]);
        assert_eq!(clock.instant(clock.mono()), Instant::now());
        assert_eq!(
            clock.instant(clock.mono() + Micros(10_000_000)),
            Instant::now() + Duration::from_secs(1)
        );
    }

    #[test]
    fn the_systems_clocks_run_on_together() {
        let clock = Clock::system();
        let first = clock.reading();
        let second = clock.reading();
        assert!(first.wall > clock.earliest());
        assert!(first.mono <= second.mono);
        assert!(first.boot <= second.boot);
        // nothing is suspended here
        assert!(
            (second.boot - first.boot)
                .0
                .abs_diff((second.mono - first.mono).0)
                < 1_000_000
        );
    }
}
