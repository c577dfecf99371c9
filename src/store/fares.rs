//! How the daemon fares, as it last told: one row, which the next replaces.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::reader::Reader;
use crate::domain::time::UnixMillis;

/// What a daemon tells of itself. What stands in it is the business of those who write and read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fares {
    pub at: UnixMillis,
    /// JSON.
    pub data: String,
}

pub(super) fn write(connection: &Connection, fares: &Fares) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO daemon (id, at_ms, data) VALUES (1, ?1, ?2)")?
        .execute(params![fares.at.0, fares.data])?;
    Ok(())
}

impl Reader {
    /// `None` if no daemon has told anything, as in a database of an older version.
    pub fn fares(&self) -> Result<Option<Fares>, StoreError> {
        if !self.connection.table_exists(None, "daemon")? {
            return Ok(None);
        }
        let row = self
            .connection
            .query_row("SELECT at_ms, data FROM daemon", [], |row| {
                Ok(Fares {
                    at: UnixMillis(row.get(0)?),
                    data: row.get(1)?,
                })
            });
        Ok(row.optional()?)
    }
}
