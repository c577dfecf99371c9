//! Observations that are old go, after what follows from them was written down. In steps short enough to
//! write in between.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::domain::checkpoint::Checkpoint;
use crate::domain::retention::Retention;
use crate::domain::time::UnixMillis;

use super::Store;
use super::chunk::hour_of;
use super::derive::{derived_until, start_of, walk};
use super::error::StoreError;
use super::pack::{self, key};
use super::reader::lookup::Lookup;
use super::rounds::{Allowance, Rounds, Turn};
use super::{checkpoint, told};

/// A value of `pruned.tier`.
const OBSERVATIONS: &str = "observations";

/// Observations before this hour are gone, or about to go.
pub(super) fn before(connection: &Connection) -> Result<Option<i64>, StoreError> {
    before_of(connection, OBSERVATIONS)
}

/// The same of any tier.
pub(super) fn before_of(connection: &Connection, tier: &str) -> Result<Option<i64>, StoreError> {
    let before: Option<i64> = connection
        .prepare_cached("SELECT before_ms FROM pruned WHERE tier = ?1")?
        .query_row([tier], |row| row.get(0))
        .optional()?;
    Ok(before.map(hour_of))
}

pub(super) fn set_before(connection: &Connection, tier: &str, hour: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO pruned (tier, before_ms) VALUES (?1, ?2) \
             ON CONFLICT DO UPDATE SET before_ms = max(before_ms, ?2)",
        )?
        .execute(params![tier, start_of(hour).0])?;
    Ok(())
}

/// Where pruning stands.
#[derive(Debug)]
pub(super) struct Pruning {
    rounds: Rounds,
    lookup: Lookup,
    /// Ascending.
    checkpoint_hours: Vec<i64>,
}

impl Store {
    /// Drops what `retention` does not keep at `now`.
    pub fn prune(&mut self, retention: Retention, now: UnixMillis) -> Result<(), StoreError> {
        if let Some(mut pruning) = Pruning::begin(&self.connection, retention, now)? {
            while !self.prune_step(&mut pruning)? {}
        }
        while !self.prune_counts_step(retention, now)? {}
        Ok(())
    }

    /// Whether that was the last. After an error it has to begin anew.
    pub(super) fn prune_step(&mut self, pruning: &mut Pruning) -> Result<bool, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut allowance = Allowance::of_a_step();
        let mut is_over = false;
        while !is_over && !allowance.is_spent() {
            match pruning.rounds.next() {
                Turn::Probe { hours, probe } => {
                    let hours = hours.to_vec();
                    allowance.spend(pruning.prune(&transaction, &hours, probe)?);
                }
                Turn::DayDone { .. } => {}
                Turn::AllDone => is_over = true,
            }
        }
        transaction.commit()?;
        Ok(is_over)
    }
}

impl Pruning {
    /// `None` if there is nothing to drop. Never goes further than what is derived.
    pub(super) fn begin(
        connection: &Connection,
        retention: Retention,
        now: UnixMillis,
    ) -> Result<Option<Self>, StoreError> {
        let Some(kept) = retention.observations else {
            return Ok(None);
        };
        let kept = kept.max(Retention::OBSERVATIONS_MIN);
        let Some(derived) = derived_until(connection)? else {
            return Ok(None);
        };
        let before = hour_of(now.saturating_sub(kept).0).min(derived);
        let mut hours = pack::hours(connection)?;
        hours.retain(|hour| *hour < before);
        if hours.is_empty() {
            return Ok(None);
        }
        // from now on nothing goes back behind it
        set_before(connection, OBSERVATIONS, before)?;
        Ok(Some(Self {
            rounds: Rounds::new(connection, &hours)?,
            lookup: Lookup::new(connection)?,
            checkpoint_hours: checkpoint::hours(connection)?,
        }))
    }

    /// Puts a checkpoint in the place of one probe's observations in `hours`. Gives how many there
    /// were.
    fn prune(
        &mut self,
        connection: &Connection,
        hours: &[i64],
        probe: i64,
    ) -> Result<usize, StoreError> {
        let Some(last) = hours.last() else {
            return Ok(0);
        };
        let next = last + 1;
        let known = &self.checkpoint_hours;
        let known = &known[..known.partition_point(|hour| *hour <= next)];
        let (from, base) = checkpoint::latest(connection, known, probe)?
            .unwrap_or((i64::MIN, Checkpoint::default()));
        let kept = &hours[hours.partition_point(|hour| *hour < from)..];
        let walked = walk(connection, &self.lookup, probe, base, kept, |_, _| {})?;
        let (mut rows, mut base) = (0, from);
        if let Some(walked) = walked {
            (rows, base) = (walked.rows, next);
            checkpoint::put_at(connection, next, probe, &walked.checkpoint)?;
            // what is told from here on is all that going back to it may forget
            told::write(connection, probe, &walked.news, start_of(next))?;
            if let Err(place) = self.checkpoint_hours.binary_search(&next) {
                self.checkpoint_hours.insert(place, next);
            }
        }
        for hour in self.checkpoint_hours.iter().filter(|hour| **hour < base) {
            checkpoint::delete(connection, *hour, probe)?;
        }
        let mut delete = connection.prepare_cached("DELETE FROM chunk WHERE key = ?1")?;
        for hour in hours {
            delete.execute([key(*hour, probe)])?;
        }
        Ok(rows)
    }
}
