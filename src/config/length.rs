//! Lengths of time as people write them.

use jiff::SpanRelativeTo;

use crate::domain::time::Millis;

/// Longest length of time: a year.
const LENGTH_MAX: Millis = Millis::from_secs(366 * 86_400);

/// Longest time that something is kept, short of for ever: a hundred years.
const KEPT_MAX: Millis = Millis::from_secs(36_525 * 86_400);

/// Why a text is no length of time that can be used, and what to write instead.
pub(super) struct BadLength {
    pub(super) problem: &'static str,
    pub(super) write: String,
}

/// How long something takes, or how often it comes. Hours are the largest unit: a day can have 23
/// or 25 of them.
pub(super) fn parse(text: &str) -> Result<Millis, BadLength> {
    let text = text.trim();
    has_a_unit(text, "30s", 's', "seconds")?;
    let Ok(length) = text.parse::<jiff::SignedDuration>() else {
        let (number, unit) =
            text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
        let hours = match unit.trim() {
            "d" | "day" | "days" => Some(24),
            "w" | "week" | "weeks" => Some(168),
            _ => None,
        };
        return Err(match (number.trim().parse::<u32>(), hours) {
            (Ok(number), Some(hours)) => bad(
                "is not a length of time here: hours are the largest unit",
                format!("write `{}h`", u64::from(number) * hours),
            ),
            _ => bad(
                "is not a length of time",
                "write it as in 30s, 500ms or 1m30s",
            ),
        });
    };
    match whole_millis(length, "30s")? {
        length if length <= LENGTH_MAX => Ok(length),
        _ => Err(bad("is longer than a year", "write at most `8784h`")),
    }
}

/// How long something is kept: in days and weeks too, a day of 24 hours.
pub(super) fn parse_kept(text: &str) -> Result<Millis, BadLength> {
    let text = text.trim();
    has_a_unit(text, "90d", 'd', "days")?;
    let span = text.parse::<jiff::Span>();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let Ok(length) = length else {
        return Err(bad(
            "is not a length of time in days, weeks or hours",
            "write it as in 90d or 26w, or forever",
        ));
    };
    match whole_millis(length, "90d")? {
        length if length <= KEPT_MAX => Ok(length),
        _ => Err(bad("is longer than a hundred years", "write forever")),
    }
}

/// How long an outage has to be: whole minutes, or none.
pub(super) fn parse_minutes(text: &str) -> Result<Millis, BadLength> {
    let text = text.trim();
    let is_nothing = text == "0"
        || text
            .parse::<jiff::SignedDuration>()
            .is_ok_and(|length| length.is_zero());
    if is_nothing {
        return Ok(Millis::ZERO);
    }
    let length = match text.parse::<f64>() {
        Ok(_) => Err(bad(
            "has no unit",
            format!("write `{text}m` if minutes are meant"),
        )),
        Err(_) => parse(text),
    }?;
    if length.0 % 60_000 == 0 {
        Ok(length)
    } else {
        Err(bad(
            "is no number of whole minutes",
            "write it as in 1m or 5m; 0m takes all",
        ))
    }
}

/// A number alone is none; `example`, `unit` and `units` are shown then.
fn has_a_unit(text: &str, example: &str, unit: char, units: &str) -> Result<(), BadLength> {
    match text.parse::<f64>() {
        Ok(0.0) => Err(too_short(example)),
        Ok(_) => Err(bad(
            "has no unit",
            format!("write `{text}{unit}` if {units} are meant"),
        )),
        Err(_) => Ok(()),
    }
}

fn whole_millis(length: jiff::SignedDuration, example: &str) -> Result<Millis, BadLength> {
    if length <= jiff::SignedDuration::ZERO {
        return Err(too_short(example));
    }
    if length.subsec_nanos() % 1_000_000 != 0 {
        return Err(bad(
            "is finer than milliseconds",
            "write it in whole milliseconds",
        ));
    }
    // too long for anything
    Ok(Millis(
        i64::try_from(length.as_millis()).unwrap_or(i64::MAX),
    ))
}

fn too_short(example: &str) -> BadLength {
    bad(
        "is not longer than zero",
        format!("write a length as in {example}"),
    )
}

fn bad(problem: &'static str, write: impl Into<String>) -> BadLength {
    BadLength {
        problem,
        write: write.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, ms) in [
            ("30s", 30_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("1.5h", 5_400_000),
            (" 2 min ", 120_000),
            ("PT30S", 30_000),
        ] {
            assert_eq!(parse(text).ok(), Some(Millis(ms)), "{text}");
        }
        for (text, write) in [
            ("30", "write `30s` if seconds are meant"),
            ("0s", "write a length as in 30s"),
            ("0", "write a length as in 30s"),
            ("-5s", "write a length as in 30s"),
            ("1d", "write `24h`"),
            ("2 weeks", "write `336h`"),
            ("soon", "write it as in 30s, 500ms or 1m30s"),
            ("", "write it as in 30s, 500ms or 1m30s"),
            ("5us", "write it in whole milliseconds"),
            ("9000h", "write at most `8784h`"),
        ] {
            let said = parse(text).err().map(|bad| bad.write);
            assert_eq!(said.as_deref(), Some(write), "{text}");
        }
    }

    #[test]
    fn minutes_are_whole_or_none() {
        for (text, ms) in [
            ("0m", 0),
            ("0", 0),
            (" 0s ", 0),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
            ("120s", 120_000),
        ] {
            assert_eq!(parse_minutes(text).ok(), Some(Millis(ms)), "{text}");
        }
        for (text, write) in [
            ("5", "write `5m` if minutes are meant"),
            ("90s", "write it as in 1m or 5m; 0m takes all"),
            ("-5m", "write a length as in 30s"),
            ("1d", "write `24h`"),
        ] {
            let said = parse_minutes(text).err().map(|bad| bad.write);
            assert_eq!(said.as_deref(), Some(write), "{text}");
        }
    }

    #[test]
    fn what_is_kept_is_counted_in_days() {
        const DAY: i64 = 86_400_000;
        for (text, ms) in [
            ("90d", 90 * DAY),
            (" 13 weeks ", 91 * DAY),
            ("2w 3d", 17 * DAY),
            ("48h", 2 * DAY),
            ("P30D", 30 * DAY),
            ("36525d", 36_525 * DAY),
        ] {
            assert_eq!(parse_kept(text).ok(), Some(Millis(ms)), "{text}");
        }
        for (text, write) in [
            ("90", "write `90d` if days are meant"),
            ("0", "write a length as in 90d"),
            ("-90d", "write a length as in 90d"),
            ("1y", "write it as in 90d or 26w, or forever"),
            ("3 months", "write it as in 90d or 26w, or forever"),
            ("always", "write it as in 90d or 26w, or forever"),
            ("2d 1us", "write it in whole milliseconds"),
            ("36526d", "write forever"),
            (
                "99999999999999999999d",
                "write it as in 90d or 26w, or forever",
            ),
        ] {
            let said = parse_kept(text).err().map(|bad| bad.write);
            assert_eq!(said.as_deref(), Some(write), "{text}");
        }
    }
}
