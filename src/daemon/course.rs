//! Keeps what is stored and judged on a straight clock: an epoch ends where the clock is set, and
//! another begins once it can be trusted.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::archive::Archive;
use super::fleet::Fleet;
use super::timekeeper::{Beat, Timekeeper};
use crate::domain::observation::Reason;
use crate::domain::pulse::Disturbance;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::trouble::Trouble;
use crate::store::StoreError;

pub(super) struct Course {
    timekeeper: Timekeeper,
    /// The last instant that could be trusted, while the clock cannot.
    lost: Option<UnixMillis>,
    /// From when on an epoch is to be, that the store has not begun yet.
    due: Option<UnixMillis>,
    /// When the store would not begin it last.
    refused: Option<Instant>,
    /// Nothing was asked yet.
    is_new: bool,
}

/// When the store is asked again to begin an epoch that it would not begin.
const ASK_AGAIN: Duration = Duration::from_secs(5);

impl Course {
    /// With a clock that is trusted, in an epoch that began with its latest beat.
    pub(super) fn new(timekeeper: Timekeeper) -> Self {
        Self {
            timekeeper,
            lost: None,
            due: None,
            refused: None,
            is_new: true,
        }
    }

    /// What the clock showed when it was last looked at.
    pub(super) fn now(&self) -> UnixMillis {
        self.timekeeper.now()
    }

    /// How often to look, if nothing else is a reason to.
    pub(super) fn spacing(&self) -> Duration {
        self.timekeeper.spacing()
    }

    /// Looks at the clocks, and does what follows from that. To be called at every beat, and
    /// before anything is judged or registered.
    pub(super) async fn keep(
        &mut self,
        fleet: &mut Fleet<'_>,
        archive: &mut Archive,
    ) -> Result<(), StoreError> {
        for trouble in self.look(fleet) {
            archive.record(trouble)?;
        }
        let is_soon = |refused: &Instant| refused.elapsed() < ASK_AGAIN;
        let Some(start) = self
            .due
            .filter(|_| !self.refused.as_ref().is_some_and(is_soon))
        else {
            return Ok(());
        };
        match fleet.begin_epoch(start, archive).await {
            Ok(()) => {
                self.due = None;
                if self.refused.take().is_some() {
                    info!("probing goes on");
                    archive.record(Trouble {
                        period: Period::new(start, self.now().max(start)),
                        reason: Reason::StorageFull,
                    })?;
                }
            }
            Err(ended @ StoreError::WriterEnded) => return Err(ended),
            Err(error) => {
                if self.refused.replace(Instant::now()).is_none() {
                    error!(
                        "the clock was set, and nothing is recorded until the database knows: {error}"
                    );
                }
            }
        }
        Ok(())
    }

    /// What is to be remembered of the time since the beat before.
    fn look(&mut self, fleet: &mut Fleet<'_>) -> Vec<Trouble> {
        let mut beat = self.timekeeper.beat();
        if std::mem::take(&mut self.is_new) {
            // what took so long was reading the database
            let is_stall = |found: &_| matches!(found, Disturbance::Stalled { .. });
            beat.found.retain(|found| !is_stall(found));
        }
        tell(&beat);
        // of both, the suspension broke more
        for disturbance in beat.found.iter().rev() {
            match disturbance {
                Disturbance::Suspended { .. } => fleet.hinder(Reason::Suspended),
                Disturbance::Stalled { .. } => fleet.hinder(Reason::Stalled),
                Disturbance::Step { .. } => {}
            }
        }
        if beat.step().is_some() {
            let next = fleet.end_epoch(|started| beat.is_before_step(started));
            self.due = Some(next.map_or(beat.now, |next| next.min(beat.now)));
        }
        match (self.timekeeper.trust(fleet.newest()), self.lost) {
            (Ok(()), None) => beat.troubles(),
            (Ok(()), Some(lost)) => {
                self.lost = None;
                let start = self.due.unwrap_or_else(|| {
                    fleet.end_epoch(|_| true);
                    beat.now
                });
                self.due = Some(start);
                info!(
                    now = %beat.now,
                    dropped = fleet.take_dropped(),
                    "the clock is trusted again"
                );
                // empty if it is trusted again before the instant that it was lost at
                vec![Trouble {
                    period: Period::new(lost, start),
                    reason: Reason::ClockUntrusted,
                }]
            }
            (Err(why), None) => {
                if beat.step().is_none() {
                    fleet.end_epoch(|_| true);
                }
                self.due = None;
                self.lost = Some(beat.last_seen());
                error!("nothing is recorded until the clock is right: {why}");
                Vec::new()
            }
            (Err(_), Some(_)) => {
                self.due = None;
                Vec::new()
            }
        }
    }
}

fn tell(beat: &Beat) {
    for disturbance in &beat.found {
        match disturbance {
            Disturbance::Stalled { length } => {
                warn!(%length, "stalled: for so long this process did nothing");
            }
            Disturbance::Suspended { length } => info!(%length, "the machine was suspended"),
            Disturbance::Step { by } => warn!(%by, now = %beat.now, "the clock was set"),
        }
    }
}
