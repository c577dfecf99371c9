//! The thread that alone writes: it gathers observations into batches and commits them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;
use crate::domain::time::Millis;

use super::Store;
use super::append::Batch;
use super::error::StoreError;
use super::housekeeping::Housekeeping;
use super::queue::{BACKLOG_BYTES, Counts, Message, Sender, Shared, queue, room};
use super::reader::Reader;
use super::settings::Settings;
use super::whereabouts::Astray;

/// Most observations in one transaction.
const BATCH_MAX: usize = 8192;

/// Longest that an observation waits for others to share its commit with.
const GATHER: Duration = Duration::from_millis(250);

/// Waits between tries of a commit that fails double from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

/// Tries of a commit once nobody sends any more, and how long they may take: the shutdown must not
/// hang on a full disk.
const LAST_TRIES: u32 = 3;
const LAST_TRIES_MAX: Duration = Duration::from_secs(2);

/// Joins the thread. The thread ends when every [`Sender`] is gone.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    thread: JoinHandle<Result<(), StoreError>>,
    shared: Arc<Shared>,
}

/// Opens readers beside a writer, in whichever thread.
#[derive(Clone, Debug)]
pub struct Readers(PathBuf);

impl Readers {
    /// What is committed so far, as [`Store::reader`].
    pub fn open(&self) -> Result<Reader, StoreError> {
        Reader::beside_writer(&self.0)
    }
}

impl Writer {
    pub fn start(store: Store) -> Result<(Self, Sender), StoreError> {
        Self::start_with(store, BACKLOG_BYTES)
    }

    /// With so much memory for what waits for the disk.
    pub fn start_with(store: Store, backlog_bytes: usize) -> Result<(Self, Sender), StoreError> {
        let (sender, messages, shared) = queue(backlog_bytes);
        let path = store.path.clone();
        let housekeeping = Housekeeping::new(&store)?;
        let work = Work {
            store,
            messages,
            shared: Arc::clone(&shared),
            batch: Batch::default(),
            housekeeping,
            failing_since: None,
            losing_evidence: false,
            settings: None,
        };
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work.until_closed())
            .map_err(StoreError::file("the writer's thread"))?;
        let writer = Self {
            path,
            thread,
            shared,
        };
        Ok((writer, sender))
    }

    /// What is committed so far, as [`Store::reader`].
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::beside_writer(&self.path)
    }

    /// To read from another thread.
    pub fn readers(&self) -> Readers {
        Readers(self.path.clone())
    }

    /// Whether it has ended, by itself or because every sender is gone.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// What could not be written, of a writer that has ended by itself.
    pub fn take_unsaved(&self) -> Vec<(ProbeId, Observation)> {
        std::mem::take(&mut *self.shared.unsaved())
    }

    /// Waits until everything sent is committed and the database is closed. Blocks: drop every
    /// [`Sender`] before. An error means that observations were lost.
    pub fn join(self) -> Result<Counts, StoreError> {
        match self.thread.join() {
            Ok(result) => result.map(|()| self.shared.counts()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// What the thread owns.
struct Work {
    store: Store,
    messages: mpsc::Receiver<Message>,
    shared: Arc<Shared>,
    batch: Batch,
    housekeeping: Housekeeping,
    /// Trouble is logged once, when it begins, and once when it is over.
    failing_since: Option<Instant>,
    /// Evidence was lost, which is logged once.
    losing_evidence: bool,
    /// `None` until it is told: then nothing is deleted.
    settings: Option<Settings>,
}

impl Work {
    fn until_closed(mut self) -> Result<(), StoreError> {
        match self.write_all() {
            Ok(()) => self.store.close(),
            Err(error) => {
                self.give_back();
                Err(error)
            }
        }
    }

    fn write_all(&mut self) -> Result<(), StoreError> {
        while let Some(first) = self.next() {
            // Waiting for time to pass and not for messages: the thread wakes twice a batch,
            // instead of once an observation.
            let gathers = matches!(
                first,
                Message::Observation(..)
                    | Message::Evidence(..)
                    | Message::Trouble(..)
                    | Message::Fares(..)
            );
            if gathers && self.messages.len() < BATCH_MAX / 2 {
                self.shared.pause(GATHER);
            }
            let waiting = self.messages.len() + 1;
            self.shared.work.seen_waiting(waiting);
            self.handle(first)?;
            while self.batch.len() < BATCH_MAX
                && let Ok(message) = self.messages.try_recv()
            {
                self.handle(message)?;
            }
            self.commit()?;
            self.keep_up();
        }
        Ok(())
    }

    /// What could not be written is for others to save.
    fn give_back(&mut self) {
        self.messages.close();
        let mut unsaved = std::mem::take(&mut self.batch.observations);
        while let Ok(message) = self.messages.try_recv() {
            self.shared.received(&message);
            if let Message::Observation(waiting) = message {
                unsaved.push(waiting.into_whole());
            }
        }
        *self.shared.unsaved() = unsaved;
    }

    /// The file that is open has lost its name. All of it is saved beside, and what waits still too;
    /// then it is over.
    fn leave(&mut self, astray: Astray) -> Result<(), StoreError> {
        let path = self.store.path.clone();
        tracing::error!(path = %path.display(), ?astray, "the database is no longer where it was");
        self.messages.close();
        let kept = match astray {
            Astray::Removed | Astray::Replaced => self.store.go_on_in_copy(),
            Astray::LogRemoved => self.store.go_on_without_log().map(|()| path.clone()),
        };
        let saved = kept.and_then(|kept| {
            self.commit()?;
            self.write_all()?;
            self.store.write_log_back()?;
            Ok(kept)
        });
        Err(StoreError::Astray {
            path,
            astray,
            saved: saved.map_err(|error| error.to_string()),
        })
    }

    /// `None` when every sender is gone and the queue is empty.
    fn next(&mut self) -> Option<Message> {
        loop {
            if self.housekeeping.is_idle() {
                return self.messages.blocking_recv();
            }
            match self.messages.try_recv() {
                Ok(message) => return Some(message),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => self.keep_up(),
            }
        }
    }

    fn handle(&mut self, message: Message) -> Result<(), StoreError> {
        self.shared.received(&message);
        match message {
            Message::Observation(waiting) => {
                let (probe, observation) = waiting.into_whole();
                if self.store.knows(&probe) {
                    self.batch.observations.push((probe, observation));
                } else if self.shared.unknown.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::error!(%probe, "observation of a probe that is not registered");
                }
            }
            Message::Evidence(probe, change) => self.batch.evidence.push((probe, change)),
            Message::Trouble(trouble) => self.batch.troubles.push(trouble),
            Message::Fares(fares, is_due) => {
                self.batch.fares = Some(fares);
                self.batch.is_due |= is_due;
            }
            Message::Register(configured, now, reply) => {
                self.commit()?;
                reply.answer(|| self.store.register(&configured, now));
            }
            Message::BeginEpoch(now, reply) => {
                self.commit()?;
                reply.answer(|| self.store.begin_epoch(now));
            }
            Message::Settle(settings) => {
                self.commit()?;
                self.settle(settings);
            }
            Message::Flush(reply) => {
                self.commit()?;
                reply.answer(|| ());
            }
        }
        Ok(())
    }

    fn settle(&mut self, settings: Settings) {
        if let Err(error) = self.store.set_durability(settings.durability) {
            tracing::error!("durability stays as it was: {error}");
        }
        let before = self.settings.replace(settings);
        if before.is_some_and(|before| before != settings) {
            let retention = settings.retention;
            // what is kept for ever is left out
            tracing::info!(
                durability = %settings.durability,
                observations = retention.observations.map(tracing::field::display),
                hourly = retention.hourly.map(tracing::field::display),
                daily = retention.daily.map(tracing::field::display),
                "stored and kept otherwise from here on"
            );
        }
    }

    /// Tries until the batch is on disk. Gives up if waiting cannot help, or if it does not and
    /// nobody sends any more.
    fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.len() == 0 {
            return Ok(());
        }
        let in_hand = self.batch.observations.len();
        self.shared.in_hand.store(in_hand, Ordering::Relaxed);
        let mut wait = RETRY_FIRST;
        let (mut last_tries, mut closed_since) = (0, None);
        let took = loop {
            if let Some(astray) = self.store.astray() {
                return self.leave(astray);
            }
            let begin = Instant::now();
            let error = match self.store.append_batch(&self.batch) {
                Ok(Ok(())) => break begin.elapsed(),
                Ok(Err(error)) => {
                    self.lose_evidence(&error);
                    break begin.elapsed();
                }
                // with less to store there may be room
                Err(error) if error.is_disk_full() && !self.batch.evidence.is_empty() => {
                    self.lose_evidence(&error);
                    continue;
                }
                Err(error) => error,
            };
            if self.messages.is_closed() {
                last_tries += 1;
                closed_since.get_or_insert_with(Instant::now);
            }
            let is_late = closed_since.is_some_and(|since| since.elapsed() >= LAST_TRIES_MAX);
            if !error.may_pass() || last_tries >= LAST_TRIES || is_late {
                tracing::error!(
                    unsaved = self.batch.observations.len() + self.messages.len(),
                    "cannot store observations: {error}"
                );
                return Err(error);
            }
            if self.failing_since.is_none() {
                self.failing_since = Some(Instant::now());
                self.shared.stuck.store(true, Ordering::Relaxed);
                tracing::error!(
                    waiting = self.batch.observations.len() + self.messages.len(),
                    room = room(&self.messages),
                    "cannot store observations, trying again: {error}"
                );
            }
            self.shared.retries.fetch_add(1, Ordering::Relaxed);
            self.wait_to_retry(wait);
            wait = (wait * 2).min(RETRY_LAST);
        };
        if let Some(since) = self.failing_since.take() {
            self.shared.stuck.store(false, Ordering::Relaxed);
            tracing::info!(
                after = %Millis::from_duration(since.elapsed()),
                waiting = self.messages.len(),
                "observations are stored again"
            );
        }
        self.shared
            .committed(self.batch.observations.len() as u64, took);
        self.shared.in_hand.store(0, Ordering::Relaxed);
        if let Some(newest) = self
            .batch
            .observations
            .iter()
            .map(|(_, observation)| observation.ts)
            .max()
        {
            let count = self.batch.observations.len();
            self.housekeeping.committed(&self.store, newest, count);
        }
        self.batch.clear();
        Ok(())
    }

    fn lose_evidence(&mut self, error: &StoreError) {
        let lost = self.batch.evidence.len() as u64;
        self.batch.evidence.clear();
        let count = &self.shared.evidence_lost;
        count.fetch_add(lost, Ordering::Relaxed);
        if !std::mem::replace(&mut self.losing_evidence, true) {
            tracing::error!(
                lost,
                "cannot store evidence; observations are stored: {error}"
            );
        }
    }

    /// In pieces, so that a shutdown can shorten it.
    fn wait_to_retry(&self, length: Duration) {
        let mut left = length;
        while !left.is_zero() {
            let piece = left.min(RETRY_FIRST);
            self.shared.sit_out(piece);
            left = left.saturating_sub(piece);
            if self.messages.is_closed() {
                return;
            }
        }
    }

    fn keep_up(&mut self) {
        if self.housekeeping.is_idle() {
            return;
        }
        let retention = self.settings.map(|settings| settings.retention);
        let begin = Instant::now();
        self.housekeeping.step(&mut self.store, retention);
        self.shared.work.kept_house(begin.elapsed());
    }
}
