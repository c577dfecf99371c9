//! Lengths of time as people write them.

use crate::domain::time::Millis;

/// Longest length of time: a year.
const LENGTH_MAX: Millis = Millis::from_secs(366 * 86_400);

/// Why a text is no length of time that can be used, and what to write instead.
pub(super) struct BadLength {
    pub(super) problem: &'static str,
    pub(super) write: String,
}

pub(super) fn parse(text: &str) -> Result<Millis, BadLength> {
    let bad = |problem, write: &str| {
        let write = write.to_owned();
        Err(BadLength { problem, write })
    };
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return if number == 0.0 {
            bad("is not longer than zero", "write a length as in 30s")
        } else {
            bad(
                "has no unit",
                &format!("write `{text}s` if seconds are meant"),
            )
        };
    }
    let Ok(length) = text.parse::<jiff::SignedDuration>() else {
        let (number, unit) =
            text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
        let hours = match unit.trim() {
            "d" | "day" | "days" => Some(24),
            "w" | "week" | "weeks" => Some(168),
            _ => None,
        };
        return match (number.trim().parse::<u32>(), hours) {
            (Ok(number), Some(hours)) => bad(
                "is not a length of time here: hours are the largest unit",
                &format!("write `{}h`", u64::from(number) * hours),
            ),
            _ => bad(
                "is not a length of time",
                "write it as in 30s, 500ms or 1m30s",
            ),
        };
    };
    if length <= jiff::SignedDuration::ZERO {
        return bad("is not longer than zero", "write a length as in 30s");
    }
    if length.subsec_nanos() % 1_000_000 != 0 {
        return bad(
            "is finer than milliseconds",
            "write it in whole milliseconds",
        );
    }
    match i64::try_from(length.as_millis()).map(Millis) {
        Ok(length) if length <= LENGTH_MAX => Ok(length),
        _ => bad("is longer than a year", "write at most `8784h`"),
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
}
