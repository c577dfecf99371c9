//! The thread that alone writes: it gathers observations into batches and commits them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::domain::time::{Millis, UnixMillis};

use super::Store;
use super::append::Batch;
use super::chunk::{HOUR_MS, hour_of};
use super::error::StoreError;
use super::pack::Packing;
use super::queue::{Counts, Message, QUEUE_MAX, Sender, Shared, queue};
use super::reader::Reader;

/// Most observations in one transaction.
const BATCH_MAX: usize = QUEUE_MAX;

/// Longest that an observation waits for others to share its commit with.
const GATHER: Duration = Duration::from_millis(250);

/// Waits between tries of a commit that fails double from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

/// Tries of a commit once nobody sends any more: the shutdown must not hang on a full disk.
const LAST_TRIES: u32 = 3;

/// An hour is packed when observations are this far into the next: what was asked before the hour
/// ended has its answer, but for the few that take longer, which are merged later.
const HOUR_CLOSES_AFTER: Millis = Millis::from_secs(120);

/// Joins the thread. The thread ends when every [`Sender`] is gone.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    thread: JoinHandle<Result<(), StoreError>>,
    shared: Arc<Shared>,
}

impl Writer {
    pub fn start(store: Store) -> Result<(Self, Sender), StoreError> {
        let (sender, messages, shared) = queue();
        let path = store.path.clone();
        let work = Work {
            store,
            messages,
            shared: Arc::clone(&shared),
            batch: Batch::default(),
            packing: None,
            packed_before_ms: None,
            failing: false,
            losing_evidence: false,
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

    /// Whether it has ended, by itself or because every sender is gone.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
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
    packing: Option<Packing>,
    packed_before_ms: Option<i64>,
    /// Trouble is logged once, when it begins, and once when it is over.
    failing: bool,
    /// Evidence was lost, which is logged once.
    losing_evidence: bool,
}

impl Work {
    fn until_closed(mut self) -> Result<(), StoreError> {
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
            if gathers && self.messages.len() < QUEUE_MAX / 2 {
                self.shared.pause(GATHER);
            }
            self.shared.seen_queued(self.messages.len() + 1);
            self.handle(first)?;
            while self.batch.len() < BATCH_MAX
                && let Ok(message) = self.messages.try_recv()
            {
                self.handle(message)?;
            }
            self.commit()?;
            self.pack();
        }
        self.store.close()
    }

    /// `None` when every sender is gone and the queue is empty.
    fn next(&mut self) -> Option<Message> {
        loop {
            if self.packing.is_none() {
                return self.messages.blocking_recv();
            }
            match self.messages.try_recv() {
                Ok(message) => return Some(message),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => self.pack(),
            }
        }
    }

    fn handle(&mut self, message: Message) -> Result<(), StoreError> {
        match message {
            Message::Observation(probe, observation) => {
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
                // whoever asked may have given up meanwhile
                let _ = reply.send(self.store.register(&configured, now));
            }
            Message::BeginEpoch(now, reply) => {
                self.commit()?;
                let _ = reply.send(self.store.begin_epoch(now));
            }
            Message::Flush(reply) => {
                self.commit()?;
                let _ = reply.send(());
            }
        }
        Ok(())
    }

    /// Tries until the batch is on disk. Gives up if waiting cannot help, or if it does not and
    /// nobody sends any more.
    fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.len() == 0 {
            return Ok(());
        }
        let mut wait = RETRY_FIRST;
        let mut last_tries = 0;
        let took = loop {
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
            }
            if !error.may_pass() || last_tries >= LAST_TRIES {
                tracing::error!(
                    lost = self.batch.observations.len() + self.messages.len(),
                    "cannot store observations: {error}"
                );
                return Err(error);
            }
            if !self.failing {
                self.failing = true;
                tracing::error!("cannot store observations, trying again: {error}");
            }
            self.shared.retries.fetch_add(1, Ordering::Relaxed);
            self.wait_to_retry(wait);
            wait = (wait * 2).min(RETRY_LAST);
        };
        if self.failing {
            self.failing = false;
            tracing::info!("observations are stored again");
        }
        self.shared
            .committed(self.batch.observations.len() as u64, took);
        if let Some(newest) = self
            .batch
            .observations
            .iter()
            .map(|(_, observation)| observation.ts)
            .max()
        {
            self.begin_packing(newest);
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

    fn begin_packing(&mut self, newest: UnixMillis) {
        let before_ms = hour_of(newest.saturating_sub(HOUR_CLOSES_AFTER).0) * HOUR_MS;
        let due = match self.packed_before_ms {
            None => true,
            // a clock that was set back far begins anew; a late observation does not
            Some(done) => before_ms > done || before_ms < done - 2 * HOUR_MS,
        };
        if !due || self.packing.is_some() {
            return;
        }
        match Packing::begin(&self.store.connection, before_ms) {
            Ok(packing) => {
                self.packing = packing;
                self.packed_before_ms = Some(before_ms);
            }
            Err(error) => tracing::warn!("cannot pack yet: {error}"),
        }
    }

    /// One step, if there is one to do. Whatever goes wrong, the rows are safe where they are, so
    /// probing goes on, and the next hour tries again.
    fn pack(&mut self) {
        let Some(mut packing) = self.packing.take() else {
            return;
        };
        let begin = Instant::now();
        let step = self.store.pack_step(&mut packing);
        self.shared.packed(begin.elapsed());
        match step {
            Ok(true) => tracing::debug!("an hour is packed"),
            Ok(false) => self.packing = Some(packing),
            Err(error) => tracing::error!("cannot pack the last hour yet: {error}"),
        }
    }
}
