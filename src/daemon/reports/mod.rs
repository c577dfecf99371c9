//! The reports that are written by themselves, once their months and weeks are over: when to look
//! for those that are missing, and the thread that makes them.
//!
//! A pass goes through all of them, one at a time, in a thread of its own: whatever becomes of it,
//! probing goes on. What a pass is to make it finds out from the files that are there, so that
//! nothing has to be remembered over a restart.

mod folder;
mod making;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, error, info};

use crate::config::ScheduledReport;
use crate::domain::time::{Millis, UnixMillis};
use crate::store::Readers;

/// How long after the end of a period its report is made: the last requests of the period are over
/// then, unless they take longer than this, and stored. It is also the instant of its making that
/// the report tells, so that one that is made late is the same.
pub const DELAY: Millis = Millis::from_secs(300);

/// When it is tried again after it failed: twice as long each time, up to the longest.
const RETRY_FIRST: Duration = Duration::from_mins(1);
const RETRY_LONGEST: Duration = Duration::from_hours(1);

/// What a thread is to do that others must not notice: of 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

pub(super) struct Reports {
    scheduled: Arc<[ScheduledReport]>,
    readers: Readers,
    /// When the next of them is due. `None`: never.
    due: Option<UnixMillis>,
    /// When the latest pass began.
    begun: UnixMillis,
    /// After a pass in which something failed, when to try again, and how long that is after it.
    retry: Option<(Instant, Duration)>,
    /// The slugs of those that fail, which was told.
    failing: HashSet<String>,
    pass: Option<JoinHandle<Vec<Made>>>,
    /// The configuration has changed, or nothing was looked at yet.
    is_new: bool,
    /// Told to the pass that is under way.
    is_over: Arc<AtomicBool>,
}

/// What became of one of them.
struct Made {
    slug: String,
    failed: Option<String>,
}

impl Reports {
    pub(super) fn new(scheduled: Vec<ScheduledReport>, readers: Readers) -> Self {
        Self {
            scheduled: scheduled.into(),
            readers,
            due: None,
            begun: UnixMillis(i64::MIN),
            retry: None,
            failing: HashSet::new(),
            pass: None,
            is_new: true,
            is_over: Arc::default(),
        }
    }

    /// Goes on with these. A pass that is under way is finished first.
    pub(super) fn change(&mut self, scheduled: Vec<ScheduledReport>) {
        if *scheduled != *self.scheduled {
            self.scheduled = scheduled.into();
            self.is_new = true;
        }
    }

    /// Takes up what a pass did, and tells whether another is to begin. To be called every few
    /// seconds, at instants that can be trusted.
    pub(super) fn look(&mut self, now: UnixMillis) -> bool {
        if let Some(pass) = self.pass.take_if(|pass| pass.is_finished()) {
            self.ended(pass.join());
        }
        if self.pass.is_some() || self.scheduled.is_empty() {
            return false;
        }
        let is_due = self.due.is_some_and(|due| due <= now);
        let is_retried = self.retry.is_some_and(|(at, _)| at <= Instant::now());
        // the clock was set back, and what is due was found out by the wrong one
        let is_earlier = now < self.begun;
        self.is_new || is_due || is_retried || is_earlier
    }

    /// Begins a pass: all that was seen up to now is stored.
    pub(super) fn begin(&mut self, now: UnixMillis) {
        let ready = now.saturating_sub(DELAY);
        let next = self.scheduled.iter().filter_map(|scheduled| {
            let over = scheduled.schedule.next(ready)?;
            Some(over + DELAY)
        });
        self.due = next.min();
        self.begun = now;
        self.is_new = false;
        self.retry = self.retry.map(|(_, length)| (far(), length));
        let (scheduled, readers) = (Arc::clone(&self.scheduled), self.readers.clone());
        let is_over = Arc::clone(&self.is_over);
        let pass = thread::Builder::new()
            .name("reports".to_owned())
            .spawn(move || pass(&scheduled, &readers, ready, &is_over));
        match pass {
            Ok(pass) => self.pass = Some(pass),
            Err(failed) => self.failed(&format!("no thread to make them: {failed}")),
        }
    }

    fn ended(&mut self, pass: thread::Result<Vec<Made>>) {
        let Ok(made) = pass else {
            self.failed("a panic, which stands above; it is a bug");
            return;
        };
        let mut failing = HashSet::new();
        for Made { slug, failed } in made {
            let Some(why) = failed else { continue };
            if self.failing.contains(&slug) {
                debug!(report = slug, "the report still cannot be made: {why}");
            } else {
                error!(
                    report = slug,
                    "the report cannot be made, and is tried again: {why}"
                );
            }
            failing.insert(slug);
        }
        for slug in self.failing.difference(&failing) {
            info!(report = slug, "the report can be made again");
        }
        self.failing = failing;
        self.retry = (!self.failing.is_empty()).then(|| self.later());
    }

    /// The pass as a whole failed.
    fn failed(&mut self, why: &str) {
        if self.retry.is_none() {
            error!("reports cannot be made, and are tried again: {why}");
        }
        self.retry = Some(self.later());
    }

    fn later(&self) -> (Instant, Duration) {
        let length = match self.retry {
            Some((_, before)) => (before * 2).min(RETRY_LONGEST),
            None => RETRY_FIRST,
        };
        (Instant::now() + length, length)
    }
}

impl Drop for Reports {
    /// The daemon ends: a pass ends after what it is writing, and nobody waits for it. What it does
    /// not get to is made at the next start.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Not for now: a pass is under way.
fn far() -> Instant {
    Instant::now() + Duration::from_hours(24 * 365)
}

/// Goes through all of them: what was over by `ready`.
fn pass(
    scheduled: &[ScheduledReport],
    readers: &Readers,
    ready: UnixMillis,
    is_over: &AtomicBool,
) -> Vec<Made> {
    // refused, it is only less polite
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
    let made = scheduled.iter().map(|scheduled| Made {
        slug: scheduled.name.slug().to_owned(),
        failed: making::make_missing(scheduled, readers, ready, is_over)
            .err()
            .map(|why| format!("{why:#}")),
    });
    made.collect()
}
