//! What truly happened, in instants of the system's clock.

use std::collections::BTreeMap;

use outwatch::clock::system_now;
use outwatch::domain::time::{Millis, Period, UnixMillis};

/// When something happened, between two looks at the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) earliest: UnixMillis,
    pub(crate) latest: UnixMillis,
}

/// How the service is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaultKind {
    /// 503.
    Status,
    /// The connection is closed without an answer.
    Reset,
    /// An answer begins, and does not end in time.
    Hang,
    /// 503 in many short pieces.
    Flapping,
    /// Nobody listens. Of whole platforms.
    Refused,
    /// The server is stopped by a signal, and its connections with it. Of whole platforms.
    Frozen,
    /// A good answer that takes a second: no outage.
    Slow,
}

/// One endpoint, or all of a platform or of the service each for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) probe: usize,
    pub(crate) begin: Moment,
    /// `None` while it goes on.
    pub(crate) end: Option<Moment>,
}

/// What the observer is put through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TroubleKind {
    Kill,
    KillWhilePacking,
    KillOnFullDisk,
    Terminate,
    Suspend,
    DiskFull,
    ClockForward,
    ClockBack,
    ClockWhileDead,
    ReloadChanged,
    ReloadBroken,
    SecondDaemon,
}

/// Why nothing can have been observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AbsenceKind {
    /// No daemon.
    Dead,
    /// A daemon that does nothing.
    Suspended,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    pub(crate) kind: AbsenceKind,
    pub(crate) begin: Moment,
    /// When it could observe again at the earliest, and when it surely did.
    pub(crate) end: Option<Moment>,
}

/// The clock that the daemon sees was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockChange {
    /// It saw the old one until then,
    pub(crate) before: UnixMillis,
    /// and the new one from then on.
    pub(crate) after: UnixMillis,
    pub(crate) ahead: Millis,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Diary {
    pub(crate) faults: Vec<Fault>,
    pub(crate) troubles: BTreeMap<TroubleKind, u64>,
    pub(crate) absences: Vec<Absence>,
    /// The first is of the beginning.
    pub(crate) clock: Vec<ClockChange>,
    /// In which the daemon need not have noticed anything: something was done to it.
    pub(crate) disturbed: Vec<Period>,
    /// In which nobody knows what came of a request: this process was held up, and so may others
    /// have been.
    pub(crate) held_up: Vec<Period>,
    /// Times when the disk had no room.
    pub(crate) full: Vec<Period>,
}

impl Moment {
    /// Does it in between.
    pub(crate) fn of<T>(action: impl FnOnce() -> T) -> (Self, T) {
        let earliest = system_now();
        let result = action();
        // the clock is read in whole milliseconds
        let latest = system_now() + Millis(1);
        (Self { earliest, latest }, result)
    }

    pub(crate) fn now() -> Self {
        Self::of(|| ()).0
    }

    /// From the first to the last of both.
    pub(crate) fn to(self, later: Self) -> Self {
        Self {
            earliest: self.earliest,
            latest: later.latest,
        }
    }
}

impl FaultKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Status,
        Self::Reset,
        Self::Hang,
        Self::Flapping,
        Self::Refused,
        Self::Frozen,
        Self::Slow,
    ];

    pub(crate) fn is_outage(self) -> bool {
        self != Self::Slow
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Status => "503",
            Self::Reset => "reset",
            Self::Hang => "hang",
            Self::Flapping => "flapping",
            Self::Refused => "refused",
            Self::Frozen => "frozen",
            Self::Slow => "slow",
        }
    }
}

impl TroubleKind {
    pub(crate) const ALL: [Self; 12] = [
        Self::Kill,
        Self::KillWhilePacking,
        Self::KillOnFullDisk,
        Self::Terminate,
        Self::Suspend,
        Self::DiskFull,
        Self::ClockForward,
        Self::ClockBack,
        Self::ClockWhileDead,
        Self::ReloadChanged,
        Self::ReloadBroken,
        Self::SecondDaemon,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::KillWhilePacking => "kill -9 while packing",
            Self::KillOnFullDisk => "kill -9 on a full disk",
            Self::Terminate => "SIGTERM",
            Self::Suspend => "SIGSTOP",
            Self::DiskFull => "full disk",
            Self::ClockForward => "clock forward",
            Self::ClockBack => "clock back",
            Self::ClockWhileDead => "clock set while dead",
            Self::ReloadChanged => "changed configuration",
            Self::ReloadBroken => "broken configuration",
            Self::SecondDaemon => "second daemon",
        }
    }
}

impl TroubleKind {
    /// Whether it keeps the daemon from watching. All the others must not.
    pub(crate) fn disturbs(self) -> bool {
        !matches!(
            self,
            Self::DiskFull | Self::ReloadChanged | Self::ReloadBroken | Self::SecondDaemon
        )
    }
}

impl Diary {
    pub(crate) fn count(&mut self, kind: TroubleKind) {
        *self.troubles.entry(kind).or_default() += 1;
    }

    /// The absence that goes on.
    pub(crate) fn absence(&mut self) -> Option<&mut Absence> {
        self.absences
            .last_mut()
            .filter(|absence| absence.end.is_none())
    }
}
