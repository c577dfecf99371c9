//! Instants and lengths of time, as whole numbers whose unit is in the type.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

/// A wall-clock instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// Shows and reads as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

/// A length of time in whole milliseconds. Negative only as the difference of two instants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// A length of time in whole microseconds, as phases of a request are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

/// An instant of the monotonic clock: microseconds since that clock was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoMicros(pub u64);

/// A half-open stretch of time, `[from, to)`. Empty when `to <= from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub from: UnixMillis,
    pub to: UnixMillis,
}

/// How many shown seconds pass in one real second. 1 everywhere but in a replay.
///
/// A replay shows the times of a long day while it runs for a minute: waits and timeouts are
/// divided by the pace, what was measured is multiplied by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(pub std::num::NonZeroU32);

impl UnixMillis {
    pub const fn saturating_add(self, length: Millis) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    pub const fn saturating_sub(self, length: Millis) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

impl Add<Millis> for UnixMillis {
    type Output = Self;

    /// Saturates at the ends of the range.
    fn add(self, length: Millis) -> Self {
        self.saturating_add(length)
    }
}

impl Sub for UnixMillis {
    type Output = Millis;

    /// Negative when the wall clock was set back in between. Saturates at the ends of the range.
    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for UnixMillis {
    /// An instant outside the years -9999 to 9999 shows as its bare number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

/// The text is no RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instant; write it as in 2024-09-29T14:30:20.000Z")]
pub struct BadInstant(pub String);

impl FromStr for UnixMillis {
    type Err = BadInstant;

    /// Any offset is accepted. Finer than a millisecond is cut off towards the past.
    fn from_str(text: &str) -> Result<Self, BadInstant> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| BadInstant(text.to_owned()))?;
        i64::try_from(instant.as_nanosecond().div_euclid(1_000_000))
            .map(Self)
            .map_err(|_| BadInstant(text.to_owned()))
    }
}

impl Millis {
    pub const ZERO: Self = Self(0);

    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// As in `7d`, `24h`, `1h30m`; a day has 24 hours. `None` unless it is one, and not negative.
    pub fn from_words(text: &str) -> Option<Self> {
        let span: jiff::Span = text.parse().ok()?;
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let length = span.to_duration(days).ok()?;
        let length = i64::try_from(length.as_millis()).ok()?;
        (length >= 0).then_some(Self(length))
    }

    /// Parts of a millisecond are cut off; saturates.
    pub fn from_duration(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    /// Zero for a negative length.
    pub fn to_duration(self) -> Duration {
        Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Millis {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Millis {
    /// As people write lengths in probes.yaml: `1h 30m`, `12.5s`, `250ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            write!(f, "-")?;
        }
        let total_ms = self.0.unsigned_abs();
        if total_ms == 0 {
            return write!(f, "0s");
        }
        if total_ms < 1000 {
            return write!(f, "{total_ms}ms");
        }
        let (hours, minutes, ms) = (
            total_ms / 3_600_000,
            total_ms / 60_000 % 60,
            total_ms % 60_000,
        );
        let mut gap = "";
        for (amount, unit) in [(hours, "h"), (minutes, "m")] {
            if amount > 0 {
                write!(f, "{gap}{amount}{unit}")?;
                gap = " ";
            }
        }
        match (ms / 1000, ms % 1000) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{gap}{seconds}s"),
            (seconds, rest) => {
                let fraction = format!("{rest:03}");
                write!(f, "{gap}{seconds}.{}s", fraction.trim_end_matches('0'))
            }
        }
    }
}

impl Micros {
    /// Saturates after 584,000 years.
    pub fn from_duration(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// Whole milliseconds, without the rest.
    pub fn cut_to_millis(self) -> Millis {
        Millis(i64::try_from(self.0 / 1000).unwrap_or(i64::MAX))
    }

    /// Rounded up, so that an instant computed from it is never too early.
    pub fn to_millis(self) -> Millis {
        Millis(i64::try_from(self.0.div_ceil(1000)).unwrap_or(i64::MAX))
    }
}

impl Add for Micros {
    type Output = Self;

    /// Saturates after 584,000 years.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add<Micros> for MonoMicros {
    type Output = Self;

    /// Saturates after 584,000 years.
    fn add(self, length: Micros) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Sub for MonoMicros {
    type Output = Micros;

    /// Zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl From<Millis> for Micros {
    /// Zero for a negative length.
    fn from(length: Millis) -> Self {
        Self(u64::try_from(length.0).unwrap_or(0).saturating_mul(1000))
    }
}

impl Period {
    pub const fn new(from: UnixMillis, to: UnixMillis) -> Self {
        Self { from, to }
    }

    pub const fn is_empty(&self) -> bool {
        self.to.0 <= self.from.0
    }

    /// Zero for an empty one.
    pub fn length(&self) -> Millis {
        Millis((self.to - self.from).0.max(0))
    }

    /// The part inside `other`; empty where they do not meet.
    pub fn clip(&self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    pub fn overlaps(&self, other: Self) -> bool {
        !self.clip(other).is_empty()
    }
}

impl Pace {
    pub const REAL: Self = Self(std::num::NonZeroU32::MIN);

    /// The real time that a shown length takes.
    pub fn to_real(self, shown: Duration) -> Duration {
        shown / self.0.get()
    }

    /// The shown time that passes in a real length. Saturates.
    pub fn to_shown(self, real: Duration) -> Duration {
        real.saturating_mul(self.0.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_back_as_it_shows() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_727_620_220_000, "2024-09-29T14:30:20.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(UnixMillis(ms).to_string(), text);
            assert_eq!(text.parse(), Ok(UnixMillis(ms)));
        }
    }

    #[test]
    fn an_instant_with_an_offset_or_finer_parts_is_the_utc_millisecond_it_lies_in() {
        for (text, ms) in [
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00.0019Z", 1),
            ("1969-12-31T23:59:59.9999Z", -1),
        ] {
            assert_eq!(text.parse(), Ok(UnixMillis(ms)), "{text}");
        }
        for text in ["", "yesterday", "2024-09-29", "2024-09-29T14:30:20"] {
            assert_eq!(text.parse::<UnixMillis>(), Err(BadInstant(text.to_owned())));
        }
    }

    #[test]
    fn lengths_show_as_people_write_them() {
        for (ms, text) in [
            (0, "0s"),
            (250, "250ms"),
            (1000, "1s"),
            (12_500, "12.5s"),
            (60_000, "1m"),
            (5_400_000, "1h 30m"),
            (10_800_001, "3h 0.001s"),
            (-90_000, "-1m 30s"),
        ] {
            assert_eq!(Millis(ms).to_string(), text);
        }
    }
}
