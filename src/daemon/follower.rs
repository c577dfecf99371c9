//! One probe as the daemon follows it: how it asks, and where it stands.

use std::rc::Rc;

use tracing::warn;

use super::announcer::{Announcer, Announcing};
use crate::config;
use crate::domain::observation::{Answer, Epoch, Observation, Outcome, Provenance, Reason};
use crate::domain::parameters::Parameters;
use crate::domain::reducer::{Reducer, Until};
use crate::domain::schedule::agenda::Timing;
use crate::domain::sighting::Sighting;
use crate::domain::time::{Micros, Millis, UnixMillis};
use crate::prober::Reply;
use crate::scheduler::Started;

pub(super) struct Follower {
    probe: Rc<config::Probe>,
    reducer: Reducer,
    /// In force before the given instant; for what was asked before a reload.
    before: Option<(UnixMillis, Parameters)>,
    last_ts: Option<UnixMillis>,
    /// Observations come with instants before those already judged.
    is_behind: bool,
}

impl Follower {
    pub(super) fn new(probe: Rc<config::Probe>, reducer: Reducer) -> Self {
        Self {
            probe,
            last_ts: reducer.last_ts(),
            reducer,
            before: None,
            is_behind: false,
        }
    }

    pub(super) fn probe(&self) -> &config::Probe {
        &self.probe
    }

    /// Goes on as `probe`, which asks or is judged otherwise from `now` on.
    pub(super) fn change(&mut self, probe: Rc<config::Probe>, now: UnixMillis) {
        self.before = Some((now, self.probe.parameters));
        self.probe = probe;
    }

    /// What came of an asking, as it is stored.
    pub(super) fn observation(
        &mut self,
        started: Started,
        epoch: Epoch,
        reply: Reply,
    ) -> Observation {
        let Reply {
            outcome,
            duration,
            answer,
            evidence: _,
        } = reply;
        Observation {
            ts: self.stamp(started.ts),
            outcome,
            duration: Some(duration),
            answer,
            provenance: provenance(started, epoch),
        }
    }

    /// An asking that the shutdown cut short.
    pub(super) fn cut_short(
        &mut self,
        started: Started,
        epoch: Epoch,
        lasted: Micros,
    ) -> Observation {
        Observation {
            ts: self.stamp(started.ts),
            outcome: Outcome::Inconclusive {
                reason: Some(Reason::Shutdown),
                detail: None,
            },
            duration: Some(lasted),
            answer: Answer::default(),
            provenance: provenance(started, epoch),
        }
    }

    /// The wall clock may be slewed back a little; the observations of a probe stay in order.
    fn stamp(&mut self, ts: UnixMillis) -> UnixMillis {
        let ts = match self.last_ts {
            Some(last) if ts <= last && last - ts < SLEW_MAX => last + Millis(1),
            _ => ts,
        };
        self.last_ts = Some(ts);
        ts
    }

    /// Judges an observation; whether the run is undecided then.
    pub(super) fn judge(&mut self, observation: &Observation, to: &dyn Announcer) -> bool {
        let parameters = match self.before {
            Some((until, before)) if observation.ts < until => before,
            _ => self.probe.parameters,
        };
        let mut announcing = Announcing {
            probe: &self.probe.probe.id,
            to,
        };
        let sighting = Sighting::from(observation);
        match self.reducer.push(&sighting, &parameters, &mut announcing) {
            Ok(()) => self.is_behind = false,
            Err(error) => {
                // the clock was set back; once is enough to be told
                if !std::mem::replace(&mut self.is_behind, true) {
                    warn!(probe = %self.probe.probe.id, %error, "not judged until the clock has caught up");
                }
            }
        }
        self.reducer.is_undecided()
    }

    pub(super) fn is_down(&self) -> bool {
        self.reducer.standing().confirmed_down == Some(true)
    }

    /// The probe was removed: its open outage ends.
    pub(super) fn end(&self, now: UnixMillis, to: &dyn Announcer) {
        let mut announcing = Announcing {
            probe: &self.probe.probe.id,
            to,
        };
        self.reducer.until(Until::Removed(now), &mut announcing);
    }
}

/// Setting the clock back by less is slewing.
const SLEW_MAX: Millis = Millis::from_secs(2);

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
