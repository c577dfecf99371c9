//! What was seen of failures.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::Reader;
use crate::domain::time::{Period, UnixMillis};
use crate::evidence::Evidence;
use crate::store::ProbeKey;
use crate::store::error::StoreError;
use crate::store::evidence::decode;

impl Reader {
    /// The instants of all failures of which there is evidence, each probe's in order of time.
    pub fn evidence_instants(&self) -> Result<HashMap<ProbeKey, Vec<UnixMillis>>, StoreError> {
        let mut instants = HashMap::<_, Vec<_>>::new();
        if !self.has_evidence()? {
            return Ok(instants);
        }
        let mut statement = self
            .connection
            .prepare_cached("SELECT probe, ts_ms FROM evidence ORDER BY probe, ts_ms")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let of_probe = instants.entry(ProbeKey(row.get(0)?)).or_default();
            of_probe.push(UnixMillis(row.get(1)?));
        }
        Ok(instants)
    }

    /// Of the earliest and of the latest failure within the period of which there is any; of one
    /// alone, that one.
    pub fn evidence(
        &self,
        probe: ProbeKey,
        period: Period,
    ) -> Result<Vec<(UnixMillis, Evidence)>, StoreError> {
        let mut found: Vec<(UnixMillis, Evidence)> = Vec::new();
        if !self.has_evidence()? {
            return Ok(found);
        }
        for sql in [
            "SELECT ts_ms, data FROM evidence WHERE probe = ?1 AND ts_ms >= ?2 AND ts_ms < ?3 \
             ORDER BY ts_ms LIMIT 1",
            "SELECT ts_ms, data FROM evidence WHERE probe = ?1 AND ts_ms >= ?2 AND ts_ms < ?3 \
             ORDER BY ts_ms DESC LIMIT 1",
        ] {
            let row: Option<(i64, Vec<u8>)> = self
                .connection
                .prepare_cached(sql)?
                .query_row(params![probe.0, period.from.0, period.to.0], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if let Some((at, data)) = row
                && found.iter().all(|(other, _)| *other != UnixMillis(at))
            {
                found.push((UnixMillis(at), decode(&data)?));
            }
        }
        Ok(found)
    }

    /// A database of an older version is read as it is, and has none.
    fn has_evidence(&self) -> Result<bool, StoreError> {
        Ok(self.connection.table_exists(None, "evidence")?)
    }
}
