//! Time zones of the IANA database, and what a local time means in one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::time::UnixMillis;

/// A time zone of the IANA database, as in `Europe/Berlin`. Its rules are looked up once, when it
/// is read: the system's, else those that came with the program.
#[derive(Clone, Debug)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// There is no time zone of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone of the IANA database; write it as in Europe/Berlin")]
pub struct BadZone(pub String);

/// Why a text names no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    #[error("is not a time")]
    NoTime,
    #[error("has no offset")]
    NoOffset,
    #[error("is skipped: the clocks are put forward over it")]
    Skipped,
    #[error("comes twice: the clocks are put back over it")]
    Twice,
}

impl BadTime {
    /// What to write instead.
    pub const fn help(self) -> &'static str {
        match self {
            Self::NoTime => "write it as in 2026-12-01T02:00:00Z",
            Self::NoOffset => "add Z or an offset as in +01:00, or a time zone",
            Self::Skipped => "write a time that clocks show",
            Self::Twice => "add the offset that is meant, as in +01:00",
        }
    }
}

impl Zone {
    pub fn utc() -> Self {
        Self {
            name: "UTC".into(),
            rules: TimeZone::UTC,
        }
    }

    /// As it is called in the database.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The names of all that are known.
    pub fn names() -> Vec<String> {
        let known = jiff::tz::db().available();
        known.map(|name| name.as_str().to_owned()).collect()
    }

    pub(super) const fn rules(&self) -> &TimeZone {
        &self.rules
    }

    /// The time that clocks show there.
    pub(super) fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }

    /// The instants at which clocks show this time, the first and a second. If the clocks are put
    /// forward over it, the instant at which they are. `None` at the ends of the calendar.
    pub(super) fn instants(&self, local: DateTime) -> Option<(Timestamp, Option<Timestamp>)> {
        let found = self.rules.to_ambiguous_timestamp(local);
        match found.offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                Some((offset.to_timestamp(local).ok()?, None))
            }
            AmbiguousOffset::Gap { after, .. } => {
                let before_it = after.to_timestamp(local).ok()?;
                let put_forward = self.rules.following(before_it).next()?;
                Some((put_forward.timestamp(), None))
            }
            AmbiguousOffset::Fold { before, after } => {
                let first = before.to_timestamp(local).ok()?;
                Some((first, after.to_timestamp(local).ok()))
            }
        }
    }
}

/// The instant that people wrote: with an offset (RFC 3339), or the time that clocks show in `zone`.
pub fn instant(text: &str, zone: Option<&Zone>) -> Result<UnixMillis, BadTime> {
    let text = text.trim();
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| BadTime::NoTime)?;
    let zone = zone.ok_or(BadTime::NoOffset)?;
    let found = zone.rules.to_ambiguous_timestamp(local);
    match found.offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            let instant = offset.to_timestamp(local).map_err(|_| BadTime::NoTime)?;
            Ok(UnixMillis(instant.as_millisecond()))
        }
        AmbiguousOffset::Gap { .. } => Err(BadTime::Skipped),
        AmbiguousOffset::Fold { .. } => Err(BadTime::Twice),
    }
}

/// Whether the text has an offset of its own, so that no zone is needed.
pub fn has_offset(text: &str) -> bool {
    text.trim().parse::<UnixMillis>().is_ok()
}

impl PartialEq for Zone {
    /// By name: newer rules make it no other zone.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl FromStr for Zone {
    type Err = BadZone;

    /// Capitals make no difference.
    fn from_str(text: &str) -> Result<Self, BadZone> {
        let bad = || BadZone(text.to_owned());
        let rules = TimeZone::get(text.trim()).map_err(|_| bad())?;
        let name = rules.iana_name().filter(|_| !rules.is_unknown());
        let name: Arc<str> = name.ok_or_else(bad)?.into();
        Ok(Self { name, rules })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        for (text, shown) in [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            (" UTC ", "UTC"),
            ("Australia/Lord_Howe", "Australia/Lord_Howe"),
        ] {
            assert_eq!(text.parse::<Zone>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "Berlin",
            "Europe/Berlim",
            "+01:00",
            "Etc/Unknown",
            "../zone.tab",
        ] {
            assert_eq!(text.parse::<Zone>(), Err(BadZone(text.to_owned())));
        }
        assert!(Zone::names().iter().any(|name| name == "Europe/Berlin"));
    }

    #[test]
    fn a_time_without_offset_is_one_of_the_zone() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        for (text, expected) in [
            ("2026-12-01T02:00:00Z", Ok("2026-12-01T02:00:00.000Z")),
            ("2026-12-01T02:00:00+05:30", Ok("2026-11-30T20:30:00.000Z")),
            ("2026-12-01T02:00:00", Ok("2026-12-01T01:00:00.000Z")),
            ("2026-07-01 02:00", Ok("2026-07-01T00:00:00.000Z")),
            ("2026-07-01", Ok("2026-06-30T22:00:00.000Z")),
            ("2026-03-29T02:30", Err(BadTime::Skipped)),
            ("2026-10-25T02:30", Err(BadTime::Twice)),
            ("2026-10-25T02:30+02:00", Ok("2026-10-25T00:30:00.000Z")),
            ("tomorrow", Err(BadTime::NoTime)),
            ("02:00", Err(BadTime::NoTime)),
        ] {
            let found = instant(text, Some(&berlin)).map(|instant| instant.to_string());
            assert_eq!(found.as_deref(), expected.as_deref(), "{text}");
        }
        assert_eq!(instant("2026-12-01T02:00", None), Err(BadTime::NoOffset));
    }
}
