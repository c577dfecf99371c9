//! Where each probe stood at the beginning of an hour, so that nothing before has to be read again.
//!
//! Those of the last day are kept, since a clock may be set back by so much; of the time before, only
//! the one that takes the place of observations which were pruned.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::checkpoint::Checkpoint;
use crate::domain::observation::Detail;
use crate::domain::time::UnixMillis;
use crate::domain::transcript::{Damaged, Transcript};

use super::checksum::checksum;
use super::chunk::HOUR_MS;
use super::error::StoreError;
use super::pack::{hours_of, key, probe_of_key};
use super::varint::{Bytes, put, put_zigzag};

/// A blob of another version is none that this program understands.
const VERSION: u8 = 1;

const HEADER_BYTES: usize = 5;

/// The hours at whose beginning there is a checkpoint of any probe, ascending.
pub(super) fn hours(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    hours_of(connection, "checkpoint")
}

pub(super) fn put_at(
    connection: &Connection,
    hour: i64,
    probe: i64,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO checkpoint (key, data) VALUES (?1, ?2)")?
        .execute(params![key(hour, probe), encode(checkpoint, hour)])?;
    Ok(())
}

/// That of the beginning of `hour`.
pub(super) fn at(
    connection: &Connection,
    hour: i64,
    probe: i64,
) -> Result<Option<Checkpoint>, StoreError> {
    let data: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM checkpoint WHERE key = ?1")?
        .query_row([key(hour, probe)], |row| row.get(0))
        .optional()?;
    data.map(|data| decode(&data, hour)).transpose()
}

/// The latest of a probe, with its hour, among `hours`, which ascend.
pub(super) fn latest(
    connection: &Connection,
    hours: &[i64],
    probe: i64,
) -> Result<Option<(i64, Checkpoint)>, StoreError> {
    for hour in hours.iter().rev() {
        if let Some(checkpoint) = at(connection, *hour, probe)? {
            return Ok(Some((*hour, checkpoint)));
        }
    }
    Ok(None)
}

/// Of which probes there is one at the beginning of `hour`.
pub(super) fn probes_at(connection: &Connection, hour: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT key FROM checkpoint WHERE key >= ?1 AND key < ?2")?;
    let keys = statement.query_map(params![key(hour, 0), key(hour + 1, 0)], |row| row.get(0))?;
    Ok(keys
        .map(|key| Ok(probe_of_key(key?)))
        .collect::<rusqlite::Result<_>>()?)
}

/// Whether there was one.
pub(super) fn delete(connection: &Connection, hour: i64, probe: i64) -> Result<bool, StoreError> {
    let deleted = connection
        .prepare_cached("DELETE FROM checkpoint WHERE key = ?1")?
        .execute([key(hour, probe)])?;
    Ok(deleted > 0)
}

pub(super) fn encode(checkpoint: &Checkpoint, hour: i64) -> Vec<u8> {
    let mut writing = Writing {
        out: vec![0; HEADER_BYTES],
        base: hour.saturating_mul(HOUR_MS),
    };
    let written = checkpoint.clone().transcribe(&mut writing);
    debug_assert!(written.is_ok(), "writing into memory cannot fail");
    let mut out = writing.out;
    out[0] = VERSION;
    let sum = checksum(&out[HEADER_BYTES..]);
    out[1..HEADER_BYTES].copy_from_slice(&sum.to_le_bytes());
    out
}

pub(super) fn decode(data: &[u8], hour: i64) -> Result<Checkpoint, StoreError> {
    let damaged = || {
        StoreError::corrupt(format!(
            "a checkpoint of hour {hour} is not as it was written"
        ))
    };
    let (header, body) = data.split_at_checked(HEADER_BYTES).ok_or_else(damaged)?;
    if header[0] != VERSION || header[1..] != checksum(body).to_le_bytes() {
        return Err(damaged());
    }
    let mut reading = Reading {
        bytes: Bytes(body),
        base: hour.saturating_mul(HOUR_MS),
    };
    let mut checkpoint = Checkpoint::default();
    checkpoint
        .transcribe(&mut reading)
        .map_err(|Damaged| damaged())?;
    if reading.bytes.0.is_empty() {
        Ok(checkpoint)
    } else {
        Err(damaged())
    }
}

struct Writing {
    out: Vec<u8>,
    /// Instants are near it.
    base: i64,
}

impl Transcript for Writing {
    fn number(&mut self, value: &mut u64) -> Result<(), Damaged> {
        put(&mut self.out, *value);
        Ok(())
    }

    fn instant(&mut self, value: &mut UnixMillis) -> Result<(), Damaged> {
        let distance = self.base.wrapping_sub(value.0);
        put_zigzag(&mut self.out, distance.cast_unsigned());
        Ok(())
    }

    fn text(&mut self, value: &mut Detail) -> Result<(), Damaged> {
        put(&mut self.out, value.len() as u64);
        self.out.extend(value.as_bytes());
        Ok(())
    }

    fn length(&mut self, value: usize) -> Result<usize, Damaged> {
        put(&mut self.out, value as u64);
        Ok(value)
    }
}

struct Reading<'a> {
    bytes: Bytes<'a>,
    base: i64,
}

impl Transcript for Reading<'_> {
    fn number(&mut self, value: &mut u64) -> Result<(), Damaged> {
        *value = self.bytes.varint().map_err(|_| Damaged)?;
        Ok(())
    }

    fn instant(&mut self, value: &mut UnixMillis) -> Result<(), Damaged> {
        let distance = self.bytes.zigzag().map_err(|_| Damaged)?;
        *value = UnixMillis(self.base.wrapping_sub(distance.cast_signed()));
        Ok(())
    }

    fn text(&mut self, value: &mut Detail) -> Result<(), Damaged> {
        let length = self.length(0)?;
        let (text, rest) = self.bytes.0.split_at_checked(length).ok_or(Damaged)?;
        *value = str::from_utf8(text).map_err(|_| Damaged)?.into();
        self.bytes.0 = rest;
        Ok(())
    }

    fn length(&mut self, _: usize) -> Result<usize, Damaged> {
        let length = self.bytes.varint().map_err(|_| Damaged)?;
        // whatever is listed takes a byte at least
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.bytes.0.len())
            .ok_or(Damaged)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Even one that carries the right checksum.
        #[test]
        fn no_blob_makes_it_panic_or_allocate_without_bound(
            body in proptest::collection::vec(prop_oneof![0..3u8, any::<u8>()], 0..200)
        ) {
            let sealed = [&[VERSION], &checksum(&body).to_le_bytes()[..], &body].concat();
            let _ = decode(&sealed, 0);
        }
    }

    #[test]
    fn one_of_a_probe_that_is_up_takes_few_bytes() {
        let bytes = encode(&Checkpoint::default(), 480_000).len();
        assert!(bytes < 32, "{bytes}");
    }
}
