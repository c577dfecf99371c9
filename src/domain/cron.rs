//! Cron expressions of five fields, as in crontab(5): on which days, and at which minutes of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;

/// A cron expression, as in `0 3 * * SUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// As it was written, with single blanks.
    text: Arc<str>,
    /// Bit n: minute n.
    minutes: u64,
    /// Bit n: hour n.
    hours: u64,
    /// Whether the hours are not named: it goes by the length of time, not by the clock's face.
    any_hour: bool,
    /// Bit n: month n, from 1.
    months: u64,
    days: Days,
}

/// Which days of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days {
    /// Bit n: day n, from 1.
    of_month: u64,
    last_of_month: bool,
    /// Bit n: weekday n, from Sunday, which is 0.
    of_week: u64,
    /// The same for the first, second … of that weekday in the month.
    nth_of_week: [u64; 5],
    last_of_week: u64,
    /// Whether one of the two fields is enough: neither begins with `*` (crontab(5)).
    either: bool,
}

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` {problem}")]
pub struct BadCron {
    /// The part of the text that is wrong.
    pub part: String,
    pub problem: String,
}

/// What a field counts.
struct Field {
    name: &'static str,
    first: u8,
    last: u8,
    /// Words for the numbers from `first` on.
    words: &'static [&'static str],
}

const MINUTE: Field = field("minute", 0, 59, &[]);
const HOUR: Field = field("hour", 0, 23, &[]);
const DAY: Field = field("day of the month", 1, 31, &[]);
const MONTH: Field = field("month", 1, 12, &MONTHS);
/// Sunday is both 0 and 7.
const WEEKDAY: Field = field("day of the week", 0, 7, &WEEKDAYS);

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const MACROS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// After so many years dates fall on the same days of the week again (from 1901 to 2099).
const CYCLE_YEARS: i16 = 28;

const fn field(name: &'static str, first: u8, last: u8, words: &'static [&'static str]) -> Field {
    Field {
        name,
        first,
        last,
        words,
    }
}

impl Cron {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn on(&self, date: Date) -> bool {
        bit(self.months, date.month()) && self.days.include(date)
    }

    /// Its minutes of a day, counted from 00:00, ascending.
    pub(super) fn minutes(&self) -> impl Iterator<Item = i16> {
        let hours = (0..24).filter(|hour| bit(self.hours, *hour));
        hours.flat_map(|hour| {
            let minutes = (0..60).filter(|minute| bit(self.minutes, *minute));
            minutes.map(move |minute| i16::from(hour) * 60 + i16::from(minute))
        })
    }

    pub(super) const fn any_hour(&self) -> bool {
        self.any_hour
    }

    /// Whether there is such a day at all: 30 February is none.
    fn ever(&self) -> bool {
        let first = Date::constant(2000, 1, 1);
        std::iter::successors(Some(first), |day| day.tomorrow().ok())
            .take_while(|day| day.year() < first.year() + CYCLE_YEARS)
            .any(|day| self.on(day))
    }
}

impl Days {
    fn include(&self, date: Date) -> bool {
        let (day, length) = (date.day(), date.days_in_month());
        let weekday = date.weekday().to_sunday_zero_offset();
        let week = usize::try_from((day - 1) / 7).unwrap_or(0);
        let of_month = bit(self.of_month, day) || (self.last_of_month && day == length);
        let of_week = bit(self.of_week, weekday)
            || bit(self.nth_of_week[week], weekday)
            || (day + 7 > length && bit(self.last_of_week, weekday));
        if self.either {
            of_month || of_week
        } else {
            of_month && of_week
        }
    }

    fn parse(of_month: &str, of_week: &str) -> Result<Self, BadCron> {
        // `?` says the same as `*`, and is what other programs want in one of the two
        let [month_text, week_text] =
            [of_month, of_week].map(|text| if text == "?" { "*" } else { text });
        let mut days = Self {
            of_month: 0,
            last_of_month: false,
            of_week: 0,
            nth_of_week: [0; 5],
            last_of_week: 0,
            either: !month_text.starts_with('*') && !week_text.starts_with('*'),
        };
        for item in month_text.split(',') {
            if item.eq_ignore_ascii_case("L") {
                days.last_of_month = true;
            } else {
                days.of_month |= DAY.item(item)?;
            }
        }
        for item in week_text.split(',') {
            if let Some(day) = item.strip_suffix(['L', 'l']).filter(|day| !day.is_empty()) {
                days.last_of_week |= weekdays(1 << WEEKDAY.number(day)?);
            } else if let Some((day, nth)) = item.split_once('#') {
                let week = match nth.parse::<usize>() {
                    Ok(nth @ 1..=5) => nth - 1,
                    _ => return Err(bad(item, "names no week of a month: write #1 to #5")),
                };
                days.nth_of_week[week] |= weekdays(1 << WEEKDAY.number(day)?);
            } else {
                days.of_week |= weekdays(WEEKDAY.item(item)?);
            }
        }
        Ok(days)
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<u64, BadCron> {
        let mut bits = 0;
        for item in text.split(',') {
            bits |= self.item(item)?;
        }
        Ok(bits)
    }

    /// `*`, `3`, `1-5`, and the first and last of these with a step, as in `*/15`.
    fn item(&self, item: &str) -> Result<u64, BadCron> {
        let (range, step) = match item.split_once('/') {
            None => (item, 1),
            Some((range, step)) => match step.parse::<u8>() {
                Ok(step @ 1..) => (range, step),
                _ => return Err(bad(item, "has a step that is no whole number from 1 on")),
            },
        };
        let (first, last) = if range == "*" {
            (self.first, self.last)
        } else if let Some((first, last)) = range.split_once('-') {
            let (first, last) = (self.number(first)?, self.number(last)?);
            // a week may end on its Sunday
            let last = if last == 0 && self.last == 7 { 7 } else { last };
            if first > last {
                return Err(bad(item, "runs backwards: write the smaller one first"));
            }
            (first, last)
        } else if item.contains('/') {
            let write = format!(
                "steps from a single {0}: write {range}-{1}/{step}",
                self.name, self.last
            );
            return Err(bad(item, write));
        } else {
            let number = self.number(range)?;
            (number, number)
        };
        let numbers = (first..=last).step_by(usize::from(step));
        Ok(numbers.fold(0, |bits, number| bits | 1 << number))
    }

    fn number(&self, text: &str) -> Result<u8, BadCron> {
        let word = self
            .words
            .iter()
            .position(|word| word.eq_ignore_ascii_case(text));
        if let Some(position) = word.and_then(|position| u8::try_from(position).ok()) {
            return Ok(self.first + position);
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && (self.first..=self.last).contains(&number) => Ok(number),
            _ => {
                let words = match self.words {
                    [first, .., last] => format!(", or {first} to {last}"),
                    _ => String::new(),
                };
                let Self {
                    name, first, last, ..
                } = self;
                Err(bad(text, format!("is no {name}: {first} to {last}{words}")))
            }
        }
    }
}

/// With Sunday as 0 alone.
const fn weekdays(bits: u64) -> u64 {
    (bits | bits >> 7) & 0x7f
}

fn bit(bits: u64, number: i8) -> bool {
    bits >> number & 1 == 1
}

fn bad(part: &str, problem: impl Into<String>) -> BadCron {
    BadCron {
        part: part.to_owned(),
        problem: problem.into(),
    }
}

impl FromStr for Cron {
    type Err = BadCron;

    fn from_str(text: &str) -> Result<Self, BadCron> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let written = fields.join(" ");
        let meant = match fields[..] {
            [name] if name.starts_with('@') => {
                let known = MACROS
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                let known = known.map(|(_, fields)| *fields);
                known.ok_or_else(|| {
                    bad(
                        name,
                        "is none of @hourly, @daily, @weekly, @monthly and @yearly",
                    )
                })?
            }
            _ => &*written,
        };
        let fields: Vec<_> = meant.split(' ').collect();
        let [minute, hour, of_month, month, of_week] = fields[..] else {
            let problem =
                "does not have five fields: minute, hour, day of the month, month, day of the week";
            return Err(bad(&written, problem));
        };
        let cron = Self {
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            any_hour: hour.starts_with('*'),
            months: MONTH.parse(month)?,
            days: Days::parse(of_month, of_week)?,
            text: written.as_str().into(),
        };
        if cron.ever() {
            Ok(cron)
        } else {
            Err(bad(&written, "never comes: there is no such day"))
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days of this month on which it comes, and how often a day.
    fn days(cron: &str, year: i16, month: i8) -> String {
        let cron: Cron = cron.parse().unwrap();
        let length = Date::constant(year, month, 1).days_in_month();
        let days = (1..=length).filter(|day| cron.on(Date::constant(year, month, *day)));
        let days: Vec<_> = days.map(|day| day.to_string()).collect();
        days.join(" ")
    }

    #[test]
    fn days_are_those_of_crontab() {
        // November 2026 begins with a Sunday and has 30 days
        for (cron, expected) in [
            ("0 3 * * SUN", "1 8 15 22 29"),
            ("0 3 * * 0", "1 8 15 22 29"),
            ("0 3 ? * 7", "1 8 15 22 29"),
            ("0 3 * * sat-sun", "1 7 8 14 15 21 22 28 29"),
            ("0 3 * * MON,wed", "2 4 9 11 16 18 23 25 30"),
            ("0 3 10-20/5 * *", "10 15 20"),
            ("0 3 1,15 * ?", "1 15"),
            ("0 3 L * *", "30"),
            ("0 3 * * 5L", "27"),
            ("0 3 * * TUE#2", "10"),
            ("0 3 * * 7#5", "29"),
            // both named: either
            ("0 3 13 * FRI", "6 13 20 27"),
            // one begins with a star: both
            ("0 3 */2 * FRI", "13 27"),
            ("0 3 * DEC *", ""),
            ("0 3 31 JAN-DEC *", ""),
            ("@weekly", "1 8 15 22 29"),
            ("@monthly", "1"),
        ] {
            assert_eq!(days(cron, 2026, 11), expected, "{cron}");
        }
        assert_eq!(days("0 0 29 2 *", 2028, 2), "29");
        assert_eq!(days("0 0 L 2 *", 2027, 2), "28");
    }

    #[test]
    fn minutes_are_those_of_crontab() {
        for (cron, expected) in [
            ("0 3 * * *", vec![180]),
            ("5,10-12 0 * * *", vec![5, 10, 11, 12]),
            ("*/30 1-2 * * *", vec![60, 90, 120, 150]),
            ("0 */8 * * *", vec![0, 480, 960]),
            ("@daily", vec![0]),
        ] {
            let cron: Cron = cron.parse().unwrap();
            assert_eq!(cron.minutes().collect::<Vec<_>>(), expected, "{cron}");
        }
        let every: Cron = "* * * * *".parse().unwrap();
        assert!(every.minutes().eq(0..1440));
    }

    #[test]
    fn what_is_none_is_told_with_the_part_that_is_wrong() {
        for (cron, message) in [
            (
                "",
                "`` does not have five fields: minute, hour, day of the month, month, day of the week",
            ),
            (
                "0 3 * *",
                "`0 3 * *` does not have five fields: minute, hour, day of the month, month, day of the week",
            ),
            ("60 3 * * *", "`60` is no minute: 0 to 59"),
            ("0 24 * * *", "`24` is no hour: 0 to 23"),
            ("0 3 0 * *", "`0` is no day of the month: 1 to 31"),
            ("0 3 * Jam *", "`Jam` is no month: 1 to 12, or JAN to DEC"),
            (
                "0 3 * * SO",
                "`SO` is no day of the week: 0 to 7, or SUN to SAT",
            ),
            (
                "0 3 * * MON#6",
                "`MON#6` names no week of a month: write #1 to #5",
            ),
            (
                "0 3 * * L",
                "`L` is no day of the week: 0 to 7, or SUN to SAT",
            ),
            ("0,, 3 * * *", "`` is no minute: 0 to 59"),
            ("+5 3 * * *", "`+5` is no minute: 0 to 59"),
            (
                "*/0 3 * * *",
                "`*/0` has a step that is no whole number from 1 on",
            ),
            (
                "5/15 3 * * *",
                "`5/15` steps from a single minute: write 5-59/15",
            ),
            (
                "0 5-3 * * *",
                "`5-3` runs backwards: write the smaller one first",
            ),
            (
                "0 3 30 2 *",
                "`0 3 30 2 *` never comes: there is no such day",
            ),
            (
                "@often",
                "`@often` is none of @hourly, @daily, @weekly, @monthly and @yearly",
            ),
        ] {
            assert_eq!(cron.parse::<Cron>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn it_shows_as_it_was_written_with_single_blanks() {
        for (cron, shown) in [(" 0  3 * * sun ", "0 3 * * sun"), ("@Daily", "@Daily")] {
            assert_eq!(cron.parse::<Cron>().unwrap().to_string(), shown);
        }
    }
}
