//! The observer: the real agenda says when to ask, the real reducers what came of it. Time is
//! virtual, and everything else is as in the daemon.

use outwatch::domain::epoch::EpochStarts;
use outwatch::domain::history::{HistoryBuilder, Life};
use outwatch::domain::observation::{Epoch, Outcome, Reason};
use outwatch::domain::outage::{Blip, OutageWindow};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::reducer::{Reducer, Sink};
use outwatch::domain::schedule::agenda::{Agenda, Limits, SlotId};
use outwatch::domain::schedule::stagger::{Staggered, stagger};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Micros, Millis, MonoMicros, Period, UnixMillis};

use super::case::Case;
use super::world::{BEGIN, ENDPOINTS, InterruptionKind, PER_PLATFORM, PLATFORMS, Reply, World};

/// When the endpoints were configured: before all that a clock shows that is set back again and
/// again.
pub(crate) const LIFE: Life = Life {
    from: UnixMillis(BEGIN.0 - 30 * 86_400_000),
    to: None,
};

/// Everything that the observer was told and has found.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) endpoints: Vec<Followed>,
    pub(crate) spans: Vec<Span>,
    /// The present, as its clock shows it.
    pub(crate) now: UnixMillis,
    pub(crate) askings: u64,
    /// Where resuming from the store gave something else than going on.
    pub(crate) resumed_otherwise: Vec<String>,
}

/// One endpoint, as the daemon follows it.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// As stored, in the order in which they came.
    pub(crate) stored: Vec<Sighting>,
    pub(crate) reducer: Reducer,
    pub(crate) told: Told,
    /// When answers were lost, by the right clock.
    pub(crate) lost: Vec<UnixMillis>,
    asked: u64,
}

/// What the reducer has said as final.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) opened: usize,
    pub(crate) windows: Vec<OutageWindow>,
    pub(crate) blips: Vec<Blip>,
    pub(crate) unknown: Vec<Period>,
    pub(crate) degraded: Vec<Period>,
}

/// An epoch: the observer's clock showed the right time and `shift`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) epoch: Epoch,
    /// By the right clock; up to where the next one begins.
    pub(crate) real: Period,
    pub(crate) shift: Millis,
}

#[derive(Clone, Debug)]
struct UnderWay {
    started: MonoMicros,
    ts: UnixMillis,
    epoch: Epoch,
    finish: MonoMicros,
    reply: Reply,
}

struct Observer<'a> {
    case: &'a Case,
    world: &'a World,
    parameters: Parameters,
    history: ParameterHistory,
    agenda: Agenda,
    slots: Vec<SlotId>,
    now: MonoMicros,
    spans: Vec<Span>,
    starts: EpochStarts,
    under_way: Vec<Option<UnderWay>>,
    endpoints: Vec<Followed>,
    resumed_otherwise: Vec<String>,
}

impl Sink for Told {
    fn opened(&mut self, _window: &OutageWindow) {
        self.opened += 1;
    }

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
        self.degraded.push(stretch);
    }

    fn flapping(&mut self, stretch: Period) {
        self.degraded.push(stretch);
    }
}

/// Watches the world from its beginning to its end.
pub(crate) fn observe(case: &Case, world: &World) -> Observed {
    let (agenda, slots) = agenda(case, MonoMicros(0));
    let mut observer = Observer {
        case,
        world,
        parameters: case.parameters(),
        history: case.parameter_history(),
        agenda,
        slots,
        now: MonoMicros(0),
        spans: Vec::new(),
        starts: EpochStarts::default(),
        under_way: vec![None; ENDPOINTS],
        endpoints: (0..ENDPOINTS).map(|_| Followed::default()).collect(),
        resumed_otherwise: Vec::new(),
    };
    observer.begin_epoch(Millis::ZERO);
    observer.watch();
    observer.finish()
}

/// The phases in which the service's probes are asked.
pub(crate) fn phases(case: &Case) -> Vec<Micros> {
    let probes: Vec<_> = (0..ENDPOINTS)
        .map(|endpoint| Staggered {
            service: "service",
            platform: PLATFORMS[endpoint / PER_PLATFORM],
            interval: case.timing().interval,
        })
        .collect();
    if case.setting.is_staggered {
        stagger(&probes)
    } else {
        vec![Micros(0); ENDPOINTS]
    }
}

fn agenda(case: &Case, from: MonoMicros) -> (Agenda, Vec<SlotId>) {
    let mut agenda = Agenda::new(Limits {
        in_flight: usize::MAX,
        in_flight_per_host: usize::MAX,
    });
    let slots = phases(case)
        .into_iter()
        .map(|phase| agenda.add(case.timing(), "host", from + phase))
        .collect();
    (agenda, slots)
}

/// By the right clock.
fn real(mono: MonoMicros) -> UnixMillis {
    BEGIN + Millis((mono.0 / 1000) as i64)
}

fn mono(real: UnixMillis) -> MonoMicros {
    MonoMicros((real - BEGIN).0.max(0) as u64 * 1000)
}

impl Observer<'_> {
    fn span(&self) -> Span {
        *self
            .spans
            .last()
            .expect("the first epoch began with the observer")
    }

    /// What the wall clock shows.
    fn shown(&self) -> UnixMillis {
        real(self.now) + self.span().shift
    }

    fn begin_epoch(&mut self, shift: Millis) {
        let now = real(self.now);
        if let Some(last) = self.spans.last_mut() {
            last.real.to = now;
        }
        let epoch = Epoch(self.spans.len() as u32 + 1);
        let real = Period::new(now, self.world.end);
        self.spans.push(Span { epoch, real, shift });
        let starts = self
            .spans
            .iter()
            .map(|span| (span.epoch, span.shown().from));
        self.starts = EpochStarts::new(starts.collect());
    }

    fn watch(&mut self) {
        let end = mono(self.world.end);
        let mut interruptions = self.world.troubles.interruptions.iter().peekable();
        loop {
            while let Some(start) = self.agenda.start(self.now) {
                self.ask(start.slot.index());
            }
            let finishes = self.under_way.iter().flatten().map(|asking| asking.finish);
            let next = finishes.chain(self.agenda.wake()).min();
            let next = next.map_or(end, |next| next.max(self.now));
            if let Some(interruption) =
                interruptions.next_if(|interruption| mono(interruption.period.from) <= next)
            {
                let (from, to) = (interruption.period.from, interruption.period.to);
                self.now = self.now.max(mono(from));
                match interruption.kind {
                    InterruptionKind::Stall => self.now = self.now.max(mono(to)),
                    InterruptionKind::Away { is_crash, step } => self.restart(to, is_crash, step),
                    InterruptionKind::Step(step) => self.set_clock(step),
                }
            } else if next >= end {
                self.now = end;
                return;
            } else {
                self.now = next;
            }
            self.take_finished();
        }
    }

    fn ask(&mut self, endpoint: usize) {
        let followed = &mut self.endpoints[endpoint];
        followed.asked += 1;
        let (nth, started) = (followed.asked, real(self.now));
        let reply = self
            .world
            .answer(endpoint, nth, started, self.parameters.timeout);
        self.under_way[endpoint] = Some(UnderWay {
            started: self.now,
            ts: self.shown(),
            epoch: self.span().epoch,
            finish: self.now + reply.takes,
            reply,
        });
    }

    fn take_finished(&mut self) {
        for endpoint in 0..ENDPOINTS {
            let is_finished = |asking: &mut UnderWay| asking.finish <= self.now;
            if let Some(asking) = self.under_way[endpoint].take_if(is_finished) {
                self.take(endpoint, asking);
                let undecided = self.endpoints[endpoint].reducer.is_undecided();
                self.agenda
                    .finished(self.slots[endpoint], self.now, undecided);
            }
        }
    }

    /// Judges an answer as the daemon does, and stores it.
    fn take(&mut self, endpoint: usize, asking: UnderWay) {
        let lasted = self.now - asking.started;
        let limit = Micros::from(self.parameters.timeout);
        let outcome = if lasted > asking.reply.takes && lasted > limit {
            inconclusive(Reason::Stalled)
        } else {
            asking.reply.outcome
        };
        let followed = &mut self.endpoints[endpoint];
        if asking.reply.is_lost {
            followed.lost.push(real(asking.started));
            return;
        }
        let sighting = Sighting {
            ts: asking.ts,
            finished: asking.ts + lasted.to_millis(),
            outcome,
            epoch: Some(asking.epoch),
            set_aside: self.starts.sets_aside(asking.epoch, asking.ts),
        };
        followed.take(sighting, &self.parameters);
    }

    /// The daemon ends, and another begins at `to`.
    fn restart(&mut self, to: UnixMillis, is_crash: bool, step: Millis) {
        for (endpoint, asking) in self.under_way.iter_mut().enumerate() {
            let Some(asking) = asking.take() else {
                continue;
            };
            if !is_crash {
                self.endpoints[endpoint].stored.push(Sighting {
                    ts: asking.ts,
                    finished: asking.ts + (self.now - asking.started).to_millis(),
                    outcome: inconclusive(Reason::Shutdown),
                    epoch: Some(asking.epoch),
                    set_aside: false,
                });
            }
        }
        self.now = self.now.max(mono(to));
        (self.agenda, self.slots) = agenda(self.case, self.now);
        self.begin_epoch(self.span().shift + step);
        self.resume(step >= Millis::ZERO);
    }

    fn set_clock(&mut self, step: Millis) {
        self.begin_epoch(self.span().shift + step);
        if step < Millis::ZERO {
            self.resume(false);
        }
    }

    /// Takes up from the store, without what the latest epoch sets aside. `is_as_before` if that
    /// is nothing: then it must stand where it stood.
    fn resume(&mut self, is_as_before: bool) {
        let now = self.shown();
        for (endpoint, followed) in self.endpoints.iter_mut().enumerate() {
            let mut again = Followed::default();
            let mut builder = HistoryBuilder::new(&self.history, &[LIFE], now);
            for sighting in &mut followed.stored {
                let epoch = sighting.epoch.expect("all were observed");
                sighting.set_aside = self.starts.sets_aside(epoch, sighting.ts);
                again.push(sighting, &self.parameters);
                builder.push(sighting.clone());
            }
            let resumed = builder.into_reducer();
            let is_same = resumed.standing() == again.reducer.standing()
                && (!is_as_before
                    || (again.told.windows == followed.told.windows
                        && resumed.standing() == followed.reducer.standing()));
            if !is_same {
                let (was, is) = (followed.reducer.standing(), resumed.standing());
                self.resumed_otherwise.push(format!(
                    "endpoint {endpoint} at {now}: {was:?} became {is:?}"
                ));
            }
            followed.reducer = resumed;
            followed.told = again.told;
        }
    }

    fn finish(self) -> Observed {
        let now = self.shown();
        let askings = self.endpoints.iter().map(|followed| followed.asked).sum();
        Observed {
            endpoints: self.endpoints,
            spans: self.spans,
            now,
            askings,
            resumed_otherwise: self.resumed_otherwise,
        }
    }
}

impl Followed {
    /// Judges an answer, and stores it.
    pub(crate) fn take(&mut self, sighting: Sighting, parameters: &Parameters) {
        self.push(&sighting, parameters);
        self.stored.push(sighting);
    }

    fn push(&mut self, sighting: &Sighting, parameters: &Parameters) {
        let pushed = self.reducer.push(sighting, parameters, &mut self.told);
        assert_eq!(pushed, Ok(()), "what counts comes in order");
    }
}

impl Span {
    /// What the observer's clock showed in it.
    pub(crate) fn shown(&self) -> Period {
        Period::new(self.real.from + self.shift, self.real.to + self.shift)
    }
}

fn inconclusive(reason: Reason) -> Outcome {
    Outcome::Inconclusive {
        reason: Some(reason),
        detail: None,
    }
}
