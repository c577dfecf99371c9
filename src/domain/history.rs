//! What all observations of one probe say together: the reducer, fed in order and collected.

use std::cmp::Reverse;

use super::observation::{Failure, Outcome};
use super::outage::{Blip, OutageWindow};
use super::parameters::ParameterHistory;
use super::period_set::PeriodSet;
use super::reducer::{Reducer, Sink, Standing, Until};
use super::sighting::Sighting;
use super::time::{Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, optional, some_instant};

/// A probe's past, as its observations tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The times in which the probe existed, up to the present; each from its first configuration
    /// or observation on. Nothing outside them counts.
    pub covered: Vec<Period>,
    /// In order of time, apart from each other.
    pub windows: Vec<OutageWindow>,
    /// Where it was degraded or worse.
    pub degraded: PeriodSet,
    /// Of that, where failures were scattered, without the windows: each stretch from its first
    /// failure to its last.
    pub flapping: PeriodSet,
    /// Where nobody watched, or nothing was known yet.
    pub unknown: PeriodSet,
    /// In order of time.
    pub blips: Vec<Blip>,
    /// The latest observation that counted, and where the probe stood after it.
    pub last: Option<(Sighting, Standing)>,
}

/// A time in which the probe was configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub from: UnixMillis,
    /// When it was removed; `None` while it is configured.
    pub to: Option<UnixMillis>,
}

impl Life {
    /// What was known of `lives` at `now`: none of what began or ended later. The first is always
    /// there, since observations can come before it.
    pub fn known_at(lives: &[Self], now: UnixMillis) -> Vec<Self> {
        let begun = lives.partition_point(|life| life.from <= now).max(1);
        let known = lives.iter().take(begun);
        known
            .map(|life| Self {
                to: life.to.filter(|removed| *removed <= now),
                ..*life
            })
            .collect()
    }
}

/// Collects a history from observations in order of `ts`; of several with an equal one the worst
/// counts.
#[derive(Debug)]
pub struct HistoryBuilder<'a> {
    parameters: &'a ParameterHistory,
    lives: &'a [Life],
    now: UnixMillis,
    /// Waits for the next `ts`: a worse one with its own may follow.
    held: Option<Sighting>,
    walk: Walk,
    told: Told,
}

/// What became final, each kind in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub windows: Vec<OutageWindow>,
    pub blips: Vec<Blip>,
    pub slow: Vec<Period>,
    pub flapping: Vec<Period>,
    pub unknown: Vec<Period>,
}

/// Where the walk over the observations stands: with what was told so far, all there is to know of
/// those taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// Which of the lives is being followed.
    life: usize,
    /// The first observation in the first life, which it may have come before.
    first: Option<UnixMillis>,
    reducer: Reducer,
    last: Option<Sighting>,
}

impl Walk {
    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            life,
            first,
            reducer,
            last,
        } = self;
        let mut number = *life as u64;
        to.number(&mut number)?;
        *life = usize::try_from(number).map_err(|_| Damaged)?;
        some_instant(to, first)?;
        reducer.transcribe(to)?;
        optional(to, last, transcript::blank_sighting, transcript::sighting)
    }

    pub(super) fn reducer(&self) -> &Reducer {
        &self.reducer
    }
}

impl Sink for Told {
    fn window(&mut self, window: OutageWindow) {
        self.windows.push(window);
    }

    fn blip(&mut self, blip: Blip) {
        self.blips.push(blip);
    }

    fn unknown(&mut self, stretch: Period) {
        self.unknown.push(stretch);
    }

    fn slow(&mut self, stretch: Period) {
        self.slow.push(stretch);
    }

    fn flapping(&mut self, stretch: Period) {
        self.flapping.push(stretch);
    }
}

/// The history that observations in any order, repeats among them, give. `lives` in order of time.
pub fn reduce(
    mut sightings: Vec<Sighting>,
    parameters: &ParameterHistory,
    lives: &[Life],
    now: UnixMillis,
) -> History {
    sightings.sort_by_key(|sighting| sighting.ts);
    let mut builder = HistoryBuilder::new(parameters, lives, now);
    for sighting in sightings {
        builder.push(sighting);
    }
    builder.finish()
}

impl<'a> HistoryBuilder<'a> {
    /// `lives` in order of time, at least one.
    pub fn new(parameters: &'a ParameterHistory, lives: &'a [Life], now: UnixMillis) -> Self {
        Self {
            parameters,
            lives,
            now,
            held: None,
            walk: Walk::default(),
            told: Told::default(),
        }
    }

    /// Goes on where another stood, which had told this before.
    pub(super) fn resume(&mut self, told: Told, walk: Walk) {
        self.told = told;
        self.walk = walk;
    }

    /// What was told since the beginning or the last pause, and where the walk stands. The next
    /// observation comes later than all before.
    pub(super) fn pause(&mut self) -> (Told, &Walk) {
        self.release();
        (std::mem::take(&mut self.told), &self.walk)
    }

    /// Takes the next observation, not earlier than the one before. Those outside of all lives are
    /// left out; only before the first one they make it longer.
    #[inline]
    pub fn push(&mut self, sighting: Sighting) {
        if !sighting.counts() {
            return;
        }
        match &mut self.held {
            Some(held) if held.ts == sighting.ts => {
                if severity(&sighting) > severity(held) {
                    *held = sighting;
                }
            }
            held => {
                if let Some(before) = held.replace(sighting) {
                    self.count(before);
                }
            }
        }
    }

    fn count(&mut self, sighting: Sighting) {
        while self
            .lives
            .get(self.walk.life + 1)
            .is_some_and(|next| next.from <= sighting.ts)
        {
            self.end_life();
        }
        let walk = &mut self.walk;
        let Some(life) = self.lives.get(walk.life) else {
            return;
        };
        if life.to.is_some_and(|to| sighting.ts >= to) {
            return;
        }
        if walk.reducer.last_ts().is_none() {
            self.told.unknown.push(Period::new(life.from, sighting.ts));
            if walk.life == 0 {
                walk.first = Some(sighting.ts);
            }
        }
        let parameters = self.parameters.at(sighting.ts);
        let pushed = walk.reducer.push(&sighting, parameters, &mut self.told);
        debug_assert!(pushed.is_ok(), "the caller pushes in order: {pushed:?}");
        walk.last = Some(sighting);
    }

    /// Tells how the current life ended, and begins the next.
    fn end_life(&mut self) {
        let Some(life) = self.lives.get(self.walk.life) else {
            return;
        };
        if self.walk.reducer.last_ts().is_none() {
            let all = Period::new(life.from, life.to.unwrap_or(self.now));
            self.told.unknown.push(all);
        }
        let until = match life.to {
            Some(removed) => Until::Removed(removed),
            None => Until::Now(self.now),
        };
        self.walk.reducer.until(until, &mut self.told);
        self.walk.life += 1;
        if self.walk.life < self.lives.len() {
            self.walk.reducer = Reducer::default();
        }
    }

    /// The reducer as it stands after the latest observation, to be fed on.
    pub fn into_reducer(mut self) -> Reducer {
        self.release();
        // a later life begins afresh, even if nothing of it was observed yet
        if self.walk.life + 1 < self.lives.len() {
            return Reducer::default();
        }
        self.walk.reducer
    }

    /// No more can come at the instant of the latest observation.
    fn release(&mut self) {
        if let Some(last) = self.held.take() {
            self.count(last);
        }
    }

    pub fn finish(mut self) -> History {
        self.release();
        while self.walk.life < self.lives.len() {
            self.end_life();
        }
        let Told {
            windows,
            blips,
            slow,
            flapping,
            unknown,
        } = self.told;
        let standing = self.walk.reducer.standing();
        let down = windows.iter().map(OutageWindow::period).collect();
        History {
            covered: covered(self.lives, self.walk.first, self.now),
            windows,
            degraded: slow.into_iter().chain(flapping.iter().copied()).collect(),
            flapping: PeriodSet::from_iter(flapping).difference(&down),
            unknown: unknown.into_iter().collect(),
            blips,
            last: self.walk.last.map(|sighting| (sighting, standing)),
        }
    }
}

/// `first` is the first observation in the first life.
fn covered(lives: &[Life], first: Option<UnixMillis>, now: UnixMillis) -> Vec<Period> {
    let mut covered = Vec::with_capacity(lives.len());
    for (place, life) in lives.iter().enumerate() {
        let first = first.filter(|_| place == 0);
        covered.push(Period::new(
            first.map_or(life.from, |first| life.from.min(first)),
            life.to
                .unwrap_or_else(|| first.map_or(now, |first| now.max(first))),
        ));
    }
    covered.retain(|period| !period.is_empty());
    covered
}

/// Orders observations of one instant from harmless to bad, and the same whatever order they came
/// in. A failure that tells more is preferred to one that tells nothing.
fn severity(sighting: &Sighting) -> (u8, Option<&Failure>, Reverse<UnixMillis>) {
    let (rank, failure) = match &sighting.outcome {
        Outcome::Inconclusive { .. } => (0, None),
        Outcome::Ok => (1, None),
        Outcome::Slow { .. } => (2, None),
        Outcome::Fail(failure) => (3, Some(failure)),
    };
    (rank, failure, Reverse(sighting.finished))
}
