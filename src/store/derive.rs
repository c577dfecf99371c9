//! What follows from the observations of hours that are over: windows and shorter runs, counts, and
//! where each probe stands. Written down in the background, so that nobody has to read years of
//! observations again; and taken back from where older observations come in later.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::domain::checkpoint::{Checkpoint, News};
use crate::domain::past::PastBuilder;
use crate::domain::tally::Tally;
use crate::domain::time::{Period, UnixMillis};

use super::Store;
use super::checkpoint;
use super::chunk::{self, Depth, HOUR_MS, hour_of};
use super::error::StoreError;
use super::pack::{self, key};
use super::prune;
use super::reader::catalog::judged_with;
use super::reader::lookup::Lookup;
use super::rounds::{Allowance, Rounds, Turn};
use super::row::Row;
use super::told;

/// Checkpoints of so many hours are kept: a clock may be set back by a day.
const KEPT_HOURS: i64 = 26;

/// Where deriving stands.
#[derive(Debug)]
pub(super) struct Deriving {
    /// The hour up to which it goes, which is not derived itself.
    until: i64,
    /// Up to where it has come: if somebody goes back behind it, this is over.
    reached: Option<i64>,
    rounds: Rounds,
    /// The hour of the latest checkpoint of each probe.
    latest: HashMap<i64, i64>,
    /// Ascending; those of this run are missing.
    checkpoint_hours: Vec<i64>,
    lookup: Lookup,
}

/// The beginning of an hour.
pub(super) const fn start_of(hour: i64) -> UnixMillis {
    UnixMillis(hour.saturating_mul(HOUR_MS))
}

/// The hour at whose beginning all that is before is derived.
pub(super) fn derived_until(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let until: Option<i64> = connection
        .prepare_cached("SELECT until_ms FROM derived WHERE id = 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(until.map(hour_of))
}

fn set_derived_until(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO derived (id, until_ms) VALUES (1, ?1)")?
        .execute([start_of(hour).0])?;
    Ok(())
}

impl Store {
    /// Derives all hours that are over at `now`.
    pub fn derive(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        while let Some(mut deriving) = Deriving::begin(&self.connection, hour_of(now.0))? {
            while !self.derive_step(&mut deriving)? {}
        }
        Ok(())
    }

    /// Whether that was the last. After an error, and when it was the last, it has to begin anew.
    pub(super) fn derive_step(&mut self, deriving: &mut Deriving) -> Result<bool, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if derived_until(&transaction)? != deriving.reached {
            // somebody went back
            return Ok(true);
        }
        let mut allowance = Allowance::of_a_step();
        let mut is_over = false;
        while !is_over && !allowance.is_spent() {
            let reached = match deriving.rounds.next() {
                Turn::Probe { hours, probe } => {
                    let (hours, until) = (hours.to_vec(), deriving.until);
                    let rows = deriving.derive(&transaction, &hours, until, probe)?;
                    allowance.spend(rows);
                    continue;
                }
                Turn::DayDone { last_hour } => last_hour + 1,
                Turn::AllDone => {
                    is_over = true;
                    deriving.until
                }
            };
            set_derived_until(&transaction, reached)?;
            deriving.reached = Some(reached);
        }
        transaction.commit()?;
        Ok(is_over)
    }
}

impl Deriving {
    /// Up to the beginning of the hour `until`. `None` if that is done.
    pub(super) fn begin(connection: &Connection, until: i64) -> Result<Option<Self>, StoreError> {
        let reached = derived_until(connection)?;
        if reached.is_some_and(|reached| reached >= until) {
            return Ok(None);
        }
        let mut hours = pack::hours(connection)?;
        hours.retain(|hour| *hour < until && reached.is_none_or(|reached| reached <= *hour));
        if hours.is_empty() && reached.is_none() {
            // nothing was observed yet
            return Ok(None);
        }
        let checkpoint_hours = checkpoint::hours(connection)?;
        let mut latest = HashMap::new();
        for hour in checkpoint_hours.iter().rev() {
            for probe in checkpoint::probes_at(connection, *hour)? {
                latest.entry(probe).or_insert(*hour);
            }
        }
        Ok(Some(Self {
            until,
            reached,
            rounds: Rounds::new(connection, &hours)?,
            latest,
            checkpoint_hours,
            lookup: Lookup::new(connection)?,
        }))
    }

    /// Goes on with one probe over `hours`, which lie in one day. Gives how many observations there
    /// were.
    fn derive(
        &mut self,
        connection: &Connection,
        hours: &[i64],
        until: i64,
        probe: i64,
    ) -> Result<usize, StoreError> {
        let (Some(first), Some(last)) = (hours.first(), hours.last()) else {
            return Ok(0);
        };
        let next = (last + 1).min(until);
        let (from, checkpoint) = match self.latest.get(&probe) {
            Some(hour) if *hour >= next => return Ok(0),
            Some(hour) => (*hour, checkpoint::at(connection, *hour, probe)?),
            None => (*first, Some(Checkpoint::default())),
        };
        let Some(checkpoint) = checkpoint else {
            return Err(StoreError::corrupt(format!(
                "the checkpoint of probe {probe} at {} is missing",
                start_of(from)
            )));
        };
        let hours = &hours[hours.partition_point(|hour| *hour < from)..];
        let walked = walk(connection, &self.lookup, probe, checkpoint, hours)?;
        let Some(Walked {
            news,
            checkpoint,
            rows,
        }) = walked
        else {
            return Ok(0);
        };
        told::write(connection, probe, &news, start_of(next))?;
        checkpoint::put_at(connection, next, probe, &checkpoint)?;
        self.latest.insert(probe, next);
        let pruned = prune::before(connection)?;
        for hour in &self.checkpoint_hours {
            if *hour <= next - KEPT_HOURS && pruned.is_none_or(|pruned| pruned < *hour) {
                checkpoint::delete(connection, *hour, probe)?;
            }
        }
        Ok(rows)
    }
}

/// What a walk over the chunks of one probe came to.
pub(super) struct Walked {
    pub(super) news: News,
    pub(super) checkpoint: Checkpoint,
    pub(super) rows: usize,
}

/// Goes on from a checkpoint over the chunks of `hours`; `None` if there are none.
pub(super) fn walk(
    connection: &Connection,
    lookup: &Lookup,
    probe: i64,
    checkpoint: Checkpoint,
    hours: &[i64],
) -> Result<Option<Walked>, StoreError> {
    let mut read = connection.prepare_cached("SELECT data FROM chunk WHERE key = ?1")?;
    let mut rows: Vec<Row> = Vec::new();
    for hour in hours {
        let mut found = read.query([key(*hour, probe)])?;
        if let Some(row) = found.next()? {
            let data = row.get_ref(0)?.as_blob();
            let data = data.map_err(|_| StoreError::corrupt("a chunk is no blob"))?;
            chunk::decode(data, *hour, Depth::Everything, &mut rows)?;
        }
    }
    let Some(end) = rows.last().map(|row| UnixMillis(row.ts_ms)) else {
        return Ok(None);
    };
    let Some((parameters, lives)) = judged_with(connection, probe)? else {
        return Ok(None);
    };
    let nothing = Period::new(end, end);
    let mut past = PastBuilder::new(&parameters, &lives, nothing, end).resuming(
        checkpoint,
        News::default(),
        Tally::default(),
    );
    let texts = lookup.with(connection);
    for row in &rows {
        past.push(row.sighting(&texts)?);
    }
    let (news, checkpoint) = past.pause();
    Ok(Some(Walked {
        news,
        checkpoint,
        rows: rows.len(),
    }))
}

/// Takes back what follows from the observations of one probe from the beginning of `hour` on.
pub(super) fn rewind(connection: &Connection, probe: i64, hour: i64) -> Result<(), StoreError> {
    let hours = checkpoint::hours(connection)?;
    // what took the place of observations that were pruned cannot be made again
    let hour = hour.max(prune::before(connection)?.unwrap_or(i64::MIN));
    let kept = hours.partition_point(|other| *other <= hour);
    let mut taken_back = false;
    for later in &hours[kept..] {
        taken_back |= checkpoint::delete(connection, *later, probe)?;
    }
    if taken_back {
        forget_after_latest(connection, probe, &hours[..kept])?;
    }
    Ok(())
}

/// The same for all probes.
pub(super) fn rewind_all(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    let hours = checkpoint::hours(connection)?;
    let hour = hour.max(prune::before(connection)?.unwrap_or(i64::MIN));
    let kept = hours.partition_point(|other| *other <= hour);
    for later in &hours[kept..] {
        for probe in checkpoint::probes_at(connection, *later)? {
            checkpoint::delete(connection, *later, probe)?;
            forget_after_latest(connection, probe, &hours[..kept])?;
        }
    }
    Ok(())
}

/// Forgets what was told after the latest checkpoint that a probe has left.
fn forget_after_latest(
    connection: &Connection,
    probe: i64,
    hours: &[i64],
) -> Result<(), StoreError> {
    let mut latest = None;
    for hour in hours.iter().rev() {
        if checkpoint::at(connection, *hour, probe)?.is_some() {
            latest = Some(*hour);
            break;
        }
    }
    let told = latest.map_or(UnixMillis(i64::MIN), start_of);
    told::forget_after(connection, probe, told)?;
    let back_to = match latest {
        Some(hour) => Some(hour),
        None => pack::hours(connection)?.first().copied(),
    };
    if let (Some(reached), Some(back_to)) = (derived_until(connection)?, back_to)
        && back_to < reached
    {
        set_derived_until(connection, back_to)?;
    }
    Ok(())
}
