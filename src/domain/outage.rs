//! Outage windows of one probe: each a maximal stretch of observed time labelled down.

use super::observation::{Cause, Failure, Outcome};
use super::run::{Label, Labeller, Step, Thresholds};
use super::sighting::Sighting;
use super::time::{Millis, Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, count, flag, optional, some_instant};

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
    fn add(&mut self, failure: &Failure) {
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

    fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
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

/// What happens to windows, as it becomes final.
pub(super) trait OutageSink {
    fn opened(&mut self, window: &OutageWindow);
    fn closed(&mut self, window: OutageWindow);
    fn blip(&mut self, blip: Blip);
    fn unlabelled(&mut self, stretch: Period);
}

/// Observations in a row whose label is not decided.
#[derive(Clone, Debug)]
struct Run {
    first: UnixMillis,
    last: UnixMillis,
    /// Nothing was observed within grace before it.
    after_gap: bool,
    observations: u64,
    failures: u64,
    causes: CauseCounts,
    first_failure: Option<Failure>,
}

impl Run {
    fn begin(ts: UnixMillis, after_gap: bool) -> Self {
        Self {
            first: ts,
            last: ts,
            after_gap,
            observations: 0,
            failures: 0,
            causes: CauseCounts::default(),
            first_failure: None,
        }
    }

    fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            first,
            last,
            after_gap,
            observations,
            failures,
            causes,
            first_failure,
        } = self;
        to.instant(first)?;
        to.instant(last)?;
        flag(to, after_gap)?;
        to.number(observations)?;
        to.number(failures)?;
        causes.transcribe(to)?;
        optional(to, first_failure, Failure::default, transcript::failure)
    }

    fn take(&mut self, sighting: &Sighting) {
        self.last = sighting.ts;
        self.observations += 1;
        if let Outcome::Fail(failure) = &sighting.outcome {
            self.failures += 1;
            self.causes.add(failure);
            self.first_failure.get_or_insert_with(|| failure.clone());
        }
    }
}

/// The end that a window gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) at: UnixMillis,
    pub(super) kind: EndKind,
    /// The first observation after it.
    pub(super) latest: Option<UnixMillis>,
}

/// Follows one probe's observations and says what its outage windows are.
#[derive(Clone, Debug, Default)]
pub(super) struct OutageTracker {
    labeller: Labeller,
    // both on the heap, since most endpoints are up and have neither
    run: Option<Box<Run>>,
    /// Open while confirmed down, but for a resumption that is not decided.
    open: Option<Box<OutageWindow>>,
    last_success: Option<UnixMillis>,
    /// The last observation before the latest gap, while it is confirmed down: labelled so, or a
    /// success that was no recovery.
    down_before_gap: Option<UnixMillis>,
}

impl OutageTracker {
    /// Takes the next observation. `after_gap` if none came within grace before it.
    #[inline]
    pub(super) fn push(
        &mut self,
        sighting: &Sighting,
        after_gap: bool,
        thresholds: Thresholds,
        sink: &mut impl OutageSink,
    ) {
        let failed = matches!(sighting.outcome, Outcome::Fail(_));
        let step = self.labeller.step(failed, thresholds);
        if let Step::Settled {
            label: Label::Up,
            turned: false,
        } = step
        {
            // by far the most common: up, and still up
            if let Some(run) = self.run.take() {
                sink.blip(run.into_blip());
            }
            self.last_success = Some(sighting.ts);
            return;
        }
        self.push_contrary(sighting, step, after_gap, sink);
        if !failed {
            self.last_success = Some(sighting.ts);
        }
    }

    fn push_contrary(
        &mut self,
        sighting: &Sighting,
        step: Step,
        after_gap: bool,
        sink: &mut impl OutageSink,
    ) {
        let mut run = self
            .run
            .take()
            .unwrap_or_else(|| Box::new(Run::begin(sighting.ts, after_gap)));
        run.take(sighting);
        match step {
            Step::Pending => self.run = Some(run),
            Step::Settled {
                label: Label::Up, ..
            } => {
                // a run right after a gap closes nothing: the window ended where the gap began
                if let Some(window) = self.open.take() {
                    sink.closed(OutageWindow {
                        closed_at: Some(sighting.ts),
                        ..window.ended(End {
                            at: run.first,
                            kind: EndKind::Seen,
                            latest: Some(run.first),
                        })
                    });
                }
                self.down_before_gap = None;
            }
            Step::Settled {
                label: Label::Down, ..
            } => {
                let opens = self.open.is_none();
                let window = self.absorb(*run);
                if opens {
                    window.opened_at = Some(sighting.ts);
                    window.detected_at = Some(sighting.finished);
                    window.end = sighting.ts;
                    sink.opened(window);
                }
            }
        }
    }

    /// Labels the run down: it begins a window, or lengthens the open one.
    fn absorb(&mut self, run: Run) -> &mut OutageWindow {
        let window = self.open.get_or_insert_with(|| {
            let (start_kind, start_earliest) = match self.down_before_gap.take() {
                Some(last_down) => (StartKind::Resumed, Some(last_down)),
                None if run.after_gap => (StartKind::Unseen, self.last_success),
                None => (StartKind::Seen, self.last_success),
            };
            Box::new(OutageWindow {
                start: run.first,
                start_earliest,
                start_kind,
                end: run.last,
                end_earliest: run.first,
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
            })
        });
        window.observations += run.observations;
        if run.failures > 0 {
            // a run that is absorbed ends with its last failure, unless a gap cut off successes
            window.end_earliest = run.last;
            window.certain = run.last - window.start;
            window.failures += run.failures;
            window.causes.merge(&run.causes);
            if window.first_failure.is_none() {
                window.first_failure = run.first_failure;
            }
        }
        window
    }

    /// Nothing was observed for longer than grace after `last`, whose label is held until `end`.
    pub(super) fn gap(&mut self, last: UnixMillis, end: End, sink: &mut impl OutageSink) {
        self.labeller.cut();
        let run = self.run.take();
        match self.labeller.confirmed() {
            Some(Label::Down) => {
                match run {
                    // seen up between two gaps, though not for long enough to be a recovery
                    Some(run) if run.failures == 0 && self.open.is_none() => {
                        sink.unlabelled(Period::new(run.first, end.at));
                    }
                    Some(run) => {
                        self.absorb(*run);
                    }
                    None => {}
                }
                if let Some(window) = self.open.take() {
                    sink.closed(window.ended(end));
                }
                self.down_before_gap = Some(last);
            }
            Some(Label::Up) => {
                if let Some(run) = run {
                    sink.blip(run.into_blip());
                }
            }
            None => {
                if let Some(run) = run {
                    sink.unlabelled(Period::new(run.first, end.at));
                }
            }
        }
    }

    /// What is so far, were `now` the end of it: the undecided run carries the confirmed label.
    pub(super) fn provisional(&self, now: UnixMillis, sink: &mut impl OutageSink) {
        match (self.labeller.confirmed(), &self.run) {
            (Some(Label::Down), _) => {
                let mut tracker = self.clone();
                if let Some(run) = tracker.run.take() {
                    tracker.absorb(*run);
                }
                if let Some(window) = tracker.open {
                    sink.closed(window.ended(End {
                        at: now,
                        kind: EndKind::Open,
                        latest: None,
                    }));
                }
            }
            (None, Some(run)) => sink.unlabelled(Period::new(run.first, now)),
            (Some(Label::Up), _) | (None, None) => {}
        }
    }

    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            labeller,
            run,
            open,
            last_success,
            down_before_gap,
        } = self;
        labeller.transcribe(to)?;
        let blank = || Box::new(Run::begin(transcript::BLANK_INSTANT, false));
        optional(to, run, blank, |to, run| run.transcribe(to))?;
        optional(
            to,
            open,
            || Box::new(OutageWindow::blank()),
            |to, open| open.transcribe(to),
        )?;
        some_instant(to, last_success)?;
        some_instant(to, down_before_gap)
    }

    pub(super) fn confirmed(&self) -> Option<Label> {
        self.labeller.confirmed()
    }

    pub(super) fn pending(&self) -> u32 {
        self.labeller.pending()
    }

    /// Where what the undecided run may change begins: with the last success before failures, since
    /// an outage may have begun there; with the last failure before successes, since it may have
    /// ended there.
    pub(super) fn undecided_since(&self) -> Option<UnixMillis> {
        let run = self.run.as_ref()?;
        let before = match self.labeller.confirmed() {
            Some(Label::Down) => self.open.as_ref().map(|window| window.end_earliest),
            Some(Label::Up) | None => self.last_success,
        };
        Some(before.unwrap_or(run.first))
    }

    /// Where what is not told yet begins, its bounds included.
    pub(super) fn untold_since(&self) -> Option<UnixMillis> {
        let window = self.open.as_ref();
        let window = window.map(|open| {
            open.start_earliest
                .map_or(open.start, |at| at.min(open.start))
        });
        let run = self.run.as_ref().map(|run| match self.last_success {
            Some(last) => last.min(run.first),
            None => run.first,
        });
        [window, run, self.down_before_gap]
            .into_iter()
            .flatten()
            .min()
    }

    /// Where the open window begins, or else the run of failures that is not decided.
    pub(super) fn failing_since(&self) -> Option<UnixMillis> {
        let run = || self.run.as_ref().filter(|run| run.failures > 0);
        let window = self.open.as_ref().map(|window| window.start);
        window.or_else(|| Some(run()?.first))
    }
}

impl OutageWindow {
    /// What one is read into.
    fn blank() -> Self {
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
    fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
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

    fn ended(self, end: End) -> Self {
        Self {
            end: end.at,
            end_kind: end.kind,
            end_latest: end.latest,
            ..self
        }
    }
}

impl Run {
    fn into_blip(self) -> Blip {
        Blip {
            first: self.first,
            last: self.last,
            failures: self.failures,
            first_failure: self.first_failure,
        }
    }
}
