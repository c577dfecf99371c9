//! Moves closed hours from staging into chunks, in steps short enough to write in between.
//!
//! First the chunks of one stretch of probes after the other, each in a transaction; at the end
//! the rows leave staging. Until then they stand in both places, where a crash may leave them: the
//! same steps again make the same chunks.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Store;
use super::chunk::{self, Depth, HOUR_MS, hour_of};
use super::derive::Derived;
use super::error::StoreError;
use super::merge::{self, Repeat};
use super::row::Row;
use super::staging;

/// About how many rows one step takes, which is a quarter of a second and 20 MB at most. With
/// 10,000 probes every 30 s an hour takes twelve steps.
const STEP_ROWS: i64 = 100_000;

/// Hours outside are left in staging: a key of theirs would not fit. These are years 1 to 9999
/// and some more.
pub(super) const HOUR_MAX: i64 = 1 << 27;

/// Where packing stands. Only in memory: after a crash it begins anew.
#[derive(Debug)]
pub(super) struct Packing {
    /// Rows of earlier instants only.
    before_ms: i64,
    /// The last row that was there at the beginning.
    last_id: i64,
    probe: i64,
    probe_last: i64,
    /// How many probes one step takes.
    stride: i64,
    /// Where deleting stands; `None` before all chunks are written.
    deleted: Option<i64>,
}

pub(super) fn key(hour: i64, probe: i64) -> i64 {
    (hour << 32) | probe
}

/// Whether an hour can have chunks at all.
pub(super) fn is_packable(hour: i64) -> bool {
    (-HOUR_MAX..HOUR_MAX).contains(&hour)
}

pub(super) fn hour_of_key(key: i64) -> i64 {
    key >> 32
}

pub(super) fn probe_of_key(key: i64) -> i64 {
    key & 0xffff_ffff
}

/// The hours that have chunks of any probe, ascending.
pub(super) fn hours(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    hours_of(connection, "chunk")
}

/// The hours that have rows in a table whose key is [made so](key), ascending.
pub(super) fn hours_of(connection: &Connection, table: &str) -> Result<Vec<i64>, StoreError> {
    hours_since(connection, table, -HOUR_MAX)
}

/// The same from one hour on.
pub(super) fn hours_since(
    connection: &Connection,
    table: &str,
    hour: i64,
) -> Result<Vec<i64>, StoreError> {
    // from each hour to the next, without the rows in between
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key FROM {table} WHERE key >= ?1 ORDER BY key LIMIT 1"
    ))?;
    let mut hours = Vec::new();
    let mut from = key(hour.max(-HOUR_MAX), 0);
    while let Some(found) = statement
        .query_row([from], |row| row.get::<_, i64>(0))
        .optional()?
    {
        let hour = hour_of_key(found);
        hours.push(hour);
        from = key(hour + 1, 0);
    }
    Ok(hours)
}

impl Store {
    /// Packs everything in staging, the open hour too.
    pub(super) fn pack_all(&mut self) -> Result<(), StoreError> {
        if let Some(mut packing) = Packing::of_all(self)? {
            while !self.pack_step(&mut packing)? {}
        }
        Ok(())
    }

    /// How many rows are in staging.
    pub(super) fn staged(&self) -> Result<usize, StoreError> {
        let count: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM staging")?
            .query_row([], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Whether that was the last.
    pub(super) fn pack_step(&mut self, packing: &mut Packing) -> Result<bool, StoreError> {
        if packing.probe <= packing.probe_last {
            let next = packing.probe.saturating_add(packing.stride);
            let rows = packing.rows(&self.connection, next)?;
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            put_rows(&transaction, rows, Repeat::Exact)?;
            transaction.commit()?;
            packing.probe = next;
            return Ok(false);
        }
        packing.delete(&self.connection)
    }
}

impl Packing {
    /// Of everything, the open hour too.
    pub(super) fn of_all(store: &Store) -> Result<Option<Self>, StoreError> {
        Self::begin(&store.connection, HOUR_MAX * HOUR_MS)
    }

    /// `None` if there is nothing to pack.
    pub(super) fn begin(
        connection: &Connection,
        before_ms: i64,
    ) -> Result<Option<Self>, StoreError> {
        let before_ms = before_ms.min(HOUR_MAX * HOUR_MS);
        let (rows, last_id, probe, probe_last) = connection.query_row(
            "SELECT count(*), max(id), min(probe), max(probe) FROM staging \
             WHERE ts_ms >= ?1 AND ts_ms < ?2",
            params![-HOUR_MAX * HOUR_MS, before_ms],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, Option<i64>>(1)?,
                    row.get::<_, Option<i64>>(2)?,
                    row.get::<_, Option<i64>>(3)?,
                ))
            },
        )?;
        let (Some(last_id), Some(probe), Some(probe_last)) = (last_id, probe, probe_last) else {
            return Ok(None);
        };
        let probes = probe_last - probe + 1;
        Ok(Some(Self {
            before_ms,
            last_id,
            probe,
            probe_last,
            stride: (probes / (rows / STEP_ROWS + 1)).max(1),
            deleted: None,
        }))
    }

    fn rows(
        &self,
        connection: &Connection,
        next: i64,
    ) -> Result<BTreeMap<(i64, i64), Vec<Row>>, StoreError> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT probe, {} FROM staging \
             WHERE probe >= ?1 AND probe < ?2 AND ts_ms >= ?3 AND ts_ms < ?4 AND id <= ?5 \
             ORDER BY id",
            staging::COLUMNS
        ))?;
        let mut found = statement.query(params![
            self.probe,
            next,
            -HOUR_MAX * HOUR_MS,
            self.before_ms,
            self.last_id
        ])?;
        let mut chunks = BTreeMap::<_, Vec<Row>>::new();
        while let Some(sql) = found.next()? {
            let row = staging::row(sql, 1)?;
            let at = (hour_of(row.ts_ms), sql.get(0)?);
            chunks.entry(at).or_default().push(row);
        }
        Ok(chunks)
    }

    /// The next rows that are in chunks now; whether these were the last.
    fn delete(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let from = match self.deleted {
            Some(id) => id,
            None => connection
                .query_row("SELECT min(id) FROM staging", [], |row| {
                    row.get::<_, Option<i64>>(0)
                })?
                .unwrap_or(self.last_id),
        };
        let to = from.saturating_add(STEP_ROWS).min(self.last_id);
        connection
            .prepare_cached(
                "DELETE FROM staging \
                 WHERE id >= ?1 AND id <= ?2 AND ts_ms >= ?3 AND ts_ms < ?4",
            )?
            .execute(params![from, to, -HOUR_MAX * HOUR_MS, self.before_ms])?;
        self.deleted = Some(to);
        Ok(to >= self.last_id)
    }
}

/// Merges rows into the chunks of their (hour, probe); gives how many were repeats.
pub(super) fn put_rows(
    connection: &Connection,
    chunks: BTreeMap<(i64, i64), Vec<Row>>,
    repeat: Repeat,
) -> Result<usize, StoreError> {
    let mut read = connection.prepare_cached("SELECT data FROM chunk WHERE key = ?1")?;
    let mut write =
        connection.prepare_cached("INSERT OR REPLACE INTO chunk (key, data) VALUES (?1, ?2)")?;
    let mut repeats = 0;
    let mut derived = Derived::read(connection)?;
    for ((hour, probe), new) in chunks {
        let key = key(hour, probe);
        let mut rows = Vec::with_capacity(new.len());
        let old: Option<Vec<u8>> = read.query_row([key], |row| row.get(0)).optional()?;
        if let Some(old) = &old {
            chunk::decode(old, hour, Depth::Everything, &mut rows)?;
        }
        rows.extend(new);
        repeats += merge::order(&mut rows, repeat);
        let data = chunk::encode(&rows, hour);
        if old.as_ref() != Some(&data) {
            write.execute(params![key, data])?;
            derived.take_back(connection, probe, hour)?;
        }
    }
    Ok(repeats)
}
