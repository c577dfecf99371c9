//! The timer of the observer's own troubles: one script after the other, all from one seed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use outwatch::domain::time::{Millis, UnixMillis};

use super::diary::TroubleKind;
use super::faults::ms;
use super::settings::Settings;
use super::site::Variant;
use crate::truth::rng::Rng;

/// What is done to the observer, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Counts one of these.
    Begin(TroubleKind),
    Pause(Duration),
    /// Notes what is on disk now: it must still be there at the end.
    NoteCommitted,
    /// SIGKILL.
    Kill,
    /// SIGTERM; waits until it has ended well.
    Terminate,
    /// Waits until it probes.
    Start,
    /// SIGSTOP, and SIGCONT.
    Suspend,
    Resume,
    /// Sets the clock that it sees.
    SetClock(Millis),
    /// Sets it to shortly before the last hour is packed.
    SetClockToPacking,
    Fill,
    Free,
    /// Writes another configuration, and sends SIGHUP.
    Configure(Variant),
    /// Must be refused.
    SecondDaemon,
}

pub(crate) struct Troubles {
    rng: Rng,
    every: Duration,
    interval: Millis,
    due: Instant,
    /// The rest of the present script.
    steps: VecDeque<Step>,
    /// Each kind comes before one comes again.
    kinds: Vec<TroubleKind>,
    /// Which configuration is in force between scripts.
    variant: Variant,
}

/// An hour is packed when this much of the next is over, as the store has it.
const HOUR_CLOSES_AFTER_MS: i64 = 120_000;
const HOUR_MS: i64 = 3_600_000;

impl Troubles {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            rng: Rng::of_part(settings.seed, 1),
            every: settings.trouble_every,
            interval: settings.interval,
            due: Instant::now() + settings.trouble_every,
            steps: VecDeque::new(),
            kinds: Vec::new(),
            variant: Variant::Plain,
        }
    }

    /// What to do now, if anything.
    pub(crate) fn next(&mut self, may_begin: bool) -> Option<Step> {
        if Instant::now() < self.due {
            return None;
        }
        if self.steps.is_empty() {
            if !may_begin {
                return None;
            }
            self.begin();
        }
        let step = self.steps.pop_front()?;
        if let Step::Pause(length) = step {
            self.due = Instant::now() + length;
        } else if self.steps.is_empty() {
            let every = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX / 4);
            self.due = Instant::now() + ms(self.rng.between(every / 4, every * 7 / 4));
        }
        Some(step)
    }

    /// No script is under way.
    pub(crate) fn is_calm(&self) -> bool {
        self.steps.is_empty()
    }

    /// Something went wrong: instead of the rest, only what puts things in order again.
    pub(crate) fn abandon(&mut self, is_dead: bool) {
        self.steps = VecDeque::from([Step::Free]);
        if is_dead {
            self.steps.push_back(Step::Start);
        }
        self.due = Instant::now();
    }

    fn begin(&mut self) {
        if self.kinds.is_empty() {
            self.kinds = TroubleKind::ALL.to_vec();
            self.rng.shuffle(&mut self.kinds);
        }
        let Some(kind) = self.kinds.pop() else {
            return;
        };
        let script = self.script(kind);
        self.steps.push_back(Step::Begin(kind));
        self.steps.extend(script);
    }

    fn script(&mut self, kind: TroubleKind) -> Vec<Step> {
        let rng = &mut self.rng;
        let interval = self.interval.0;
        let mut pause = |from: i64, to: i64| Step::Pause(ms(rng.between(from, to)));
        // some pauses are within grace, and some are not
        match kind {
            TroubleKind::Kill => vec![
                Step::NoteCommitted,
                pause(0, 700),
                Step::Kill,
                pause(0, interval * 5),
                Step::Start,
            ],
            TroubleKind::KillWhilePacking => vec![
                Step::SetClockToPacking,
                pause(1500, 4500),
                Step::NoteCommitted,
                pause(0, 300),
                Step::Kill,
                pause(0, 1000),
                Step::Start,
            ],
            TroubleKind::KillOnFullDisk => vec![
                Step::NoteCommitted,
                Step::Fill,
                pause(interval / 2, interval * 3),
                Step::Kill,
                pause(0, 1000),
                Step::Free,
                Step::Start,
            ],
            TroubleKind::Terminate => vec![
                Step::Terminate,
                Step::NoteCommitted,
                pause(0, interval * 5),
                Step::Start,
            ],
            TroubleKind::Suspend => {
                let length = 5 * interval;
                vec![Step::Suspend, pause(length, length), Step::Resume]
            }
            TroubleKind::DiskFull => vec![
                Step::Fill,
                pause(interval, interval * 6),
                Step::Free,
                pause(interval, interval),
            ],
            TroubleKind::ClockForward => {
                vec![Step::SetClock(Millis(rng.by_magnitude(3000, 900_000)))]
            }
            TroubleKind::ClockBack => {
                vec![Step::SetClock(Millis(-rng.by_magnitude(3000, 60_000)))]
            }
            TroubleKind::ClockWhileDead => {
                let by = rng.by_magnitude(3000, 60_000) * [-1, 1][rng.index(2)];
                vec![
                    Step::Kill,
                    Step::Pause(ms(rng.between(0, interval * 3))),
                    Step::SetClock(Millis(by)),
                    Step::Start,
                ]
            }
            TroubleKind::ReloadChanged => {
                self.variant = match self.variant {
                    Variant::Plain => Variant::Extended,
                    _ => Variant::Plain,
                };
                vec![Step::Configure(self.variant), pause(2000, 2000)]
            }
            TroubleKind::ReloadBroken => vec![
                Step::Configure(Variant::Broken),
                pause(2000, 4000),
                Step::Configure(self.variant),
                pause(1000, 1000),
            ],
            TroubleKind::SecondDaemon => vec![Step::SecondDaemon],
        }
    }
}

/// By how much to set a clock that shows `now`, so that the last hour is packed a moment later.
pub(crate) fn to_packing(now: UnixMillis) -> Millis {
    let closes = now.0.div_euclid(HOUR_MS) * HOUR_MS + HOUR_CLOSES_AFTER_MS - 2000;
    let next = if closes > now.0 + 3000 {
        closes
    } else {
        closes + HOUR_MS
    };
    Millis(next - now.0)
}
