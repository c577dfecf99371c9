//! How many members are what, kept up as they change.

use std::ops::{AddAssign, SubAssign};

use super::parameters::DownWhen;
use super::sweep::Verdict;

/// What a member is at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const COVERED: Self = Self(1);
    pub(super) const MAINTENANCE: Self = Self(1 << 1);
    pub(super) const UNKNOWN: Self = Self(1 << 2);
    pub(super) const DOWN: Self = Self(1 << 3);
    pub(super) const DEGRADED: Self = Self(1 << 4);
    pub(super) const CERTAIN: Self = Self(1 << 5);
    pub(super) const POSSIBLE: Self = Self(1 << 6);
    /// Of a possible stretch whose beginning nobody saw.
    pub(super) const FROM_UNSEEN: Self = Self(1 << 7);
    /// Of one whose end nobody saw.
    pub(super) const TO_UNSEEN: Self = Self(1 << 8);
    pub(super) const POSSIBLE_ALL: Self =
        Self(Self::POSSIBLE.0 | Self::FROM_UNSEEN.0 | Self::TO_UNSEEN.0);

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn exists(self) -> bool {
        self.has(Self::COVERED)
    }

    const fn votes(self) -> bool {
        self.exists() && !self.has(Self::MAINTENANCE)
    }

    const fn is_unknown(self) -> bool {
        self.has(Self::UNKNOWN)
    }

    const fn is_down(self) -> bool {
        self.has(Self::DOWN) && !self.is_unknown()
    }
}

/// Of some members.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    members: u32,
    down: u32,
    unknown: u32,
    degraded: u32,
    certain: u32,
    possible: u32,
    from_unseen: u32,
    to_unseen: u32,
    open_ended: u32,
}

impl Counts {
    fn one(flags: Flags) -> Self {
        let degraded = flags.has(Flags::DEGRADED) && !flags.is_down() && !flags.is_unknown();
        Self {
            members: 1,
            down: flags.is_down().into(),
            unknown: flags.is_unknown().into(),
            degraded: degraded.into(),
            certain: flags.has(Flags::CERTAIN).into(),
            possible: flags.has(Flags::POSSIBLE).into(),
            from_unseen: flags.has(Flags::FROM_UNSEEN).into(),
            to_unseen: flags.has(Flags::TO_UNSEEN).into(),
            open_ended: (flags.is_down() && flags.has(Flags::TO_UNSEEN)).into(),
        }
    }

    fn fields(&mut self) -> [&mut u32; 9] {
        [
            &mut self.members,
            &mut self.down,
            &mut self.unknown,
            &mut self.degraded,
            &mut self.certain,
            &mut self.possible,
            &mut self.from_unseen,
            &mut self.to_unseen,
            &mut self.open_ended,
        ]
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, mut other: Self) {
        for (mine, more) in self.fields().into_iter().zip(other.fields()) {
            *mine += *more;
        }
    }
}

impl SubAssign for Counts {
    /// Of what was added before.
    fn sub_assign(&mut self, mut other: Self) {
        for (mine, less) in self.fields().into_iter().zip(other.fields()) {
            *mine -= *less;
        }
    }
}

/// All members at one instant.
#[derive(Debug)]
pub(super) struct Tally {
    flags: Vec<Flags>,
    weights: Vec<u32>,
    existing: Counts,
    voting: Counts,
    weight_down: u64,
    weight_known: u64,
}

impl Tally {
    pub(super) fn new(members: usize) -> Self {
        Self {
            flags: vec![Flags::default(); members],
            weights: vec![0; members],
            existing: Counts::default(),
            voting: Counts::default(),
            weight_down: 0,
            weight_known: 0,
        }
    }

    pub(super) fn set(&mut self, member: usize, flags: Flags) {
        self.change(member, self.flags[member].with(flags), self.weights[member]);
    }

    pub(super) fn clear(&mut self, member: usize, flags: Flags) {
        let flags = self.flags[member].without(flags);
        self.change(member, flags, self.weights[member]);
    }

    pub(super) fn weigh(&mut self, member: usize, weight: u32) {
        self.change(member, self.flags[member], weight);
    }

    fn change(&mut self, member: usize, flags: Flags, weight: u32) {
        let old = std::mem::replace(&mut self.flags[member], flags);
        let old_weight = u64::from(std::mem::replace(&mut self.weights[member], weight));
        let weight = u64::from(weight);
        if old.exists() {
            self.existing -= Counts::one(old);
        }
        if flags.exists() {
            self.existing += Counts::one(flags);
        }
        if old.votes() {
            self.voting -= Counts::one(old);
            self.weight_down -= if old.is_down() { old_weight } else { 0 };
            self.weight_known -= if old.is_unknown() { 0 } else { old_weight };
        }
        if flags.votes() {
            self.voting += Counts::one(flags);
            self.weight_down += if flags.is_down() { weight } else { 0 };
            self.weight_known += if flags.is_unknown() { 0 } else { weight };
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.existing.members == 0
    }

    /// Nobody is left that is not maintained.
    pub(super) fn is_maintained(&self) -> bool {
        self.voting.members == 0 && self.existing.members > 0
    }

    /// Those who vote. If all are maintained, all: a window goes on in maintenance, which only
    /// leaves it uncounted.
    fn voters(&self) -> &Counts {
        if self.is_maintained() {
            &self.existing
        } else {
            &self.voting
        }
    }

    /// How many members must be down.
    pub(super) fn needed(&self, down_when: DownWhen) -> u32 {
        down_when.needed(self.voters().members)
    }

    pub(super) fn verdict(&self, down_when: DownWhen) -> Verdict {
        let voters = self.voters();
        let needed = self.needed(down_when);
        if voters.down >= needed {
            Verdict::Down
        } else if voters.down + voters.unknown >= needed {
            Verdict::Unknown
        } else if voters.down + voters.degraded > 0 {
            Verdict::Degraded
        } else {
            Verdict::Up
        }
    }

    fn enough(&self, down_when: DownWhen, of: fn(&Counts) -> u32) -> bool {
        let voters = self.voters();
        voters.members > 0 && of(voters) >= self.needed(down_when)
    }

    pub(super) fn is_certain(&self, down_when: DownWhen) -> bool {
        self.enough(down_when, |voters| voters.certain)
    }

    pub(super) fn is_possible(&self, down_when: DownWhen) -> bool {
        self.enough(down_when, |voters| voters.possible)
    }

    pub(super) fn possible_begin_seen(&self, down_when: DownWhen) -> bool {
        !self.enough(down_when, |voters| voters.from_unseen)
    }

    pub(super) fn possible_end_seen(&self, down_when: DownWhen) -> bool {
        !self.enough(down_when, |voters| voters.to_unseen)
    }

    pub(super) fn is_open_ended(&self, down_when: DownWhen) -> bool {
        self.enough(down_when, |voters| voters.open_ended)
    }

    /// Of those who vote: the weight that is down, and the weight of which anything is known.
    pub(super) fn weights(&self) -> (u64, u64) {
        (self.weight_down, self.weight_known)
    }
}
