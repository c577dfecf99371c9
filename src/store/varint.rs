//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first.

use super::error::StoreError;

/// What is left of a blob.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl Bytes<'_> {
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, StoreError> {
        // nearly all are one byte or two
        match *self.0 {
            [a, ref rest @ ..] if a < 0x80 => {
                self.0 = rest;
                Ok(u64::from(a))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.0 = rest;
                Ok(u64::from(a & 0x7f) | u64::from(b) << 7)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, StoreError> {
        let mut value = 0;
        for (i, &byte) in self.0.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                self.0 = &self.0[i + 1..];
                return Ok(value);
            }
        }
        Err(StoreError::corrupt("a number in a chunk does not end"))
    }

    #[inline]
    pub(super) fn zigzag(&mut self) -> Result<u64, StoreError> {
        let value = self.varint()?;
        Ok((value >> 1) ^ (value & 1).wrapping_neg())
    }
}

pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// A difference, small in either direction: 0, -1, 1, -2 … become 0, 1, 2, 3 …
pub(super) fn put_zigzag(out: &mut Vec<u8>, difference: u64) {
    put(
        out,
        (difference << 1) ^ (difference.cast_signed() >> 63).cast_unsigned(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back() {
        for shift in 0..64 {
            for value in [
                1u64 << shift,
                (1 << shift) - 1,
                (1u64 << shift).wrapping_neg(),
            ] {
                let mut out = Vec::new();
                put(&mut out, value);
                put_zigzag(&mut out, value);
                let mut bytes = Bytes(&out);
                assert_eq!(bytes.varint().unwrap(), value);
                assert_eq!(bytes.zigzag().unwrap(), value);
                assert!(bytes.0.is_empty());
            }
        }
    }

    #[test]
    fn a_number_that_does_not_end_is_an_error() {
        for bytes in [&[][..], &[0x80], &[0xff; 20]] {
            assert!(Bytes(bytes).varint().is_err());
        }
    }
}
