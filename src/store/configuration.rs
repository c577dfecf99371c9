//! Which configuration was in force when.

use rusqlite::{Connection, params};

use crate::domain::configured::{ConfigHash, InForceFrom};
use crate::domain::time::UnixMillis;

use super::error::StoreError;

/// Writes it down if it is another than the one in force.
pub(super) fn configure(
    connection: &Connection,
    hash: ConfigHash,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let last = all(connection)?.pop();
    let from = match last {
        Some(last) if last.hash == hash => return Ok(()),
        // with the clock set back, the later decision is still the one in force
        Some(last) => now.max(last.from),
        None => now,
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO configuration (from_ts_ms, sha256) VALUES (?1, ?2)",
        )?
        .execute(params![from.0, hash.0])?;
    Ok(())
}

/// In order of time.
pub(super) fn all(connection: &Connection) -> Result<Vec<InForceFrom>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT from_ts_ms, sha256 FROM configuration ORDER BY from_ts_ms")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let hash = row.get_ref(1)?.as_blob().ok();
        let hash = hash.and_then(|hash| hash.try_into().ok()).map(ConfigHash);
        all.push(InForceFrom {
            from: UnixMillis(row.get(0)?),
            hash: hash.ok_or_else(|| StoreError::corrupt("a hash of a configuration is none"))?,
        });
    }
    Ok(all)
}
