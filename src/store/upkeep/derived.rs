//! Whether windows, runs, counts and checkpoints are what follows from the observations: all of it is
//! made again beside the database, and compared.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Rows};

use super::integrity::{Found, Part, World, has_table};
use super::{Progress, Told};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::counted::Counted;
use crate::domain::time::{Micros, UnixMillis};
use crate::store::chunk::hour_of;
use crate::store::counted::{self, Tier};
use crate::store::derive::{derived_until, start_of, walk};
use crate::store::error::StoreError;
use crate::store::pack::{self, key};
use crate::store::rounds::{DAY_HOURS, Rounds, Turn, day_of};
use crate::store::{checkpoint, migrations, prune, told as told_rows};

/// What was made again, up to the latest checkpoint of each probe.
struct Rebuild<'a> {
    connection: &'a Connection,
    world: &'a World,
    /// Windows and runs as they should be, and where each probe stands meanwhile: in a file of its own
    /// that is gone afterwards, since they may be many.
    scratch: Connection,
    /// Of every probe, all observations before this hour should be in what was made of them.
    until: i64,
    /// By probe the hour of the checkpoint that stands for what was pruned.
    bases: HashMap<i64, i64>,
    /// By probe the hour of the latest one.
    latest: HashMap<i64, i64>,
    /// Of all probes, ascending.
    checkpoint_hours: Vec<i64>,
    /// By probe the place of the next of these that was not compared.
    next: HashMap<i64, usize>,
    /// Of hours before, counts cannot be made again.
    counted_from: i64,
    hourly: u64,
    daily: u64,
    /// Probes whose observations cannot be read.
    unreadable: HashSet<i64>,
}

pub(super) fn check(
    connection: &Connection,
    world: &World,
    found: &mut Found,
    told: Told,
) -> Result<(), StoreError> {
    if !has_table(connection, "derived")? {
        return Ok(());
    }
    let Some(until) = derived_until(connection)? else {
        return Ok(());
    };
    let mut rebuild = Rebuild::begin(connection, world, until)?;
    // after it went back for some probes, it goes on with the others where these stand
    let end = rebuild
        .checkpoint_hours
        .last()
        .map_or(until, |last| until.max(*last));
    let mut hours = pack::hours(connection)?;
    hours.retain(|hour| *hour < end);
    let mut rounds = Rounds::new(connection, &hours)?;
    loop {
        match rounds.next() {
            Turn::Probe { hours, probe } => {
                let hours = hours.to_vec();
                rebuild.day(probe, &hours, found);
            }
            Turn::DayDone { last_hour } => told(Progress {
                what: "hours made again",
                done: hours.partition_point(|hour| *hour <= last_hour) as u64,
                of: hours.len() as u64,
            }),
            Turn::AllDone => break,
        }
    }
    rebuild.compare(found)
}

impl<'a> Rebuild<'a> {
    fn begin(connection: &'a Connection, world: &'a World, until: i64) -> Result<Self, StoreError> {
        let mut scratch = Connection::open("")?;
        migrations::create(&mut scratch)?;
        scratch.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; BEGIN")?;
        let pruned = prune::before(connection)?;
        let checkpoint_hours = checkpoint::hours(connection)?;
        let (mut bases, mut latest) = (HashMap::new(), HashMap::new());
        for hour in &checkpoint_hours {
            for probe in checkpoint::probes_at(connection, *hour)? {
                if pruned.is_some_and(|pruned| *hour <= pruned) {
                    bases.insert(probe, *hour);
                }
                latest.insert(probe, *hour);
            }
        }
        let counts = prune::before_of(connection, Tier::Hourly.as_str())?;
        Ok(Self {
            connection,
            world,
            scratch,
            until,
            bases,
            latest,
            checkpoint_hours,
            next: HashMap::new(),
            counted_from: pruned.max(counts).unwrap_or(i64::MIN),
            hourly: 0,
            daily: 0,
            unreadable: HashSet::new(),
        })
    }

    /// Goes on with one probe over `hours`, which lie in one day.
    fn day(&mut self, probe: i64, hours: &[i64], found: &mut Found) {
        if self.unreadable.contains(&probe) {
            return;
        }
        let gone_on = self.try_day(probe, hours, found);
        if gone_on.is_err() {
            self.unreadable.insert(probe);
        }
        found.or_note(Part::Derived, |_| {
            gone_on.map_err(|error| {
                let name = self.world.name(probe);
                StoreError::corrupt(format!("{name}: {}", super::integrity::words(&error)))
            })
        });
    }

    fn try_day(&mut self, probe: i64, hours: &[i64], found: &mut Found) -> Result<(), StoreError> {
        let base = self.bases.get(&probe).copied().unwrap_or(i64::MIN);
        let latest = self.latest.get(&probe).copied().unwrap_or(i64::MIN);
        let hours = &hours[hours.partition_point(|hour| *hour < base)..];
        let (hours, after) = hours.split_at(hours.partition_point(|hour| *hour < latest));
        let mut whole = Counted::default();
        let checkpoints = self.checkpoint_hours.clone();
        let behind = |hour: &i64| checkpoints.partition_point(|other| other <= hour);
        for hours in hours.chunk_by(|a, b| behind(a) == behind(b)) {
            self.segment(probe, hours, &mut whole, found)?;
        }
        if let Some(first) = hours.first()
            && !whole.is_empty()
        {
            let day = day_of(*first);
            if day < day_of(latest) && self.counted_from <= day * DAY_HOURS {
                self.daily += 1;
                self.compare_counts(Tier::Daily, day, probe, &whole, found)?;
            }
        }
        for hour in after.iter().filter(|hour| **hour < self.until) {
            let mut exists =
                (self.connection).prepare_cached("SELECT 1 FROM chunk WHERE key = ?1")?;
            if exists.exists([key(*hour, probe)])? {
                let at = start_of(*hour);
                return Err(StoreError::corrupt(format!(
                    "nothing was made of the observations from {at} on"
                )));
            }
        }
        Ok(())
    }

    /// Between two checkpoints of whatever probes.
    fn segment(
        &mut self,
        probe: i64,
        hours: &[i64],
        whole: &mut Counted,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let Some(first) = hours.first() else {
            return Ok(());
        };
        let before = self.state(probe)?;
        let mut counts = BTreeMap::<i64, Counted>::new();
        let walked = walk(
            self.connection,
            &self.world.lookup,
            probe,
            before.clone(),
            hours,
            |row, sighting| {
                let hour = counts.entry(hour_of(row.ts_ms)).or_default();
                hour.count(sighting, row.duration_us.map(Micros), &row.timings());
            },
        )?;
        let Some(walked) = walked else {
            return Ok(());
        };
        self.compare_checkpoints(probe, &before, *first, found)?;
        for (hour, counted) in &counts {
            whole.merge(counted);
            if self.counted_from <= *hour && !counted.is_empty() {
                self.hourly += 1;
                self.compare_counts(Tier::Hourly, *hour, probe, counted, found)?;
            }
        }
        told_rows::write(&self.scratch, probe, &walked.news, UnixMillis(0))?;
        checkpoint::put_at(&self.scratch, 0, probe, &walked.checkpoint)
    }

    /// Where the probe stands so far.
    fn state(&self, probe: i64) -> Result<Checkpoint, StoreError> {
        if let Some(state) = checkpoint::at(&self.scratch, 0, probe)? {
            return Ok(state);
        }
        match self.bases.get(&probe) {
            Some(hour) => Ok(checkpoint::at(self.connection, *hour, probe)?.unwrap_or_default()),
            None => Ok(Checkpoint::default()),
        }
    }

    /// Those of the probe up to the beginning of `until`, at all of which it stands as in `state`.
    fn compare_checkpoints(
        &mut self,
        probe: i64,
        state: &Checkpoint,
        until: i64,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let hours = &self.checkpoint_hours;
        let base = self.bases.get(&probe).copied().unwrap_or(i64::MIN);
        let first = || hours.partition_point(|hour| *hour <= base);
        let next = self.next.entry(probe).or_insert_with(first);
        let end = hours.partition_point(|hour| *hour <= until).max(*next);
        for hour in &hours[*next..end] {
            let stored: Option<Vec<u8>> = self
                .connection
                .prepare_cached("SELECT data FROM checkpoint WHERE key = ?1")?
                .query_row([key(*hour, probe)], |row| row.get(0))
                .optional()?;
            if stored.is_some_and(|stored| stored != checkpoint::encode(state, *hour)) {
                found.note(Part::Derived, || {
                    let (name, at) = (self.world.name(probe), start_of(*hour));
                    format!("{name}: the checkpoint of {at} is not where the probe stood")
                });
            }
        }
        *next = end;
        Ok(())
    }

    fn compare_counts(
        &self,
        tier: Tier,
        number: i64,
        probe: i64,
        expected: &Counted,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        if !counted::is(self.connection, tier, key(number, probe), expected)? {
            found.note(Part::Derived, || {
                let (what, hour) = match tier {
                    Tier::Hourly => ("hour", number),
                    Tier::Daily => ("day", number * DAY_HOURS),
                };
                let (name, at) = (self.world.name(probe), start_of(hour));
                format!(
                    "{name}: the counts of the {what} of {at} are not those of its observations"
                )
            });
        }
        Ok(())
    }

    /// All that was made again.
    fn compare(&mut self, found: &mut Found) -> Result<(), StoreError> {
        let probes: Vec<i64> = self.latest.keys().copied().collect();
        for probe in probes {
            if !self.unreadable.contains(&probe) {
                let state = self.state(probe)?;
                self.compare_checkpoints(probe, &state, i64::MAX, found)?;
            }
        }
        if self.unreadable.is_empty() {
            self.compare_numbers(Tier::Hourly, self.counted_from, self.hourly, found)?;
            let day = match self.counted_from {
                i64::MIN => i64::MIN >> 32,
                hour => day_of(hour.saturating_add(DAY_HOURS - 1)),
            };
            self.compare_numbers(Tier::Daily, day, self.daily, found)?;
        }
        self.compare_rows(&WINDOWS, found)?;
        self.compare_rows(&RUNS, found)
    }

    /// Each that should be there was compared: there are no more of that number and later.
    fn compare_numbers(
        &self,
        tier: Tier,
        from: i64,
        expected: u64,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let from = key(from.max(-pack::HOUR_MAX), 0);
        let sql = format!("SELECT count(*) FROM {} WHERE key >= ?1", tier.as_str());
        let count: i64 = self.connection.query_row(&sql, [from], |row| row.get(0))?;
        if count.unsigned_abs() > expected {
            found.note(Part::Derived, || {
                let tier = tier.as_str();
                format!("{tier} has {count} rows, and observations of only {expected}")
            });
        }
        Ok(())
    }

    /// Both in order of their keys.
    fn compare_rows(&self, rows: &RowsOf, found: &mut Found) -> Result<(), StoreError> {
        let mut stored = self.connection.prepare(rows.sql)?;
        let mut expected = self.scratch.prepare(rows.sql)?;
        let (mut stored, mut expected) = (stored.query([])?, expected.query([])?);
        let mut is = self.next_stored(&mut stored, rows)?;
        let mut should = next_row(&mut expected, rows)?;
        loop {
            let order = match (&is, &should) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(is), Some(should)) => compare_keys(is, should, rows.keys),
            };
            let said = match order {
                Ordering::Less => Some("does not follow from the observations"),
                Ordering::Greater => Some("is missing"),
                Ordering::Equal if is != should => {
                    Some("is not what follows from the observations")
                }
                Ordering::Equal => None,
            };
            let row = if order == Ordering::Greater {
                &should
            } else {
                &is
            };
            if let (Some(said), Some(row)) = (said, row) {
                self.note_row(row, rows, said, found);
            }
            if order.is_le() {
                is = self.next_stored(&mut stored, rows)?;
            }
            if order.is_ge() {
                should = next_row(&mut expected, rows)?;
            }
        }
    }

    /// Without what follows from observations that were pruned.
    fn next_stored(
        &self,
        from: &mut Rows,
        rows: &RowsOf,
    ) -> Result<Option<Vec<Value>>, StoreError> {
        while let Some(row) = from.next()? {
            let (probe, told): (i64, i64) = (row.get(0)?, row.get(rows.columns)?);
            let base = self.bases.get(&probe).map(|hour| start_of(*hour).0);
            if base.is_none_or(|base| told > base) && !self.unreadable.contains(&probe) {
                let values = (0..rows.columns).map(|column| row.get(column));
                return Ok(Some(values.collect::<Result<_, _>>()?));
            }
        }
        Ok(None)
    }

    fn note_row(&self, row: &[Value], rows: &RowsOf, said: &str, found: &mut Found) {
        found.note(Part::Derived, || {
            let number = |at: usize| match row.get(at) {
                Some(Value::Integer(number)) => *number,
                _ => 0,
            };
            let what = match row.get(1) {
                Some(Value::Text(kind)) => kind.as_str(),
                _ => "outage",
            };
            let (name, at) = (self.world.name(number(0)), UnixMillis(number(rows.instant)));
            format!("{name}: the row of {at} ({what}) {said}")
        });
    }
}

/// The rows of a table that follow from observations; the last column is when they were told.
struct RowsOf {
    sql: &'static str,
    /// How many columns there are before the last.
    columns: usize,
    /// How many of them make up the key.
    keys: usize,
    /// Which of them tells when it begins.
    instant: usize,
}

const WINDOWS: RowsOf = RowsOf {
    sql: "SELECT probe, started_at_ms, ended_at_ms, start_earliest_ms, start_kind, \
          end_earliest_ms, end_latest_ms, end_kind, duration_min_ms, opened_at_ms, \
          detected_at_ms, closed_at_ms, failures, observations, causes, first_cause, first_phase, \
          first_detail, told_ms FROM outage_window ORDER BY probe, started_at_ms",
    columns: 18,
    keys: 2,
    instant: 1,
};

const RUNS: RowsOf = RowsOf {
    sql: "SELECT probe, kind, from_ms, nth, to_ms, count, reason, first_cause, first_phase, \
          first_detail, told_ms FROM run ORDER BY probe, kind, from_ms, nth",
    columns: 10,
    keys: 4,
    instant: 2,
};

fn next_row(from: &mut Rows, rows: &RowsOf) -> Result<Option<Vec<Value>>, StoreError> {
    let Some(row) = from.next()? else {
        return Ok(None);
    };
    let values = (0..rows.columns).map(|column| row.get(column));
    Ok(Some(values.collect::<Result<_, _>>()?))
}

/// As SQLite orders them.
fn compare_keys(one: &[Value], other: &[Value], keys: usize) -> Ordering {
    let pairs = one.iter().zip(other).take(keys);
    let mut orders = pairs.map(|pair| match pair {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        _ => Ordering::Equal,
    });
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
