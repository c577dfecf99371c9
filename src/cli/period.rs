//! Which period a command tells of.

use jiff::civil::Date;

use super::BadUsage;
use crate::domain::calendar::{CalendarPeriod, CalendarUnit};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::replay::{Extent, Filter, Selection, WhatIf};

/// What is told of if nothing is said: it holds the last weekend on every day.
const DEFAULT_LENGTH: Millis = Millis::from_secs(7 * 24 * 3600);

/// `--from`, `--to`, `--last`, `--month`, and the present.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct PeriodArgs {
    /// Where the period begins: an instant (RFC 3339), a date (its 00:00), or so long ago (7d, 24h)
    #[arg(long, help_heading = "Period", value_name = "WHEN", conflicts_with_all = ["last", "month"])]
    from: Option<String>,
    /// Where it ends, in the same ways; the end itself is outside. Default: now
    #[arg(
        long,
        help_heading = "Period",
        value_name = "WHEN",
        conflicts_with = "month"
    )]
    to: Option<String>,
    /// The period of this length up to --to. Default: 7d
    #[arg(
        long,
        help_heading = "Period",
        value_name = "LENGTH",
        conflicts_with = "month"
    )]
    last: Option<String>,
    /// A calendar month, as in 2024-09, or last: the latest that is over
    #[arg(long, help_heading = "Period", value_name = "YYYY-MM")]
    month: Option<String>,
    /// Whose months and dates are meant, and whose days are told one by one, as in Europe/Berlin.
    /// Instants are shown in UTC
    #[arg(
        long,
        help_heading = "Period",
        value_name = "ZONE",
        default_value = "UTC"
    )]
    timezone: Zone,
    #[command(flatten)]
    pub(super) present: PresentArgs,
}

/// The instant that counts as the present.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct PresentArgs {
    /// Take this instant as the present: later observations are left out, and the same database
    /// gives the same bytes
    #[arg(long, help_heading = "Period", value_name = "INSTANT")]
    generated_at: Option<UnixMillis>,
}

impl PresentArgs {
    /// Whether one was asked for.
    pub(super) fn is_given(&self) -> bool {
        self.generated_at.is_some()
    }

    /// The instant asked for, else that of the clock.
    pub(super) fn or(&self, clock: UnixMillis) -> UnixMillis {
        self.generated_at.unwrap_or(clock)
    }
}

impl PeriodArgs {
    /// Whether one was asked for.
    pub(super) fn is_named(&self) -> bool {
        let Self {
            from,
            to,
            last,
            month,
            timezone: _,
            present: _,
        } = self;
        [from, to, last, month].into_iter().any(Option::is_some)
    }

    /// What the options ask for; `clock` is the present unless they name another.
    pub(super) fn select<'a>(
        &'a self,
        filter: &'a Filter,
        what_if: &'a WhatIf,
        clock: UnixMillis,
    ) -> Result<Selection<'a>, BadUsage> {
        let now = self.present.or(clock);
        let period = self.resolve(now)?;
        Ok(Selection {
            filter,
            what_if,
            period,
            zone: &self.timezone,
            now,
            extent: Extent::Report {
                before: Some(self.before(period)),
            },
        })
    }

    /// The period, of which nothing is later than `now`: of a month that is not over, the part
    /// that is.
    pub(super) fn resolve(&self, now: UnixMillis) -> Result<Period, BadUsage> {
        let asked = self.asked(now)?;
        let error = |problem: String| Err(BadUsage(problem));
        if asked.is_empty() {
            let hint = if self.to.as_deref().is_some_and(is_date) {
                "; a date is its 00:00, so for a whole day write the next date after --to"
            } else {
                ""
            };
            return error(format!(
                "the period is empty: it would run from {} to {}{hint}",
                asked.from, asked.to
            ));
        }
        if asked.from >= now {
            return error(format!(
                "the period would begin at {}, but it is only {now}",
                asked.from
            ));
        }
        Ok(asked.clip(Period::new(asked.from, now)))
    }

    /// The period before: the month before a whole month, else one of the same length.
    fn before(&self, period: Period) -> Period {
        let month = self.month.as_deref();
        // the end of a month is in the next
        let month = month.and_then(|text| self.month(text, period.to));
        let whole = month.filter(|month| month.period == period);
        match whole.and_then(|month| month.previous(&self.timezone)) {
            Some(before) => before.period,
            None => Period::new(period.from.saturating_sub(period.length()), period.from),
        }
    }

    fn month(&self, label: &str, now: UnixMillis) -> Option<CalendarPeriod> {
        let (unit, zone) = (CalendarUnit::Month, &self.timezone);
        match label {
            "last" => CalendarPeriod::holding(unit, now, zone)?.previous(zone),
            _ => CalendarPeriod::labelled(unit, label, zone),
        }
    }

    fn asked(&self, now: UnixMillis) -> Result<Period, BadUsage> {
        if let Some(text) = &self.month {
            let month = self.month(text, now).ok_or_else(|| {
                BadUsage(format!(
                    "--month {text}: not a month; write year and month as in 2024-09, or last"
                ))
            })?;
            return Ok(month.period);
        }
        let end = match &self.to {
            Some(text) => when("--to", text, now, &self.timezone)?,
            None => now,
        };
        let from = match (&self.from, &self.last) {
            (Some(text), _) => when("--from", text, now, &self.timezone)?,
            (None, Some(text)) => {
                end.saturating_sub(Millis::from_words(text).ok_or_else(|| {
                    BadUsage(format!(
                        "--last {text}: not a length; write it as in 24h or 7d"
                    ))
                })?)
            }
            (None, None) => end.saturating_sub(DEFAULT_LENGTH),
        };
        Ok(Period::new(from, end))
    }
}

/// An instant, a date, or so long before `now`.
pub(super) fn when(
    flag: &str,
    text: &str,
    now: UnixMillis,
    zone: &Zone,
) -> Result<UnixMillis, BadUsage> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    if let Some(day) = CalendarPeriod::labelled(CalendarUnit::Day, text, zone) {
        return Ok(day.period.from);
    }
    if let Some(ago) = Millis::from_words(text) {
        return Ok(now.saturating_sub(ago));
    }
    Err(BadUsage(format!(
        "{flag} {text}: not a time; write an instant as in 2024-09-29T14:30:00Z, a date as in \
         2024-09-29, or how long ago as in 7d or 24h"
    )))
}

/// Whether it is written as `2024-09-29`: a date with a time, but no offset, names no instant.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

/// A length as the value of an option, and more than nothing.
pub(super) fn positive_length(text: &str) -> Result<Millis, String> {
    Millis::from_words(text)
        .filter(|length| *length > Millis::ZERO)
        .ok_or_else(|| "write a length of time, as in 60s or 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::{CommandFactory, FromArgMatches};

    /// What `--flag value …` says at noon of 2024-03-01.
    fn resolve(flags: &str) -> Result<String, String> {
        let command = <PeriodArgs as clap::Args>::augment_args(clap::Command::new("test"));
        let matches = command
            .no_binary_name(true)
            .try_get_matches_from(flags.split_whitespace())
            .map_err(|error| error.kind().to_string())?;
        let args = PeriodArgs::from_arg_matches(&matches).unwrap();
        let now = "2024-03-01T12:00:00Z".parse().unwrap();
        let period = args.resolve(now).map_err(|error| error.to_string())?;
        let short = |at: UnixMillis| at.to_string().replace(":00.000Z", "");
        Ok(format!("{} {}", short(period.from), short(period.to)))
    }

    #[test]
    fn a_period_is_read_as_people_write_it() {
        for (flags, from, to) in [
            ("", "2024-02-23T12:00", "2024-03-01T12:00"),
            ("--last 24h", "2024-02-29T12:00", "2024-03-01T12:00"),
            ("--last 1d12h", "2024-02-29T00:00", "2024-03-01T12:00"),
            ("--last 2w", "2024-02-16T12:00", "2024-03-01T12:00"),
            (
                "--last 1d --to 2024-02-29",
                "2024-02-28T00:00",
                "2024-02-29T00:00",
            ),
            ("--from 7d", "2024-02-23T12:00", "2024-03-01T12:00"),
            ("--from 7d --to 1d", "2024-02-23T12:00", "2024-02-29T12:00"),
            ("--from 2024-02-28", "2024-02-28T00:00", "2024-03-01T12:00"),
            (
                "--from 2024-02-29 --to 2024-03-01",
                "2024-02-29T00:00",
                "2024-03-01T00:00",
            ),
            ("--to 2024-02-29", "2024-02-22T00:00", "2024-02-29T00:00"),
            (
                "--from 2024-02-29T14:30:00+02:00 --to 2024-02-29T13:00:00Z",
                "2024-02-29T12:30",
                "2024-02-29T13:00",
            ),
            ("--month 2024-02", "2024-02-01T00:00", "2024-03-01T00:00"),
            ("--month 2023-02", "2023-02-01T00:00", "2023-03-01T00:00"),
            ("--month 2023-12", "2023-12-01T00:00", "2024-01-01T00:00"),
            (
                "--month 2023-10 --timezone Europe/Berlin",
                "2023-09-30T22:00",
                "2023-10-31T23:00",
            ),
            (
                "--from 2024-02-28 --timezone asia/tokyo",
                "2024-02-27T15:00",
                "2024-03-01T12:00",
            ),
            ("--month last", "2024-02-01T00:00", "2024-03-01T00:00"),
            // what is yet to come is cut off
            ("--month 2024-03", "2024-03-01T00:00", "2024-03-01T12:00"),
            (
                "--from 1d --to 2024-12-31",
                "2024-02-29T12:00",
                "2024-03-01T12:00",
            ),
        ] {
            assert_eq!(resolve(flags), Ok(format!("{from} {to}")), "{flags}");
        }
    }

    #[test]
    fn a_period_that_makes_no_sense_is_refused() {
        for (flags, problem) in [
            ("--from yesterday", "--from yesterday: not a time"),
            ("--from 2024-02-30", "--from 2024-02-30: not a time"),
            (
                "--from 2024-02-29T14:30",
                "--from 2024-02-29T14:30: not a time",
            ),
            ("--from 1month", "--from 1month: not a time"),
            ("--last 7", "--last 7: not a length"),
            ("--last 2024-01-01", "--last 2024-01-01: not a length"),
            ("--month 2024-13", "--month 2024-13: not a month"),
            ("--month 2024-9", "--month 2024-9: not a month"),
            ("--month 2024", "--month 2024: not a month"),
            ("--month 2024-04", "the period would begin at 2024-04-01"),
            ("--from 1d --to 2d", "the period is empty"),
            (
                "--from 2024-02-29 --to 2024-02-29",
                "the period is empty: it would run from 2024-02-29T00:00:00.000Z to \
                 2024-02-29T00:00:00.000Z; a date is its 00:00, so",
            ),
            ("--last 0h", "the period is empty"),
            (
                "--from 2025-01-01 --to 2025-02-01",
                "the period would begin",
            ),
        ] {
            let error = resolve(flags).expect_err(flags);
            assert!(error.starts_with(problem), "{flags}: {error}");
        }
        for flags in [
            "--month 2024-02 --last 7d",
            "--month 2024-02 --from 7d",
            "--month 2024-02 --to 7d",
            "--last 7d --from 7d",
        ] {
            let error = resolve(flags).expect_err(flags);
            assert!(error.contains("cannot be used with"), "{flags}: {error}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
