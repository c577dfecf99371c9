//! Columns of chunks: each in the few bits it needs.
//!
//! A column that seldom changes is runs: value and how often, again and again. Numbers that scatter
//! are told by what they differ from their mean, or from the one before, whichever is shorter, in
//! exponential Golomb code (see `bits`). Arithmetic wraps, so that any value reads back as it was.

use super::bits::{BitWriter, Bits, length_of};
use super::error::StoreError;
use super::row::Row;
use super::varint::{Bytes, put, put_zigzag};

/// In the first byte of a column of numbers, beside how many bits are written as they are.
const BY_STEPS: u8 = 0x80;

/// Most bits that [`Bits::number`] takes as they are.
const PLAIN_MAX: u32 = 32;

pub(super) fn put_runs(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> u64) {
    for run in rows.chunk_by(|a, b| value(a) == value(b)) {
        put(out, value(&run[0]));
        put(out, run.len() as u64);
    }
}

pub(super) fn runs(
    bytes: &mut Bytes,
    mut rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u64),
) -> Result<(), StoreError> {
    while !rows.is_empty() {
        let value = bytes.varint()?;
        let (run, rest) = split(rows, bytes.varint()?)?;
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

/// Reads which rows have a value in a column, and gives these.
pub(super) fn present<'r>(
    bytes: &mut Bytes,
    mut rows: &'r mut [Row],
) -> Result<Vec<&'r mut Row>, StoreError> {
    let mut present = Vec::new();
    while !rows.is_empty() {
        let is_present = bytes.varint()? != 0;
        let (run, rest) = split(rows, bytes.varint()?)?;
        if is_present {
            present.extend(run);
        }
        rows = rest;
    }
    Ok(present)
}

fn split(rows: &mut [Row], length: u64) -> Result<(&mut [Row], &mut [Row]), StoreError> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    rows.split_at_mut_checked(length)
        .filter(|_| length > 0)
        .ok_or_else(|| StoreError::corrupt("a run in a chunk is longer than the chunk"))
}

/// Those of the rows that have one.
pub(super) fn put_optional(out: &mut Vec<u8>, rows: &[Row], value: impl Fn(&Row) -> Option<u64>) {
    put_runs(out, rows, |row| u64::from(value(row).is_some()));
    put_numbers(out, rows.iter().filter_map(value));
}

pub(super) fn optional(
    bytes: &mut Bytes,
    rows: &mut [Row],
    mut set: impl FnMut(&mut Row, u64),
) -> Result<(), StoreError> {
    let present = present(bytes, rows)?;
    let mut numbers = Numbers::begin(bytes, present.len())?;
    for row in present {
        set(row, numbers.next()?);
    }
    numbers.end(bytes);
    Ok(())
}

/// How many there are is to be known to whoever reads them.
pub(super) fn put_numbers(out: &mut Vec<u8>, numbers: impl Iterator<Item = u64>) {
    let numbers: Vec<u64> = numbers.collect();
    let Some(first) = numbers.first() else {
        return;
    };
    // what is negative is small, too
    let signed = numbers.iter().map(|number| number.cast_signed());
    let sum: i128 = signed.map(i128::from).sum();
    let mean = sum.div_euclid(i128::try_from(numbers.len()).unwrap_or(i128::MAX));
    let mean = i64::try_from(mean).unwrap_or(0).cast_unsigned();
    let from_mean: Vec<u64> = numbers.iter().map(|number| zigzag(*number, mean)).collect();
    let steps = numbers.windows(2).map(|pair| zigzag(pair[1], pair[0]));
    let steps: Vec<u64> = std::iter::once(0).chain(steps).collect();
    let (mean_bits, mean_plain) = best_plain(&from_mean);
    let (step_bits, step_plain) = best_plain(&steps);
    let (flag, base, plain, differences) = if step_bits < mean_bits {
        (BY_STEPS, *first, step_plain, steps)
    } else {
        (0, mean, mean_plain, from_mean)
    };
    let [plain_byte, ..] = plain.to_le_bytes();
    out.push(flag | plain_byte);
    put_zigzag(out, base);
    let mut bits = BitWriter::default();
    for difference in differences {
        bits.put(difference, plain);
    }
    out.extend(bits.into_bytes());
}

/// In how many bits the numbers can be written, and with how many of each as they are.
fn best_plain(numbers: &[u64]) -> (u64, u32) {
    let sum: u128 = numbers.iter().map(|number| u128::from(*number)).sum();
    let mean = sum / numbers.len().max(1) as u128;
    // of numbers that scatter evenly or by chance it is one of two
    let about = mean.max(1).ilog2().min(PLAIN_MAX);
    // the highest number of all can only be written with some
    let least = u32::from(numbers.contains(&u64::MAX));
    let choices = about.saturating_sub(1).max(least)..=about.max(least);
    let bits = choices.map(|plain| {
        let bits = numbers.iter().map(|number| length_of(*number, plain));
        (bits.sum(), plain)
    });
    bits.min().unwrap_or((0, least))
}

/// A column of numbers while it is read.
pub(super) struct Numbers<'a> {
    bits: Bits<'a>,
    plain: u32,
    base: u64,
    by_steps: bool,
}

impl<'a> Numbers<'a> {
    pub(super) fn begin(bytes: &mut Bytes<'a>, count: usize) -> Result<Self, StoreError> {
        let mut begun = Self {
            bits: Bits::new(bytes.0),
            plain: 0,
            base: 0,
            by_steps: false,
        };
        if count > 0 {
            let (head, rest) = (bytes.0)
                .split_first()
                .ok_or_else(|| StoreError::corrupt("a chunk ends within a column"))?;
            bytes.0 = rest;
            begun.by_steps = head & BY_STEPS != 0;
            begun.plain = u32::from(head & !BY_STEPS);
            if begun.plain > PLAIN_MAX {
                return Err(StoreError::corrupt("a column of a chunk is none of ours"));
            }
            begun.base = bytes.zigzag()?;
            begun.bits = Bits::new(bytes.0);
        }
        Ok(begun)
    }

    #[inline]
    pub(super) fn next(&mut self) -> Result<u64, StoreError> {
        let coded = self.bits.number(self.plain)?;
        let difference = (coded >> 1) ^ (coded & 1).wrapping_neg();
        let number = self.base.wrapping_add(difference);
        if self.by_steps {
            self.base = number;
        }
        Ok(number)
    }

    pub(super) fn end(self, bytes: &mut Bytes<'a>) {
        bytes.0 = self.bits.rest();
    }
}

/// A difference, small in either direction: 0, -1, 1, -2 … become 0, 1, 2, 3 …
fn zigzag(number: u64, base: u64) -> u64 {
    let difference = number.wrapping_sub(base);
    (difference << 1) ^ (difference.cast_signed() >> 63).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_read_back_and_end_where_they_end(
            numbers in prop_oneof![
                proptest::collection::vec(any::<u64>(), 0..30),
                proptest::collection::vec(0..1000u64, 0..400),
                proptest::collection::vec(prop_oneof![Just(0), Just(1 << 63), Just(u64::MAX)], 0..9),
            ]
        ) {
            let mut out = Vec::new();
            put_numbers(&mut out, numbers.iter().copied());
            out.extend([7, 8]);
            let mut bytes = Bytes(&out);
            let mut read = Numbers::begin(&mut bytes, numbers.len()).unwrap();
            for number in &numbers {
                prop_assert_eq!(read.next().unwrap(), *number);
            }
            read.end(&mut bytes);
            prop_assert_eq!(bytes.0, &[7, 8]);
        }
    }

    #[test]
    fn what_scatters_takes_little_more_than_its_scatter() {
        // by a thousand up and down: eleven bits would do
        let numbers = (0..360u64).map(|n| 10_000 + n * 7919 % 2000);
        let mut out = Vec::new();
        put_numbers(&mut out, numbers);
        assert!(out.len() < 360 * 13 / 8, "{}", out.len());
    }
}
