//! What was seen of failures.

use rusqlite::{OptionalExtension, params};

use super::Reader;
use crate::domain::time::{Period, UnixMillis};
use crate::evidence::Evidence;
use crate::store::ProbeKey;
use crate::store::error::StoreError;
use crate::store::evidence::decode;

impl Reader {
    /// The instants of all failures of the probe of which there is evidence, in order of time.
    pub fn evidence_instants(&self, probe: ProbeKey) -> Result<Vec<UnixMillis>, StoreError> {
        if !self.has_evidence {
            return Ok(Vec::new());
        }
        let mut statement = self
            .connection
            .prepare_cached("SELECT ts_ms FROM evidence WHERE probe = ?1 ORDER BY ts_ms")?;
        let instants = statement.query_map([probe.0], |row| row.get(0).map(UnixMillis))?;
        Ok(instants.collect::<Result<_, _>>()?)
    }

    /// Of the earliest and of the latest failure within the period of which there is any; of one
    /// alone, that one.
    pub fn evidence(
        &self,
        probe: ProbeKey,
        period: Period,
    ) -> Result<Vec<(UnixMillis, Evidence)>, StoreError> {
        let mut found: Vec<(UnixMillis, Evidence)> = Vec::new();
        if !self.has_evidence {
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
}
