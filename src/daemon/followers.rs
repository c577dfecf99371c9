//! All probes that are followed, by their places on the agenda.

use std::collections::HashMap;

use super::follower::Follower;
use crate::domain::schedule::agenda::SlotId;

/// Each on the heap of its own: a map has room for up to twice as many as are in it.
#[derive(Default)]
pub(super) struct Followers(HashMap<SlotId, Box<Follower>>);

impl Followers {
    pub(super) fn insert(&mut self, slot: SlotId, follower: Follower) {
        self.0.insert(slot, Box::new(follower));
    }

    pub(super) fn remove(&mut self, slot: SlotId) -> Option<Follower> {
        self.0.remove(&slot).map(|follower| *follower)
    }

    pub(super) fn get(&self, slot: SlotId) -> Option<&Follower> {
        self.0.get(&slot).map(AsRef::as_ref)
    }

    pub(super) fn get_mut(&mut self, slot: SlotId) -> Option<&mut Follower> {
        self.0.get_mut(&slot).map(AsMut::as_mut)
    }

    /// In no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SlotId, &Follower)> {
        self.0
            .iter()
            .map(|(slot, follower)| (*slot, follower.as_ref()))
    }

    /// In no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &Follower> {
        self.0.values().map(AsRef::as_ref)
    }

    /// In no order.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Follower> {
        self.0.values_mut().map(AsMut::as_mut)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
