//! Whether a database is what it should be: its pages, what its rows refer to, and what is packed in
//! them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, params};

use super::{Progress, Told, derived};
use crate::domain::time::UnixMillis;
use crate::store::chunk::{self, Depth, HOUR_MS, hour_of};
use crate::store::error::StoreError;
use crate::store::pack::{self, key, probe_of_key};
use crate::store::reader::lookup::{Looker, Lookup};
use crate::store::row::{FIRST_EPOCH, Row};
use crate::store::{checkpoint, evidence, open, staging};

/// Most of what SQLite finds that is listed.
const STRUCTURE_MAX: usize = 100;

/// Progress is told every so many rows of staging.
const ROWS_TOLD: u64 = 10_000;

/// Which part of a database something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Its pages, tables and indexes, as SQLite sees them.
    Structure,
    /// Rows that refer to others which are not there.
    References,
    /// Observations that cannot be read as they were written.
    Observations,
    /// What was seen of failures.
    Evidence,
    /// Windows, runs and counts that are not what follows from the observations.
    Derived,
}

impl Part {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::References => "references",
            Self::Observations => "observations",
            Self::Evidence => "evidence",
            Self::Derived => "derived",
        }
    }
}

/// What is wrong with one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub part: Part,
    /// How often something was found.
    pub count: u64,
    /// The first of them, in words.
    pub examples: Vec<String>,
}

/// What was looked at, and what was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub observations: u64,
    pub chunks: u64,
    pub evidence: u64,
    pub checkpoints: u64,
    /// One a part, in their order; none: all is well.
    pub findings: Vec<Finding>,
}

/// Looks at all that there is, beside whoever writes; changes nothing. Of each part it lists
/// `examples_max` of what is wrong. An error is a database that cannot be opened at all.
pub fn check(path: &Path, examples_max: usize, told: Told) -> Result<Checked, StoreError> {
    let connection = open::reader(&open::real_path(path))?;
    let mut found = Found {
        examples_max,
        by_part: BTreeMap::new(),
    };
    let mut checked = Checked::default();
    told(Progress {
        what: "checking pages and indexes",
        done: 0,
        of: 0,
    });
    found.or_note(Part::Structure, |found| structure(&connection, found));
    found.or_note(Part::References, |found| references(&connection, found));
    let world = World::read(&connection);
    if let Some(world) = found.or_note(Part::References, |_| world) {
        chunks(&connection, &world, &mut checked, &mut found, told);
        found.or_note(Part::Observations, |found| {
            staged(&connection, &world, &mut checked, found, told)
        });
        found.or_note(Part::Evidence, |found| {
            evidences(&connection, &world, &mut checked, found)
        });
        found.or_note(Part::Derived, |found| {
            checkpoints(&connection, &world, &mut checked, found)
        });
        found.or_note(Part::Derived, |found| {
            derived::check(&connection, &world, found, told)
        });
    }
    checked.findings = found.by_part.into_values().collect();
    Ok(checked)
}

/// What was wrong so far.
pub(super) struct Found {
    examples_max: usize,
    by_part: BTreeMap<Part, Finding>,
}

impl Found {
    pub(super) fn note(&mut self, part: Part, what: impl FnOnce() -> String) {
        let finding = self.by_part.entry(part).or_insert(Finding {
            part,
            count: 0,
            examples: Vec::new(),
        });
        finding.count += 1;
        if finding.examples.len() < self.examples_max {
            finding.examples.push(what());
        }
    }

    /// What cannot be looked at is wrong, and the rest is looked at all the same.
    pub(super) fn or_note<T>(
        &mut self,
        part: Part,
        look: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Option<T> {
        match look(self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(part, || words(&error));
                None
            }
        }
    }
}

/// Without the advice that an error ends with.
pub(super) fn words(error: &StoreError) -> String {
    match error {
        StoreError::Corrupt { what } => what.clone(),
        StoreError::Sqlite(error) => error.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn has_table(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    Ok(connection.table_exists(None, name)?)
}

fn structure(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({STRUCTURE_MAX})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let what: String = row.get(0)?;
        // one of them may tell several, a line each
        for line in what.lines().filter(|line| *line != "ok") {
            found.note(Part::Structure, || line.to_owned());
        }
    }
    Ok(())
}

fn references(connection: &Connection, found: &mut Found) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, Option<i64>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        found.note(Part::References, || match id {
            Some(id) => format!("row {id} of {table} refers to no row of {parent}"),
            None => format!("a row of {table} refers to no row of {parent}"),
        });
    }
    Ok(())
}

/// What observations refer to.
pub(super) struct World {
    /// By their numbers what they are called.
    probes: HashMap<i64, String>,
    epochs: HashSet<u64>,
    pub(super) lookup: Lookup,
}

impl World {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare("SELECT id, probe_id FROM probe")?;
        let probes = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let probes = probes.collect::<Result<_, _>>()?;
        let mut statement = connection.prepare("SELECT id FROM epoch")?;
        let epochs = statement.query_map([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?;
        Ok(Self {
            probes,
            epochs: epochs.collect::<Result<_, _>>()?,
            lookup: Lookup::new(connection)?,
        })
    }

    /// What a probe is called, or that there is none.
    pub(super) fn name(&self, probe: i64) -> String {
        match self.probes.get(&probe) {
            Some(id) => id.clone(),
            None => format!("probe number {probe}, which is not in the database"),
        }
    }

    /// Whether all is there that the row refers to, and its numbers stand for something.
    fn check(&self, row: &Row, texts: &Looker) -> Result<(), StoreError> {
        row.observation(texts)?;
        if let Some(epoch) = row.source.checked_sub(FIRST_EPOCH)
            && !self.epochs.contains(&epoch)
        {
            return Err(StoreError::corrupt(format!("there is no epoch {epoch}")));
        }
        Ok(())
    }
}

/// Whatever a row refers to, without what is its own.
fn referring(row: &Row) -> Row {
    Row {
        ts_ms: 0,
        mono_ms: 0,
        duration_us: None,
        dns_us: None,
        connect_us: None,
        tls_us: None,
        first_byte_us: None,
        body_us: None,
        ..*row
    }
}

fn chunks(
    connection: &Connection,
    world: &World,
    checked: &mut Checked,
    found: &mut Found,
    told: Told,
) {
    let hours = found.or_note(Part::Observations, |_| pack::hours(connection));
    let hours = hours.unwrap_or_default();
    for (done, hour) in (1..).zip(&hours) {
        // an hour that cannot be read says nothing of the next
        found.or_note(Part::Observations, |found| {
            chunks_of(connection, *hour, world, checked, found)
        });
        told(Progress {
            what: "hours checked",
            done,
            of: hours.len() as u64,
        });
    }
}

fn chunks_of(
    connection: &Connection,
    hour: i64,
    world: &World,
    checked: &mut Checked,
    found: &mut Found,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT key, data FROM chunk WHERE key >= ?1 AND key < ?2")?;
    let mut sql = statement.query(params![key(hour, 0), key(hour + 1, 0)])?;
    let texts = world.lookup.with(connection);
    let mut rows = Vec::new();
    while let Some(row) = sql.next()? {
        let probe = probe_of_key(row.get(0)?);
        rows.clear();
        let data = row.get_ref(1)?.as_blob().unwrap_or_default();
        let decoded = chunk::decode(data, hour, Depth::Everything, &mut rows)
            .and_then(|()| check_hour(&rows, hour, world, &texts));
        checked.chunks += 1;
        match decoded {
            Err(error) => found.note(Part::Observations, || {
                let at = UnixMillis(hour.saturating_mul(HOUR_MS));
                format!("{}, the hour of {at}: {}", world.name(probe), words(&error))
            }),
            Ok(()) if !world.probes.contains_key(&probe) => found.note(Part::References, || {
                let at = UnixMillis(hour.saturating_mul(HOUR_MS));
                format!("a chunk of the hour of {at} is of {}", world.name(probe))
            }),
            Ok(()) => checked.observations += rows.len() as u64,
        }
    }
    Ok(())
}

fn check_hour(rows: &[Row], hour: i64, world: &World, texts: &Looker) -> Result<(), StoreError> {
    if rows.iter().any(|row| hour_of(row.ts_ms) != hour) {
        return Err(StoreError::corrupt("an observation is of another hour"));
    }
    if !rows.is_sorted_by_key(|row| row.ts_ms) {
        return Err(StoreError::corrupt("observations are not in order of time"));
    }
    // most are like the one before
    let mut last = None;
    for row in rows {
        let refers = referring(row);
        if last != Some(refers) {
            world.check(row, texts)?;
            last = Some(refers);
        }
    }
    Ok(())
}

fn staged(
    connection: &Connection,
    world: &World,
    checked: &mut Checked,
    found: &mut Found,
    told: Told,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, probe, {} FROM staging ORDER BY id",
        staging::COLUMNS
    ))?;
    let mut sql = statement.query([])?;
    let texts = world.lookup.with(connection);
    let mut done = 0;
    while let Some(row) = sql.next()? {
        let (id, probe): (i64, i64) = (row.get(0)?, row.get(1)?);
        let read = staging::row(row, 2).map_err(StoreError::from);
        match read.and_then(|row| world.check(&row, &texts)) {
            Err(error) => found.note(Part::Observations, || {
                format!(
                    "{}, row {id} of staging: {}",
                    world.name(probe),
                    words(&error)
                )
            }),
            Ok(()) if !world.probes.contains_key(&probe) => found.note(Part::References, || {
                format!("row {id} of staging is of {}", world.name(probe))
            }),
            Ok(()) => checked.observations += 1,
        }
        done += 1;
        if done % ROWS_TOLD == 0 {
            let what = "rows of staging checked";
            told(Progress { what, done, of: 0 });
        }
    }
    Ok(())
}

fn evidences(
    connection: &Connection,
    world: &World,
    checked: &mut Checked,
    found: &mut Found,
) -> Result<(), StoreError> {
    if !has_table(connection, "evidence")? {
        return Ok(());
    }
    let mut statement = connection.prepare("SELECT probe, ts_ms, data FROM evidence")?;
    let mut sql = statement.query([])?;
    while let Some(row) = sql.next()? {
        let (probe, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        checked.evidence += 1;
        if let Err(error) = evidence::decode(row.get_ref(2)?.as_blob().unwrap_or_default()) {
            found.note(Part::Evidence, || {
                let (name, at) = (world.name(probe), UnixMillis(at));
                format!("{name} at {at}: {}", words(&error))
            });
        }
    }
    Ok(())
}

fn checkpoints(
    connection: &Connection,
    world: &World,
    checked: &mut Checked,
    found: &mut Found,
) -> Result<(), StoreError> {
    if !has_table(connection, "checkpoint")? {
        return Ok(());
    }
    let mut statement = connection.prepare("SELECT key, data FROM checkpoint")?;
    let mut sql = statement.query([])?;
    while let Some(row) = sql.next()? {
        let key: i64 = row.get(0)?;
        let (hour, probe) = (pack::hour_of_key(key), probe_of_key(key));
        checked.checkpoints += 1;
        if let Err(error) = checkpoint::decode(row.get_ref(1)?.as_blob().unwrap_or_default(), hour)
        {
            found.note(Part::Derived, || {
                format!("{}: {}", world.name(probe), words(&error))
            });
        }
    }
    Ok(())
}
