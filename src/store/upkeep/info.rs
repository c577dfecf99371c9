//! What a database holds, and how much room that takes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Progress, Told};
use crate::domain::time::UnixMillis;
use crate::store::chunk::{self, Depth};
use crate::store::error::StoreError;
use crate::store::lock::{self, beside};
use crate::store::pack::{self, key};
use crate::store::{migrations, open};

/// Progress is told every so many pages.
const PAGES_TOLD: u64 = 4096;

/// A database as it was when it was looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub path: PathBuf,
    /// Of the file.
    pub bytes: u64,
    /// Of the log beside it, which is not in the file yet.
    pub log_bytes: u64,
    pub page_bytes: u64,
    pub pages: u64,
    /// Of pages that hold nothing and are filled before the file grows.
    pub free_pages: u64,
    /// The version of its tables.
    pub format: i32,
    /// Who writes to it, as it calls itself.
    pub held_by: Option<String>,
    /// All there are, the largest first.
    pub tables: Vec<TableSize>,
    /// That were ever configured.
    pub probes: u64,
    /// That are configured now.
    pub probes_configured: u64,
    /// Observations that came last, row by row.
    pub staged: u64,
    /// Observations in chunks. While an hour is packed, its observations are in both.
    pub packed: u64,
    pub oldest: Option<UnixMillis>,
    pub newest: Option<UnixMillis>,
    /// Up to where windows, runs and counts are written down.
    pub derived_until: Option<UnixMillis>,
    /// What is not kept any more: of a tier, all before that instant.
    pub pruned: Vec<(String, UnixMillis)>,
}

/// With its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
}

impl Info {
    pub fn observations(&self) -> u64 {
        self.staged + self.packed
    }

    /// What observations take in all, with their texts. `None` if there are none.
    pub fn bytes_per_observation(&self) -> Option<f64> {
        let bytes = ["staging", "chunk", "text"].map(|table| self.table_bytes(table));
        per(bytes.iter().sum(), self.observations())
    }

    /// The same of those that are packed.
    pub fn bytes_per_packed_observation(&self) -> Option<f64> {
        per(self.table_bytes("chunk"), self.packed)
    }

    fn table_bytes(&self, name: &str) -> u64 {
        let table = self.tables.iter().find(|table| table.name == name);
        table.map_or(0, |table| table.bytes)
    }
}

fn per(bytes: u64, count: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "it is shown with one decimal")]
    (count > 0).then(|| bytes as f64 / count as f64)
}

/// Reads every page once, beside whoever writes.
pub fn info(path: &Path, told: Told) -> Result<Info, StoreError> {
    let path = open::real_path(path);
    let connection = open::reader(&path)?;
    let held_by = lock::holder_of(&path)?;
    let tables = tables(&connection, told)?;
    let exists = |name: &str| tables.iter().any(|table| table.name == name);
    let rows = |name: &str| {
        let table = tables.iter().find(|table| table.name == name);
        table.map_or(0, |table| table.rows)
    };
    let (packed, [packed_first, packed_last]) = packed(&connection, told)?;
    let [staged_first, staged_last]: [Option<i64>; 2] =
        connection.query_row("SELECT min(ts_ms), max(ts_ms) FROM staging", [], |row| {
            Ok([row.get(0)?, row.get(1)?])
        })?;
    let derived_until = if exists("derived") {
        let until = connection.query_row("SELECT until_ms FROM derived", [], |row| row.get(0));
        until.optional()?.map(UnixMillis)
    } else {
        None
    };
    Ok(Info {
        bytes: open::file_length(&path),
        log_bytes: open::file_length(&beside(&path, "-wal")),
        page_bytes: number(&connection, "PRAGMA page_size")?,
        pages: number(&connection, "PRAGMA page_count")?,
        free_pages: number(&connection, "PRAGMA freelist_count")?,
        format: migrations::user_version(&connection)?,
        held_by,
        probes: rows("probe"),
        probes_configured: number(
            &connection,
            "SELECT count(*) FROM life WHERE removed_at_ms IS NULL",
        )?,
        staged: rows("staging"),
        packed,
        oldest: staged_first
            .into_iter()
            .chain(packed_first)
            .min()
            .map(UnixMillis),
        newest: staged_last.max(packed_last).map(UnixMillis),
        derived_until,
        pruned: if exists("pruned") {
            pruned(&connection)?
        } else {
            Vec::new()
        },
        tables,
        path,
    })
}

pub(super) fn number(connection: &Connection, sql: &str) -> Result<u64, StoreError> {
    let number: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

/// Each of the tables with its rows and its bytes, the largest first.
fn tables(connection: &Connection, told: Told) -> Result<Vec<TableSize>, StoreError> {
    let of = number(connection, "PRAGMA page_count")?;
    // rows of these stand on all of their pages, those of others on the leaves
    let mut keyed = HashSet::new();
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        keyed.insert(row.get::<_, String>(0)?);
    }
    // what an index takes is its table's
    let mut owners = HashMap::new();
    let mut statement =
        connection.prepare("SELECT name, tbl_name FROM sqlite_schema WHERE rootpage > 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        owners.insert(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
    }
    let mut sizes = BTreeMap::<String, TableSize>::new();
    for name in owners.values() {
        let name = name.clone();
        let empty = TableSize {
            name: name.clone(),
            rows: 0,
            bytes: 0,
        };
        sizes.insert(name, empty);
    }
    let mut statement = connection.prepare("SELECT name, pagetype, ncell, pgsize FROM dbstat")?;
    let mut pages = statement.query([])?;
    let mut done = 0;
    while let Some(page) = pages.next()? {
        let tree = page.get_ref(0)?.as_str().unwrap_or_default();
        // the list of tables has no owner: it is left out
        if let Some(owner) = owners.get(tree)
            && let Some(size) = sizes.get_mut(owner)
        {
            size.bytes += page.get::<_, i64>(3)?.unsigned_abs();
            let is_leaf = page.get_ref(1)?.as_str() == Ok("leaf");
            if tree == owner && (is_leaf || keyed.contains(tree)) {
                size.rows += page.get::<_, i64>(2)?.unsigned_abs();
            }
        }
        done += 1;
        if done % PAGES_TOLD == 0 {
            let what = "pages read";
            told(Progress { what, done, of });
        }
    }
    let mut sizes: Vec<_> = sizes.into_values().collect();
    sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(sizes)
}

/// How many observations chunks hold, and the instants of the first and the last.
fn packed(connection: &Connection, told: Told) -> Result<(u64, [Option<i64>; 2]), StoreError> {
    let hours = pack::hours(connection)?;
    let mut ends = [None, None];
    if let (Some(first), Some(last)) = (hours.first(), hours.last()) {
        ends[0] = instants(connection, *first)?.into_iter().min();
        ends[1] = instants(connection, *last)?.into_iter().max();
    }
    Ok((packed_in(connection, &hours, told)?, ends))
}

/// How many observations the chunks of these hours hold. It stands at the beginning of each.
pub(super) fn packed_in(
    connection: &Connection,
    hours: &[i64],
    told: Told,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut heads =
        connection.prepare("SELECT substr(data, 1, 16) FROM chunk WHERE key >= ?1 AND key < ?2")?;
    for (done, hour) in (1..).zip(hours) {
        let mut rows = heads.query(params![key(*hour, 0), key(hour + 1, 0)])?;
        while let Some(row) = rows.next()? {
            count += chunk::rows_in(row.get_ref(0)?.as_blob().unwrap_or_default());
        }
        told(Progress {
            what: "hours counted",
            done,
            of: hours.len() as u64,
        });
    }
    Ok(count)
}

/// Of the first and the last observation of each chunk of an hour.
fn instants(connection: &Connection, hour: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare("SELECT data FROM chunk WHERE key >= ?1 AND key < ?2")?;
    let mut found = statement.query(params![key(hour, 0), key(hour + 1, 0)])?;
    let mut instants = Vec::new();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.clear();
        let data = row.get_ref(0)?.as_blob().unwrap_or_default();
        chunk::decode(data, hour, Depth::Sightings, &mut rows)?;
        let ends = rows.first().into_iter().chain(rows.last());
        instants.extend(ends.map(|row| row.ts_ms));
    }
    Ok(instants)
}

fn pruned(connection: &Connection) -> Result<Vec<(String, UnixMillis)>, StoreError> {
    let mut statement = connection.prepare("SELECT tier, before_ms FROM pruned ORDER BY tier")?;
    let pruned = statement.query_map([], |row| Ok((row.get(0)?, UnixMillis(row.get(1)?))))?;
    Ok(pruned.collect::<Result<_, _>>()?)
}
