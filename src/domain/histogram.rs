//! How lengths of time are spread, in little space.
//!
//! The scheme is that of HDR histogram (<https://hdrhistogram.org>): buckets as wide as a fixed part
//! of what is in them, so that every value is known to that part of itself. It knows no logarithms,
//! as `DDSketch` does (<https://arxiv.org/abs/1908.10693>), and so gives the same on every machine;
//! as there, only buckets that hold something are kept.

use super::time::Micros;

/// Into so many parts each doubling is divided, as a power of two. With 64 a bucket's middle is at
/// most 1/128 off: 0.8 %.
const PART_BITS: u32 = 6;

const PARTS: u16 = 1 << PART_BITS;

/// The number of a bucket, in order of what is in it: below [`Histogram::BUCKETS`].
pub type Bucket = u16;

/// Merging is adding: the order and the grouping make no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Ascending, each with how many values it holds, which is never 0.
    buckets: Vec<(Bucket, u64)>,
    count: u64,
    sum: Micros,
    /// Nothing is meant by these while there are no buckets.
    min: Micros,
    max: Micros,
}

/// What a histogram knows of its values besides the buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub min: Micros,
    pub max: Micros,
    /// Saturates after 584,000 years.
    pub sum: Micros,
}

impl Histogram {
    /// How many there can be: `PARTS` for each of the 58 doublings above them, and as many below.
    pub const BUCKETS: u16 = 59 * PARTS;

    /// No value is farther off than the exact one divided by this.
    pub const PRECISION: u64 = 2 * PARTS as u64;

    pub fn add(&mut self, value: Micros) {
        if self.is_empty() {
            (self.min, self.max) = (value, value);
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum + value;
        self.count = self.count.saturating_add(1);
        let bucket = bucket_of(value);
        match self.buckets.binary_search_by_key(&bucket, |at| at.0) {
            Ok(place) => self.buckets[place].1 = self.buckets[place].1.saturating_add(1),
            Err(place) => self.buckets.insert(place, (bucket, 1)),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum = self.sum + other.sum;
        self.count = self.count.saturating_add(other.count);
        self.merge_buckets(&other.buckets);
    }

    fn merge_buckets(&mut self, other: &[(Bucket, u64)]) {
        let known = self.buckets.len();
        let mut place = 0;
        let mut missing = 0;
        for (bucket, more) in other {
            while place < known && self.buckets[place].0 < *bucket {
                place += 1;
            }
            match self.buckets.get_mut(place) {
                Some(at) if at.0 == *bucket => at.1 = at.1.saturating_add(*more),
                _ => missing += 1,
            }
        }
        // from the back on, every bucket moves by how many of those before it are missing
        self.buckets.resize(known + missing, (0, 0));
        let mut left = known;
        for (bucket, more) in other.iter().rev() {
            if missing == 0 {
                break;
            }
            while left > 0 && self.buckets[left - 1].0 > *bucket {
                left -= 1;
                self.buckets[left + missing] = self.buckets[left];
            }
            if left == 0 || self.buckets[left - 1].0 != *bucket {
                missing -= 1;
                self.buckets[left + missing] = (*bucket, *more);
            }
        }
    }

    /// As it was before it was written down. `None` if no values can have made it.
    pub fn from_parts(buckets: Vec<(Bucket, u64)>, extent: Extent) -> Option<Self> {
        let Extent { min, max, sum } = extent;
        let (first, last) = (buckets.first()?.0, buckets.last()?.0);
        let is_whole = buckets.is_sorted_by(|a, b| a.0 < b.0)
            && buckets.iter().all(|(_, count)| *count > 0)
            && min <= max
            && (first, last) == (bucket_of(min), bucket_of(max));
        let count = buckets
            .iter()
            .fold(0, |all: u64, (_, count)| all.saturating_add(*count));
        is_whole.then_some(Self {
            buckets,
            count,
            sum,
            min,
            max,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// `None` without a value.
    pub fn extent(&self) -> Option<Extent> {
        (!self.is_empty()).then_some(Extent {
            min: self.min,
            max: self.max,
            sum: self.sum,
        })
    }

    /// The buckets that hold anything, ascending, with how many values they hold.
    pub fn buckets(&self) -> &[(Bucket, u64)] {
        &self.buckets
    }

    /// The smallest value that so many thousandths of all do not exceed (nearest rank): 500 is the
    /// median. It is the middle of that value's bucket, at most [a part](Self::PRECISION) of the
    /// exact one off; with 0 and with 1000 or more it is exact. `None` without a value.
    pub fn quantile(&self, thousandths: u16) -> Option<Micros> {
        let Extent { min, max, .. } = self.extent()?;
        if thousandths == 0 {
            return Some(min);
        }
        let rank = (u128::from(self.count) * u128::from(thousandths)).div_ceil(1000);
        if rank >= u128::from(self.count) {
            return Some(max);
        }
        let mut seen = 0;
        let at = self.buckets.iter().find(|(_, count)| {
            seen += u128::from(*count);
            seen >= rank
        });
        // the middle of the first or last bucket may lie outside of what there was
        at.map(|(bucket, _)| middle_of(*bucket).clamp(min, max))
    }
}

pub fn bucket_of(value: Micros) -> Bucket {
    // below two doublings of PARTS every value has a bucket of its own
    let shift = value.0.max(1).ilog2().saturating_sub(PART_BITS);
    let part = value.0 >> shift;
    let bucket = u64::from(shift) * u64::from(PARTS) + part;
    // that of the highest value is the last
    Bucket::try_from(bucket).unwrap_or(Histogram::BUCKETS - 1)
}

/// Cut to a whole number. What is no bucket's number counts as the last.
pub fn middle_of(bucket: Bucket) -> Micros {
    let bucket = bucket.min(Histogram::BUCKETS - 1);
    let shift = (bucket / PARTS).saturating_sub(1);
    let part = u64::from(bucket - shift * PARTS);
    let (lowest, width) = (part << shift, 1u64 << shift);
    Micros(lowest + (width - 1) / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.add(Micros(*value));
        }
        histogram
    }

    /// Of every magnitude.
    fn value() -> impl Strategy<Value = u64> {
        (0..64u32, any::<u64>()).prop_map(|(shift, value)| value >> shift)
    }

    fn values() -> impl Strategy<Value = Vec<u64>> {
        prop_oneof![
            proptest::collection::vec(value(), 0..40),
            proptest::collection::vec(20_000..80_000u64, 0..400),
        ]
    }

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        assert_eq!(bucket_of(Micros(0)), 0);
        assert_eq!(bucket_of(Micros(u64::MAX)), Histogram::BUCKETS - 1);
        for bucket in 0..Histogram::BUCKETS {
            let middle = middle_of(bucket).0;
            assert_eq!(bucket_of(Micros(middle)), bucket);
            let width = 1u64 << (bucket / PARTS).saturating_sub(1);
            let (lowest, highest) = (middle - (width - 1) / 2, middle + width / 2);
            assert_eq!(bucket_of(Micros(lowest)), bucket);
            assert_eq!(bucket_of(Micros(highest)), bucket);
            if let Some(next) = highest.checked_add(1) {
                assert_eq!(bucket_of(Micros(next)), bucket + 1);
            }
        }
    }

    #[test]
    fn nothing_has_no_quantiles() {
        assert_eq!(Histogram::default().quantile(500), None);
        assert_eq!(Histogram::default().extent(), None);
    }

    #[test]
    fn what_no_values_can_have_made_is_refused() {
        let extent = |min, max| Extent {
            min: Micros(min),
            max: Micros(max),
            sum: Micros(7),
        };
        for (buckets, extent) in [
            (vec![], extent(0, 0)),
            (vec![(3, 0)], extent(3, 3)),
            (vec![(3, 1)], extent(3, 4)),
            (vec![(3, 1), (3, 1)], extent(3, 3)),
            (vec![(4, 1), (3, 1)], extent(4, 3)),
            (vec![(127, 1), (128, 1)], extent(129, 128)),
            (vec![(128, 1)], extent(129, 128)),
            (vec![(Histogram::BUCKETS, 1)], extent(0, u64::MAX)),
        ] {
            let shown = format!("{buckets:?} {extent:?}");
            assert_eq!(Histogram::from_parts(buckets, extent), None, "{shown}");
        }
    }

    #[test]
    fn counts_stop_at_the_highest_number() {
        let extent = Extent {
            min: Micros(1),
            max: Micros(2),
            sum: Micros(u64::MAX),
        };
        let many = Histogram::from_parts(vec![(1, u64::MAX), (2, 5)], extent).unwrap();
        let mut twice = many.clone();
        twice.merge(&many);
        assert_eq!(twice.count(), u64::MAX);
        assert_eq!(twice.extent(), Some(extent));
        assert_eq!(twice.quantile(500), Some(Micros(1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_quantile_is_near_the_exact_one(values in values(), thousandths in 0..=1000u16) {
            let histogram = of(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            let rank = (sorted.len() * usize::from(thousandths)).div_ceil(1000).max(1);
            let exact = sorted.get(rank - 1).copied();
            let found = histogram.quantile(thousandths).map(|found| found.0);
            prop_assert_eq!(found.is_some(), exact.is_some());
            if let (Some(found), Some(exact)) = (found, exact) {
                prop_assert!(
                    found.abs_diff(exact) <= exact / Histogram::PRECISION,
                    "{} instead of {}", found, exact
                );
                if [0, 1000].contains(&thousandths) {
                    prop_assert_eq!(found, exact);
                }
            }
        }

        #[test]
        fn order_and_grouping_make_no_difference(
            a in values(), b in values(), c in values(), cut in any::<prop::sample::Index>()
        ) {
            let all = [&a[..], &b, &c].concat();
            let whole = of(&all);
            let mut left = of(&a);
            left.merge(&of(&b));
            left.merge(&of(&c));
            prop_assert_eq!(&left, &whole);
            let mut right = of(&c);
            let mut rest = of(&b);
            rest.merge(&of(&a));
            right.merge(&rest);
            prop_assert_eq!(&right, &whole);
            let mut turned = all;
            let places = turned.len();
            if places > 0 {
                turned.rotate_left(cut.index(places));
            }
            prop_assert_eq!(&of(&turned), &whole);
        }

        #[test]
        fn its_parts_make_it_again(values in values()) {
            let histogram = of(&values);
            if let Some(extent) = histogram.extent() {
                prop_assert_eq!(histogram.count(), values.len() as u64);
                let again = Histogram::from_parts(histogram.buckets().to_vec(), extent);
                prop_assert_eq!(again, Some(histogram));
            }
        }
    }
}
