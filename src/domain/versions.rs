//! Which value was in force when: a later change never rewrites the past.

use super::time::UnixMillis;

/// The values of one setting over time. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions<T> {
    /// In force since ever, until the first change.
    first: T,
    /// Each in force from its instant on; ascending.
    changes: Vec<(UnixMillis, T)>,
}

impl<T> Versions<T> {
    pub const fn constant(value: T) -> Self {
        Self {
            first: value,
            changes: Vec::new(),
        }
    }

    pub fn at(&self, instant: UnixMillis) -> &T {
        let next = self.changes.partition_point(|(from, _)| *from <= instant);
        match next.checked_sub(1) {
            Some(current) => &self.changes[current].1,
            None => &self.first,
        }
    }

    /// The instants at which another value came into force, ascending.
    pub fn changes(&self) -> impl Iterator<Item = UnixMillis> {
        self.changes.iter().map(|(from, _)| *from)
    }

    /// Every value that was ever in force.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        let changes = self.changes.iter().map(|(_, value)| value);
        std::iter::once(&self.first).chain(changes)
    }

    /// The same history with other values: `change` is applied to each.
    #[must_use]
    pub fn map(mut self, mut change: impl FnMut(&mut T)) -> Self {
        change(&mut self.first);
        for (_, value) in &mut self.changes {
            change(value);
        }
        self
    }
}

impl<T: Default> Default for Versions<T> {
    /// What was never set otherwise.
    fn default() -> Self {
        Self::constant(T::default())
    }
}

impl<T: Clone> Versions<T> {
    /// From values with the instant each came into force, in any order; the earliest also holds
    /// before its instant. `None` if there is none.
    pub fn from_changes(mut changes: Vec<(UnixMillis, T)>) -> Option<Self> {
        // stable: of two at one instant the later written is in force
        changes.sort_by_key(|(from, _)| *from);
        let first = changes.first()?.1.clone();
        Some(Self { first, changes })
    }
}
