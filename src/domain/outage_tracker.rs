//! Follows one probe's observations and says what its outage windows are.

use super::observation::{Failure, Outcome};
use super::outage::{Blip, CauseCounts, EndKind, OutageWindow, StartKind};
use super::run::{Label, Labeller, Step, Thresholds};
use super::sighting::Sighting;
use super::time::{Millis, Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, flag, optional, some_instant};

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
