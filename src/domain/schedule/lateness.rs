//! How late probes start: a histogram that costs the same however many it counts.

use crate::domain::time::Micros;

/// Buckets within each doubling: a percentile is off by at most an eighth.
const PARTS: u64 = 8;
const BUCKETS: usize = 64 * 8;

/// Counts of start minus due time.
#[derive(Clone, Debug)]
pub struct Lateness {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
    max: Micros,
}

impl Default for Lateness {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            max: Micros(0),
        }
    }
}

impl Lateness {
    pub fn add(&mut self, late: Micros) {
        self.buckets[bucket(late.0)] += 1;
        self.count += 1;
        self.max = self.max.max(late);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn max(&self) -> Micros {
        self.max
    }

    /// The lateness that `percent` of all starts did not exceed, at most an eighth too high.
    /// `None` while nothing was counted.
    pub fn percentile(&self, percent: u8) -> Option<Micros> {
        let rank = (u128::from(self.count) * u128::from(percent.min(100))).div_ceil(100);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += u128::from(*count);
            if seen >= rank.max(1) {
                return Some(Micros(upper_end(index)).min(self.max));
            }
        }
        None
    }
}

fn bucket(value: u64) -> usize {
    let (doubling, part) = if value < PARTS {
        (0, value)
    } else {
        let doubling = u64::from(value.ilog2()) - 2;
        (doubling, (value >> (doubling - 1)) - PARTS)
    };
    // below 64 doublings of PARTS each, by the width of the value
    usize::try_from(doubling * PARTS + part).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// The largest value that falls into the bucket.
fn upper_end(index: usize) -> u64 {
    let index = index as u64;
    let (doubling, part) = (index / PARTS, index % PARTS);
    if doubling == 0 {
        part
    } else {
        ((part + PARTS + 1) << (doubling - 1)) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bucket_that_ends_within_an_eighth_above_it() {
        for value in (0..5000).chain([123_456, 9_999_999, 1 << 40]) {
            let end = upper_end(bucket(value));
            assert!(value <= end && end <= value + value / 8, "{value}: {end}");
        }
        assert_eq!(bucket(u64::MAX), bucket(u64::MAX - 1));
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.percentile(50), None);
        for late in 1..=100 {
            lateness.add(Micros(late * 1000));
        }
        for (percent, exact) in [(1, 1000), (50, 50_000), (99, 99_000), (100, 100_000)] {
            let found = lateness.percentile(percent).unwrap().0;
            assert!(
                exact <= found && found <= exact + exact / 8,
                "p{percent}: {found}"
            );
        }
        assert_eq!(lateness.max(), Micros(100_000));
    }
}
