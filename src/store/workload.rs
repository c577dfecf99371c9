//! What the writer did so far, and how long it took.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::queue::{Backlog, Counts};
use crate::domain::durations::Durations;
use crate::domain::time::Micros;

/// What the writer did so far, and what is before it.
#[derive(Clone, Debug)]
pub struct Workload {
    pub counts: Counts,
    pub backlog: Backlog,
    /// As much waited at once.
    pub waiting_max: usize,
    /// Observations of the largest commit.
    pub batch_max: u64,
    pub commits: Durations,
    /// Steps in which hours that are over are packed, and what else there is to do behind.
    pub housekeeping: Durations,
}

/// Filled by the writer, and read by others.
#[derive(Debug, Default)]
pub(super) struct Work(Mutex<Done>);

#[derive(Debug, Default)]
struct Done {
    waiting_max: usize,
    batch_max: u64,
    commits: Durations,
    housekeeping: Durations,
}

impl Work {
    fn done(&self) -> MutexGuard<'_, Done> {
        // counts that are a little wrong after a panic harm nobody
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn committed(&self, observations: u64, took: Duration) {
        let mut done = self.done();
        done.batch_max = done.batch_max.max(observations);
        done.commits.add(Micros::from_duration(took));
    }

    pub(super) fn kept_house(&self, took: Duration) {
        self.done().housekeeping.add(Micros::from_duration(took));
    }

    /// So many waited.
    pub(super) fn seen_waiting(&self, messages: usize) {
        let mut done = self.done();
        done.waiting_max = done.waiting_max.max(messages);
    }

    pub(super) fn workload(&self, counts: Counts, backlog: Backlog) -> Workload {
        let done = self.done();
        Workload {
            counts,
            backlog,
            waiting_max: done.waiting_max.max(backlog.waiting),
            batch_max: done.batch_max,
            commits: done.commits.clone(),
            housekeeping: done.housekeeping.clone(),
        }
    }
}
