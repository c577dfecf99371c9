//! The way to the thread that writes: a bounded queue, and who waits at its ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::domain::observation::{Epoch, Observation};
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::domain::trouble::Trouble;

use super::error::StoreError;
use super::evidence::EvidenceChange;
use super::register::{Configured, Registered};
use super::settings::Settings;

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

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) committed: AtomicU64,
    pub(super) batches: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) waited: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) evidence_lost: AtomicU64,
    /// Somebody waits for the writer: it stops gathering.
    urgent: Mutex<bool>,
    wake: Condvar,
}

#[derive(Debug)]
pub(super) enum Message {
    Observation(ProbeId, Observation),
    Evidence(ProbeId, EvidenceChange),
    Trouble(Trouble),
    Register(
        Box<Configured>,
        UnixMillis,
        oneshot::Sender<Result<Registered, StoreError>>,
    ),
    BeginEpoch(UnixMillis, oneshot::Sender<Result<Epoch, StoreError>>),
    Settle(Settings),
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

    /// How everything is stored from here on. Until it is told, what is built in holds, but nothing
    /// is deleted.
    pub async fn settle(&self, settings: Settings) -> Result<(), StoreError> {
        self.post(Message::Settle(settings)).await
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
