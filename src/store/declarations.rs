//! How a daemon notices what commands declare while it runs.

use rusqlite::Connection;

use crate::domain::maintenance::Declared;

use super::Store;
use super::error::StoreError;
use super::{maintenance, open};

/// A view of the declared maintenance, apart from the writer and its queue: a look waits for nobody.
/// To be dropped before the writer is joined, which could not put the log away else.
#[derive(Debug)]
pub struct Declarations {
    connection: Connection,
    /// The newest declaration and the newest end that were seen. Rows are only added.
    seen: Option<(i64, i64)>,
}

impl Store {
    /// For the process that writes the database.
    pub fn declarations(&self) -> Result<Declarations, StoreError> {
        let connection = open::second(&self.path)?;
        // each look is a transaction of its own
        connection.execute_batch("COMMIT")?;
        Ok(Declarations {
            connection,
            seen: None,
        })
    }
}

impl Declarations {
    /// All there are, as [`Reader::maintenance`](super::Reader::maintenance) gives them, if anybody
    /// has declared or ended one since this was last called; at first in any case. Reads two rows if
    /// nobody has, and so may be called every few seconds.
    pub fn changed(&mut self) -> Result<Option<Vec<Declared>>, StoreError> {
        let transaction = self.connection.transaction()?;
        let newest = transaction
            .prepare_cached(
                "SELECT (SELECT coalesce(max(id), 0) FROM maintenance), \
                        (SELECT coalesce(max(id), 0) FROM maintenance_end)",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if self.seen == Some(newest) {
            return Ok(None);
        }
        let all = maintenance::all(&transaction)?;
        transaction.commit()?;
        self.seen = Some(newest);
        Ok(Some(all))
    }
}
