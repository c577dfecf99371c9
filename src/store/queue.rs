//! The way to the thread that writes: a bounded queue, and who waits at its ends.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::domain::observation::{Epoch, Observation};
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::domain::trouble::Trouble;

use super::error::StoreError;
use super::evidence::EvidenceChange;
use super::fares::Fares;
use super::register::{Configured, Registered};
use super::settings::Settings;
use super::waiting::Waiting;
use super::workload::{Work, Workload};

/// What may wait for the disk, if nobody says otherwise: of 1,000 observations a second, ten minutes.
pub const BACKLOG_BYTES: usize = 64 << 20;

/// Room that observations leave to the rest, which is rare and tells why there are none.
const RESERVED: usize = 1024;

/// With more than this part of all that may wait, evidence does not join it: it is larger than an
/// observation by far, and worth less.
const EVIDENCE_PART: usize = 4;

/// Whoever waits for the writer gives up if it has not begun after so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way into the writer's queue. Everything is done in the order it was sent.
#[derive(Clone, Debug)]
pub struct Sender {
    queue: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    /// Of memory, that what waits may take.
    bytes_max: usize,
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

/// What waits for the disk. Of evidence and the like one counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: usize,
    /// So many more observations without a detail.
    pub room: usize,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) committed: AtomicU64,
    pub(super) batches: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) waited: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) evidence_lost: AtomicU64,
    /// What that which waits takes besides its places in the queue.
    bytes_beside: AtomicUsize,
    /// Taken out of the queue and not yet committed.
    pub(super) in_hand: AtomicUsize,
    /// The store takes nothing at present.
    pub(super) stuck: AtomicBool,
    /// What a writer that has ended by itself could not write.
    unsaved: Mutex<Vec<(ProbeId, Observation)>>,
    pub(super) work: Work,
    /// Somebody waits for the writer: it stops gathering.
    urgent: Mutex<bool>,
    wake: Condvar,
}

#[derive(Debug)]
pub(super) enum Message {
    Observation(Waiting),
    Evidence(ProbeId, EvidenceChange),
    Trouble(Trouble),
    /// With the next commit; one of its own only if that is due.
    Fares(Fares, bool),
    Register(
        Box<Configured>,
        UnixMillis,
        Asked<Result<Registered, StoreError>>,
    ),
    BeginEpoch(UnixMillis, Asked<Result<Epoch, StoreError>>),
    Settle(Settings),
    Flush(Asked<()>),
}

impl Message {
    fn bytes_beside(&self) -> usize {
        match self {
            Self::Observation(waiting) => waiting.bytes(),
            Self::Evidence(_, change) => change.bytes(),
            Self::Fares(fares, _) => fares.data.len(),
            Self::Trouble(_)
            | Self::Register(..)
            | Self::BeginEpoch(..)
            | Self::Settle(_)
            | Self::Flush(_) => 0,
        }
    }
}

/// What somebody waits for, unless they have given up.
#[derive(Debug)]
pub(super) struct Asked<T> {
    reply: oneshot::Sender<T>,
    /// Or given up: whoever sets it first decides.
    begun: Arc<AtomicBool>,
}

impl<T> Asked<T> {
    /// Does it, unless it is not wanted any more.
    pub(super) fn answer(self, work: impl FnOnce() -> T) {
        if !self.begun.swap(true, Ordering::AcqRel) {
            // whoever asked may be gone nevertheless
            let _ = self.reply.send(work());
        }
    }
}

/// A sender, and what the thread needs at the other end.
pub(super) fn queue(bytes_max: usize) -> (Sender, mpsc::Receiver<Message>, Arc<Shared>) {
    let (queue, messages) = mpsc::channel(bytes_max / size_of::<Message>() + 1 + RESERVED);
    let shared = Arc::new(Shared::default());
    let sender = Sender {
        queue,
        shared: Arc::clone(&shared),
        bytes_max,
    };
    (sender, messages, shared)
}

/// For so many more observations.
pub(super) fn room(messages: &mpsc::Receiver<Message>) -> usize {
    messages.capacity().saturating_sub(RESERVED)
}

impl Sender {
    /// Whether [`offer`](Self::offer) would take an observation. It goes on to do so until somebody
    /// sends something.
    pub fn has_room(&self) -> bool {
        self.queue.capacity() > RESERVED && self.bytes() < self.bytes_max
    }

    /// Whether the writer has ended.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Puts it into the queue, at once or not at all: `false` if there is no room.
    pub fn offer(&self, probe: ProbeId, observation: Observation) -> Result<bool, StoreError> {
        if !self.has_room() {
            return Ok(false);
        }
        let waiting = Waiting::new(probe, observation);
        self.try_post(Message::Observation(waiting))
    }

    /// As [`offer`](Self::offer). In order with the observations, and committed with those sent next
    /// to it. Where much waits for the disk, evidence to be kept is dropped.
    pub fn offer_evidence(
        &self,
        probe: ProbeId,
        change: EvidenceChange,
    ) -> Result<bool, StoreError> {
        if self.drops(&probe, &change) {
            return Ok(false);
        }
        self.try_post(Message::Evidence(probe, change))
    }

    /// As [`offer`](Self::offer), but observations leave it some room. Of trouble that goes on it
    /// may be told again and again, longer each time, or in pieces that touch.
    pub fn offer_trouble(&self, trouble: Trouble) -> Result<bool, StoreError> {
        self.try_post(Message::Trouble(trouble))
    }

    /// Waits for room in the queue, not for the commit.
    pub async fn send(&self, probe: ProbeId, observation: Observation) -> Result<(), StoreError> {
        let waiting = Waiting::new(probe, observation);
        self.post(Message::Observation(waiting)).await
    }

    /// As [`offer_evidence`](Self::offer_evidence), but waits for room.
    pub async fn send_evidence(
        &self,
        probe: ProbeId,
        change: EvidenceChange,
    ) -> Result<(), StoreError> {
        if self.drops(&probe, &change) {
            return Ok(());
        }
        self.post(Message::Evidence(probe, change)).await
    }

    /// As [`offer_trouble`](Self::offer_trouble), but waits for room.
    pub async fn record_trouble(&self, trouble: Trouble) -> Result<(), StoreError> {
        self.post(Message::Trouble(trouble)).await
    }

    /// How the daemon fares, to be written with the next commit; if it `is_due`, without anything
    /// else too. Not sent where it would have to wait: observations are worth more.
    pub fn tell_fares(&self, fares: Fares, is_due: bool) {
        if !self.is_stuck() {
            // there is no room, or the writer has ended
            let _ = self.try_post(Message::Fares(fares, is_due));
        }
    }

    /// How everything is stored from here on. Until it is told, what is built in holds, but nothing
    /// is deleted.
    pub async fn settle(&self, settings: Settings) -> Result<(), StoreError> {
        self.post(Message::Settle(settings)).await
    }

    /// Returns when everything sent before is committed.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.ask(Duration::MAX, Message::Flush).await
    }

    /// As [`flush`](Self::flush), but gives up if it takes too long.
    pub async fn flush_soon(&self) -> Result<(), StoreError> {
        self.ask(PATIENCE, Message::Flush).await
    }

    /// [`Store::register`](super::Store::register) in order with the observations. Tried once: on an error the old
    /// registration is in force. Gives up if the writer does not come to it.
    pub async fn register(
        &self,
        configured: Configured,
        now: UnixMillis,
    ) -> Result<Registered, StoreError> {
        let message = |reply| Message::Register(Box::new(configured), now, reply);
        self.ask(PATIENCE, message).await?
    }

    /// [`Store::begin_epoch`](super::Store::begin_epoch) in order with the observations. Gives up if
    /// the writer does not come to it.
    pub async fn begin_epoch(&self, now: UnixMillis) -> Result<Epoch, StoreError> {
        let message = |reply| Message::BeginEpoch(now, reply);
        self.ask(PATIENCE, message).await?
    }

    /// Whether the store takes nothing at present: what is sent waits, and nobody knows how long.
    pub fn is_stuck(&self) -> bool {
        self.shared.stuck.load(Ordering::Relaxed)
    }

    /// How much waits, and about how much more could.
    pub fn waiting(&self) -> Backlog {
        let queued = self.queue.max_capacity() - self.queue.capacity();
        let left = self.bytes_max.saturating_sub(self.bytes()) / size_of::<Message>();
        Backlog {
            waiting: queued + self.shared.in_hand.load(Ordering::Relaxed),
            room: left.min(self.queue.capacity().saturating_sub(RESERVED)),
        }
    }

    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    pub fn workload(&self) -> Workload {
        self.shared
            .work
            .workload(self.shared.counts(), self.waiting())
    }

    fn drops(&self, probe: &ProbeId, change: &EvidenceChange) -> bool {
        let drops = change.keep.is_some() && self.bytes() > self.bytes_max / EVIDENCE_PART;
        if drops && self.shared.evidence_lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(%probe, "evidence is dropped: too much waits for the disk");
        }
        drops
    }

    /// Of memory, that what waits takes.
    fn bytes(&self) -> usize {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        waiting * size_of::<Message>() + self.shared.bytes_beside.load(Ordering::Relaxed)
    }

    async fn ask<T>(
        &self,
        patience: Duration,
        message: impl FnOnce(Asked<T>) -> Message,
    ) -> Result<T, StoreError> {
        let (reply, mut answer) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let message = message(Asked {
            reply,
            begun: Arc::clone(&begun),
        });
        let answered = timeout(patience, async {
            self.hurry();
            self.post(message).await?;
            self.hurry();
            (&mut answer).await.map_err(|_| StoreError::WriterEnded)
        });
        match answered.await {
            Ok(answered) => answered,
            Err(_) if !begun.swap(true, Ordering::AcqRel) => Err(StoreError::Busy),
            // it is at it just now
            Err(_) => answer.await.map_err(|_| StoreError::WriterEnded),
        }
    }

    async fn post(&self, message: Message) -> Result<(), StoreError> {
        if self.queue.capacity() == 0 {
            self.shared.waited.fetch_add(1, Ordering::Relaxed);
            self.hurry();
        }
        let place = self.queue.reserve().await;
        let place = place.map_err(|_| StoreError::WriterEnded)?;
        self.shared.sent(&message);
        place.send(message);
        Ok(())
    }

    /// `false` if there is no room.
    fn try_post(&self, message: Message) -> Result<bool, StoreError> {
        use mpsc::error::TrySendError::{Closed, Full};
        match self.queue.try_reserve() {
            Ok(place) => {
                self.shared.sent(&message);
                place.send(message);
                Ok(true)
            }
            Err(Full(())) => Ok(false),
            Err(Closed(())) => Err(StoreError::WriterEnded),
        }
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

    fn sent(&self, message: &Message) {
        let bytes = message.bytes_beside();
        self.bytes_beside.fetch_add(bytes, Ordering::Relaxed);
    }

    /// To be told of everything that comes out of the queue.
    pub(super) fn received(&self, message: &Message) {
        let bytes = message.bytes_beside();
        self.bytes_beside.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn committed(&self, observations: u64, took: Duration) {
        self.committed.fetch_add(observations, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.work.committed(observations, took);
    }

    pub(super) fn unsaved(&self) -> MutexGuard<'_, Vec<(ProbeId, Observation)>> {
        // set as a whole
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn urgent(&self) -> MutexGuard<'_, bool> {
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
