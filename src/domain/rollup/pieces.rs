//! What a reducer has told of one member lately: enough to vote with, while it is followed live.

use crate::domain::outage::OutageWindow;
use crate::domain::period_set::PeriodSet;
use crate::domain::reducer::{Reducer, Sink, Until};
use crate::domain::time::{Period, UnixMillis};
use crate::domain::track::Track;

/// Takes what becomes final of one probe. What is not final yet is asked of its reducer.
#[derive(Clone, Debug)]
pub struct Pieces {
    /// From where on anything is told.
    from: UnixMillis,
    windows: Vec<OutageWindow>,
    degraded: Vec<Period>,
    unknown: Vec<Period>,
}

impl Sink for Pieces {
    fn window(&mut self, window: OutageWindow) {
        self.windows.push(window);
    }

    fn unknown(&mut self, stretch: Period) {
        self.unknown.push(stretch);
    }

    fn slow(&mut self, stretch: Period) {
        self.degraded.push(stretch);
    }

    fn flapping(&mut self, stretch: Period) {
        self.degraded.push(stretch);
    }
}

impl Pieces {
    /// Of a member that exists, or is followed, since `from`.
    pub const fn since(from: UnixMillis) -> Self {
        Self {
            from,
            windows: Vec::new(),
            degraded: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Before the first observation nothing is known. Call it with the start of that.
    pub fn first_observed(&mut self, ts: UnixMillis) {
        // for long the only one there is
        self.unknown.reserve_exact(1);
        self.unknown.push(Period::new(self.from, ts));
        self.from = self.from.min(ts);
    }

    /// What it was from [`since`](Self::since) to the present.
    pub fn track(&self, reducer: &Reducer, maintenance: PeriodSet, now: UnixMillis) -> Track {
        let mut all = self.clone();
        if reducer.last_ts().is_none() {
            all.never_observed(now);
        }
        reducer.until(Until::Now(now), &mut all);
        all.into_track(maintenance, now)
    }

    /// Until its end it was not observed.
    pub fn never_observed(&mut self, end: UnixMillis) {
        self.unknown.push(Period::new(self.from, end));
    }

    /// What it was from [`since`](Self::since) to its end, if all that is told.
    pub fn into_track(self, maintenance: PeriodSet, end: UnixMillis) -> Track {
        let life = Period::new(self.from, end);
        let covered = if life.is_empty() { vec![] } else { vec![life] };
        Track::new(
            covered,
            self.windows,
            self.degraded.into_iter().collect(),
            self.unknown.into_iter().collect(),
            maintenance,
        )
    }

    pub const fn from(&self) -> UnixMillis {
        self.from
    }

    /// So many are kept.
    pub fn count(&self) -> usize {
        self.windows.len() + self.degraded.len() + self.unknown.len()
    }

    /// Nothing before `instant` is asked for any more.
    pub fn forget_before(&mut self, instant: UnixMillis) {
        self.from = self.from.max(instant);
        self.windows.retain(|window| window.end > instant);
        for pieces in [&mut self.degraded, &mut self.unknown] {
            pieces.retain(|piece| piece.to > instant);
        }
    }
}
