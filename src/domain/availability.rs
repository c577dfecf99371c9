//! Availability of a probe, platform or service over a range: the time in each state, and percentages that never lie.

use super::period_set::PeriodSet;
use super::time::{Millis, Period, UnixMillis};
use super::track::Track;

/// What a probe, platform or service is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Up,
    /// Up, but slow or flapping.
    Degraded,
    Down,
    /// Nobody watched.
    Unknown,
    /// Declared beforehand; neither up nor down is counted.
    Maintenance,
}

/// The time spent in each state within a range; the five add up to `covered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// The part of the range in which it existed.
    pub covered: Millis,
    pub up: Millis,
    pub degraded: Millis,
    pub down: Millis,
    pub unknown: Millis,
    pub maintenance: Millis,
    /// Observed time in which it was down for sure: each window only to its last failure.
    pub down_certain: Millis,
    /// Observed time in which it may have been down: each window from the last success before it
    /// to the first after it.
    pub down_possible: Millis,
    /// Time nobody watched in which it may have been down.
    pub unknown_possible: Millis,
}

/// A share in thousandths of a percent, cut and not rounded: it reads 100 only if nothing is
/// missing, and 0 only if there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    pub thousandths: u32,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
        }
    }
}

impl Percent {
    /// `None` for a share of nothing: that is no data, and neither 0 % nor 100 %.
    pub fn of(part: Millis, whole: Millis) -> Option<Self> {
        if whole.0 <= 0 {
            return None;
        }
        let part = part.0.clamp(0, whole.0);
        let cut = i128::from(part) * 100_000 / i128::from(whole.0);
        let thousandths = u32::try_from(cut).unwrap_or(100_000);
        Some(Self {
            thousandths: if part > 0 {
                thousandths.max(1)
            } else {
                thousandths
            },
        })
    }
}

/// The text is no percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no percentage from 0% to 100% with at most three decimals; write it as in 99.95%"
)]
pub struct BadPercent(pub String);

impl Percent {
    pub const HUNDRED: Self = Self {
        thousandths: 100_000,
    };

    /// As people write it, and as it is read: `99.95%`.
    pub fn written(self) -> String {
        let decimals = self.to_string();
        format!("{}%", decimals.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl std::str::FromStr for Percent {
    type Err = BadPercent;

    /// The sign is needed: `0.999` may mean either.
    fn from_str(text: &str) -> Result<Self, BadPercent> {
        let bad = || BadPercent(text.to_owned());
        let number = text.trim().strip_suffix('%').ok_or_else(bad)?.trim_end();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |digits: &str| {
            let are_digits =
                (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|_| are_digits)
        };
        let (Some(whole), Some(_)) = (digits(whole), digits(decimals)) else {
            return Err(bad());
        };
        let decimals = digits(&format!("{decimals:0<3}")).ok_or_else(bad)?;
        Some(Self {
            thousandths: whole * 1000 + decimals,
        })
        .filter(|percent| *percent <= Self::HUNDRED)
        .ok_or_else(bad)
    }
}

impl std::fmt::Display for Percent {
    /// Without the sign: `99.817`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!(
            "{}.{:03}",
            self.thousandths / 1000,
            self.thousandths % 1000
        ))
    }
}

impl Availability {
    /// The time that somebody watched: (up + degraded + down).
    pub fn observed(&self) -> Millis {
        self.up + self.degraded + self.down
    }

    /// (up + degraded) / observed. `None` without observed time.
    pub fn uptime(&self) -> Option<Percent> {
        Percent::of(self.up + self.degraded, self.observed())
    }

    /// Uptime if every window was as long as it can have been.
    pub fn uptime_low(&self) -> Option<Percent> {
        Percent::of(self.observed() - self.down_possible, self.observed())
    }

    /// Uptime if every window was as short as it can have been. A failure at a single instant
    /// makes no certain time, but 100 % it is not.
    pub fn uptime_high(&self) -> Option<Percent> {
        let certain = self.down_certain.max(self.down.min(Millis(1)));
        Percent::of(self.observed() - certain, self.observed())
    }

    /// observed / (range - maintenance). `None` if nothing is left of the range.
    pub fn coverage(&self) -> Option<Percent> {
        Percent::of(self.observed(), self.covered - self.maintenance)
    }
}

impl std::ops::Add for Availability {
    type Output = Self;

    /// Of two ranges that do not overlap, or of two probes.
    fn add(self, other: Self) -> Self {
        Self {
            covered: self.covered + other.covered,
            up: self.up + other.up,
            degraded: self.degraded + other.degraded,
            down: self.down + other.down,
            unknown: self.unknown + other.unknown,
            maintenance: self.maintenance + other.maintenance,
            down_certain: self.down_certain + other.down_certain,
            down_possible: self.down_possible + other.down_possible,
            unknown_possible: self.unknown_possible + other.unknown_possible,
        }
    }
}

/// The instants of a range, by state.
pub(super) struct Partition {
    pub(super) covered: PeriodSet,
    pub(super) up: PeriodSet,
    pub(super) degraded: PeriodSet,
    pub(super) down: PeriodSet,
    pub(super) unknown: PeriodSet,
    pub(super) maintenance: PeriodSet,
}

impl Partition {
    pub(super) fn observed(&self) -> PeriodSet {
        self.up.union(&self.degraded).union(&self.down)
    }
}

pub(super) fn partition(track: &Track, range: Period) -> Partition {
    let covered: PeriodSet = track.covered.iter().map(|p| p.clip(range)).collect();
    // a stretch of a long past is asked for as often as there are windows
    let maintenance = track.maintenance.clip(range).intersection(&covered);
    let rest = covered.difference(&maintenance);
    let unknown = track.unknown.clip(range).intersection(&rest);
    let rest = rest.difference(&unknown);
    let windows = track.windows[track.windows_in(range)].iter();
    let windows: PeriodSet = windows.map(|w| w.period().clip(range)).collect();
    let down = windows.intersection(&rest);
    let rest = rest.difference(&down);
    let degraded = track.degraded.clip(range).intersection(&rest);
    let up = rest.difference(&degraded);
    Partition {
        covered,
        up,
        degraded,
        down,
        unknown,
        maintenance,
    }
}

/// The time in each state within `range`, as far as it existed then.
pub fn availability(track: &Track, range: Period) -> Availability {
    let parts = partition(track, range);
    let observed = parts.observed();
    let possible = track.possible.iter().map(|stretch| stretch.period);
    let possible: PeriodSet = possible.collect();
    Availability {
        covered: parts.covered.length(),
        up: parts.up.length(),
        degraded: parts.degraded.length(),
        down: parts.down.length(),
        unknown: parts.unknown.length(),
        maintenance: parts.maintenance.length(),
        down_certain: track.certain.intersection(&observed).length(),
        down_possible: possible.intersection(&observed).length(),
        unknown_possible: possible.intersection(&parts.unknown).length(),
    }
}

/// The stretches of a range in order of time, each with its state; neighbours differ.
pub fn timeline(track: &Track, range: Period) -> Vec<(Period, State)> {
    let parts = partition(track, range);
    let mut stretches: Vec<_> = [
        (parts.up, State::Up),
        (parts.degraded, State::Degraded),
        (parts.down, State::Down),
        (parts.unknown, State::Unknown),
        (parts.maintenance, State::Maintenance),
    ]
    .iter()
    .flat_map(|(set, state)| set.periods().iter().map(|&period| (period, *state)))
    .collect();
    stretches.sort_unstable_by_key(|(period, _)| *period);
    stretches
}

/// The state at the present, and since when: the last stretch of the timeline.
pub fn state_now(track: &Track, now: UnixMillis) -> Option<(Period, State)> {
    timeline(track, Period::new(UnixMillis(i64::MIN), now)).pop()
}

/// So much of a window, or of another period, as it was down in and counts: without maintenance.
pub fn counted(window: Period, track: &Track) -> Millis {
    let met = track.windows[track.windows_in(window)].iter();
    let down: PeriodSet = met.map(|down| down.period().clip(window)).collect();
    down.difference(&track.maintenance.clip(window)).length()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_reads_back_as_it_is_written() {
        for (text, thousandths, written) in [
            ("99.9%", 99_900, "99.9%"),
            ("99.95 %", 99_950, "99.95%"),
            ("99.999%", 99_999, "99.999%"),
            (" 99% ", 99_000, "99%"),
            ("100%", 100_000, "100%"),
            ("100.000%", 100_000, "100%"),
            ("0%", 0, "0%"),
            ("010.010%", 10_010, "10.01%"),
        ] {
            let percent: Percent = text.parse().unwrap();
            assert_eq!(percent, Percent { thousandths }, "{text}");
            assert_eq!(percent.written(), written);
            assert_eq!(percent.written().parse(), Ok(percent));
        }
        for bad in [
            "", "%", "99.9", "0.999", "99.9999%", "100.001%", "-1%", "+1%", "1e1%", "99,9%", ".5%",
            "99.%", "99.9%%", "1000%", "٩%",
        ] {
            assert_eq!(bad.parse::<Percent>(), Err(BadPercent(bad.to_owned())));
        }
    }
}
