//! One probe as the daemon follows it: how it asks, and where it stands.

use std::rc::Rc;

use tracing::warn;

use super::announcer::{Announcer, Announcing};
use super::epochs::Passage;
use super::keeper::{Ended, Judged, Keeper};
use super::resume::Resumed;
use crate::config;
use crate::domain::observation::{Answer, Epoch, Observation, Outcome, Provenance, Reason};
use crate::domain::parameters::Parameters;
use crate::domain::period_set::PeriodSet;
use crate::domain::probe::Probe;
use crate::domain::pulse::EVEN_MAX;
use crate::domain::reducer::{Reducer, Until};
use crate::domain::rollup::Pieces;
use crate::domain::schedule::agenda::Timing;
use crate::domain::sighting::Sighting;
use crate::domain::time::{Micros, Millis, UnixMillis};
use crate::domain::track::Track;
use crate::evidence::Evidence;
use crate::prober::Reply;
use crate::scheduler::Started;
use crate::store::EvidenceChange;

pub(super) struct Follower {
    probe: Rc<config::Probe>,
    reducer: Reducer,
    keeper: Keeper,
    /// What its platform and service need of the past.
    pieces: Pieces,
    /// Declared for it, up to a while ahead.
    maintenance: PeriodSet,
    /// In force before the given instant; for what was asked before a reload.
    before: Option<Box<(UnixMillis, Parameters)>>,
    last_ts: Option<UnixMillis>,
    /// Observations come with instants before those already judged.
    is_behind: bool,
}

/// A probe that was removed: what its platform and service still need of it.
pub(super) struct Gone {
    pub(super) probe: Probe,
    pieces: Pieces,
    maintenance: PeriodSet,
    pub(super) end: UnixMillis,
}

impl Gone {
    /// What it was lately, until it was removed.
    pub(super) fn track(&self) -> Track {
        let pieces = self.pieces.clone();
        pieces.into_track(self.maintenance.clone(), self.end)
    }

    pub(super) fn forget_before(&mut self, instant: UnixMillis) {
        self.pieces.forget_before(instant);
    }
}

/// What an observation came to.
pub(super) struct Judgement {
    /// The run is undecided after it.
    pub(super) undecided: bool,
    /// The endpoint went down or came back, or was lost from sight.
    pub(super) turned: bool,
    /// To be kept.
    pub(super) evidence: Vec<EvidenceChange>,
}

impl Follower {
    pub(super) fn new(probe: Rc<config::Probe>, resumed: Resumed) -> Self {
        let Resumed {
            since,
            reducer,
            keeper,
            astray: _,
        } = resumed;
        Self {
            keeper,
            probe,
            last_ts: reducer.last_ts(),
            reducer,
            pieces: Pieces::since(since),
            maintenance: PeriodSet::default(),
            before: None,
            is_behind: false,
        }
    }

    pub(super) fn probe(&self) -> &config::Probe {
        &self.probe
    }

    /// Goes on as `probe`, which asks or is judged otherwise from `now` on.
    pub(super) fn change(&mut self, probe: Rc<config::Probe>, now: UnixMillis) {
        self.before = Some(Box::new((now, self.probe.parameters)));
        self.probe = probe;
    }

    /// Stands where the store leaves it: what it has judged since is set aside.
    pub(super) fn resume(&mut self, resumed: Resumed) {
        self.last_ts = resumed.reducer.last_ts();
        self.reducer = resumed.reducer;
        self.keeper = resumed.keeper;
        self.pieces = Pieces::since(resumed.since);
        self.is_behind = false;
    }

    /// What it was lately, up to the present.
    pub(super) fn track(&self, now: UnixMillis) -> Track {
        let now = now.max(self.reducer.last_ts().unwrap_or(now));
        self.pieces
            .track(&self.reducer, self.maintenance.clone(), now)
    }

    /// Up to when nothing of that can change.
    pub(super) fn settled(&self, now: UnixMillis) -> UnixMillis {
        self.reducer.settled(now)
    }

    pub(super) fn is_known_at(&self, instant: UnixMillis, now: UnixMillis) -> bool {
        let unknown = self.track(now).unknown;
        let last = unknown.periods().last();
        last.is_none_or(|last| last.to < instant)
    }

    /// How many pieces of the past it keeps.
    pub(super) fn pieces(&self) -> usize {
        self.pieces.count()
    }

    pub(super) fn forget_before(&mut self, instant: UnixMillis) {
        self.pieces.forget_before(instant);
    }

    /// How far back that reaches what it keeps.
    pub(super) fn known_since(&self) -> UnixMillis {
        self.pieces.from()
    }

    /// What is declared for it, from [`known_since`](Self::known_since) on.
    pub(super) fn declare(&mut self, maintenance: PeriodSet) {
        self.maintenance = maintenance;
    }

    /// When the latest of its askings began that an observation was made of.
    pub(super) fn last_ts(&self) -> Option<UnixMillis> {
        self.last_ts
    }

    /// What came of an asking, as it is stored, and what was seen of a failure. One that lasted for
    /// longer than its timeout, by more than `overrun_max` of that, was held up by us.
    pub(super) fn observation(
        &mut self,
        started: Started,
        passage: Passage,
        overrun_max: impl Fn(Micros) -> Micros,
        reply: Reply,
    ) -> (Observation, Option<Box<Evidence>>) {
        let Reply {
            mut outcome,
            duration,
            answer,
            mut evidence,
            hints: _,
        } = reply;
        let timeout = Micros::from(self.parameters_at(started.ts).timeout);
        let overran = duration > timeout + overrun_max(timeout);
        let hindered = passage.hindered.or(overran.then_some(Reason::Stalled));
        if let (Some(reason), Outcome::Fail(_) | Outcome::Slow { .. }) = (hindered, &outcome) {
            outcome = Outcome::Inconclusive {
                reason: Some(reason),
                detail: outcome.detail().cloned(),
            };
            evidence = None;
        }
        let observation = Observation {
            ts: self.stamp(started.ts, passage),
            outcome,
            duration: Some(duration),
            answer,
            provenance: provenance(started, passage.epoch),
        };
        (observation, evidence)
    }

    /// An asking that the shutdown cut short.
    pub(super) fn cut_short(
        &mut self,
        started: Started,
        passage: Passage,
        lasted: Micros,
    ) -> Observation {
        Observation {
            ts: self.stamp(started.ts, passage),
            outcome: Outcome::Inconclusive {
                reason: Some(Reason::Shutdown),
                detail: None,
            },
            duration: Some(lasted),
            answer: Answer::default(),
            provenance: provenance(started, passage.epoch),
        }
    }

    /// The wall clock may be slewed back a little; the observations of a probe stay in order.
    fn stamp(&mut self, ts: UnixMillis, passage: Passage) -> UnixMillis {
        if passage.set_aside {
            return ts;
        }
        let ts = match self.last_ts {
            Some(last) if ts <= last && last - ts <= EVEN_MAX => last + Millis(1),
            _ => ts,
        };
        self.last_ts = Some(ts);
        ts
    }

    /// Judges an observation, which was `started` then.
    pub(super) fn judge(
        &mut self,
        observation: &Observation,
        evidence: Option<Box<Evidence>>,
        started: Started,
        passage: Passage,
        to: &dyn Announcer,
    ) -> Judgement {
        let nothing = |reducer: &Reducer| Judgement {
            undecided: reducer.is_undecided(),
            turned: false,
            evidence: Vec::new(),
        };
        if passage.set_aside {
            return nothing(&self.reducer);
        }
        let parameters = self.parameters_at(observation.ts);
        let sighting = Sighting::from(observation);
        if self.reducer.last_ts().is_none() && sighting.counts() {
            self.pieces.first_observed(sighting.ts);
        }
        let mut announcing = Announcing::new(
            &self.probe.probe.id,
            to,
            self.maintenance.contains(observation.ts),
            &mut self.pieces,
        );
        match self.reducer.push(&sighting, &parameters, &mut announcing) {
            Ok(()) => self.is_behind = false,
            Err(error) => {
                // the clock was set back; once is enough to be told
                if !std::mem::replace(&mut self.is_behind, true) {
                    warn!(probe = %self.probe.probe.id, %error, "not judged until the clock has caught up");
                }
                return nothing(&self.reducer);
            }
        }
        let (turned, ended) = (announcing.turned, announcing.ended);
        Judgement {
            undecided: self.reducer.is_undecided(),
            turned,
            evidence: self.keeper.take(Judged {
                ts: observation.ts,
                mono: started.mono,
                ended,
                failing: self.reducer.failing_since().is_some(),
                evidence,
            }),
        }
    }

    /// Those in force for what began at `ts`.
    fn parameters_at(&self, ts: UnixMillis) -> Parameters {
        match self.before.as_deref() {
            Some((until, before)) if ts < *until => *before,
            _ => self.probe.parameters,
        }
    }

    /// The daemon stops, or begins anew: what it holds of the last failure.
    pub(super) fn last_evidence(&mut self) -> Option<EvidenceChange> {
        self.keeper.store_last()
    }

    pub(super) fn is_down(&self) -> bool {
        self.reducer.standing().confirmed_down == Some(true)
    }

    /// The probe was removed: its open outage ends. Also gives what evidence is to be kept.
    pub(super) fn end(
        mut self,
        now: UnixMillis,
        to: &dyn Announcer,
    ) -> (Gone, Option<EvidenceChange>) {
        if self.reducer.last_ts().is_none() {
            self.pieces.never_observed(now);
        }
        let mut announcing = Announcing::new(&self.probe.probe.id, to, false, &mut self.pieces);
        self.reducer.until(Until::Removed(now), &mut announcing);
        let ended = announcing.ended;
        let gone = Gone {
            probe: self.probe.probe.clone(),
            pieces: self.pieces,
            maintenance: self.maintenance,
            end: now,
        };
        (gone, self.keeper.end(ended.unwrap_or(Ended::Nothing)))
    }
}

pub(super) fn timing(probe: &config::Probe) -> Timing {
    Timing {
        interval: probe.parameters.interval.into(),
        confirm_interval: probe.parameters.confirm_interval.into(),
    }
}

fn provenance(started: Started, epoch: Epoch) -> Provenance {
    Provenance::Observed {
        epoch,
        mono: Millis(i64::try_from(started.mono.0 / 1000).unwrap_or(i64::MAX)),
    }
}
