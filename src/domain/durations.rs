//! Lengths of time, counted: a histogram that costs the same however many it counts.

use crate::domain::time::Micros;

/// Buckets within each doubling: a percentile is off by at most an eighth.
const PARTS: u64 = 8;
const BUCKETS: usize = 64 * 8;

/// How often something took how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
    max: Micros,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            max: Micros(0),
        }
    }
}

impl Durations {
    pub fn add(&mut self, length: Micros) {
        self.buckets[bucket(length.0)] += 1;
        self.count += 1;
        self.max = self.max.max(length);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Of those that were counted since another state of the same counts at most an eighth too high.
    pub fn max(&self) -> Micros {
        self.max
    }

    /// What was counted since it stood so.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        for (count, before) in since.buckets.iter_mut().zip(earlier.buckets.iter()) {
            *count = count.saturating_sub(*before);
        }
        since.count = since.buckets.iter().sum();
        let longest = since.buckets.iter().rposition(|count| *count > 0);
        let longest = longest.map_or(Micros(0), |index| Micros(upper_end(index)));
        since.max = self.max.min(longest);
        since
    }

    /// The length that `percent` of all did not exceed, at most an eighth too high.
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
        let mut durations = Durations::default();
        assert_eq!(durations.percentile(50), None);
        for ms in 1..=100 {
            durations.add(Micros(ms * 1000));
        }
        for (percent, exact) in [(1, 1000), (50, 50_000), (99, 99_000), (100, 100_000)] {
            let found = durations.percentile(percent).unwrap().0;
            assert!(
                exact <= found && found <= exact + exact / 8,
                "p{percent}: {found}"
            );
        }
        assert_eq!(durations.max(), Micros(100_000));
    }
    #[test]
    fn what_was_counted_since_is_the_difference() {
        let mut durations = Durations::default();
        durations.add(Micros(1_000_000));
        let earlier = durations.clone();
        assert_eq!(durations.since(&earlier), Durations::default());
        durations.add(Micros(5));
        durations.add(Micros(7));
        let mut expected = Durations::default();
        expected.add(Micros(5));
        expected.add(Micros(7));
        assert_eq!(durations.since(&earlier), expected);
    }
}
