//! Histograms in a blob.
//!
//! ```text
//! version byte · checksum (4 bytes) · which parts there are, a bit each
//! of each part   lowest value; from there to the highest; sum, as distance from what the middles of
//!                the buckets give
//!                a byte: plain bits of counts * 8 + plain bits of gaps (see bits.rs)
//!                as bits: count of the lowest value's bucket; then gap and count of each, up to the
//!                highest value's; up to a whole byte
//! ```
//!
//! The same histograms always give the same bytes.

use super::bits::{BitWriter, Bits, length_of};
use super::checksum::checksum;
use super::error::StoreError;
use super::varint::{Bytes, put, put_zigzag};
use crate::domain::histogram::{Bucket, Extent, Histogram, bucket_of, middle_of};
use crate::domain::latency::{Latency, LatencyPart};
use crate::domain::time::Micros;

/// A new format gets a new number and the old one stays readable.
const VERSION: u8 = 1;

const HEADER_BYTES: usize = 5;

/// Most plain bits of counts and of gaps: more would save little.
const PLAIN_MAX: u32 = 7;

/// `None` if there is nothing to write.
pub(super) fn encode(latency: &Latency) -> Option<Vec<u8>> {
    if latency.is_empty() {
        return None;
    }
    let mut out = vec![VERSION, 0, 0, 0, 0];
    let present = LatencyPart::ALL.map(|part| u64::from(!latency.of(part).is_empty()));
    let bits = present.iter().rev().fold(0, |all, bit| all << 1 | bit);
    put(&mut out, bits);
    for part in LatencyPart::ALL {
        put_histogram(&mut out, latency.of(part));
    }
    let sum = checksum(&out[HEADER_BYTES..]);
    out[1..HEADER_BYTES].copy_from_slice(&sum.to_le_bytes());
    Some(out)
}

/// A damaged blob is an error, whatever it holds.
pub(super) fn decode(data: &[u8]) -> Result<Latency, StoreError> {
    let (present, mut bytes) = open(data)?;
    let mut latency = Latency::default();
    for part in LatencyPart::ALL {
        if has(present, part) {
            *latency.of_mut(part) = histogram(&mut bytes)?;
        }
    }
    bytes.0.is_empty().then_some(latency).ok_or_else(damaged)
}

/// As [`decode`], of whole answers alone: they come first.
pub(super) fn decode_total(data: &[u8]) -> Result<Latency, StoreError> {
    let (present, mut bytes) = open(data)?;
    let mut latency = Latency::default();
    if has(present, LatencyPart::Total) {
        *latency.of_mut(LatencyPart::Total) = histogram(&mut bytes)?;
    }
    Ok(latency)
}

/// Which parts there are, and what holds them.
fn open(data: &[u8]) -> Result<(u64, Bytes<'_>), StoreError> {
    let (header, body) = data.split_at_checked(HEADER_BYTES).ok_or_else(damaged)?;
    if header[0] != VERSION {
        return Err(StoreError::corrupt(format!(
            "histograms have the unknown version {}",
            header[0]
        )));
    }
    if header[1..] != checksum(body).to_le_bytes() {
        return Err(damaged());
    }
    let mut bytes = Bytes(body);
    let present = bytes.varint()?;
    if present >> LatencyPart::ALL.len() != 0 {
        return Err(damaged());
    }
    Ok((present, bytes))
}

fn has(present: u64, part: LatencyPart) -> bool {
    present >> part as u32 & 1 == 1
}

fn put_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    let Some(Extent { min, max, sum }) = histogram.extent() else {
        return;
    };
    let buckets = histogram.buckets();
    put(out, min.0);
    put(out, max.0 - min.0);
    put_zigzag(out, sum.0.wrapping_sub(sum_of_middles(buckets)));
    // the first has none, and no bucket is empty or there twice
    let counts = || buckets.iter().map(|(_, count)| count - 1);
    let gaps = || {
        buckets
            .windows(2)
            .map(|two| u64::from(two[1].0 - two[0].0 - 1))
    };
    let (counts_plain, gaps_plain) = (shortest(counts), shortest(gaps));
    put(out, u64::from(counts_plain << 3 | gaps_plain));
    let mut bits = BitWriter::default();
    let mut gaps = gaps();
    for count in counts() {
        bits.put(count, counts_plain);
        if let Some(gap) = gaps.next() {
            bits.put(gap, gaps_plain);
        }
    }
    out.extend(bits.into_bytes());
}

/// With how many plain bits the numbers take the fewest.
fn shortest<I: Iterator<Item = u64>>(numbers: impl Fn() -> I) -> u32 {
    let length = |plain: &u32| -> u64 { numbers().map(|number| length_of(number, *plain)).sum() };
    (0..=PLAIN_MAX).min_by_key(length).unwrap_or(0)
}

fn histogram(bytes: &mut Bytes) -> Result<Histogram, StoreError> {
    let min = Micros(bytes.varint()?);
    let max = min.0.checked_add(bytes.varint()?).map(Micros);
    let max = max.ok_or_else(damaged)?;
    let distance = bytes.zigzag()?;
    let plain = u32::try_from(bytes.varint()?).map_err(|_| damaged())?;
    let (counts_plain, gaps_plain) = (plain >> 3, plain & PLAIN_MAX);
    if counts_plain > PLAIN_MAX {
        return Err(damaged());
    }
    let mut bits = Bits::new(bytes.0);
    let last = bucket_of(max);
    let mut buckets = Vec::new();
    let mut bucket = bucket_of(min);
    loop {
        let count = bits.number(counts_plain)?.checked_add(1);
        buckets.push((bucket, count.ok_or_else(damaged)?));
        if bucket == last {
            break;
        }
        let gap = Bucket::try_from(bits.number(gaps_plain)?).map_err(|_| damaged())?;
        bucket = bucket
            .checked_add(gap)
            .and_then(|before| before.checked_add(1))
            .filter(|bucket| *bucket <= last)
            .ok_or_else(damaged)?;
    }
    bytes.0 = bits.rest();
    let extent = Extent {
        min,
        max,
        sum: Micros(sum_of_middles(&buckets).wrapping_add(distance)),
    };
    Histogram::from_parts(buckets, extent).ok_or_else(damaged)
}

/// About the sum of all values. Wraps, since only the distance from it is kept.
fn sum_of_middles(buckets: &[(Bucket, u64)]) -> u64 {
    let each = buckets.iter();
    each.fold(0, |sum, (bucket, count)| {
        sum.wrapping_add(middle_of(*bucket).0.wrapping_mul(*count))
    })
}

fn damaged() -> StoreError {
    StoreError::corrupt("histograms are not as they were written")
}

#[cfg(test)]
#[path = "latency_tests.rs"]
mod tests;
