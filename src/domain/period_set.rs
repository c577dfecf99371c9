//! Sets of instants, as sorted periods that neither touch nor overlap.

use super::time::{Millis, Period, UnixMillis};

/// A set of instants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodSet(Vec<Period>);

impl FromIterator<Period> for PeriodSet {
    /// In any order, overlapping or empty: the result is the union.
    fn from_iter<I: IntoIterator<Item = Period>>(periods: I) -> Self {
        let mut periods: Vec<_> = periods.into_iter().filter(|p| !p.is_empty()).collect();
        if !periods.is_sorted() {
            periods.sort_unstable();
        }
        let mut merged: Vec<Period> = Vec::with_capacity(periods.len());
        for period in periods {
            match merged.last_mut() {
                Some(last) if period.from <= last.to => last.to = last.to.max(period.to),
                _ => merged.push(period),
            }
        }
        Self(merged)
    }
}

impl PeriodSet {
    pub fn periods(&self) -> &[Period] {
        &self.0
    }

    pub fn contains(&self, instant: UnixMillis) -> bool {
        let next = self.0.partition_point(|period| period.from <= instant);
        let before = next.checked_sub(1).map(|at| self.0[at]);
        before.is_some_and(|period| instant < period.to)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All its periods together.
    pub fn length(&self) -> Millis {
        self.0.iter().map(Period::length).sum()
    }

    pub fn union(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).copied().collect()
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(&&a), Some(&&b)) = (left.peek(), right.peek()) {
            let both = a.clip(b);
            if !both.is_empty() {
                common.push(both);
            }
            if a.to <= b.to {
                left.next();
            } else {
                right.next();
            }
        }
        Self(common)
    }

    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut cuts = other.0.iter().copied().peekable();
        for &period in &self.0 {
            let mut from = period.from;
            while let Some(&cut) = cuts.peek() {
                if cut.from >= period.to {
                    break;
                }
                let before = Period::new(from, cut.from.min(period.to));
                if !before.is_empty() {
                    rest.push(before);
                }
                from = from.max(cut.to);
                if cut.to >= period.to {
                    // it may reach into the next period
                    break;
                }
                cuts.next();
            }
            let after = Period::new(from, period.to);
            if !after.is_empty() {
                rest.push(after);
            }
        }
        Self(rest)
    }

    pub fn clip(&self, range: Period) -> Self {
        let first = self.0.partition_point(|period| period.to <= range.from);
        let met = self.0[first..]
            .iter()
            .take_while(|period| period.from < range.to);
        let clipped = met.map(|period| period.clip(range));
        Self(clipped.filter(|period| !period.is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set() -> impl Strategy<Value = PeriodSet> {
        proptest::collection::vec((0i64..60, 0i64..12), 0..8).prop_map(|periods| {
            periods
                .into_iter()
                .map(|(from, length)| Period::new(UnixMillis(from), UnixMillis(from + length)))
                .collect()
        })
    }

    fn holds(set: &PeriodSet, instant: i64) -> bool {
        let instant = UnixMillis(instant);
        set.0.iter().any(|p| p.from <= instant && instant < p.to)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn sets_are_what_membership_says(a in set(), b in set(), from in -2i64..70, to in -2i64..70) {
            let (union, common, rest) = (a.union(&b), a.intersection(&b), a.difference(&b));
            let clipped = a.clip(Period::new(UnixMillis(from), UnixMillis(to)));
            for instant in -1..80 {
                let (in_a, in_b) = (holds(&a, instant), holds(&b, instant));
                prop_assert_eq!(holds(&union, instant), in_a || in_b);
                prop_assert_eq!(holds(&common, instant), in_a && in_b);
                prop_assert_eq!(holds(&rest, instant), in_a && !in_b);
                prop_assert_eq!(a.contains(UnixMillis(instant)), in_a);
                prop_assert_eq!(holds(&clipped, instant), in_a && from <= instant && instant < to);
            }
            for set in [&union, &common, &rest, &clipped] {
                prop_assert!(set.0.iter().all(|p| !p.is_empty()));
                prop_assert!(set.0.windows(2).all(|w| w[0].to <= w[1].from));
            }
            prop_assert_eq!(union.length() + common.length(), a.length() + b.length());
        }
    }
}
