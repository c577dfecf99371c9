//! Whole numbers in as few bits as they need, the highest bit of each first.
//!
//! The code is Elias' gamma: as many zeros as bits follow the number's first one. Numbers that are
//! mostly large leave their lowest bits out of it; then it is called exponential Golomb.

use super::error::StoreError;

/// Bits that are written.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Those that are no bytes yet, from the highest on.
    begun: u64,
    used: u32,
}

/// What is left of a sequence of bits.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits of the first byte that were read.
    used: u32,
}

/// How many bits [`BitWriter::put`] takes for the number.
pub(super) fn length_of(number: u64, plain: u32) -> u64 {
    let wide = (number >> plain).saturating_add(1);
    u64::from(2 * wide.ilog2() + 1 + plain)
}

impl BitWriter {
    /// Any number below `u64::MAX`; its `plain` lowest bits are written as they are.
    #[inline]
    pub(super) fn put(&mut self, number: u64, plain: u32) {
        let wide = (number >> plain).saturating_add(1);
        let zeros = wide.ilog2();
        if zeros < u64::BITS / 2 {
            // the zeros before it are those that are asked for
            self.put_bits(wide, 2 * zeros + 1);
        } else {
            self.put_bits(0, zeros);
            self.put_bits(wide, zeros + 1);
        }
        self.put_bits(number, plain);
    }

    /// The lowest bits of `value`.
    #[inline]
    fn put_bits(&mut self, value: u64, length: u32) {
        if length == 0 {
            return;
        }
        let value = value << (u64::BITS - length);
        self.begun |= value >> self.used;
        let used = self.used + length;
        if used < u64::BITS {
            self.used = used;
            return;
        }
        self.bytes.extend(self.begun.to_be_bytes());
        self.used = used - u64::BITS;
        // what had no room
        self.begun = value.checked_shl(length - self.used).unwrap_or(0);
    }

    /// The last byte is filled up with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        let left = self.used.div_ceil(8) as usize;
        self.bytes.extend(&self.begun.to_be_bytes()[..left]);
        self.bytes
    }
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// The bytes after the one that was read from last.
    pub(super) fn rest(self) -> &'a [u8] {
        &self.bytes[usize::from(self.used > 0)..]
    }

    /// What was [put](BitWriter::put) with the same `plain`, of at most 32.
    #[inline]
    pub(super) fn number(&mut self, plain: u32) -> Result<u64, StoreError> {
        let next = self.ahead();
        let zeros = next.leading_zeros();
        let length = 2 * zeros + 1 + plain;
        // nearly all are short
        if length <= 32 {
            let wide = next >> (u64::BITS - 1 - 2 * zeros);
            let low = next >> (u64::BITS - length) & ((1 << plain) - 1);
            self.skip(length)?;
            return Ok((wide - 1) << plain | low);
        }
        self.long_number(plain)
    }

    fn long_number(&mut self, plain: u32) -> Result<u64, StoreError> {
        let mut zeros = 0;
        let mut ahead = self.ahead().leading_zeros();
        // of the 64 bits ahead 57 are there at least
        while ahead >= 56 {
            self.skip(56)?;
            zeros += 56;
            ahead = self.ahead().leading_zeros();
        }
        self.skip(ahead)?;
        zeros += ahead;
        if zeros >= u64::BITS {
            return Err(damaged());
        }
        let wide = self.bits(zeros + 1)?;
        let low = self.bits(plain)?;
        let high = wide - 1;
        if high.leading_zeros() < plain {
            return Err(damaged());
        }
        Ok(high << plain | low)
    }

    fn bits(&mut self, length: u32) -> Result<u64, StoreError> {
        let half = length / 2;
        let mut value = 0;
        for length in [half, length - half] {
            if length > 0 {
                value = value << length | self.ahead() >> (u64::BITS - length);
                self.skip(length)?;
            }
        }
        Ok(value)
    }

    /// The next bits from the highest on: 57 at least, and zeros after the end.
    #[inline]
    fn ahead(&self) -> u64 {
        let mut next = [0; 8];
        match self.bytes.first_chunk() {
            Some(all) => next = *all,
            None => next[..self.bytes.len()].copy_from_slice(self.bytes),
        }
        u64::from_be_bytes(next) << self.used
    }

    #[inline]
    fn skip(&mut self, length: u32) -> Result<(), StoreError> {
        let used = self.used + length;
        let bytes = (used / 8) as usize;
        self.used = used % 8;
        match self.bytes.get(bytes..) {
            Some(rest) if self.used == 0 || !rest.is_empty() => self.bytes = rest,
            _ => return Err(damaged()),
        }
        Ok(())
    }
}

fn damaged() -> StoreError {
    StoreError::corrupt("a number in a histogram does not end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_read_back_and_are_as_long_as_is_told(
            numbers in proptest::collection::vec((0..64u32, 1..=u64::MAX, 0..9u32), 0..50)
        ) {
            let mut writer = BitWriter::default();
            let mut length = 0;
            for (shift, number, plain) in &numbers {
                let number = (number - 1) >> shift;
                writer.put(number, *plain);
                length += length_of(number, *plain);
            }
            let mut bytes = writer.into_bytes();
            prop_assert_eq!(bytes.len() as u64, length.div_ceil(8));
            bytes.extend([7, 8]);
            let mut bits = Bits::new(&bytes);
            for (shift, number, plain) in numbers {
                prop_assert_eq!(bits.number(plain).unwrap(), (number - 1) >> shift);
            }
            prop_assert_eq!(bits.rest(), &[7, 8]);
        }

        #[test]
        fn no_bits_make_it_panic(
            bytes in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..40),
            plain in 0..9u32
        ) {
            let mut bits = Bits::new(&bytes);
            let mut read = 0;
            while bits.number(plain).is_ok() {
                read += 1;
            }
            prop_assert!(read <= bytes.len() * 8);
        }
    }
}
