//! The reducer: one probe's observations in order of time → windows, degraded and unknown
//! stretches, blips. Streaming, and the same for the daemon and for every offline command.

use super::degraded::{FlapTracker, SlownessTracker};
use super::outage::{Blip, EndKind, OutageWindow};
use super::outage_tracker::{End, OutageSink, OutageTracker};
use super::parameters::Parameters;
use super::run::{Label, Thresholds};
use super::sighting::Sighting;
use super::time::{Millis, Period, UnixMillis};
use super::transcript::{self, Damaged, Transcript, optional};

/// Takes what becomes final. Each kind comes in order of time.
pub trait Sink {
    /// The threshold was reached. The window's end is yet to come.
    fn opened(&mut self, _window: &OutageWindow) {}
    /// The window is complete; from [`Reducer::until`] it may be open still.
    fn window(&mut self, _window: OutageWindow) {}
    fn blip(&mut self, _blip: Blip) {}
    /// A stretch that nobody watched, or that nothing is known of. Pieces may touch.
    fn unknown(&mut self, _stretch: Period) {}
    /// A stretch of slow answers, degraded as far as the endpoint was up.
    fn slow(&mut self, _stretch: Period) {}
    /// A stretch of scattered failures, degraded as far as the endpoint was up. Those of the two
    /// kinds come in no order between each other, and may overlap.
    fn flapping(&mut self, _stretch: Period) {}
}

/// Drops everything: for one who only asks where the reducer stands.
impl Sink for () {}

/// Follows one probe. Small: the daemon keeps one for each.
#[derive(Clone, Debug, Default)]
pub struct Reducer {
    last: Option<Last>,
    outage: OutageTracker,
    slowness: SlownessTracker,
    flap: FlapTracker,
}

/// The latest observation that counted.
#[derive(Clone, Copy, Debug)]
struct Last {
    ts: UnixMillis,
    parameters: Parameters,
}

/// Where the observations end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At the present: what is not decided is provisional.
    Now(UnixMillis),
    /// When the probe was removed.
    Removed(UnixMillis),
}

/// An observation came out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an observation of {ts} came after one of {last}")]
pub struct OutOfOrder {
    pub ts: UnixMillis,
    pub last: UnixMillis,
}

/// Where a probe stands after its latest observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `None` while nothing is confirmed.
    pub confirmed_down: Option<bool>,
    /// Observations against the confirmed state, with how many it takes to turn it.
    pub pending: Option<Pending>,
    pub flapping: bool,
}

/// Shown as "1 of 2 failing".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    pub count: u32,
    pub of: u32,
    /// Whether they speak for down.
    pub failing: bool,
}

impl Reducer {
    /// Takes the next observation, judged with the parameters in force at its `ts`. Inconclusive
    /// ones and those set aside change nothing.
    ///
    /// # Errors
    /// [`OutOfOrder`] if it does not come later than the one before; nothing changes then.
    #[inline]
    pub fn push(
        &mut self,
        sighting: &Sighting,
        parameters: &Parameters,
        sink: &mut impl Sink,
    ) -> Result<(), OutOfOrder> {
        if !sighting.counts() {
            return Ok(());
        }
        let mut after_gap = true;
        if let Some(last) = self.last {
            if sighting.ts <= last.ts {
                return Err(OutOfOrder {
                    ts: sighting.ts,
                    last: last.ts,
                });
            }
            let grace = last.parameters.grace.max(parameters.grace);
            after_gap = sighting.ts - last.ts > grace;
            if after_gap {
                self.gap(last, sighting.ts, sink);
            }
        }
        self.last = Some(Last {
            ts: sighting.ts,
            parameters: *parameters,
        });
        let thresholds = Thresholds {
            down: parameters.failure_threshold,
            up: parameters.recovery_threshold,
        };
        self.slowness
            .push(sighting, thresholds, &mut |s| sink.slow(s));
        self.flap
            .push(sighting, parameters, &mut |s| sink.flapping(s));
        self.outage
            .push(sighting, after_gap, thresholds, &mut Outages(sink));
        Ok(())
    }

    /// The next observation is that of `next`, longer than grace after the last.
    #[cold]
    fn gap(&mut self, last: Last, next: UnixMillis, sink: &mut impl Sink) {
        let held = last.held_until(next);
        self.interrupt(
            last,
            End {
                at: held,
                kind: EndKind::Unseen,
                latest: Some(next),
            },
            sink,
        );
        sink.unknown(Period::new(held, next));
    }

    fn interrupt(&mut self, last: Last, end: End, sink: &mut impl Sink) {
        self.slowness.gap(end.at, &mut |s| sink.slow(s));
        self.flap.gap(&mut |s| sink.flapping(s));
        self.outage.gap(last.ts, end, &mut Outages(sink));
    }

    /// Tells what is not final yet, were this the end. Changes nothing: more may follow.
    pub fn until(&self, until: Until, sink: &mut impl Sink) {
        let Some(last) = self.last else { return };
        match until {
            Until::Now(now) => {
                let now = now.max(last.ts);
                if now - last.ts <= last.parameters.grace {
                    self.slowness.provisional(now, &mut |s| sink.slow(s));
                    self.flap.provisional(&mut |s| sink.flapping(s));
                    self.outage.provisional(now, &mut Outages(sink));
                } else {
                    self.ended(last, now, EndKind::Unseen, sink);
                }
            }
            Until::Removed(at) => {
                let at = at.max(last.ts);
                let kind = if at - last.ts <= last.parameters.grace {
                    EndKind::Removed
                } else {
                    EndKind::Unseen
                };
                self.ended(last, at, kind, sink);
            }
        }
    }

    fn ended(&self, last: Last, at: UnixMillis, kind: EndKind, sink: &mut impl Sink) {
        let end = End {
            at: last.held_until(at),
            kind,
            latest: None,
        };
        self.clone().interrupt(last, end, sink);
        sink.unknown(Period::new(end.at, at));
    }

    /// Whether one more observation could decide the pending run: then the probe is asked again
    /// soon.
    pub fn is_undecided(&self) -> bool {
        self.outage.pending() > 0
    }

    /// Where the open window begins, or else the run of failures that may become one.
    pub fn failing_since(&self) -> Option<UnixMillis> {
        self.outage.failing_since()
    }

    /// Where the earliest begins of what is yet to be told of the observations taken.
    pub fn untold_since(&self) -> Option<UnixMillis> {
        let Self {
            last: _,
            outage,
            slowness,
            flap,
        } = self;
        let since = [
            outage.untold_since(),
            slowness.untold_since(),
            flap.untold_since(),
        ];
        since.into_iter().flatten().min()
    }

    /// Up to when all is final at the present: no label before can change. That is `now` itself
    /// when nothing was observed for longer than grace.
    pub fn settled(&self, now: UnixMillis) -> UnixMillis {
        match self.last {
            Some(last) if now - last.ts <= last.parameters.grace => {
                self.outage.undecided_since().unwrap_or(last.ts)
            }
            _ => now,
        }
    }

    /// When the latest observation that counted started.
    pub fn last_ts(&self) -> Option<UnixMillis> {
        self.last.map(|last| last.ts)
    }

    /// Writes down where it stands, or reads it back.
    ///
    /// # Errors
    /// [`Damaged`] if it reads what was not written so.
    pub fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            last,
            outage,
            slowness,
            flap,
        } = self;
        let blank = || Last {
            ts: transcript::BLANK_INSTANT,
            parameters: Parameters::default(),
        };
        optional(to, last, blank, |to, last| {
            to.instant(&mut last.ts)?;
            transcript::parameters(to, &mut last.parameters)
        })?;
        outage.transcribe(to)?;
        slowness.transcribe(to)?;
        flap.transcribe(to)
    }

    pub fn standing(&self) -> Standing {
        let confirmed_down = self.outage.confirmed().map(|label| label == Label::Down);
        let pending = self.last.and_then(|Last { parameters, .. }| {
            let failing = confirmed_down != Some(true);
            let threshold = if failing {
                parameters.failure_threshold
            } else {
                parameters.recovery_threshold
            };
            (self.outage.pending() > 0).then(|| Pending {
                count: self.outage.pending(),
                of: threshold.get(),
                failing,
            })
        });
        Standing {
            confirmed_down,
            pending,
            flapping: self
                .last
                .is_some_and(|last| self.flap.is_flapping(&last.parameters)),
        }
    }
}

impl Last {
    /// A label without a successor within grace holds for one interval.
    fn held_until(&self, limit: UnixMillis) -> UnixMillis {
        (self.ts + self.parameters.interval.max(Millis(1))).min(limit)
    }
}

/// Passes on what the outage tracker finds; a window without length is none.
struct Outages<'s, S>(&'s mut S);

impl<S: Sink> OutageSink for Outages<'_, S> {
    fn opened(&mut self, window: &OutageWindow) {
        self.0.opened(window);
    }

    fn closed(&mut self, window: OutageWindow) {
        if window.end > window.start {
            self.0.window(window);
        }
    }

    fn blip(&mut self, blip: Blip) {
        self.0.blip(blip);
    }

    fn unlabelled(&mut self, stretch: Period) {
        self.0.unknown(stretch);
    }
}
