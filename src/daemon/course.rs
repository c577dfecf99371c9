//! Keeps what is stored and judged on a straight clock: an epoch ends where the clock is set, and
//! another begins once it can be trusted.

use std::time::Duration;

use tracing::{error, info, warn};

use super::Archive;
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
    /// The store would not begin it.
    refused: bool,
    /// Nothing was asked yet.
    is_new: bool,
    /// The store took nothing for a while, and nothing was done meanwhile.
    waited: bool,
}

/// Whoever waits longer for the store is held up by it.
const WAIT_MAX: Duration = Duration::from_secs(1);

impl Course {
    /// With a clock that is trusted, in an epoch that began with its latest beat.
    pub(super) fn new(timekeeper: Timekeeper) -> Self {
        Self {
            timekeeper,
            lost: None,
            due: None,
            refused: false,
            is_new: true,
            waited: false,
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

    /// The store had no room for so long: a stall that is found next came of that.
    pub(super) fn waited_for_store(&mut self, length: Duration) {
        self.waited |= length > WAIT_MAX;
    }

    /// Looks at the clocks, and does what follows from that. To be called at every beat, and
    /// before anything is judged or registered.
    pub(super) async fn keep(
        &mut self,
        fleet: &mut Fleet<'_>,
        archive: &Archive,
    ) -> Result<(), StoreError> {
        let troubles = self.look(fleet);
        if let Some(start) = self.due {
            match fleet.begin_epoch(start, archive).await {
                Ok(()) => {
                    self.due = None;
                    if std::mem::take(&mut self.refused) {
                        info!("probing goes on");
                    }
                }
                Err(ended @ StoreError::WriterEnded) => return Err(ended),
                Err(error) => {
                    if !std::mem::replace(&mut self.refused, true) {
                        error!(
                            "the clock was set, and nothing is recorded until the database knows: {error}"
                        );
                    }
                }
            }
        }
        for trouble in troubles {
            archive.sender.record_trouble(trouble).await?;
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
        let waited = std::mem::take(&mut self.waited);
        let held_up = if waited {
            Reason::StorageFull
        } else {
            Reason::Stalled
        };
        tell(&beat, waited);
        // of both, the suspension broke more
        for disturbance in beat.found.iter().rev() {
            match disturbance {
                Disturbance::Suspended { .. } => fleet.hinder(Reason::Suspended),
                Disturbance::Stalled { .. } => fleet.hinder(held_up),
                Disturbance::Step { .. } => {}
            }
        }
        if beat.step().is_some() {
            let next = fleet.end_epoch(|started| beat.is_before_step(started));
            self.due = Some(next.map_or(beat.now, |next| next.min(beat.now)));
        }
        match (self.timekeeper.trust(fleet.newest()), self.lost) {
            (Ok(()), None) => beat.troubles(held_up),
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

fn tell(beat: &Beat, waited: bool) {
    for disturbance in &beat.found {
        match disturbance {
            Disturbance::Stalled { length } if waited => {
                warn!(%length, "nothing was asked for so long: the database took nothing");
            }
            Disturbance::Stalled { length } => {
                warn!(%length, "stalled: for so long this process did nothing");
            }
            Disturbance::Suspended { length } => info!(%length, "the machine was suspended"),
            Disturbance::Step { by } => warn!(%by, now = %beat.now, "the clock was set"),
        }
    }
}
