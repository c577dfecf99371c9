//! What follows from observations is made again, and old observations go: what a daemon does in the
//! background, all at once. In short transactions: whatever is left undone when it is stopped, the
//! next one, or the daemon, takes up.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::info::{number, packed_in};
use super::{Progress, Told};
use crate::domain::retention::Retention;
use crate::domain::time::{Millis, UnixMillis};
use crate::store::chunk::hour_of;
use crate::store::derive::{self, Deriving, derived_until, start_of};
use crate::store::error::StoreError;
use crate::store::housekeeping::HOUR_CLOSES_AFTER;
use crate::store::pack::{self, Packing};
use crate::store::prune::Pruning;
use crate::store::{Store, open};

/// What is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prunable {
    /// All observations before it, which is the beginning of an hour.
    pub before: UnixMillis,
    pub observations: u64,
}

/// What pruning did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    pub prunable: Prunable,
    /// Hours and days, each of one probe, whose counts are gone.
    pub counts: u64,
    /// Of pages that are free now and were not before.
    pub freed_bytes: u64,
}

/// What [`Store::prune_now`] would drop. Beside whoever writes; changes nothing.
pub fn prunable(
    path: &Path,
    kept: Millis,
    now: UnixMillis,
    told: Told,
) -> Result<Prunable, StoreError> {
    let connection = open::reader(&open::real_path(path))?;
    count_prunable(&connection, kept, now, told)
}

fn count_prunable(
    connection: &Connection,
    kept: Millis,
    now: UnixMillis,
    told: Told,
) -> Result<Prunable, StoreError> {
    let before = hour_of(now.saturating_sub(kept.max(Retention::OBSERVATIONS_MIN)).0);
    let mut hours = pack::hours(connection)?;
    hours.retain(|hour| *hour < before);
    Ok(Prunable {
        before: start_of(before),
        observations: packed_in(connection, &hours, told)?,
    })
}

impl Store {
    /// Makes windows, runs, counts and checkpoints again from the observations that there are. What
    /// follows from observations that were pruned stays as it is.
    pub fn rebuild(&mut self, now: UnixMillis, told: Told) -> Result<(), StoreError> {
        let mut probes: Vec<i64> = self.probes.values().copied().collect();
        probes.sort_unstable();
        let of = probes.len() as u64;
        for (done, probe) in (1..).zip(probes) {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            derive::forget(&transaction, probe)?;
            transaction.commit()?;
            told(Progress {
                what: "probes taken back",
                done,
                of,
            });
        }
        self.catch_up(now, told)
    }

    /// Packs the hours that are over at `now`, and writes down what follows from them.
    fn catch_up(&mut self, now: UnixMillis, told: Told) -> Result<(), StoreError> {
        let open = hour_of(now.saturating_sub(HOUR_CLOSES_AFTER).0);
        if let Some(mut packing) = Packing::begin(&self.connection, start_of(open).0)? {
            told(Progress {
                what: "packing",
                done: 0,
                of: 0,
            });
            while !self.pack_step(&mut packing)? {}
        }
        // before days are summed up
        self.look_up_phases()?;
        let mut hours = pack::hours(&self.connection)?;
        hours.retain(|hour| *hour < open);
        while let Some(mut deriving) = Deriving::begin(&self.connection, open)? {
            while !self.derive_step(&mut deriving)? {
                let reached = derived_until(&self.connection)?.unwrap_or(i64::MIN);
                told(Progress {
                    what: "hours made again",
                    done: hours.partition_point(|hour| *hour < reached) as u64,
                    of: hours.len() as u64,
                });
            }
        }
        Ok(())
    }

    /// Drops what `retention` does not keep at `now`, after what follows from it was written down.
    pub fn prune_now(
        &mut self,
        retention: Retention,
        now: UnixMillis,
        told: Told,
    ) -> Result<Pruned, StoreError> {
        self.catch_up(now, told)?;
        let kept = retention.observations.unwrap_or(Millis(i64::MAX));
        let prunable = count_prunable(&self.connection, kept, now, told)?;
        let (free, counts) = (self.free_bytes()?, self.counts()?);
        if let Some(mut pruning) = Pruning::begin(&self.connection, retention, now)? {
            let before = hour_of(prunable.before.0);
            let left = |connection: &Connection| -> Result<u64, StoreError> {
                let hours = pack::hours(connection)?;
                Ok(hours.partition_point(|hour| *hour < before) as u64)
            };
            let of = left(&self.connection)?;
            while !self.prune_step(&mut pruning)? {
                told(Progress {
                    what: "hours pruned",
                    done: of.saturating_sub(left(&self.connection)?),
                    of,
                });
            }
        }
        while !self.prune_counts_step(retention, now)? {}
        Ok(Pruned {
            prunable,
            counts: counts.saturating_sub(self.counts()?),
            freed_bytes: self.free_bytes()?.saturating_sub(free),
        })
    }

    fn counts(&self) -> Result<u64, StoreError> {
        let of = |table| number(&self.connection, &format!("SELECT count(*) FROM {table}"));
        Ok(of("hourly")? + of("daily")?)
    }

    fn free_bytes(&self) -> Result<u64, StoreError> {
        let pages = number(&self.connection, "PRAGMA freelist_count")?;
        Ok(pages * number(&self.connection, "PRAGMA page_size")?)
    }
}
