//! Looks at the clocks again and again: what came between two beats, and whether the wall clock
//! can be trusted.

use std::time::Duration;

use super::SET_BACK_MAX;
use crate::clock::Clock;
use crate::domain::pulse::{self, Disturbance, EVEN_MAX, Pulse, Reading, Rhythm};
use crate::domain::time::{Micros, Millis, MonoMicros, UnixMillis};
use crate::domain::trouble::Trouble;
use crate::scheduler::Started;

/// How often to look, if nothing else is a reason to.
const BEAT: Duration = Duration::from_secs(1);

/// A replay's clock runs fast, and timers do not.
const BEAT_MIN: Duration = Duration::from_millis(10);

/// A beat that is so much later was held up.
const LATE_MAX: Duration = Duration::from_secs(2);

/// So was an asking that lasted for longer than its timeout by a fifth of that, within these bounds.
const OVERRUN_PART: u64 = 5;
const OVERRUN_MIN: Duration = Duration::from_millis(250);
const OVERRUN_MAX: Duration = Duration::from_secs(1);

pub(super) struct Timekeeper {
    clock: Clock,
    pulse: Pulse,
}

/// What one look at the clocks gave.
pub(super) struct Beat {
    pub(super) now: UnixMillis,
    pub(super) found: Vec<Disturbance>,
    before: Reading,
}

/// Why the wall clock is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Distrust {
    #[error("nobody has set the clock: it shows {now}")]
    NotSet { now: UnixMillis },
    #[error(
        "the clock shows {now}, but the newest observation is of {newest}: set the clock, or begin a new database with --db"
    )]
    Behind { now: UnixMillis, newest: UnixMillis },
}

impl Timekeeper {
    /// Begins to look.
    pub(super) fn new(clock: Clock) -> Self {
        let pace = clock.pace();
        let shown = |real| Micros::from_duration(pace.to_shown(real));
        let rhythm = Rhythm {
            spacing: shown(spacing(&clock)),
            // in real time: it is we who are late, not what the clock shows
            late_max: shown(LATE_MAX),
        };
        let first = clock.reading();
        Self {
            clock,
            pulse: Pulse::new(rhythm, first),
        }
    }

    /// Looks once.
    pub(super) fn beat(&mut self) -> Beat {
        let before = self.pulse.last();
        let reading = self.clock.reading();
        Beat {
            now: reading.wall,
            found: self.pulse.beat(reading),
            before,
        }
    }

    /// What the latest beat showed.
    pub(super) fn now(&self) -> UnixMillis {
        self.pulse.last().wall
    }

    /// What passed since the machine began, suspended or not, when it was last looked at.
    pub(super) fn boot_time(&self) -> MonoMicros {
        self.pulse.last().boot
    }

    /// From one beat to the next, in real time.
    pub(super) fn spacing(&self) -> Duration {
        spacing(&self.clock)
    }

    /// Whether what the latest beat showed can be right, with the newest observation of that
    /// instant.
    pub(super) fn trust(&self, newest: Option<UnixMillis>) -> Result<(), Distrust> {
        let now = self.now();
        if now < self.clock.earliest() {
            return Err(Distrust::NotSet { now });
        }
        match newest {
            Some(newest) if now < newest.saturating_sub(SET_BACK_MAX) => {
                Err(Distrust::Behind { now, newest })
            }
            _ => Ok(()),
        }
    }
}

impl Beat {
    /// By how much the wall clock was set.
    pub(super) fn step(&self) -> Option<Millis> {
        self.found.iter().find_map(|found| match found {
            Disturbance::Step { by } => Some(*by),
            _ => None,
        })
    }

    pub(super) fn troubles(&self) -> Vec<Trouble> {
        pulse::troubles(&self.found, self.now)
    }

    /// The last instant that the beat before saw.
    pub(super) fn last_seen(&self) -> UnixMillis {
        self.before.wall
    }

    /// Whether an asking that is under way began before the step that this beat found.
    pub(super) fn is_before_step(&self, started: Started) -> bool {
        if started.mono <= self.before.mono {
            return true;
        }
        let without = self.before.wall + (started.mono - self.before.mono).to_millis();
        let off = started.ts - without;
        (Millis::ZERO - EVEN_MAX..=EVEN_MAX).contains(&off)
    }
}

/// Of an asking that lasted for longer than this beyond its timeout, nobody was there to see the
/// end, or perhaps to go on in between: the endpoint may have had no time to answer.
pub(super) fn overrun_max(clock: &Clock, timeout: Micros) -> Micros {
    let part = Micros(timeout.0 / OVERRUN_PART);
    let shown = |length| Micros::from_duration(clock.pace().to_shown(length));
    part.clamp(shown(OVERRUN_MIN), shown(OVERRUN_MAX))
}

fn spacing(clock: &Clock) -> Duration {
    clock.pace().to_real(BEAT).max(BEAT_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asking_between_two_beats_is_of_the_clock_that_its_start_agrees_with() {
        let before = Reading {
            wall: UnixMillis(1_000_000),
            mono: MonoMicros(50_000_000),
            boot: MonoMicros(0),
        };
        let beat = Beat {
            now: UnixMillis(401_000),
            found: vec![Disturbance::Step {
                by: Millis::from_secs(-600),
            }],
            before,
        };
        for (ts, mono_ms, is_before) in [
            (990_000, 40_000, true),
            (1_000_000, 50_000, true),
            (1_000_300, 50_300, true),
            (400_700, 50_700, false),
        ] {
            let started = Started {
                ts: UnixMillis(ts),
                mono: MonoMicros(mono_ms * 1000),
            };
            assert_eq!(beat.is_before_step(started), is_before, "{started:?}");
        }
    }
}
