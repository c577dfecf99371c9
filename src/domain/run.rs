//! The walk that labels observations: equal ones in a row are a run, and a run that reaches its
//! threshold turns the confirmed state.

use std::num::NonZeroU32;

use super::transcript::{Damaged, Transcript, count};

/// What an observation, and the time that it stands for, is taken as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Up,
    Down,
}

/// How many in a row it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    /// Contrary observations that turn up to down.
    pub(super) down: NonZeroU32,
    /// Others that turn down to up.
    pub(super) up: NonZeroU32,
}

/// What one observation decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It joined the pending run.
    Pending,
    /// The pending run and it are labelled so. `turned` if it took the whole run to decide.
    Settled { label: Label, turned: bool },
}

/// Where the walk stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Labeller {
    /// `None` until the first success or the first run of failures.
    confirmed: Option<Label>,
    /// Length of the run of observations contrary to the confirmed state.
    pending: u32,
}

impl Labeller {
    /// Takes the next observation. `contrary` if it speaks for down.
    #[inline]
    pub(super) fn step(&mut self, contrary: bool, thresholds: Thresholds) -> Step {
        let (label, threshold) = match (self.confirmed, contrary) {
            (Some(Label::Down), false) => (Label::Up, thresholds.up.get()),
            (Some(Label::Up) | None, true) => (Label::Down, thresholds.down.get()),
            // with nothing confirmed yet, the first success makes it up at once
            (Some(Label::Up) | None, false) => return self.settle(Label::Up, false),
            (Some(Label::Down), true) => return self.settle(Label::Down, false),
        };
        self.pending = self.pending.saturating_add(1);
        if self.pending < threshold {
            return Step::Pending;
        }
        self.settle(label, true)
    }

    #[inline]
    fn settle(&mut self, label: Label, turned: bool) -> Step {
        self.confirmed = Some(label);
        self.pending = 0;
        Step::Settled { label, turned }
    }

    /// A gap ends the pending run; the confirmed state survives it, and its members take that
    /// state's label.
    pub(super) fn cut(&mut self) {
        self.pending = 0;
    }

    pub(super) fn confirmed(self) -> Option<Label> {
        self.confirmed
    }

    pub(super) fn pending(self) -> u32 {
        self.pending
    }

    pub(super) fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let mut code = match self.confirmed {
            None => 0,
            Some(Label::Up) => 1,
            Some(Label::Down) => 2,
        };
        to.number(&mut code)?;
        self.confirmed = match code {
            0 => None,
            1 => Some(Label::Up),
            2 => Some(Label::Down),
            _ => return Err(Damaged),
        };
        count(to, &mut self.pending)
    }
}
