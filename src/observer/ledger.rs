//! What is known of a lifeline: when it held and when it did not, as rounds of questions and the
//! probes' own successes show. Pure: instants come in, verdicts go out.
//!
//! A failure may have been caused at any instant between the start and the end of its request. So
//! it is ours if that time touches a stretch in which the lifeline was found broken, and the
//! endpoint's only if a round that ended after it found the lifeline whole.

use std::collections::VecDeque;

use crate::domain::time::{Micros, Millis, MonoMicros, Period, UnixMillis};

/// An instant on both clocks: the monotonic one compares, the wall clock is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub ts: UnixMillis,
    pub mono: MonoMicros,
}

/// A request that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failed {
    pub started: Moment,
    pub ended: MonoMicros,
}

/// How a round of questions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Enough answered.
    Held,
    /// Too few can still answer.
    Broken,
    /// We could not ask: no descriptors, no memory.
    Unable,
    /// We were held up meanwhile, so that silence says nothing.
    Void,
}

/// Whose a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The endpoint's.
    Stands,
    /// Ours: the lifeline was broken.
    Broken,
    /// Not to be told: nothing could be asked.
    Unable,
}

/// What the end of a round changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Broken since then.
    Lost(Moment),
    /// It holds again; the stretch in which it did not.
    Back(Period),
    /// Probes succeed, and yet nothing that is asked in rounds answers: rounds are not believed
    /// from now on. With the stretch that was taken for broken, if it goes on no more.
    Distrusted(Option<Period>),
    /// Rounds are believed again.
    Trusted,
}

/// Everything that is known of one lifeline.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The begin of the round under way.
    round: Option<MonoMicros>,
    /// When another is wanted.
    wanted: Option<MonoMicros>,
    /// The begin of the last round.
    begun: Option<MonoMicros>,
    /// The end of the last round that held.
    held: Option<Moment>,
    /// The end of the last success of a probe that only a whole lifeline allows.
    succeeded: Option<Moment>,
    /// The end of the last round that could not ask.
    unable: Option<MonoMicros>,
    /// The first start among the requests that gave reason to ask.
    suspected: Option<Moment>,
    gap: Option<Gap>,
    /// The latest stretches in which it was broken.
    past: VecDeque<(MonoMicros, MonoMicros)>,
    /// Rounds without an answer that a success contradicted, since the last that held.
    doubts: u8,
    /// A success came in the gap; the round that it made wanted has not ended yet.
    contradicted: bool,
    distrusted: bool,
}

/// A stretch in which the lifeline is broken.
#[derive(Clone, Copy, Debug)]
struct Gap {
    since: Moment,
    /// It held until here for certain.
    not_before: Option<Moment>,
    /// A probe succeeded then; to be confirmed by a round.
    mended: Option<Moment>,
}

/// Rounds asked for by failures begin no closer together than this: those whom we ask are others'.
const SPACING: Micros = Micros(1_000_000);

/// The same, for requests that are only overdue.
pub(super) const SPACING_OVERDUE: Micros = Micros(5_000_000);

/// How often it is asked whether a broken lifeline holds again.
pub(super) const AGAIN_AFTER: Micros = Micros(5_000_000);

/// How often rounds that are not believed are tried again, if there are failures.
const SPACING_DISTRUSTED: Micros = Micros(30_000_000);

/// So many contradictions make rounds unbelievable. One may be chance: the lifeline may mend while
/// a round waits.
const DOUBTS_MAX: u8 = 2;

/// Stretches remembered: no request takes longer than these last.
const PAST_MAX: usize = 16;

impl Ledger {
    /// Whose the failure is; `None` if only a round that is wanted now can tell. Ask again when it
    /// has ended.
    pub(super) fn judge(&mut self, failed: Failed) -> Option<Verdict> {
        let Failed { started, ended } = failed;
        if self.distrusted {
            self.want(ended, SPACING_DISTRUSTED);
            return Some(Verdict::Stands);
        }
        if let Some(gap) = &mut self.gap
            // what began after a success waits for the round that is to confirm it
            && gap.mended.is_none_or(|mended| started.mono < mended.mono)
        {
            gap.since = earlier(gap.since, later(started, gap.not_before));
            return Some(Verdict::Broken);
        }
        let touches = |(from, to): &(MonoMicros, MonoMicros)| started.mono < *to && ended >= *from;
        if self.past.iter().any(touches) {
            return Some(Verdict::Broken);
        }
        if self.held.is_some_and(|held| held.mono >= ended) {
            return Some(Verdict::Stands);
        }
        if self.unable.is_some_and(|unable| unable >= ended) {
            return Some(Verdict::Unable);
        }
        self.suspect(started);
        self.want(ended, SPACING);
        None
    }

    /// A request that started then has had no answer for longer than is usual: reason to ask
    /// before it fails.
    pub(super) fn overdue(&mut self, started: Moment, now: MonoMicros) {
        let settled = self.distrusted || self.gap.is_some() || self.round.is_some();
        let lately = self
            .begun
            .is_some_and(|begun| now < begun + SPACING_OVERDUE);
        if !settled && !lately {
            self.suspect(started);
            self.want(now, Micros(0));
        }
    }

    /// A probe succeeded as it can only over a whole lifeline.
    pub(super) fn succeeded(&mut self, now: Moment) {
        self.succeeded = Some(now);
        if let Some(gap) = &mut self.gap
            && gap.mended.is_none()
        {
            gap.mended = Some(now);
            self.contradicted = true;
            self.want(now.mono, Micros(0));
        }
    }

    /// Whether it is known to be broken now.
    pub(super) fn is_broken(&self) -> bool {
        self.gap.is_some()
    }

    /// When the next round is to begin; `None` while one is under way, and if none is wanted.
    pub(super) fn due(&self) -> Option<MonoMicros> {
        if self.round.is_some() {
            return None;
        }
        let again = self.gap.and(self.begun).map(|begun| begun + AGAIN_AFTER);
        [self.wanted, again].into_iter().flatten().min()
    }

    pub(super) fn begin(&mut self, now: MonoMicros) {
        self.round = Some(now);
        self.begun = Some(now);
        self.wanted = None;
    }

    pub(super) fn end(&mut self, now: Moment, round: Round) -> Option<News> {
        let begun = self.round.take();
        self.wanted = None;
        match round {
            Round::Held => {
                self.held = Some(now);
                self.suspected = None;
                self.doubts = 0;
                self.contradicted = false;
                let distrusted = std::mem::take(&mut self.distrusted);
                match self.close(now) {
                    Some(period) => Some(News::Back(period)),
                    None => distrusted.then_some(News::Trusted),
                }
            }
            Round::Unable => {
                self.unable = Some(now.mono);
                self.suspected = None;
                None
            }
            Round::Void => {
                self.want(now.mono, Micros(0));
                None
            }
            Round::Broken if self.distrusted => None,
            Round::Broken => {
                let during = |(success, begun): (Moment, MonoMicros)| success.mono >= begun;
                let during = self.succeeded.zip(begun).is_some_and(during);
                if std::mem::take(&mut self.contradicted) || during {
                    self.doubt(now)
                } else {
                    self.break_off(now)
                }
            }
        }
    }

    /// A round without an answer, though a probe succeeded: asked again at once.
    fn doubt(&mut self, now: Moment) -> Option<News> {
        self.doubts += 1;
        if self.doubts < DOUBTS_MAX {
            self.want(now.mono, Micros(0));
            return None;
        }
        self.distrusted = true;
        self.suspected = None;
        Some(News::Distrusted(self.close(now)))
    }

    fn break_off(&mut self, now: Moment) -> Option<News> {
        if let Some(gap) = &mut self.gap {
            gap.mended = None;
            return None;
        }
        let not_before = [self.held, self.succeeded].into_iter().flatten();
        let not_before = not_before.max_by_key(|moment| moment.mono);
        let suspected = self.suspected.take().unwrap_or(now);
        let since = later(suspected, not_before);
        self.gap = Some(Gap {
            since,
            not_before,
            mended: None,
        });
        Some(News::Lost(since))
    }

    /// Ends the stretch that goes on, if one does: nobody asks any more, or it is over.
    pub(super) fn close(&mut self, now: Moment) -> Option<Period> {
        let gap = self.gap.take()?;
        let end = gap.mended.unwrap_or(now);
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back((gap.since.mono, end.mono));
        Some(Period::new(gap.since.ts, end.ts))
    }

    fn suspect(&mut self, started: Moment) {
        self.suspected = Some(match self.suspected {
            Some(suspected) => earlier(suspected, started),
            None => started,
        });
    }

    fn want(&mut self, at: MonoMicros, spacing: Micros) {
        let at = self.begun.map_or(at, |begun| at.max(begun + spacing));
        self.wanted = Some(self.wanted.map_or(at, |wanted| wanted.min(at)));
    }
}

impl Moment {
    /// Of a lifeline that was lost then, how long it was so.
    pub(super) fn until(self, end: UnixMillis) -> Millis {
        Period::new(self.ts, end).length()
    }
}

fn earlier(a: Moment, b: Moment) -> Moment {
    if b.mono < a.mono { b } else { a }
}

fn later(a: Moment, b: Option<Moment>) -> Moment {
    match b {
        Some(b) if b.mono > a.mono => b,
        _ => a,
    }
}
