//! Outage windows of one probe: each a maximal stretch of observed time labelled down.

use super::observation::{Cause, Failure};
use super::time::{Millis, Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, count, optional, some_instant};

/// A stretch in which a probe's endpoint was down, without any unobserved time inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageWindow {
    /// The first observation labelled down: the latest that the outage can have begun.
    pub start: UnixMillis,
    /// The last success before it. For a resumed one the last observation before the gap.
    pub start_earliest: Option<UnixMillis>,
    pub start_kind: StartKind,
    /// The first success after it, where unknown time begins, or the present while it is open.
    pub end: UnixMillis,
    /// The last failure in it; its start if there is none.
    pub end_earliest: UnixMillis,
    /// The first observation after it. `None` while there is none.
    pub end_latest: Option<UnixMillis>,
    pub end_kind: EndKind,
    /// So much of it was down for sure: for one endpoint from its start to its last failure.
    pub certain: Millis,
    /// The failure that reached the threshold. `None` for a resumed window without a failure.
    pub opened_at: Option<UnixMillis>,
    /// When that failure's request had finished: the earliest anybody could know.
    pub detected_at: Option<UnixMillis>,
    /// The success that reached the recovery threshold. `None` if recovery was not seen.
    pub closed_at: Option<UnixMillis>,
    pub failures: u64,
    /// Failures, and successes too few to be a recovery.
    pub observations: u64,
    pub causes: CauseCounts,
    pub first_failure: Option<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// It was seen up right before.
    Seen,
    /// Nobody watched right before.
    Unseen,
    /// It was down before the gap that this window follows.
    Resumed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// It was seen up right after.
    Seen,
    /// Nobody watched right after.
    Unseen,
    /// It has not ended: the end is the present.
    Open,
    /// The probe was removed.
    Removed,
}

/// Failures too few to be an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blip {
    pub first: UnixMillis,
    pub last: UnixMillis,
    pub failures: u64,
    pub first_failure: Option<Failure>,
}

/// How many failures had which cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseCounts([u32; Cause::ALL.len()]);

impl StartKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Unseen => "unseen",
            Self::Resumed => "resumed",
        }
    }
}

impl EndKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Unseen => "unseen",
            Self::Open => "open",
            Self::Removed => "removed",
        }
    }
}

impl OutageWindow {
    pub fn period(&self) -> Period {
        Period::new(self.start, self.end)
    }

    pub fn duration(&self) -> Millis {
        self.end - self.start
    }

    /// It was down for at least as long.
    pub fn duration_min(&self) -> Millis {
        self.certain
    }

    /// It was down for at most as long. `None` where a bound is missing.
    pub fn duration_max(&self) -> Option<Millis> {
        Some(self.end_latest? - self.start_earliest?)
    }

    pub fn is_open(&self) -> bool {
        self.end_kind == EndKind::Open
    }
}

impl Default for CauseCounts {
    fn default() -> Self {
        Self([0; Cause::ALL.len()])
    }
}

impl CauseCounts {
    pub(super) fn add(&mut self, failure: &Failure) {
        if let Some(cause) = failure.cause {
            let count = &mut self.0[cause as usize];
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// From how many failures had which cause.
    pub fn new(counts: impl IntoIterator<Item = (Cause, u32)>) -> Self {
        let mut all = Self::default();
        for (cause, count) in counts {
            all.0[cause as usize] = count;
        }
        all
    }

    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let length = to.length(self.0.len())?;
        // there may have been fewer causes when it was written
        for cause in 0..length {
            count(to, self.0.get_mut(cause).ok_or(Damaged)?)?;
        }
        Ok(())
    }

    /// Those that occurred, the most frequent first, of equal ones in order of the vocabulary.
    pub fn ranked(&self) -> Vec<(Cause, u32)> {
        let mut ranked: Vec<_> = Cause::ALL
            .iter()
            .map(|&cause| (cause, self.0[cause as usize]))
            .filter(|&(_, count)| count > 0)
            .collect();
        ranked.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        ranked
    }
}

impl OutageWindow {
    /// What one is read into.
    pub(super) fn blank() -> Self {
        Self {
            start: transcript::BLANK_INSTANT,
            start_earliest: None,
            start_kind: StartKind::Seen,
            end: transcript::BLANK_INSTANT,
            end_earliest: transcript::BLANK_INSTANT,
            end_latest: None,
            end_kind: EndKind::Open,
            certain: Millis::ZERO,
            opened_at: None,
            detected_at: None,
            closed_at: None,
            failures: 0,
            observations: 0,
            causes: CauseCounts::default(),
            first_failure: None,
        }
    }

    /// Of an open one: its end is yet to come.
    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            start,
            start_earliest,
            start_kind,
            end,
            end_earliest,
            end_latest: _,
            end_kind: _,
            certain,
            opened_at,
            detected_at,
            closed_at: _,
            failures,
            observations,
            causes,
            first_failure,
        } = self;
        to.instant(start)?;
        some_instant(to, start_earliest)?;
        let mut code = *start_kind as u64;
        to.number(&mut code)?;
        *start_kind = match code {
            0 => StartKind::Seen,
            1 => StartKind::Unseen,
            2 => StartKind::Resumed,
            _ => return Err(Damaged),
        };
        to.instant(end)?;
        to.instant(end_earliest)?;
        transcript::length(to, certain)?;
        some_instant(to, opened_at)?;
        some_instant(to, detected_at)?;
        to.number(failures)?;
        to.number(observations)?;
        causes.transcribe(to)?;
        optional(to, first_failure, Failure::default, transcript::failure)
    }
}
