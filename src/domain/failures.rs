//! Failures by their cause, and the phase that each came in.

use super::observation::{Cause, Phase};

/// What is known of how a failure came about.
type Pair = (Option<Cause>, Option<Phase>);

/// How many there were of each pair. An imported failure may tell neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Ascending, none with 0.
    counts: Vec<(Pair, u64)>,
}

impl Failures {
    pub fn add(&mut self, cause: Option<Cause>, phase: Option<Phase>, more: u64) {
        if more == 0 {
            return;
        }
        match self.counts.binary_search_by_key(&(cause, phase), |of| of.0) {
            Ok(place) => self.counts[place].1 = self.counts[place].1.saturating_add(more),
            Err(place) => self.counts.insert(place, ((cause, phase), more)),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for &((cause, phase), more) in &other.counts {
            self.add(cause, phase, more);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The same as far as causes go.
    #[must_use]
    pub fn without_phases(&self) -> Self {
        let mut causes = Self::default();
        for (cause, _, count) in self.iter() {
            causes.add(cause, None, count);
        }
        causes
    }

    /// Of all causes and phases together.
    pub fn count(&self) -> u64 {
        self.iter()
            .fold(0, |all, (.., count)| all.saturating_add(count))
    }

    /// In order of causes, then of phases; what is not known comes first.
    pub fn iter(&self) -> impl Iterator<Item = (Option<Cause>, Option<Phase>, u64)> + '_ {
        let counts = self.counts.iter();
        counts.map(|&((cause, phase), count)| (cause, phase, count))
    }

    /// The most frequent first.
    pub fn ranked(&self) -> Vec<(Option<Cause>, Option<Phase>, u64)> {
        let mut ranked: Vec<_> = self.iter().collect();
        // stable: equal ones stay in order
        ranked.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_merged_and_ranked() {
        let mut some = Failures::default();
        some.add(Some(Cause::Timeout), Some(Phase::Connect), 2);
        some.add(Some(Cause::Timeout), Some(Phase::Tls), 1);
        some.add(None, None, 0);
        let mut more = Failures::default();
        more.add(Some(Cause::Timeout), Some(Phase::Tls), 4);
        more.add(None, None, 1);
        some.merge(&more);
        assert_eq!(
            some.ranked(),
            [
                (Some(Cause::Timeout), Some(Phase::Tls), 5),
                (Some(Cause::Timeout), Some(Phase::Connect), 2),
                (None, None, 1),
            ]
        );
    }
}
