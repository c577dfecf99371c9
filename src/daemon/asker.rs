//! Asks for the daemon: a failure is handed on only when it is clear that it is not ours.

use std::rc::Rc;

use crate::clock::Clock;
use crate::config;
use crate::domain::observation::{Outcome, OutcomeKind};
use crate::domain::trouble::Trouble;
use crate::observer::{Failed, Moment, Observer, Ours};
use crate::prober::{DETAIL_CHARS_MAX, Prober, Reply, bounded};
use crate::scheduler::{Ask, Started};

/// Who asks for a fleet: [`Asker`], unless a test plays its part.
pub(super) trait Inquirer: Ask<Probe = config::Probe, Answer = Reply> {
    /// These are all there are from now on.
    fn watch_over<'p>(&self, probes: impl Iterator<Item = &'p config::Probe>);

    /// One that is under way has no answer yet.
    fn under_way(&self, probe: &config::Probe, started: Started);
}

pub(super) struct Asker {
    prober: Prober,
    clock: Clock,
    observer: Observer<Prober>,
}

impl Ask for Asker {
    type Probe = config::Probe;
    type Answer = Reply;

    async fn ask(&self, probe: Rc<config::Probe>, started: Started) -> Reply {
        let reply = self.prober.inquire(&probe.inquiry, started.ts).await;
        let Some(controls) = &probe.controls else {
            return reply;
        };
        match reply.outcome.kind() {
            OutcomeKind::Ok | OutcomeKind::Slow => {
                self.observer.succeeded(controls, &probe.inquiry, &reply);
                reply
            }
            // on the heap, so that askings that succeed are no larger for it
            OutcomeKind::Fail => Box::pin(self.judged(&probe, started, reply)).await,
            OutcomeKind::Inconclusive => reply,
        }
    }
}

impl Inquirer for Asker {
    fn watch_over<'p>(&self, probes: impl Iterator<Item = &'p config::Probe>) {
        let controlled = probes.filter_map(|it| Some((it.controls.as_ref()?, &it.inquiry)));
        self.observer.adopt(controlled);
    }

    fn under_way(&self, probe: &config::Probe, started: Started) {
        if let Some(controls) = &probe.controls {
            let started = moment(started);
            self.observer.under_way(controls, &probe.inquiry, started);
        }
    }
}

impl Asker {
    pub(super) fn new(prober: Prober, clock: Clock) -> Self {
        Self {
            observer: Observer::new(prober.clone(), clock.clone()),
            prober,
            clock,
        }
    }

    /// The failure, or that it is ours.
    async fn judged(&self, probe: &config::Probe, started: Started, reply: Reply) -> Reply {
        let failed = Failed {
            started: moment(started),
            ended: self.clock.mono(),
        };
        let Some(controls) = &probe.controls else {
            return reply;
        };
        let judging = self
            .observer
            .judge(controls, &probe.inquiry, failed, &reply);
        match judging.await {
            Some(ours) => excused(reply, &ours),
            None => reply,
        }
    }

    pub(super) async fn trouble(&self) -> Trouble {
        self.observer.trouble().await
    }

    pub(super) fn end(&self) -> Vec<Trouble> {
        self.observer.end()
    }
}

/// A failure that says nothing about the endpoint; nobody needs evidence of it.
fn excused(reply: Reply, ours: &Ours) -> Reply {
    let failed = reply.outcome.detail().map_or("failed", |detail| detail);
    let detail = format!("{failed}; {}", ours.said);
    Reply {
        outcome: Outcome::Inconclusive {
            reason: Some(ours.reason),
            detail: Some(bounded(&detail, DETAIL_CHARS_MAX).into()),
        },
        evidence: None,
        ..reply
    }
}

fn moment(started: Started) -> Moment {
    Moment {
        ts: started.ts,
        mono: started.mono,
    }
}
