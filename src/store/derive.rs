//! What follows from the observations of hours that are over: windows and shorter runs, counts, and
//! where each probe stands. Written down in the background, so that nobody has to read years of
//! observations again; and taken back from where older observations come in later.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::domain::checkpoint::{Checkpoint, News};
use crate::domain::counted::Counted;
use crate::domain::past::PastBuilder;
use crate::domain::sighting::Sighting;
use crate::domain::tally::Tally;
use crate::domain::time::{Micros, Period, UnixMillis};

use super::Store;
use super::checkpoint;
use super::chunk::{self, Depth, HOUR_MS, hour_of};
use super::counted::{self, Tier};
use super::error::StoreError;
use super::pack::{self, HOUR_MAX, key};
use super::prune;
use super::reader::catalog::judged_with;
use super::reader::lookup::Lookup;
use super::rounds::{Allowance, Rounds, Turn, day_of};
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
        self.pack_all()?;
        self.derive_packed(now)
    }

    /// The same, as far as their observations are packed.
    pub fn derive_packed(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        self.look_up_phases()?;
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
            deriving.forget(&transaction, reached)?;
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
        let mut latest = HashMap::new();
        for hour in checkpoint::hours(connection)?.iter().rev() {
            for probe in checkpoint::probes_at(connection, *hour)? {
                latest.entry(probe).or_insert(*hour);
            }
        }
        Ok(Some(Self {
            until,
            reached,
            rounds: Rounds::new(connection, &hours)?,
            latest,
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
        let (Some(first), Some(&last)) = (hours.first(), hours.last()) else {
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
        let mut counted = BTreeMap::<i64, Counted>::new();
        let walked = walk(
            connection,
            &self.lookup,
            probe,
            checkpoint,
            hours,
            |row, sighting| {
                let hour = counted.entry(hour_of(row.ts_ms)).or_default();
                hour.count(sighting, row.duration_us.map(Micros), &row.timings());
            },
        )?;
        let Some(Walked {
            news,
            checkpoint,
            rows,
        }) = walked
        else {
            return Ok(0);
        };
        for (hour, counted) in &counted {
            counted::put(connection, Tier::Hourly, key(*hour, probe), counted)?;
        }
        let (before, day) = (day_of(from - 1), day_of(last));
        if before < day {
            counted::finish_day(connection, probe, before)?;
        }
        if day < day_of(next) {
            counted::finish_day(connection, probe, day)?;
        }
        told::write(connection, probe, &news, start_of(next))?;
        checkpoint::put_at(connection, next, probe, &checkpoint)?;
        self.latest.insert(probe, next);
        Ok(rows)
    }

    /// Deletes checkpoints that nobody will go back to.
    fn forget(&self, connection: &Connection, reached: i64) -> Result<(), StoreError> {
        let pruned = prune::before(connection)?.unwrap_or(i64::MIN);
        for hour in checkpoint::hours(connection)? {
            if hour <= pruned || hour > reached - KEPT_HOURS {
                continue;
            }
            for probe in checkpoint::probes_at(connection, hour)? {
                if self.latest.get(&probe).is_some_and(|latest| *latest > hour) {
                    checkpoint::delete(connection, hour, probe)?;
                }
            }
        }
        Ok(())
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
    mut each: impl FnMut(&Row, &Sighting),
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
        let sighting = row.sighting(&texts)?;
        each(row, &sighting);
        past.push(sighting);
    }
    let (news, checkpoint) = past.pause();
    Ok(Some(Walked {
        news,
        checkpoint,
        rows: rows.len(),
    }))
}

/// For one who adds observations that may be older than what is derived.
pub(super) struct Derived {
    until: Option<i64>,
    /// By probe, from which hour on all is taken back.
    taken_back: HashMap<i64, i64>,
}

impl Derived {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            until: derived_until(connection)?,
            taken_back: HashMap::new(),
        })
    }

    /// Takes back what follows from the observations of `hour`, if anything does.
    pub(super) fn take_back(
        &mut self,
        connection: &Connection,
        probe: i64,
        hour: i64,
    ) -> Result<(), StoreError> {
        let done = self.taken_back.get(&probe);
        if self.until.is_none_or(|until| until <= hour) || done.is_some_and(|done| *done <= hour) {
            return Ok(());
        }
        self.taken_back.insert(probe, hour);
        rewind(connection, probe, hour)
    }
}

/// Takes back what follows from the observations of one probe from the beginning of `hour` on.
pub(super) fn rewind(connection: &Connection, probe: i64, hour: i64) -> Result<(), StoreError> {
    let hours = checkpoint::hours(connection)?;
    let hour = not_pruned(connection, hour)?;
    let (kept, later) = hours.split_at(hours.partition_point(|other| *other <= hour));
    let mut back_to = hour;
    let mut taken_back = false;
    for later in later {
        taken_back |= checkpoint::delete(connection, *later, probe)?;
    }
    if taken_back {
        back_to = back_to.min(forget_after_latest(connection, probe, kept)?);
    }
    go_back(connection, back_to)
}

/// Takes back all that can be made again of one probe, also what no checkpoint tells of.
pub(super) fn forget(connection: &Connection, probe: i64) -> Result<(), StoreError> {
    let hours = checkpoint::hours(connection)?;
    let hour = not_pruned(connection, i64::MIN)?;
    let (kept, later) = hours.split_at(hours.partition_point(|other| *other <= hour));
    for later in later {
        checkpoint::delete(connection, *later, probe)?;
    }
    let back_to = forget_after_latest(connection, probe, kept)?;
    go_back(connection, back_to.min(hour))
}

/// As [`rewind`], for all probes.
pub(super) fn rewind_all(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    let hours = checkpoint::hours(connection)?;
    let hour = not_pruned(connection, hour)?;
    let (kept, later) = hours.split_at(hours.partition_point(|other| *other <= hour));
    let mut back_to = hour;
    let mut probes = BTreeSet::new();
    for later in later {
        for probe in checkpoint::probes_at(connection, *later)? {
            checkpoint::delete(connection, *later, probe)?;
            probes.insert(probe);
        }
    }
    for probe in probes {
        back_to = back_to.min(forget_after_latest(connection, probe, kept)?);
    }
    go_back(connection, back_to)
}

/// What took the place of observations that were pruned cannot be made again.
fn not_pruned(connection: &Connection, hour: i64) -> Result<i64, StoreError> {
    Ok(hour.max(prune::before(connection)?.unwrap_or(i64::MIN)))
}

fn go_back(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    if derived_until(connection)?.is_some_and(|reached| hour < reached) {
        set_derived_until(connection, hour)?;
    }
    Ok(())
}

/// Forgets what was told after the latest checkpoint that a probe has left, which is at one of
/// `hours`. Gives from which hour on it is to be told again.
fn forget_after_latest(
    connection: &Connection,
    probe: i64,
    hours: &[i64],
) -> Result<i64, StoreError> {
    let latest = checkpoint::latest(connection, hours, probe)?.map(|(hour, _)| hour);
    let told = latest.map_or(UnixMillis(i64::MIN), start_of);
    told::forget_after(connection, probe, told)?;
    let from = latest.unwrap_or(-HOUR_MAX);
    counted::forget_from(connection, Tier::Hourly, probe, from)?;
    counted::forget_from(connection, Tier::Daily, probe, day_of(from))?;
    Ok(match latest {
        Some(hour) => hour,
        None => pack::hours(connection)?
            .first()
            .copied()
            .unwrap_or(i64::MAX),
    })
}
