//! A lifeline: something of our own that every asking hangs on, the network or a name server. The
//! shell around its ledger: begins rounds when they are due, and wakes those who wait for one.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep_until;
use tracing::{info, warn};

use super::controls::Controls;
use super::ledger::{Failed, Ledger, Moment, News, Round, Verdict};
use super::round::Found;
use crate::clock::Clock;
use crate::domain::observation::Reason;
use crate::domain::time::{Micros, Period};
use crate::domain::trouble::Trouble;

pub(super) struct Lifeline {
    /// Of failures while it is broken.
    reason: Reason,
    /// As the log tells it.
    name: String,
    /// A round that took longer was held up by us.
    round_max: Micros,
    ledger: RefCell<Ledger>,
    /// What the last round that found no answer heard.
    said: RefCell<Arc<str>>,
    /// Something was asked of the ledger that may want a round.
    stirred: Notify,
    /// A round has ended.
    judged: Notify,
    closed: Cell<bool>,
    /// Once is enough to be told.
    told_unable: Cell<bool>,
}

/// How much later than due the end of a round may be seen.
const HELD_UP: Duration = Duration::from_secs(1);

impl Lifeline {
    pub(super) fn new(reason: Reason, name: String, controls: &Controls) -> Self {
        Self {
            reason,
            name,
            round_max: Micros::from_duration(controls.longest() + HELD_UP),
            ledger: RefCell::default(),
            said: RefCell::new("".into()),
            stirred: Notify::new(),
            judged: Notify::new(),
            closed: Cell::new(false),
            told_unable: Cell::new(false),
        }
    }

    pub(super) fn reason(&self) -> Reason {
        self.reason
    }

    pub(super) fn is_broken(&self) -> bool {
        self.ledger.borrow().is_broken()
    }

    /// What was heard when it was found broken.
    pub(super) fn said(&self) -> Arc<str> {
        self.said.borrow().clone()
    }

    /// Whose the failure is. Waits for a round if only that can tell.
    pub(super) async fn judge(&self, failed: Failed) -> Verdict {
        loop {
            // before the look at the ledger, so that no round's end is missed in between
            let judged = self.judged.notified();
            if self.closed.get() {
                return Verdict::Stands;
            }
            let verdict = self.ledger.borrow_mut().judge(failed);
            self.stirred.notify_one();
            if let Some(verdict) = verdict {
                return verdict;
            }
            judged.await;
        }
    }

    pub(super) fn overdue(&self, started: Moment, now: Moment) {
        self.ledger.borrow_mut().overdue(started, now.mono);
        self.stirred.notify_one();
    }

    pub(super) fn succeeded(&self, now: Moment) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.succeeded(now);
        if ledger.due().is_some() {
            self.stirred.notify_one();
        }
    }

    /// Begins a round whenever one is due, until it is closed. Hands over each stretch in which it
    /// was broken when that is over.
    pub(super) async fn attend(
        &self,
        clock: &Clock,
        ask: impl AsyncFn() -> Found,
        mut over: impl FnMut(Trouble),
    ) {
        while !self.closed.get() {
            let due = self.ledger.borrow().due();
            match due {
                Some(due) if due <= clock.mono() => {
                    let begun = clock.mono();
                    self.ledger.borrow_mut().begin(begun);
                    let mut found = ask().await;
                    if found.round == Round::Broken && clock.mono() - begun > self.round_max {
                        found.round = Round::Void;
                    }
                    self.end(moment(clock), found)
                        .into_iter()
                        .for_each(&mut over);
                }
                Some(due) => tokio::select! {
                    () = sleep_until(clock.instant(due)) => {}
                    () = self.stirred.notified() => {}
                },
                None => self.stirred.notified().await,
            }
        }
    }

    fn end(&self, now: Moment, found: Found) -> Option<Trouble> {
        let Found { round, said, .. } = found;
        match round {
            Round::Held => self.told_unable.set(false),
            Round::Broken => *self.said.borrow_mut() = said.into(),
            Round::Void => {}
            Round::Unable => {
                if !self.told_unable.replace(true) {
                    warn!(
                        heard = said,
                        "{} may be broken, and we cannot ask", self.name
                    );
                }
                *self.said.borrow_mut() = said.into();
            }
        }
        let news = self.ledger.borrow_mut().end(now, round);
        self.judged.notify_waiters();
        let over = match news? {
            News::Lost(since) => {
                self.tell_lost(since, now);
                None
            }
            News::Back(period) => {
                self.tell_back(period);
                Some(period)
            }
            News::Distrusted(period) => {
                warn!(
                    reason = self.reason.as_str(),
                    heard = &*self.said(),
                    "{} seems broken, but probes succeed: the controls are not believed until they answer again",
                    self.name
                );
                period
            }
            News::Trusted => {
                info!("the controls answer again");
                None
            }
        };
        over.and_then(|period| self.trouble(period))
    }

    /// Nobody asks any more, or it is the end: the stretch in which it is broken, if it is.
    pub(super) fn close(&self, now: Moment) -> Option<Trouble> {
        self.closed.set(true);
        self.stirred.notify_one();
        self.judged.notify_waiters();
        let period = self.ledger.borrow_mut().close(now)?;
        self.trouble(period)
    }

    /// `None` if the wall clock was set back meanwhile: then nobody knows when it was.
    fn trouble(&self, period: Period) -> Option<Trouble> {
        (!period.is_empty()).then_some(Trouble {
            period,
            reason: self.reason,
        })
    }

    fn tell_lost(&self, since: Moment, now: Moment) {
        warn!(
            reason = self.reason.as_str(),
            since = %since.ts,
            found_after = %since.until(now.ts),
            heard = &*self.said(),
            "{} is broken: failures are not counted until it works again",
            self.name
        );
    }

    fn tell_back(&self, period: Period) {
        info!(
            reason = self.reason.as_str(),
            from = %period.from,
            to = %period.to,
            lasted = %period.length(),
            "{} works again",
            self.name
        );
    }
}

pub(super) fn moment(clock: &Clock) -> Moment {
    Moment {
        ts: clock.now(),
        mono: clock.mono(),
    }
}
