//! The way to the thread that writes: a bounded queue, and who waits at its ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::domain::durations::Durations;
use crate::domain::observation::{Epoch, Observation};
use crate::domain::probe::ProbeId;
use crate::domain::time::{Micros, UnixMillis};
use crate::domain::trouble::Trouble;

use super::error::StoreError;
use super::evidence::EvidenceChange;
use super::fares::Fares;
use super::register::{Configured, Registered};

/// Observations that may wait for the disk. At 1,000 a second, eight seconds of it.
pub(super) const QUEUE_MAX: usize = 8192;

/// With less room in the queue, evidence does not join it: it is larger than an observation by far,
/// and worth less.
const EVIDENCE_ROOM_MIN: usize = QUEUE_MAX / 2;

/// The way into the writer's queue. Everything is done in the order it was sent.
#[derive(Clone, Debug)]
pub struct Sender {
    queue: mpsc::Sender<Message>,
    shared: Arc<Shared>,
}

/// What the writer did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Observations that are safe on disk.
    pub committed: u64,
    pub batches: u64,
    /// Commits that failed and were tried again.
    pub retries: u64,
    /// Observations that had to wait for room in the queue.
    pub waited: u64,
    /// Observations of probes that were never registered: a fault of the caller's, not kept.
    pub unknown: u64,
    /// Changes of evidence that could not be stored. What they are about is stored.
    pub evidence_lost: u64,
}

/// What the writer did so far, and what is before it.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    pub counts: Counts,
    /// In the queue now.
    pub queued: usize,
    /// As many were in it at once.
    pub queued_max: usize,
    /// The queue holds no more; whoever sends waits.
    pub queue_room: usize,
    /// Observations of the largest commit.
    pub batch_max: u64,
    pub commits: Durations,
    /// Steps in which hours that are over are packed.
    pub packing: Durations,
}

#[derive(Debug, Default)]
struct Work {
    queued_max: usize,
    batch_max: u64,
    commits: Durations,
    packing: Durations,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) committed: AtomicU64,
    pub(super) batches: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) waited: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) evidence_lost: AtomicU64,
    work: Mutex<Work>,
    /// Somebody waits for the writer: it stops gathering.
    urgent: Mutex<bool>,
    wake: Condvar,
}

#[derive(Debug)]
pub(super) enum Message {
    Observation(ProbeId, Observation),
    Evidence(ProbeId, EvidenceChange),
    Trouble(Trouble),
    /// With the next commit; one of its own only if that is due.
    Fares(Fares, bool),
    Register(
        Box<Configured>,
        UnixMillis,
        oneshot::Sender<Result<Registered, StoreError>>,
    ),
    BeginEpoch(UnixMillis, oneshot::Sender<Result<Epoch, StoreError>>),
    Flush(oneshot::Sender<()>),
}

/// A sender, and what the thread needs at the other end.
pub(super) fn queue() -> (Sender, mpsc::Receiver<Message>, Arc<Shared>) {
    let (queue, messages) = mpsc::channel(QUEUE_MAX);
    let shared = Arc::new(Shared::default());
    let sender = Sender {
        queue,
        shared: Arc::clone(&shared),
    };
    (sender, messages, shared)
}

impl Sender {
    /// Waits for room in the queue, not for the commit.
    pub async fn send(&self, probe: ProbeId, observation: Observation) -> Result<(), StoreError> {
        match self.offer(probe, observation)? {
            None => Ok(()),
            Some(message) => self.post(message).await,
        }
    }

    /// As [`send`](Self::send), from a thread without a runtime.
    pub fn send_blocking(
        &self,
        probe: ProbeId,
        observation: Observation,
    ) -> Result<(), StoreError> {
        match self.offer(probe, observation)? {
            None => Ok(()),
            Some(message) => self
                .queue
                .blocking_send(message)
                .map_err(|_| StoreError::WriterEnded),
        }
    }

    /// Puts it into the queue; gives it back if it has to wait for room.
    fn offer(
        &self,
        probe: ProbeId,
        observation: Observation,
    ) -> Result<Option<Message>, StoreError> {
        let message = Message::Observation(probe, observation);
        match self.queue.try_send(message) {
            Ok(()) => Ok(None),
            Err(mpsc::error::TrySendError::Full(message)) => {
                self.shared.waited.fetch_add(1, Ordering::Relaxed);
                self.shared.seen_queued(self.queue.max_capacity());
                self.hurry();
                Ok(Some(message))
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(StoreError::WriterEnded),
        }
    }

    /// In order with the observations, and committed with those sent next to it. Where so many wait
    /// for the disk that they need the room, evidence to be kept is dropped.
    pub async fn send_evidence(
        &self,
        probe: ProbeId,
        change: EvidenceChange,
    ) -> Result<(), StoreError> {
        if change.keep.is_some() && self.queue.capacity() < EVIDENCE_ROOM_MIN {
            if self.shared.evidence_lost.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!(%probe, "evidence is dropped: too much waits for the disk");
            }
            return Ok(());
        }
        self.post(Message::Evidence(probe, change)).await
    }

    /// In order with the observations, and committed with those sent next to it. Of trouble that goes
    /// on it may be told again and again, longer each time, or in pieces that touch.
    pub async fn record_trouble(&self, trouble: Trouble) -> Result<(), StoreError> {
        self.post(Message::Trouble(trouble)).await
    }

    /// How the daemon fares, to be written with the next commit; if it `is_due`, without anything
    /// else too. Not sent where that would have to wait: observations are worth more.
    pub fn tell_fares(&self, fares: Fares, is_due: bool) {
        // the writer ended, or there is no room
        let _ = self.queue.try_send(Message::Fares(fares, is_due));
    }

    /// Returns when everything sent before is committed.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.ask(Message::Flush).await
    }

    /// [`Store::register`](super::Store::register) in order with the observations. Tried once: on an error the old
    /// registration is in force.
    pub async fn register(
        &self,
        configured: Configured,
        now: UnixMillis,
    ) -> Result<Registered, StoreError> {
        self.ask(|reply| Message::Register(Box::new(configured), now, reply))
            .await?
    }

    /// [`Store::begin_epoch`](super::Store::begin_epoch) in order with the observations.
    pub async fn begin_epoch(&self, now: UnixMillis) -> Result<Epoch, StoreError> {
        self.ask(|reply| Message::BeginEpoch(now, reply)).await?
    }

    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    pub fn workload(&self) -> Workload {
        let queued = self.queue.max_capacity() - self.queue.capacity();
        let work = self.shared.work();
        Workload {
            counts: self.shared.counts(),
            queued,
            queued_max: work.queued_max.max(queued),
            queue_room: self.queue.max_capacity(),
            batch_max: work.batch_max,
            commits: work.commits.clone(),
            packing: work.packing.clone(),
        }
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<T>) -> Message,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.hurry();
        self.post(message(reply)).await?;
        self.hurry();
        answer.await.map_err(|_| StoreError::WriterEnded)
    }

    async fn post(&self, message: Message) -> Result<(), StoreError> {
        self.queue
            .send(message)
            .await
            .map_err(|_| StoreError::WriterEnded)
    }

    fn hurry(&self) {
        *self.shared.urgent() = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // it may have been the last one
        self.hurry();
    }
}

impl Shared {
    pub(super) fn counts(&self) -> Counts {
        let Shared {
            committed,
            batches,
            retries,
            waited,
            unknown,
            evidence_lost,
            ..
        } = self;
        let [committed, batches, retries, waited, unknown, evidence_lost] =
            [committed, batches, retries, waited, unknown, evidence_lost]
                .map(|count| count.load(Ordering::Relaxed));
        Counts {
            committed,
            batches,
            retries,
            waited,
            unknown,
            evidence_lost,
        }
    }

    fn work(&self) -> std::sync::MutexGuard<'_, Work> {
        // counts that are a little wrong after a panic harm nobody
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn committed(&self, observations: u64, took: Duration) {
        self.committed.fetch_add(observations, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
        let mut work = self.work();
        work.batch_max = work.batch_max.max(observations);
        work.commits.add(Micros::from_duration(took));
    }

    pub(super) fn packed(&self, took: Duration) {
        self.work().packing.add(Micros::from_duration(took));
    }

    pub(super) fn seen_queued(&self, messages: usize) {
        let mut work = self.work();
        work.queued_max = work.queued_max.max(messages);
    }

    fn urgent(&self) -> std::sync::MutexGuard<'_, bool> {
        // a bool cannot be left half changed
        self.urgent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits that long, or until somebody hurries.
    pub(super) fn pause(&self, length: Duration) {
        let mut urgent = self
            .wake
            .wait_timeout_while(self.urgent(), length, |urgent| !*urgent)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        *urgent = false;
    }

    /// Waits that long, whoever hurries.
    pub(super) fn sit_out(&self, length: Duration) {
        let waited = self
            .wake
            .wait_timeout_while(self.urgent(), length, |_| true);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}
