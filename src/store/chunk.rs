//! An hour of one probe in a blob: column after column, each in the few bits it needs.
//!
//! ```text
//! version byte · checksum (4 bytes) · number of rows
//! ts            first: since the hour's start; then the difference of differences
//! outcome, cause, phase, reason, detail, source            runs
//! duration      present? as runs; then numbers
//! ── a reader that only wants sightings stops here ──
//! mono          of observed rows: mono - ts
//! status, HTTP version, peer                               runs
//! dns, connect, tls, body, first byte                      as duration; the last as its distance
//!               from what the others leave of the duration, which is next to nothing
//! ```
//!
//! Arithmetic wraps throughout, so that any value reads back as it was.

use super::checksum::checksum;
use super::chunk_v1;
use super::column::{Numbers, optional, put_numbers, put_optional, put_runs, runs};
use super::error::StoreError;
use super::row::{FIRST_EPOCH, Row};
use super::varint::{Bytes, put};

/// Which row format follows. A new format gets a new number and the old one stays readable.
const VERSION: u8 = 2;

/// The first one: numbers in whole bytes.
const BYTEWISE: u8 = 1;

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
    put_numbers(
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
    let version = header[0];
    if version != VERSION && version != BYTEWISE {
        return Err(StoreError::corrupt(format!(
            "a chunk of hour {hour} has the unknown version {version}"
        )));
    }
    if header[1..] != checksum(body).to_le_bytes() {
        return Err(damaged());
    }
    let mut bytes = Bytes(body);
    let count = usize::try_from(bytes.varint()?).map_err(|_| damaged())?;
    // every row takes a bit for its ts at least: no count can make us allocate without bound
    if count > body.len().saturating_mul(8) {
        return Err(damaged());
    }
    let start = rows.len();
    rows.resize(start + count, Row::default());
    let rows = &mut rows[start..];
    if version == BYTEWISE {
        chunk_v1::columns(&mut bytes, rows, hour, depth)?;
    } else {
        columns(&mut bytes, rows, hour, depth)?;
    }
    if bytes.0.is_empty() || depth == Depth::Sightings {
        Ok(())
    } else {
        Err(damaged())
    }
}

fn columns(bytes: &mut Bytes, rows: &mut [Row], hour: i64, depth: Depth) -> Result<(), StoreError> {
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
    let is_observed = |row: &&mut Row| row.source >= FIRST_EPOCH;
    let observed = rows.iter_mut().filter(is_observed).count();
    let mut numbers = Numbers::begin(bytes, observed)?;
    for row in rows.iter_mut().filter(is_observed) {
        row.mono_ms = row.ts_ms.wrapping_add(numbers.next()?.cast_signed());
    }
    numbers.end(bytes);
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

/// What the other phases leave of the duration.
pub(super) fn expected_first_byte(row: &Row) -> u64 {
    [row.dns_us, row.connect_us, row.tls_us, row.body_us]
        .into_iter()
        .flatten()
        .fold(row.duration_us.unwrap_or(0), u64::wrapping_sub)
}

fn put_instants(out: &mut Vec<u8>, rows: &[Row], hour: i64) {
    let Some(first) = rows.first() else {
        return;
    };
    let since = first.ts_ms.wrapping_sub(hour.wrapping_mul(HOUR_MS));
    put_numbers(out, std::iter::once(since.cast_unsigned()));
    let deltas = rows
        .windows(2)
        .map(|pair| pair[1].ts_ms.wrapping_sub(pair[0].ts_ms));
    let mut last = None;
    let deltas: Vec<u64> = deltas
        .map(|delta| {
            let before = last.replace(delta).unwrap_or(0);
            delta.wrapping_sub(before).cast_unsigned()
        })
        .collect();
    // the first is a whole interval, all others next to nothing
    let (first, rest) = deltas.split_at(deltas.len().min(1));
    put_numbers(out, first.iter().copied());
    put_numbers(out, rest.iter().copied());
}

fn instants(bytes: &mut Bytes, rows: &mut [Row], hour: i64) -> Result<(), StoreError> {
    let mut last = hour.wrapping_mul(HOUR_MS);
    let (first, rest) = rows.split_at_mut(rows.len().min(1));
    let (second, rest) = rest.split_at_mut(rest.len().min(1));
    let mut numbers = Numbers::begin(bytes, first.len())?;
    for row in first {
        last = last.wrapping_add(numbers.next()?.cast_signed());
        row.ts_ms = last;
    }
    numbers.end(bytes);
    let mut delta = 0i64;
    for rows in [second, rest] {
        let mut numbers = Numbers::begin(bytes, rows.len())?;
        for row in rows {
            delta = delta.wrapping_add(numbers.next()?.cast_signed());
            last = last.wrapping_add(delta);
            row.ts_ms = last;
        }
        numbers.end(bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(version: u8, body: &[u8]) -> Vec<u8> {
        let sum = checksum(body).to_le_bytes();
        [&[version], &sum[..], body].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Even one that carries the right checksum.
        #[test]
        fn no_blob_makes_it_panic_or_allocate_without_bound(
            body in proptest::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..200)
        ) {
            for (version, depth) in [
                (VERSION, Depth::Sightings),
                (VERSION, Depth::Everything),
                (BYTEWISE, Depth::Everything),
            ] {
                let mut rows = Vec::new();
                let _ = decode(&sealed(version, &body), 0, depth, &mut rows);
                prop_assert!(rows.len() <= 8 * body.len());
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
    fn rows_read_back_whatever_their_instants() {
        for instants in [
            &[][..],
            &[5],
            &[3_000, 33_001],
            &[0, 29_999, 60_001, 90_000, 90_000, 3_599_999],
            &[i64::MIN, -1, i64::MAX],
        ] {
            let rows: Vec<Row> = instants
                .iter()
                .map(|ts_ms| Row {
                    ts_ms: *ts_ms,
                    source: FIRST_EPOCH,
                    duration_us: ts_ms.checked_abs().map(i64::cast_unsigned),
                    ..Row::default()
                })
                .collect();
            let mut read = Vec::new();
            decode(&encode(&rows, 7), 7, Depth::Everything, &mut read).unwrap();
            assert_eq!(read, rows);
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
        // a bit each for ts and mono, and little besides
        let bytes = encode(&rows, 0).len();
        assert!(bytes < rows.len() / 4 + 64, "{bytes}");
    }
}
