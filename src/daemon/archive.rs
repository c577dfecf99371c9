//! The way to the store. It takes what it can, and holds up nobody: while the database takes nothing,
//! what is seen waits in memory, and what there is no room for is time that nobody watched.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use super::fleet::{Fleet, Taken};
use super::signals::Signals;
use super::{DaemonError, Signal};
use crate::domain::observation::{Epoch, Observation, Reason};
use crate::domain::period_set::PeriodSet;
use crate::domain::probe::ProbeId;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::trouble::Trouble;
use crate::store::{Configured, Counts, EvidenceChange, Registered, Sender, StoreError, Writer};

pub(super) struct Archive {
    pub(super) writer: Writer,
    pub(super) sender: Sender,
    /// There was no room for these stretches of trouble.
    troubles: BTreeMap<Reason, PeriodSet>,
    overflow: Option<Overflow>,
    /// Since then the database takes nothing, or that was told last.
    told: Option<Instant>,
}

/// What was seen is lost, since there is no room for it.
struct Overflow {
    period: Period,
    observations: u64,
    /// It was so when somebody last looked.
    goes_on: bool,
}

/// How it ended.
pub(super) struct Closed {
    pub(super) counts: Result<Counts, StoreError>,
    /// What was kept and is not in the database.
    pub(super) unsaved: Vec<(ProbeId, Observation)>,
}

/// How often it is told that the database still takes nothing.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// How often it is looked whether the writer has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Archive {
    pub(super) fn new(writer: Writer, sender: Sender) -> Self {
        Self {
            writer,
            sender,
            troubles: BTreeMap::new(),
            overflow: None,
            told: None,
        }
    }

    /// Whether an observation can be kept. One that cannot be must not be judged: nobody would know
    /// later what the judgement came from.
    pub(super) fn has_room(&self) -> bool {
        self.sender.has_room()
    }

    /// Keeps it, if there is room, and else nothing of it.
    pub(super) fn keep(&mut self, taken: Taken, now: UnixMillis) -> Result<(), StoreError> {
        let Taken {
            probe,
            observation,
            evidence,
        } = taken;
        if evidence.is_empty() {
            return self.keep_observation(probe, observation, now);
        }
        self.keep_observation(probe.clone(), observation, now)?;
        for change in evidence {
            self.keep_evidence(probe.clone(), change)?;
        }
        Ok(())
    }

    pub(super) fn keep_observation(
        &mut self,
        probe: ProbeId,
        observation: Observation,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let ts = observation.ts;
        if !self.sender.offer(probe, observation)? {
            self.lose(ts, now);
        }
        Ok(())
    }

    /// Of evidence nothing depends, so that it is the first to be dropped.
    pub(super) fn keep_evidence(
        &self,
        probe: ProbeId,
        change: EvidenceChange,
    ) -> Result<(), StoreError> {
        self.sender.offer_evidence(probe, change).map(|_| ())
    }

    pub(super) fn record(&mut self, trouble: Trouble) -> Result<(), StoreError> {
        if !self.sender.offer_trouble(trouble)? {
            let Trouble { period, reason } = trouble;
            let held = self.troubles.entry(reason).or_default();
            *held = held.union(&PeriodSet::from_iter([period]));
        }
        Ok(())
    }

    /// An observation of this instant is lost.
    pub(super) fn lose(&mut self, ts: UnixMillis, now: UnixMillis) {
        if let Some(overflow) = &mut self.overflow {
            overflow.observations += 1;
            overflow.goes_on = true;
            overflow.period.from = overflow.period.from.min(ts);
            return;
        }
        error!(
            waiting = self.sender.waiting().waiting,
            "no more can wait for the database: what is seen from now on is lost, and time that nobody watched"
        );
        self.overflow = Some(Overflow {
            period: Period::new(ts, now.max(ts)),
            observations: 1,
            goes_on: true,
        });
    }

    /// [`Sender::register`], unless the database takes nothing.
    pub(super) async fn register(
        &self,
        configured: Configured,
        now: UnixMillis,
    ) -> Result<Registered, StoreError> {
        self.unless_stuck()?.register(configured, now).await
    }

    /// [`Sender::begin_epoch`], unless the database takes nothing.
    pub(super) async fn begin_epoch(&self, now: UnixMillis) -> Result<Epoch, StoreError> {
        self.unless_stuck()?.begin_epoch(now).await
    }

    /// Returns when all that was kept is on disk; that may not be for long.
    pub(super) async fn flush(&self) -> Result<(), StoreError> {
        self.unless_stuck()?.flush_soon().await
    }

    /// The database takes nothing, and what is seen waits.
    pub(super) fn is_stuck(&self) -> bool {
        self.sender.is_stuck()
    }

    fn unless_stuck(&self) -> Result<&Sender, StoreError> {
        if self.sender.is_stuck() {
            return Err(StoreError::Busy);
        }
        Ok(&self.sender)
    }

    /// To be called now and then: tells how it fares, and what was lost once that is over.
    pub(super) fn look(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        if self.sender.is_closed() {
            return Err(StoreError::WriterEnded);
        }
        for (reason, held) in std::mem::take(&mut self.troubles) {
            for &period in held.periods() {
                self.record(Trouble { period, reason })?;
            }
        }
        let backlog = self.sender.waiting();
        if let Some(overflow) = &mut self.overflow
            && std::mem::take(&mut overflow.goes_on)
        {
            overflow.period.to = overflow.period.to.max(now);
        } else if backlog.room >= backlog.waiting {
            // not yet if there is a little room now and then
            self.end_overflow()?;
        }
        if !self.sender.is_stuck() {
            self.told = None;
            return Ok(());
        }
        let told = *self.told.get_or_insert_with(Instant::now);
        if told.elapsed() >= TELL_EVERY {
            self.told = Some(Instant::now());
            warn!(
                waiting = backlog.waiting,
                room = backlog.room,
                lost = self.overflow.as_ref().map_or(0, |it| it.observations),
                "the database still takes nothing"
            );
        }
        Ok(())
    }

    fn end_overflow(&mut self) -> Result<(), StoreError> {
        let Some(overflow) = self.overflow.take() else {
            return Ok(());
        };
        let Period { from, to } = overflow.period;
        warn!(
            reason = Reason::StorageFull.as_str(),
            %from,
            %to,
            lost = overflow.observations,
            "what is seen is kept again"
        );
        self.record(Trouble {
            period: overflow.period,
            reason: Reason::StorageFull,
        })
    }

    /// What is under way is recorded as such, and what is held of failures.
    pub(super) fn last_words(
        &mut self,
        fleet: &mut Fleet<'_>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        if fleet.is_in_epoch() {
            fleet.look_at_services(now);
            for trouble in fleet.asker().end() {
                self.record(trouble)?;
            }
        }
        for (probe, observation) in fleet.cut_short() {
            self.keep_observation(probe, observation, now)?;
        }
        for (probe, evidence) in fleet.last_evidence() {
            self.keep_evidence(probe, evidence)?;
        }
        Ok(())
    }

    /// Waits until all that was kept is on disk, or until that proves impossible or is not wanted
    /// any more.
    pub(super) async fn close(
        mut self,
        now: UnixMillis,
        signals: &mut Signals<impl AsyncFnMut() -> Signal>,
    ) -> Result<Closed, DaemonError> {
        // a writer that has ended says why when it is joined
        let _ = self.look(now).and_then(|()| self.end_overflow());
        let Self { writer, sender, .. } = self;
        let waiting = sender.waiting().waiting;
        if sender.is_stuck() {
            warn!(
                waiting,
                "stopping: the database takes nothing, and is given a last chance"
            );
        }
        drop(sender);
        while !writer.is_finished() {
            tokio::select! {
                biased;
                Signal::StopNow = signals.next() => {
                    return Err(DaemonError::EndedAtOnce { waiting });
                }
                () = sleep(LOOK_EVERY) => {}
            }
        }
        Ok(Closed {
            unsaved: writer.take_unsaved(),
            counts: writer.join(),
        })
    }
}
