//! What happens for real: outages of known start, end and shape, and the observer's own troubles.
//! Instants are those of a clock that is always right.

use outwatch::domain::observation::{Cause, Failure, Outcome, Phase, Reason};
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};

use super::case::Case;
use super::rng::Rng;

pub(crate) const PLATFORMS: [&str; 3] = ["desktop", "mobile", "web"];
pub(crate) const PER_PLATFORM: usize = 3;
pub(crate) const ENDPOINTS: usize = PLATFORMS.len() * PER_PLATFORM;

pub(crate) const BEGIN: UnixMillis = UnixMillis(1_727_568_000_000);
const EVENTS: usize = 20;

/// Percent of the answers that are lost on the way to the store, in troubled runs.
const LOST: u64 = 1;

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) events: Vec<Event>,
    /// Of each endpoint, in order of time and apart from each other.
    pub(crate) stretches: Vec<Vec<Stretch>>,
    pub(crate) troubles: Troubles,
    pub(crate) end: UnixMillis,
    seed: u64,
}

/// One thing that goes wrong with the service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) shape: Shape,
    pub(crate) period: Period,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Every endpoint, from one instant to another.
    Full,
    /// Every endpoint of one platform, or of two.
    Platforms,
    /// One endpoint.
    Endpoint,
    /// Every endpoint of a platform, but one after the other.
    Ragged,
    /// Every endpoint of a platform, on and off.
    Flapping,
    /// Every endpoint of a platform answers, but late.
    Slow,
}

/// A time in which an endpoint does not answer as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) period: Period,
    pub(crate) condition: Condition,
    /// Which of the events it belongs to.
    pub(crate) event: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Slow,
    Refuses,
    AnswersWrongly,
    Hangs,
}

/// What keeps the observer from watching.
#[derive(Clone, Debug, Default)]
pub(crate) struct Troubles {
    /// Its own network is gone. In order of time and apart from each other.
    pub(crate) offline: Vec<Period>,
    /// In order of time and apart from each other.
    pub(crate) interruptions: Vec<Interruption>,
    /// Percent of the answers.
    lost: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interruption {
    /// An instant for a step of the clock.
    pub(crate) period: Period,
    pub(crate) kind: InterruptionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InterruptionKind {
    /// The process stands still.
    Stall,
    /// No daemon runs; the wall clock may be another after it.
    Away { is_crash: bool, step: Millis },
    /// The wall clock is set.
    Step(Millis),
}

impl World {
    pub(crate) fn of(case: &Case) -> Self {
        let mut rng = Rng::of_part(case.seed, 2);
        let interval = case.setting.interval.0;
        let mut world = Self {
            events: Vec::with_capacity(EVENTS),
            stretches: vec![Vec::new(); ENDPOINTS],
            troubles: Troubles::default(),
            end: BEGIN,
            seed: case.seed,
        };
        for _ in 0..EVENTS {
            let from = world.end + Millis(rng.between(5 * interval, 9 * interval));
            let length = rng.by_magnitude(interval / 5, 30 * interval);
            let event = Event {
                shape: Shape::random(&mut rng),
                period: Period::new(from, from + Millis(length)),
            };
            world.happen(event, interval, &mut rng);
        }
        let last = world
            .events
            .last()
            .map_or(world.end, |event| event.period.from);
        world.end = if rng.chance(30) {
            // the present lies in the midst of it
            UnixMillis(rng.between(last.0, world.end.0))
        } else {
            world.end + Millis(rng.between(5 * interval, 9 * interval))
        };
        if case.is_troubled {
            world.troubles = Troubles::random(&world, interval, &mut rng);
        }
        world
    }

    fn happen(&mut self, event: Event, interval: i64, rng: &mut Rng) {
        let nth = self.events.len();
        self.events.push(event);
        self.end = event.period.to;
        let condition = match event.shape {
            Shape::Slow => Condition::Slow,
            _ => [
                Condition::Refuses,
                Condition::AnswersWrongly,
                Condition::AnswersWrongly,
                Condition::Hangs,
            ][rng.index(4)],
        };
        let mut pieces = vec![event.period];
        if event.shape == Shape::Flapping {
            pieces.clear();
            let mut from = event.period.from;
            while from < event.period.to {
                let to = from + Millis(rng.between(interval / 10, 2 * interval));
                pieces.push(Period::new(from, to.min(event.period.to)));
                from = to + Millis(rng.between(interval / 10, 3 * interval / 2));
            }
        }
        let first = rng.index(PLATFORMS.len());
        let platforms = match event.shape {
            Shape::Full => PLATFORMS.len(),
            Shape::Platforms => 1 + rng.index(PLATFORMS.len() - 1),
            _ => 1,
        };
        for platform in (first..first + platforms).map(|p| p % PLATFORMS.len()) {
            let one = rng.index(PER_PLATFORM);
            for endpoint in 0..PER_PLATFORM {
                if event.shape == Shape::Endpoint && endpoint != one {
                    continue;
                }
                for &piece in &pieces {
                    let mut period = piece;
                    if event.shape == Shape::Ragged {
                        period.from = period.from + Millis(rng.between(0, interval));
                        period.to = period.from.max(period.to) + Millis(rng.between(1, interval));
                    }
                    self.end = self.end.max(period.to);
                    self.stretches[platform * PER_PLATFORM + endpoint].push(Stretch {
                        period,
                        condition,
                        event: nth,
                    });
                }
            }
        }
    }

    /// What comes of the `nth` asking of an endpoint, and after how long.
    pub(crate) fn answer(
        &self,
        endpoint: usize,
        nth: u64,
        started: UnixMillis,
        timeout: Millis,
    ) -> Reply {
        let mut rng = Rng::of_part(self.seed, 1000 + (nth << 8) + endpoint as u64);
        let micros =
            |rng: &mut Rng, from: i64, to: i64| Micros(rng.between(from, to) as u64 * 1000);
        let stretches = &self.stretches[endpoint];
        let after = stretches.partition_point(|stretch| stretch.period.to <= started);
        let condition = stretches
            .get(after)
            .filter(|stretch| stretch.period.from <= started)
            .map(|stretch| stretch.condition);
        let fail = |cause, phase| {
            Outcome::Fail(Failure {
                cause: Some(cause),
                phase: Some(phase),
                detail: None,
            })
        };
        let (mut outcome, mut takes) = match condition {
            None => (Outcome::Ok, micros(&mut rng, 20, 400)),
            Some(Condition::Slow) => (
                Outcome::Slow { detail: None },
                micros(&mut rng, 1_000, 5_000),
            ),
            Some(Condition::Refuses) => (
                fail(Cause::Refused, Phase::Connect),
                micros(&mut rng, 1, 20),
            ),
            Some(Condition::AnswersWrongly) => (
                fail(Cause::Status, Phase::Verdict),
                micros(&mut rng, 20, 400),
            ),
            Some(Condition::Hangs) => (fail(Cause::Timeout, Phase::Headers), timeout.into()),
        };
        let asked = Period::new(started, started + takes.to_millis());
        if self.troubles.is_offline(asked) {
            outcome = Outcome::Inconclusive {
                reason: Some(Reason::ObserverOffline),
                detail: None,
            };
            takes = if rng.chance(50) {
                micros(&mut rng, 1, 20)
            } else {
                timeout.into()
            };
        }
        Reply {
            outcome,
            takes,
            is_lost: rng.chance(self.troubles.lost),
        }
    }

    /// When an endpoint is down, and by which event.
    pub(crate) fn down(&self, endpoint: usize) -> impl Iterator<Item = &Stretch> + Clone {
        self.stretches[endpoint]
            .iter()
            .filter(|stretch| stretch.condition != Condition::Slow)
    }

    /// Events that make something down.
    pub(crate) fn outages(&self) -> usize {
        let down = |event: &&Event| event.shape != Shape::Slow && event.period.from < self.end;
        self.events.iter().filter(down).count()
    }
}

/// An answer, as it would be if nothing interrupts.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    pub(crate) takes: Micros,
    /// It never reaches the store.
    pub(crate) is_lost: bool,
}

impl Shape {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(100) {
            0..35 => Self::Full,
            35..60 => Self::Platforms,
            60..75 => Self::Endpoint,
            75..85 => Self::Ragged,
            85..95 => Self::Flapping,
            _ => Self::Slow,
        }
    }
}

impl Troubles {
    /// Many, and most where they hurt: at the edges of outages.
    fn random(world: &World, interval: i64, rng: &mut Rng) -> Self {
        let mut troubles = Self {
            lost: LOST,
            ..Self::default()
        };
        for _ in 0..rng.between(4, 16) {
            let at = if rng.chance(60) {
                let event = world.events[rng.index(world.events.len())].period;
                let edge = if rng.chance(50) { event.from } else { event.to };
                edge + Millis(rng.between(-2 * interval, 2 * interval))
            } else {
                UnixMillis(rng.between(BEGIN.0, world.end.0))
            };
            let lasting = |rng: &mut Rng, from: i64, to: i64| {
                Period::new(at, at + Millis(rng.by_magnitude(from, to)))
            };
            let step = |rng: &mut Rng| {
                let length = rng.by_magnitude(2_001, 30 * interval);
                Millis(if rng.chance(50) { length } else { -length })
            };
            let (period, kind) = match rng.below(100) {
                0..40 => {
                    troubles.offline.push(lasting(rng, 300, 20 * interval));
                    continue;
                }
                40..60 => (lasting(rng, 500, 5 * interval), InterruptionKind::Stall),
                60..80 => {
                    let kind = InterruptionKind::Away {
                        is_crash: rng.chance(50),
                        step: if rng.chance(30) {
                            step(rng)
                        } else {
                            Millis::ZERO
                        },
                    };
                    (lasting(rng, interval / 10, 20 * interval), kind)
                }
                _ => (Period::new(at, at), InterruptionKind::Step(step(rng))),
            };
            troubles.interruptions.push(Interruption { period, kind });
        }
        troubles.offline.sort_unstable();
        apart(&mut troubles.offline, |period| *period);
        troubles
            .interruptions
            .sort_by_key(|interruption| interruption.period);
        apart(&mut troubles.interruptions, |interruption| {
            interruption.period
        });
        troubles.interruptions.retain(|interruption| {
            BEGIN < interruption.period.from && interruption.period.to < world.end
        });
        troubles
    }

    fn is_offline(&self, asked: Period) -> bool {
        let after = self
            .offline
            .partition_point(|period| period.to <= asked.from);
        self.offline
            .get(after)
            .is_some_and(|period| period.from <= asked.to)
    }
}

/// Leaves out what begins before the one before it has ended.
fn apart<T>(sorted: &mut Vec<T>, period: impl Fn(&T) -> Period) {
    let mut free_from = None;
    sorted.retain(|item| {
        let period = period(item);
        let is_apart = free_from.is_none_or(|free| free < period.from);
        if is_apart {
            free_from = Some(period.to);
        }
        is_apart
    });
}
