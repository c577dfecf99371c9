//! Whether the clocks ran on evenly, and the process with them: what came between two beats.

use super::observation::Reason;
use super::time::{Micros, Millis, MonoMicros, Period, UnixMillis};
use super::trouble::Trouble;

/// What the clocks show at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub wall: UnixMillis,
    /// Runs on evenly while the machine does.
    pub mono: MonoMicros,
    /// As `mono`, and while the machine is suspended too. Its zero is another.
    pub boot: MonoMicros,
}

/// What happened between two beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// The machine ran, and for so long at most this process did not.
    Stalled { length: Millis },
    /// The machine did not run.
    Suspended { length: Millis },
    /// The wall clock was set: forward by so much, or back if it is negative.
    Step { by: Millis },
}

/// How the beats follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// From one to the next, if all is well. They may come earlier.
    pub spacing: Micros,
    /// One that is later than this was held up.
    pub late_max: Micros,
}

/// Compares each reading of the clocks with the one before it, so that a clock that is slewed, at
/// whatever rate, is never taken for one that was set: no difference adds up.
#[derive(Clone, Debug)]
pub struct Pulse {
    rhythm: Rhythm,
    last: Reading,
}

/// What a clock may differ by from the others between two beats. Slewing stays far below: at the
/// 10 % of the fastest it takes 20 s without a beat, and Linux slews all its clocks alike.
pub const EVEN_MAX: Millis = Millis::from_secs(2);

impl Pulse {
    pub fn new(rhythm: Rhythm, first: Reading) -> Self {
        Self {
            rhythm,
            last: first,
        }
    }

    /// The reading of the latest beat.
    pub fn last(&self) -> Reading {
        self.last
    }

    /// What happened since the beat before: at most one of each, in the order of their variants.
    pub fn beat(&mut self, reading: Reading) -> Vec<Disturbance> {
        let Reading { wall, mono, boot } = std::mem::replace(&mut self.last, reading);
        let (ran, passed) = (reading.mono - mono, reading.boot - boot);
        let length = Micros(passed.0.saturating_sub(ran.0)).cut_to_millis();
        let by = reading.wall - wall - passed.cut_to_millis();

        let mut found = Vec::new();
        if ran > self.rhythm.spacing + self.rhythm.late_max {
            let length = ran.cut_to_millis();
            found.push(Disturbance::Stalled { length });
        }
        if length > EVEN_MAX {
            found.push(Disturbance::Suspended { length });
        }
        if by > EVEN_MAX || by < Millis::ZERO - EVEN_MAX {
            found.push(Disturbance::Step { by });
        }
        found
    }
}

/// When nobody could watch because of what a beat at `now` found, in order of time. Nothing for a
/// clock that was set back: that time is told again.
pub fn troubles(found: &[Disturbance], now: UnixMillis) -> Vec<Trouble> {
    let mut to = now;
    let mut troubles: Vec<_> = found
        .iter()
        .rev()
        .filter_map(|disturbance| {
            let (length, reason) = match *disturbance {
                Disturbance::Stalled { length } => (length, Reason::Stalled),
                Disturbance::Suspended { length } => (length, Reason::Suspended),
                Disturbance::Step { by } => (by, Reason::ClockStep),
            };
            let period = Period::new(to.saturating_sub(length), to);
            if period.is_empty() {
                return None;
            }
            to = period.from;
            Some(Trouble { period, reason })
        })
        .collect();
    troubles.reverse();
    troubles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RHYTHM: Rhythm = Rhythm {
        spacing: Micros(1_000_000),
        late_max: Micros(2_000_000),
    };

    const BEGIN: Reading = Reading {
        wall: UnixMillis(1_800_000_000_000),
        mono: MonoMicros(5_000_000),
        boot: MonoMicros(99_000_000),
    };

    /// How far each clock went until the next beat, in milliseconds.
    #[derive(Clone, Copy, Debug)]
    struct Went {
        wall: i64,
        mono: u64,
        boot: u64,
    }

    fn after(reading: Reading, went: Went) -> Reading {
        Reading {
            wall: reading.wall + Millis(went.wall),
            mono: reading.mono + Micros(went.mono * 1000),
            boot: reading.boot + Micros(went.boot * 1000),
        }
    }

    #[track_caller]
    fn check(wall: i64, mono: u64, boot: u64, expected: &[Disturbance]) {
        let went = Went { wall, mono, boot };
        let found = Pulse::new(RHYTHM, BEGIN).beat(after(BEGIN, went));
        assert_eq!(found, expected, "{went:?}");
    }

    fn stalled(length: i64) -> Disturbance {
        let length = Millis(length);
        Disturbance::Stalled { length }
    }

    fn suspended(length: i64) -> Disturbance {
        let length = Millis(length);
        Disturbance::Suspended { length }
    }

    fn step(by: i64) -> Disturbance {
        Disturbance::Step { by: Millis(by) }
    }

    #[test]
    fn clocks_that_run_evenly_are_no_disturbance() {
        check(0, 0, 0, &[]);
        check(1000, 1000, 1000, &[]);
        check(3000, 3000, 3000, &[]);
        check(3000, 1000, 1000, &[]);
        check(-1000, 1000, 1000, &[]);
        check(3000, 1000, 3000, &[]);
    }

    #[test]
    fn each_disturbance_is_told_from_the_others() {
        check(3001, 3001, 3001, &[stalled(3001)]);
        check(21_000, 21_000, 21_000, &[stalled(21_000)]);
        check(3001, 1000, 3001, &[suspended(2001)]);
        check(1_801_000, 1000, 1_801_000, &[suspended(1_800_000)]);
        check(3001, 1000, 1000, &[step(2001)]);
        check(3_601_000, 1000, 1000, &[step(3_600_000)]);
        check(-1001, 1000, 1000, &[step(-2001)]);
        check(-599_000, 1000, 1000, &[step(-600_000)]);
    }

    #[test]
    fn several_at_once_are_told_apart() {
        check(
            100_000,
            10_000,
            40_000,
            &[stalled(10_000), suspended(30_000), step(60_000)],
        );
        check(-60_000, 1000, 40_000, &[suspended(39_000), step(-100_000)]);
    }

    #[test]
    fn the_troubles_of_one_beat_follow_one_another_and_end_with_it() {
        let found = [stalled(10_000), suspended(30_000), step(60_000)];
        let now = UnixMillis(1_000_000);
        let told = |found: &[Disturbance]| -> Vec<_> {
            let troubles = troubles(found, now).into_iter();
            troubles
                .map(|Trouble { period, reason }| (period.from.0, period.to.0, reason))
                .collect()
        };
        assert_eq!(
            told(&found),
            [
                (900_000, 910_000, Reason::Stalled),
                (910_000, 940_000, Reason::Suspended),
                (940_000, 1_000_000, Reason::ClockStep),
            ]
        );
        assert_eq!(told(&[step(-60_000)]), []);
        assert_eq!(
            told(&[suspended(30_000), step(-60_000)]),
            [(970_000, 1_000_000, Reason::Suspended)]
        );
    }

    proptest! {
        /// A year of slewing one way adds up to much, and is never taken for a step; and a step
        /// among it is found for what it is, give or take the slewing of its own second.
        #[test]
        fn slewing_is_no_step_and_hides_none(
            parts_per_million in -100_000_i64..=100_000,
            spacings in prop::collection::vec(1_u64..=3000, 1..200),
            // 0 for none
            set in prop_oneof![Just(0_i64), 3000_i64..=100_000_000, -100_000_000_i64..=-3000],
        ) {
            let mut pulse = Pulse::new(RHYTHM, BEGIN);
            let (mut reading, mut drift_us) = (BEGIN, 0_i64);
            let middle = spacings.len() / 2;
            for (at, spacing) in spacings.into_iter().enumerate() {
                let spacing_ms = i64::try_from(spacing).unwrap();
                drift_us += spacing_ms * parts_per_million / 1000;
                let slewed = drift_us / 1000;
                drift_us -= slewed * 1000;
                let by = if at == middle { set } else { 0 };
                reading = after(reading, Went { wall: spacing_ms + slewed + by, mono: spacing, boot: spacing });
                let found = pulse.beat(reading);
                if by == 0 {
                    prop_assert_eq!(found, []);
                } else {
                    prop_assert_eq!(found, [step(by + slewed)]);
                }
            }
        }
    }
}
