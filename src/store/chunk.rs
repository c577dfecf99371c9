//! An hour of one probe in a blob: column after column, each in the few bytes it needs.
//!
//! ```text
//! version byte · checksum (4 bytes) · number of rows
//! ts            first: since the hour's start; then the difference of differences
//! outcome, cause, phase, reason, detail, source            runs
//! duration      present? as runs; then differences
//! ── a reader that only wants sightings stops here ──
//! mono          of observed rows: differences of (mono - ts)
//! status, HTTP version, peer                               runs
//! dns, connect, tls, body, first byte                      as duration; the last as its distance
//!               from what the others leave of the duration, which is next to nothing
//! ```
//!
//! Arithmetic wraps throughout, so that any value reads back as it was.

use super::checksum::checksum;
use super::error::StoreError;
use super::row::{FIRST_EPOCH, Row};
use super::varint::{Bytes, put, put_zigzag};

/// Which row format follows. A new format gets a new number and the old one stays readable.
const VERSION: u8 = 1;

const HEADER_BYTES: usize = 5;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// How much of each row is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Sightings,
    Everything,
}

/// Which hour an instant lies in, counted from 1970.
pub(super) const fn hour_of(ts_ms: i64) -> i64 {
    ts_ms.div_euclid(HOUR_MS)
}

/// Rows of one hour, in order of ts.
pub(super) fn encode(rows: &[Row], hour: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + 16 + rows.len() * 16);
    out.push(VERSION);
    out.extend([0; HEADER_BYTES - 1]);
    put(&mut out, rows.len() as u64);
    put_instants(&mut out, rows, hour);
    put_runs(&mut out, rows, |row| row.outcome);
    put_runs(&mut out, rows, |row| row.cause_code);
    put_runs(&mut out, rows, |row| row.phase_code);
    put_runs(&mut out, rows, |row| row.reason_code);
    put_runs(&mut out, rows, |row| row.detail);
    put_runs(&mut out, rows, |row| row.source);
    put_optional(&mut out, rows, |row| row.duration_us);
    let observed = rows.iter().filter(|row| row.source >= FIRST_EPOCH);
    put_deltas(
        &mut out,
        observed.map(|row| row.mono_ms.wrapping_sub(row.ts_ms).cast_unsigned()),
    );
    put_runs(&mut out, rows, |row| row.status_code);
    put_runs(&mut out, rows, |row| row.http_version_code);
    put_runs(&mut out, rows, |row| row.peer);
    put_optional(&mut out, rows, |row| row.dns_us);
    put_optional(&mut out, rows, |row| row.connect_us);
    put_optional(&mut out, rows, |row| row.tls_us);
    put_optional(&mut out, rows, |row| row.body_us);
    put_optional(&mut out, rows, |row| {
        row.first_byte_us
            .map(|us| us.wrapping_sub(expected_first_byte(row)))
    });
    let sum = checksum(&out[HEADER_BYTES..]);
    out[1..HEADER_BYTES].copy_from_slice(&sum.to_le_bytes());
    out
}

/// How many rows a blob says it has, from its first bytes. 0 if it is none.
pub(super) fn rows_in(head: &[u8]) -> u64 {
    let body = head.get(HEADER_BYTES..).unwrap_or_default();
    Bytes(body).varint().unwrap_or(0)
}

/// Appends the blob's rows to `rows`. A damaged blob is an error, whatever it holds.
pub(super) fn decode(
    data: &[u8],
    hour: i64,
    depth: Depth,
    rows: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let damaged =
        || StoreError::corrupt(format!("a chunk of hour {hour} is not as it was written"));
    let (header, body) = data.split_at_checked(HEADER_BYTES).ok_or_else(damaged)?;
    if header[0] != VERSION {
        return Err(StoreError::corrupt(format!(
            "a chunk of hour {hour} has the unknown version {}",
            header[0]
        )));
    }
    if header[1..] != checksum(body).to_le_bytes() {
        return Err(damaged());
    }
    let mut bytes = Bytes(body);
    let count = usize::try_from(bytes.varint()?).map_err(|_| damaged())?;
    // every row takes a byte for its ts at least: no count can make us allocate without bound
    if count > body.len() {
        return Err(damaged());
    }
    let start = rows.len();
    rows.resize(start + count, Row::default());
    let rows = &mut rows[start..];
    instants(&mut bytes, rows, hour)?;
    runs(&mut bytes, rows, |row, value| row.outcome = value)?;
    runs(&mut bytes, rows, |row, value| row.cause_code = value)?;
    runs(&mut bytes, rows, |row, value| row.phase_code = value)?;
    runs(&mut bytes, rows, |row, value| row.reason_code = value)?;
    runs(&mut bytes, rows, |row, value| row.detail = value)?;
    runs(&mut bytes, rows, |row, value| row.source = value)?;
    optional(&mut bytes, rows, |row, value| row.duration_us = Some(value))?;
    if depth == Depth::Sightings {
        return Ok(());
    }
    let mut last = 0u64;
    for row in rows.iter_mut().filter(|row| row.source >= FIRST_EPOCH) {
        last = last.wrapping_add(bytes.zigzag()?);
        row.mono_ms = row.ts_ms.wrapping_add(last.cast_signed());
    }
    runs(&mut bytes, rows, |row, value| row.status_code = value)?;
    runs(&mut bytes, rows, |row, value| row.http_version_code = value)?;
    runs(&mut bytes, rows, |row, value| row.peer = value)?;
    optional(&mut bytes, rows, |row, value| row.dns_us = Some(value))?;
    optional(&mut bytes, rows, |row, value| row.connect_us = Some(value))?;
    optional(&mut bytes, rows, |row, value| row.tls_us = Some(value))?;
    optional(&mut bytes, rows, |row, value| row.body_us = Some(value))?;
    optional(&mut bytes, rows, |row, value| {
        row.first_byte_us = Some(value.wrapping_add(expected_first_byte(row)));
    })?;
    if bytes.0.is_empty() {
        Ok(())
    } else {
        Err(damaged())
    }
}

/// What the other phases leave of the duration.
fn expected_first_byte(row: &Row) -> u64 {
    [row.dns_us, row.connect_us, row.tls_us, row.body_us]
        .into_iter()
        .flatten()
        .fold(row.duration_us.unwrap_or(0), u64::wrapping_sub)
}

fn put_instants(out: &mut Vec<u8>, rows: &[Row], hour: i64) {
    let mut last = hour.wrapping_mul(HOUR_MS);
    let mut last_delta = 0i64;
    for row in rows {
        let delta = row.ts_ms.wrapping_sub(last);
        put_zigzag(out, delta.wrapping_sub(last_delta).cast_unsigned());
        (last, last_delta) = (row.ts_ms, delta);
    }
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

/// A column that seldom changes: value and how often, again and again.
fn put_runs(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> u64) {
    for run in rows.chunk_by(|a, b| value(a) == value(b)) {
        put(out, value(&run[0]));
        put(out, run.len() as u64);
    }
}

fn runs(
    bytes: &mut Bytes,
    mut rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u64),
) -> Result<(), StoreError> {
    while !rows.is_empty() {
        let value = bytes.varint()?;
        let length = usize::try_from(bytes.varint()?).unwrap_or(usize::MAX);
        let Some((run, rest)) = rows.split_at_mut_checked(length).filter(|_| length > 0) else {
            return Err(StoreError::corrupt(
                "a run in a chunk is longer than the chunk",
            ));
        };
        // rows begin as zero
        if value != 0 {
            for row in run {
                set(row, value);
            }
        }
        rows = rest;
    }
    Ok(())
}

fn put_optional(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> Option<u64>) {
    put_runs(out, rows, |row| u64::from(value(row).is_some()));
    put_deltas(out, rows.iter().filter_map(value));
}

fn put_deltas(out: &mut Vec<u8>, values: impl Iterator<Item = u64>) {
    let mut last = 0u64;
    for value in values {
        put_zigzag(out, value.wrapping_sub(last));
        last = value;
    }
}

fn optional(
    bytes: &mut Bytes,
    rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u64),
) -> Result<(), StoreError> {
    // the runs come before the values, so remember where they are
    let mut present = Bytes(bytes.0);
    let mut left = rows.len();
    while left > 0 {
        bytes.varint()?;
        let length = usize::try_from(bytes.varint()?).unwrap_or(usize::MAX);
        left = left
            .checked_sub(length)
            .filter(|_| length > 0)
            .ok_or_else(|| StoreError::corrupt("a run in a chunk is longer than the chunk"))?;
    }
    let mut last = 0u64;
    let mut rest = rows;
    while !rest.is_empty() {
        let is_present = present.varint()? != 0;
        let length = usize::try_from(present.varint()?).unwrap_or(usize::MAX);
        let (run, after) = rest.split_at_mut(length.min(rest.len()));
        if is_present {
            for row in run {
                last = last.wrapping_add(bytes.zigzag()?);
                set(row, last);
            }
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(body: &[u8]) -> Vec<u8> {
        let sum = checksum(body).to_le_bytes();
        [&[VERSION], &sum[..], body].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Even one that carries the right checksum.
        #[test]
        fn no_blob_makes_it_panic_or_allocate_without_bound(
            body in proptest::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..200)
        ) {
            for depth in [Depth::Sightings, Depth::Everything] {
                let mut rows = Vec::new();
                let _ = decode(&sealed(&body), 0, depth, &mut rows);
                prop_assert!(rows.len() <= body.len());
            }
        }
    }

    #[test]
    fn a_blob_of_another_version_or_without_its_end_is_an_error() {
        let rows = [Row::default(); 3];
        let blob = encode(&rows, 0);
        let mut read = Vec::new();
        decode(&blob, 0, Depth::Everything, &mut read).unwrap();
        assert_eq!(read, rows);
        let mut other = blob.clone();
        other[0] = VERSION + 1;
        assert!(decode(&other, 0, Depth::Everything, &mut Vec::new()).is_err());
        for end in 0..blob.len() {
            assert!(decode(&blob[..end], 0, Depth::Everything, &mut Vec::new()).is_err());
        }
    }

    #[test]
    fn a_steady_hour_takes_few_bytes() {
        let rows: Vec<Row> = (0..120)
            .map(|n| Row {
                ts_ms: n * 30_000,
                source: FIRST_EPOCH,
                mono_ms: n * 30_000,
                ..Row::default()
            })
            .collect();
        // a byte each for ts and mono, and little besides
        let bytes = encode(&rows, 0).len();
        assert!(bytes < 2 * rows.len() + 64, "{bytes}");
    }
}
