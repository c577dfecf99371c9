//! Maintenance: time declared beforehand, in which neither up nor down is counted.

use std::fmt;
use std::sync::Arc;

use super::cron::Cron;
use super::period_set::PeriodSet;
use super::probe::Probe;
use super::recurrence;
use super::subject::Subject;
use super::time::{Millis, Period, UnixMillis};
use super::zone::Zone;

/// When something is maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    Once(Period),
    Recurring {
        cron: Cron,
        /// From each start on; longer than zero.
        duration: Millis,
        zone: Zone,
    },
}

/// What is maintained, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub subject: Subject,
    pub schedule: Schedule,
    /// One line for people.
    pub note: Option<Arc<str>>,
}

/// A declaration, and the time in which it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Within a database.
    pub id: MaintenanceId,
    pub declaration: Declaration,
    /// When it was declared: it changes nothing of what was before.
    pub from: UnixMillis,
    /// When it was taken back or ended.
    pub until: Option<UnixMillis>,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaintenanceId(pub u32);

/// Who declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the configuration.
    Configured,
    /// By the command line.
    By(Arc<str>),
}

impl Schedule {
    /// The maintained time inside `range`, also of what began before it. Takes time and memory in
    /// proportion to the days of `range` in which something begins.
    pub fn periods(&self, range: Period) -> PeriodSet {
        match self {
            Self::Once(period) => PeriodSet::from_iter([*period]).clip(range),
            Self::Recurring {
                cron,
                duration,
                zone,
            } => recurrence::occurrences(cron, *duration, zone, range).clip(range),
        }
    }

    /// The maintained stretch that is under way at `now`, else the next; `None` if there is none to
    /// come. One that is under way may have begun earlier than it says; one that never ends, since
    /// each occurrence reaches to the next, ends at the end of time.
    pub fn next(&self, now: UnixMillis) -> Option<Period> {
        match self {
            Self::Once(period) => Some(*period).filter(|period| period.to > now),
            Self::Recurring {
                cron,
                duration,
                zone,
            } => recurrence::next(cron, *duration, zone, now),
        }
    }
}

impl fmt::Display for Schedule {
    /// One line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(Period { from, to }) => write!(f, "{from} to {to}"),
            Self::Recurring {
                cron,
                duration,
                zone,
            } => write!(f, "{cron} ({zone}), for {duration}"),
        }
    }
}

/// What of `range` was declared for a probe, its platform or its service.
pub fn maintained(declared: &[Declared], probe: &Probe, range: Period) -> PeriodSet {
    let of_probe = declared
        .iter()
        .filter(|declared| declared.declaration.subject.includes(probe));
    of_probe
        .flat_map(|declared| declared.periods(range).periods().to_vec())
        .collect()
}

impl Declared {
    /// When it was in force.
    pub fn in_force(&self) -> Period {
        Period::new(self.from, self.until.unwrap_or(UnixMillis(i64::MAX)))
    }

    /// The maintained time inside `range`, as far as it was declared by then.
    pub fn periods(&self, range: Period) -> PeriodSet {
        let schedule = &self.declaration.schedule;
        schedule.periods(range.clip(self.in_force()))
    }

    /// The maintained stretch that is under way at `now`, else the next; see [`Schedule::next`].
    pub fn next(&self, now: UnixMillis) -> Option<Period> {
        let next = self.declaration.schedule.next(now)?.clip(self.in_force());
        Some(next).filter(|next| !next.is_empty() && next.to > now)
    }
}
