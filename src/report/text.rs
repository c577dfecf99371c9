//! Instants, lengths and foreign text as people read them.

use super::document::Text;
use crate::domain::time::{Micros, Millis, UnixMillis};

/// Longest foreign text in a table or document, in characters: one line, not a page.
const FOREIGN_CHARS_MAX: usize = 160;

/// In UTC, cut to the second, as in `2024-09-29 14:30:20`; the reader is told elsewhere that it is
/// UTC.
pub fn instant(instant: UnixMillis) -> String {
    let text = instant.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => seconds.replace('T', " "),
        None => text,
    }
}

/// The same beside an earlier instant: of the same day, the date is spare.
pub fn instant_after(earlier: UnixMillis, at: UnixMillis) -> Text {
    let (earlier, at) = (instant(earlier), instant(at));
    match (earlier.split_once(' '), at.split_once(' ')) {
        (Some((day, _)), Some((same, time))) if day == same => {
            Text::spare(format!("{day} ")).then(time)
        }
        _ => at.into(),
    }
}

/// The same, with the sign of UTC.
pub fn instant_utc(at: UnixMillis) -> String {
    format!("{}Z", instant(at))
}

/// The same beside the present: of the same day, without the date.
pub fn instant_near(now: UnixMillis, at: UnixMillis) -> String {
    let (day, at) = (instant(now), instant_utc(at));
    match (day.split_once(' '), at.split_once(' ')) {
        (Some((today, _)), Some((day, time))) if day == today => time.to_owned(),
        _ => at,
    }
}

/// Cut to the second from ten seconds on: `2d 3h 4m 5s`.
pub fn length(length: Millis) -> String {
    if length.0.abs() < 10_000 {
        return length.to_string();
    }
    let sign = if length.0 < 0 { "-" } else { "" };
    let seconds = length.0.unsigned_abs() / 1000;
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts = units.iter().filter(|(amount, _)| *amount > 0);
    let parts: Vec<_> = parts
        .map(|(amount, unit)| format!("{amount}{unit}"))
        .collect();
    format!("{sign}{}", parts.join(" "))
}

/// To the millisecond: `1d 2h 5s 250ms`.
pub fn length_exact(of: Millis) -> String {
    let ms = of.0.rem_euclid(1000);
    let whole = length(Millis(of.0 - ms));
    match (of.0 - ms, ms) {
        (0, 0) => "0s".to_owned(),
        (_, 0) => whole,
        (0, ms) => format!("{ms}ms"),
        (_, ms) => format!("{whole} {ms}ms"),
    }
}

/// Like [`length`], but rounded up: for an upper bound.
pub fn length_at_most(most: Millis) -> String {
    let cut = most.0.rem_euclid(1000);
    if most.0 < 10_000 || cut == 0 {
        length(most)
    } else {
        length(most + Millis(1000 - cut))
    }
}

/// A difference: `+3m`, `-3m`, `0s`.
pub fn signed_length(more: Millis) -> String {
    let sign = if more > Millis::ZERO { "+" } else { "" };
    format!("{sign}{}", length(more))
}

/// That an answer took: `12.3 ms`, and from a second on `1.234 s`. Cut.
pub fn length_of_answer(of: Micros) -> String {
    match of.0 {
        us @ ..1_000_000 => format!("{}.{} ms", us / 1000, us % 1000 / 100),
        us => format!("{}.{:03} s", us / 1_000_000, us % 1_000_000 / 1000),
    }
}

/// The shortest and the longest that it can be, as in `1m – 2m`.
pub fn bounds(least: Millis, most: Millis) -> String {
    format!("{} – {}", length(least), length_at_most(most))
}

/// With its bounds, as in `1m 30s (1m – 2m)`.
pub fn length_within(of: Millis, least: Millis, most: Option<Millis>) -> String {
    match most {
        Some(most) => format!("{} ({})", length(of), bounds(least, most)),
        None => format!("{} (at least {})", length(of), length(least)),
    }
}

/// `1 outage`, `2 outages`.
pub fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Text from outside on one line: [`harmless`], and cut if it is long.
pub fn plain(text: &str) -> String {
    let mut cut: String = text.chars().take(FOREIGN_CHARS_MAX + 1).collect();
    if let Some((at, _)) = cut.char_indices().nth(FOREIGN_CHARS_MAX) {
        cut.truncate(at);
        cut.push('…');
    }
    harmless(&cut)
}

/// Without anything that breaks the line, moves the cursor, hides, or turns the direction of what
/// follows.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_whitespace() => ' ',
        c if c.is_control() || is_invisible(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Characters without a shape of their own that change how others show.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_cut_and_upper_bounds_rounded_up() {
        for (ms, cut, up) in [
            (0, "0s", "0s"),
            (9_999, "9.999s", "9.999s"),
            (10_001, "10s", "11s"),
            (59_999, "59s", "1m"),
            (90_000, "1m 30s", "1m 30s"),
            (86_400_000, "1d", "1d"),
            (183_845_000, "2d 3h 4m 5s", "2d 3h 4m 5s"),
        ] {
            assert_eq!(length(Millis(ms)), cut);
            assert_eq!(length_at_most(Millis(ms)), up);
        }
    }

    #[test]
    fn what_an_answer_took_is_cut_to_what_people_tell_apart() {
        for (us, shown) in [
            (0, "0.0 ms"),
            (99, "0.0 ms"),
            (12_390, "12.3 ms"),
            (999_999, "999.9 ms"),
            (1_000_000, "1.000 s"),
            (61_234_567, "61.234 s"),
        ] {
            assert_eq!(length_of_answer(Micros(us)), shown);
        }
        for (ms, shown) in [(0, "0s"), (180_000, "+3m"), (-61_500, "-1m 1s")] {
            assert_eq!(signed_length(Millis(ms)), shown);
        }
    }

    #[test]
    fn foreign_text_can_neither_leave_its_line_nor_hide() {
        for (hostile, shown) in [
            ("a\nb\r\tc", "a b  c"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("\u{9b}31m", "\u{fffd}31m"),
            ("abc\u{202e}cba", "abc\u{fffd}cba"),
            ("x\u{200b}y\u{2028}z", "x\u{fffd}y z"),
            ("503 Zażółć ☃", "503 Zażółć ☃"),
        ] {
            assert_eq!(plain(hostile), shown);
        }
        assert_eq!(
            plain(&"x".repeat(1000)).chars().count(),
            FOREIGN_CHARS_MAX + 1
        );
    }
}
