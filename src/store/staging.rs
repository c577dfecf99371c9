//! The table that new rows go to, in order of arrival.

use rusqlite::{Connection, Row as SqlRow, params};

use super::error::StoreError;
use super::row::{FIRST_EPOCH, IMPORTED, IMPORTED_SET_ASIDE, Row, code, number};

/// For [`row`], after the columns `id` and `probe`.
pub(super) const COLUMNS: &str = "ts_ms, outcome, cause, phase, reason, detail, duration_us, epoch, \
     mono_ms, set_aside, status, http_version, peer, dns_us, connect_us, tls_us, first_byte_us, body_us";

pub(super) fn insert(connection: &Connection, probe: i64, row: &Row) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO staging (probe, ts_ms, outcome, cause, phase, reason, detail, duration_us, \
         epoch, mono_ms, set_aside, status, http_version, peer, dns_us, connect_us, tls_us, \
         first_byte_us, body_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?;
    let epoch = row.source.checked_sub(FIRST_EPOCH);
    statement.execute(params![
        probe,
        row.ts_ms,
        row.outcome.cast_signed(),
        signed(number(row.cause_code)),
        signed(number(row.phase_code)),
        signed(number(row.reason_code)),
        signed((row.detail != 0).then_some(row.detail)),
        signed(row.duration_us),
        signed(epoch),
        epoch.map(|_| row.mono_ms),
        row.source == IMPORTED_SET_ASIDE,
        signed(number(row.status_code)),
        signed(number(row.http_version_code)),
        signed((row.peer != 0).then_some(row.peer)),
        signed(row.dns_us),
        signed(row.connect_us),
        signed(row.tls_us),
        signed(row.first_byte_us),
        signed(row.body_us),
    ])?;
    Ok(())
}

/// Reads [`COLUMNS`], which begin at column `at`.
pub(super) fn row(sql: &SqlRow, at: usize) -> rusqlite::Result<Row> {
    let get = |column: usize| -> rusqlite::Result<Option<u64>> {
        Ok(sql
            .get::<_, Option<i64>>(at + column)?
            .map(i64::cast_unsigned))
    };
    Ok(Row {
        ts_ms: sql.get(at)?,
        outcome: get(1)?.unwrap_or(0),
        cause_code: code(get(2)?),
        phase_code: code(get(3)?),
        reason_code: code(get(4)?),
        detail: get(5)?.unwrap_or(0),
        duration_us: get(6)?,
        source: match get(7)? {
            Some(epoch) => epoch.saturating_add(FIRST_EPOCH),
            None if sql.get(at + 9)? => IMPORTED_SET_ASIDE,
            None => IMPORTED,
        },
        mono_ms: sql.get::<_, Option<i64>>(at + 8)?.unwrap_or(0),
        status_code: code(get(10)?),
        http_version_code: code(get(11)?),
        peer: get(12)?.unwrap_or(0),
        dns_us: get(13)?,
        connect_us: get(14)?,
        tls_us: get(15)?,
        first_byte_us: get(16)?,
        body_us: get(17)?,
    })
}

fn signed(value: Option<u64>) -> Option<i64> {
    value.map(u64::cast_signed)
}
