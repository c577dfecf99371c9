//! What the writer does between commits: packs hours that are over, writes down what follows from
//! them, and drops what is old.

use crate::domain::retention::Retention;
use crate::domain::time::{Millis, UnixMillis};

use super::Store;
use super::chunk::hour_of;
use super::derive::{Deriving, start_of};
use super::error::StoreError;
use super::pack::Packing;
use super::phases::LookingUp;
use super::prune::Pruning;

/// An hour is over when observations are this far into the next: what was asked before the hour
/// ended has its answer, but for the few that take longer, which are merged later.
pub(super) const HOUR_CLOSES_AFTER: Millis = Millis::from_secs(120);

/// With more rows than that in staging, or several of each probe, the open hour is packed, too: who
/// starts has to read them all. Packing again and again costs some writing, as chunks are written
/// anew.
const STAGED_MAX: usize = 1 << 18;
const STAGED_MAX_PER_PROBE: usize = 4;

/// Only in memory: after a crash it begins anew.
#[derive(Debug)]
pub(super) struct Housekeeping {
    work: Work,
    /// The hour that is open, as far as was looked after; `None` until the first commit.
    open_hour: Option<i64>,
    newest: Option<UnixMillis>,
    /// Rows in staging, about.
    staged: usize,
}

#[derive(Debug)]
enum Work {
    Idle,
    Pack,
    Packing(Packing),
    /// Before days are summed up.
    LookUp,
    LookingUp(LookingUp),
    Derive,
    Deriving(Deriving),
    Prune,
    Pruning(Pruning),
    PruneCounts,
}

impl Housekeeping {
    pub(super) fn new(store: &Store) -> Result<Self, StoreError> {
        Ok(Self {
            work: Work::Idle,
            open_hour: None,
            newest: None,
            staged: store.staged()?,
        })
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.work, Work::Idle)
    }

    /// After a commit of so many observations.
    pub(super) fn committed(&mut self, store: &Store, newest: UnixMillis, count: usize) {
        self.newest = Some(newest);
        self.staged += count;
        if self.is_idle() {
            self.look(store);
        }
    }

    /// Whether there is something to do.
    fn look(&mut self, store: &Store) {
        let Some(newest) = self.newest else {
            return;
        };
        let open = hour_of(newest.saturating_sub(HOUR_CLOSES_AFTER).0);
        let is_over = match self.open_hour {
            None => true,
            // a clock that was set back far begins anew; a late observation does not
            Some(before) => open > before || open < before - 2,
        };
        let staged_max = STAGED_MAX.max(store.probes.len() * STAGED_MAX_PER_PROBE);
        if is_over {
            self.open_hour = Some(open);
            self.work = Work::Pack;
        } else if self.staged > staged_max {
            // if it fails, it is tried again when there are as many again
            self.staged = 0;
            self.begin(Packing::of_all(store));
        }
    }

    fn begin(&mut self, packing: Result<Option<Packing>, StoreError>) {
        self.work = match packing {
            Ok(Some(packing)) => Work::Packing(packing),
            Ok(None) => Work::LookUp,
            Err(error) => {
                tracing::warn!("cannot pack yet: {error}");
                Work::Idle
            }
        };
    }

    /// One step, if there is one to do. Whatever goes wrong, what is stored is safe where it is, so
    /// probing goes on, and the next hour tries again.
    pub(super) fn step(&mut self, store: &mut Store, retention: Option<Retention>) {
        let work = std::mem::replace(&mut self.work, Work::Idle);
        self.work = match self.try_step(work, store, retention) {
            Ok(next) => next,
            Err(error) => {
                tracing::error!("what is stored cannot be put in order yet: {error}");
                Work::Idle
            }
        };
        if self.is_idle() {
            // another hour may be over meanwhile
            self.look(store);
        }
    }

    fn try_step(
        &mut self,
        work: Work,
        store: &mut Store,
        retention: Option<Retention>,
    ) -> Result<Work, StoreError> {
        let open = self.open_hour.unwrap_or(i64::MIN);
        Ok(match work {
            Work::Idle => Work::Idle,
            Work::Pack => {
                let packing = Packing::begin(&store.connection, start_of(open).0)?;
                packing.map_or(Work::LookUp, Work::Packing)
            }
            Work::Packing(mut packing) => {
                if store.pack_step(&mut packing)? {
                    self.staged = store.staged()?;
                    tracing::debug!("packed");
                    Work::LookUp
                } else {
                    Work::Packing(packing)
                }
            }
            Work::LookUp => {
                let looking = LookingUp::begin(&store.connection)?;
                looking.map_or(Work::Derive, Work::LookingUp)
            }
            Work::LookingUp(mut looking) => {
                if store.look_up_step(&mut looking)? {
                    Work::Derive
                } else {
                    Work::LookingUp(looking)
                }
            }
            Work::Derive => {
                let deriving = Deriving::begin(&store.connection, open)?;
                deriving.map_or(Work::Prune, Work::Deriving)
            }
            Work::Deriving(mut deriving) => {
                if store.derive_step(&mut deriving)? {
                    Work::Derive
                } else {
                    Work::Deriving(deriving)
                }
            }
            Work::Prune => match retention.zip(self.newest) {
                Some((retention, newest)) => {
                    let pruning = Pruning::begin(&store.connection, retention, newest)?;
                    pruning.map_or(Work::PruneCounts, Work::Pruning)
                }
                None => Work::Idle,
            },
            Work::Pruning(mut pruning) => {
                if store.prune_step(&mut pruning)? {
                    Work::PruneCounts
                } else {
                    Work::Pruning(pruning)
                }
            }
            Work::PruneCounts => match retention.zip(self.newest) {
                Some((retention, newest)) if !store.prune_counts_step(retention, newest)? => {
                    Work::PruneCounts
                }
                _ => Work::Idle,
            },
        })
    }
}
