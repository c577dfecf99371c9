//! The columns of chunks as they were written first: numbers in whole bytes. Only read.

use super::chunk::{Depth, HOUR_MS, expected_first_byte};
use super::column::{present, runs};
use super::error::StoreError;
use super::row::{FIRST_EPOCH, Row};
use super::varint::Bytes;

/// Fills rows that are blank.
pub(super) fn columns(
    bytes: &mut Bytes,
    rows: &mut [Row],
    hour: i64,
    depth: Depth,
) -> Result<(), StoreError> {
    instants(bytes, rows, hour)?;
    runs(bytes, rows, |row, value| row.outcome = value)?;
    runs(bytes, rows, |row, value| row.cause_code = value)?;
    runs(bytes, rows, |row, value| row.phase_code = value)?;
    runs(bytes, rows, |row, value| row.reason_code = value)?;
    runs(bytes, rows, |row, value| row.detail = value)?;
    runs(bytes, rows, |row, value| row.source = value)?;
    optional(bytes, rows, |row, value| row.duration_us = Some(value))?;
    if depth == Depth::Sightings {
        return Ok(());
    }
    let mut last = 0u64;
    for row in rows.iter_mut().filter(|row| row.source >= FIRST_EPOCH) {
        last = last.wrapping_add(bytes.zigzag()?);
        row.mono_ms = row.ts_ms.wrapping_add(last.cast_signed());
    }
    runs(bytes, rows, |row, value| row.status_code = value)?;
    runs(bytes, rows, |row, value| row.http_version_code = value)?;
    runs(bytes, rows, |row, value| row.peer = value)?;
    optional(bytes, rows, |row, value| row.dns_us = Some(value))?;
    optional(bytes, rows, |row, value| row.connect_us = Some(value))?;
    optional(bytes, rows, |row, value| row.tls_us = Some(value))?;
    optional(bytes, rows, |row, value| row.body_us = Some(value))?;
    optional(bytes, rows, |row, value| {
        row.first_byte_us = Some(value.wrapping_add(expected_first_byte(row)));
    })
}

fn instants(bytes: &mut Bytes, rows: &mut [Row], hour: i64) -> Result<(), StoreError> {
    let mut last = hour.wrapping_mul(HOUR_MS);
    let mut delta = 0i64;
    for row in rows {
        delta = delta.wrapping_add(bytes.zigzag()?.cast_signed());
        last = last.wrapping_add(delta);
        row.ts_ms = last;
    }
    Ok(())
}

fn optional(
    bytes: &mut Bytes,
    rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u64),
) -> Result<(), StoreError> {
    let mut last = 0u64;
    for row in present(bytes, rows)? {
        last = last.wrapping_add(bytes.zigzag()?);
        set(row, last);
    }
    Ok(())
}
