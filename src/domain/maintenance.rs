//! Maintenance: time declared beforehand, in which neither up nor down is counted.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::period_set::PeriodSet;
use super::subject::Subject;
use super::time::{Millis, Period, UnixMillis};

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

/// A cron expression of five fields, as in `0 3 * * SUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron(Arc<str>);

/// A time zone of the IANA database, as in `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(Arc<str>);

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

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Cron {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Zone {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl Schedule {
    /// The maintained time that reaches into `range`.
    pub fn periods(&self, range: Period) -> PeriodSet {
        match self {
            Self::Once(period) => PeriodSet::from_iter([*period]).clip(range),
            Self::Recurring { .. } => PeriodSet::default(),
        }
    }
}

impl Declared {
    /// The maintained time that reaches into `range`, as far as it was declared by then.
    pub fn periods(&self, range: Period) -> PeriodSet {
        let in_force = Period::new(self.from, self.until.unwrap_or(UnixMillis(i64::MAX)));
        self.declaration.schedule.periods(range).clip(in_force)
    }
}
