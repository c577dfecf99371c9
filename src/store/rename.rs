//! A probe goes on under another id, for when `id:` was forgotten.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::domain::probe::ProbeId;
use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;

use super::Store;
use super::chunk::{self, Depth};
use super::derive;
use super::error::StoreError;
use super::merge::Repeat;
use super::pack::{self, key};
use super::renames::{self, Members};
use super::{checkpoint, prune};

/// What a renaming did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// There was a probe of the new id: the histories of both are one now.
    pub merged: bool,
    /// The configuration that was registered last calls it by its old id.
    pub still_configured: bool,
}

impl Store {
    /// The history of `old` goes on as `new`: all of it, or nothing if it fails. If there is a `new`
    /// already, as after the configuration was changed, both become one under its names.
    pub fn rename(
        &mut self,
        old: &ProbeId,
        new: &ProbeId,
        by: Option<&str>,
        now: UnixMillis,
    ) -> Result<Renamed, StoreError> {
        if old == new {
            return Err(StoreError::SameId(old.clone()));
        }
        let find = |id| self.probes.get(id).copied();
        let Some(probe) = find(old) else {
            let probe = old.clone();
            return Err(StoreError::UnknownProbe { probe });
        };
        let other = find(new);
        let still_configured = is_configured(&self.connection, probe)?;
        if let Some(other) = other {
            if still_configured && is_configured(&self.connection, other)? {
                let (old, new) = (old.clone(), new.clone());
                return Err(StoreError::BothConfigured { old, new });
            }
            if is_pruned(&self.connection, other)? {
                let (old, new) = (old.clone(), new.clone());
                return Err(StoreError::NewPruned { old, new });
            }
            // so that their rows meet in chunks
            self.pack_all()?;
        }

        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = Members::read(&transaction)?;
        if let Some(other) = other {
            absorb(&transaction, probe, other)?;
        }
        transaction
            .prepare_cached("UPDATE probe SET probe_id = ?2 WHERE id = ?1")?
            .execute(params![probe, new.as_str()])?;
        let [old, new] = [old, new].map(|id| Subject::Endpoint(id.clone()));
        renames::rename(&transaction, &old, &new, by, now)?;
        for (old, new) in before.left_by(probe, &Members::read(&transaction)?) {
            renames::rename(&transaction, &old, &new, by, now)?;
        }
        transaction.commit()?;
        self.probes = super::register::known(&self.connection)?;
        Ok(Renamed {
            merged: other.is_some(),
            still_configured,
        })
    }
}

fn is_configured(connection: &Connection, probe: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM life WHERE probe = ?1 AND removed_at_ms IS NULL")?
        .exists([probe])?)
}

/// Whether windows and counts of it are left whose observations are not.
fn is_pruned(connection: &Connection, probe: i64) -> Result<bool, StoreError> {
    let Some(pruned) = prune::before(connection)? else {
        return Ok(false);
    };
    let mut hours = checkpoint::hours(connection)?;
    hours.retain(|hour| *hour <= pruned);
    Ok(checkpoint::latest(connection, &hours, probe)?.is_some())
}

/// All that there is of `other` becomes that of `probe`, and its names, too. `other` is no more.
fn absorb(connection: &Connection, probe: i64, other: i64) -> Result<(), StoreError> {
    for probe in [probe, other] {
        derive::forget(connection, probe)?;
    }
    merge_chunks(connection, probe, other)?;
    merge_lives(connection, probe, other)?;
    let both = params![probe, other];
    for sql in [
        // hours that cannot be packed
        "UPDATE staging SET probe = ?1 WHERE probe = ?2",
        "UPDATE OR REPLACE parameters SET probe = ?1 WHERE probe = ?2",
        "UPDATE OR REPLACE evidence SET probe = ?1 WHERE probe = ?2",
        "UPDATE probe SET (service_slug, platform_slug, endpoint_slug, \
                           service, platform, endpoint, url) = \
             (SELECT service_slug, platform_slug, endpoint_slug, \
                     service, platform, endpoint, url FROM probe WHERE id = ?2) \
         WHERE id = ?1",
    ] {
        connection.execute(sql, both)?;
    }
    connection.execute("DELETE FROM probe WHERE id = ?1", [other])?;
    Ok(())
}

/// Hour by hour. What both tell alike is told once, as in an import.
fn merge_chunks(connection: &Connection, probe: i64, other: i64) -> Result<(), StoreError> {
    let mut read = connection.prepare_cached("SELECT data FROM chunk WHERE key = ?1")?;
    let mut delete = connection.prepare_cached("DELETE FROM chunk WHERE key = ?1")?;
    for hour in pack::hours(connection)? {
        let from = key(hour, other);
        let data: Option<Vec<u8>> = read.query_row([from], |row| row.get(0)).optional()?;
        if let Some(data) = data {
            let mut rows = Vec::new();
            chunk::decode(&data, hour, Depth::Everything, &mut rows)?;
            let rows = BTreeMap::from([((hour, probe), rows)]);
            pack::put_rows(connection, rows, Repeat::Content)?;
            delete.execute([from])?;
        }
    }
    Ok(())
}

/// Lives that touch become one; what lies between others stays a time in which it was removed.
fn merge_lives(connection: &Connection, probe: i64, other: i64) -> Result<(), StoreError> {
    let mut merged: Vec<(i64, Option<i64>)> = Vec::new();
    {
        let mut statement = connection.prepare_cached(
            "SELECT added_at_ms, removed_at_ms FROM life WHERE probe IN (?1, ?2) \
             ORDER BY added_at_ms",
        )?;
        let mut rows = statement.query([probe, other])?;
        while let Some(row) = rows.next()? {
            let (added, removed): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            match merged.last_mut() {
                Some((_, last)) if last.is_none_or(|last| added <= last) => {
                    *last = last.zip(removed).map(|(last, removed)| last.max(removed));
                }
                _ => merged.push((added, removed)),
            }
        }
    }
    connection.execute("DELETE FROM life WHERE probe IN (?1, ?2)", [probe, other])?;
    for (added, removed) in merged {
        connection
            .prepare_cached(
                "INSERT INTO life (probe, added_at_ms, removed_at_ms) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![probe, added, removed])?;
    }
    Ok(())
}
