//! Content lines of RFC 5545: escaped, and folded so that none is longer than 75 bytes.

use std::io::{self, Write};

use super::event::Event;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::report::text::harmless;

/// Without the line's end (section 3.1).
const LINE_BYTES_MAX: usize = 75;

pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// `value` holds nothing that would have to be escaped.
    pub(super) fn line(&mut self, name: &str, value: &str) -> io::Result<()> {
        let line = format!("{name}:{value}");
        let mut rest = line.as_str();
        let mut indent = "";
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest, LINE_BYTES_MAX - indent.len()));
            write!(self.out, "{indent}{now}\r\n")?;
            (rest, indent) = (later, " ");
        }
        Ok(())
    }

    /// `value` may be any text; what breaks its lines are line feeds.
    pub(super) fn text(&mut self, name: &str, value: &str) -> io::Result<()> {
        let lines: Vec<_> = value.split('\n').map(escaped).collect();
        self.line(name, &lines.join("\\n"))
    }

    pub(super) fn event(&mut self, stamp: &str, event: &Event) -> io::Result<()> {
        self.line("BEGIN", "VEVENT")?;
        self.line("UID", &event.uid)?;
        self.line("DTSTAMP", stamp)?;
        self.line("DTSTART", &moment(event.period.from))?;
        self.line("DTEND", &moment_after(event.period))?;
        self.text("SUMMARY", &event.summary)?;
        self.text("DESCRIPTION", &event.description.join("\n"))?;
        self.line("CATEGORIES", event.categories)?;
        // it takes nobody's time
        self.line("TRANSP", "TRANSPARENT")?;
        self.line("END", "VEVENT")
    }
}

/// So many bytes of it, cut between two characters.
fn fitting(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    (1..=most)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .expect("no character has more bytes than a line")
}

/// One line of text from outside (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        if matches!(c, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The years that there are in iCalendar are 0000 to 9999; the last two days of these cannot be told.
const FIRST: UnixMillis = UnixMillis(-62_167_219_200_000);
const LAST: UnixMillis = UnixMillis(253_402_127_999_000);

/// Cut to the second, which is as exact as it gets (section 3.3.5): `20240929T143020Z`.
pub(super) fn moment(at: UnixMillis) -> String {
    let text = at.clamp(FIRST, LAST).to_string();
    let to_the_second = text.split('.').next().unwrap_or_default();
    let digits = to_the_second.chars().filter(|c| !matches!(c, '-' | ':'));
    digits.chain(['Z']).collect()
}

/// The second in which it ends or begins to be over, and in any case one after that in which it
/// began: an event may not be without length.
fn moment_after(period: Period) -> String {
    let second = Millis::from_secs(1);
    let began = period.from.0.div_euclid(second.0);
    let over = period
        .to
        .0
        .saturating_add(second.0 - 1)
        .div_euclid(second.0);
    moment(UnixMillis(over.max(began + 1).saturating_mul(second.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(write: impl FnOnce(&mut Lines<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Lines::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_line_is_longer_than_75_bytes_and_unfolded_they_are_what_they_were() {
        for text in [
            "",
            "short",
            &"x".repeat(500),
            &"☃é𝄞".repeat(60),
            &"é".repeat(37),
        ] {
            let told = told(|lines| lines.text("SUMMARY", text));
            assert!(told.ends_with("\r\n"), "{told}");
            for line in told.trim_end_matches("\r\n").split("\r\n") {
                assert!(line.len() <= LINE_BYTES_MAX, "{line}");
            }
            let unfolded = told.replace("\r\n ", "");
            assert_eq!(unfolded, format!("SUMMARY:{text}\r\n"));
        }
    }

    #[test]
    fn no_text_ends_its_property_or_begins_another() {
        for (hostile, shown) in [
            ("a;b,c\\d", "a\\;b\\,c\\\\d"),
            ("one\ntwo", "one\\ntwo"),
            ("a\r\nEND:VEVENT", "a \\nEND:VEVENT"),
            ("a\rb\u{85}c\u{2028}d", "a b c d"),
            ("\u{0}\u{1b}[31m", "\u{fffd}\u{fffd}[31m"),
            ("\\n", "\\\\n"),
        ] {
            let told = told(|lines| lines.text("SUMMARY", hostile));
            assert_eq!(told, format!("SUMMARY:{shown}\r\n"));
        }
    }

    #[test]
    fn an_event_covers_all_of_its_time_in_whole_seconds() {
        for (from, to, start, end) in [
            (0, 60_000, "19700101T000000Z", "19700101T000100Z"),
            (999, 60_001, "19700101T000000Z", "19700101T000101Z"),
            (5, 6, "19700101T000000Z", "19700101T000001Z"),
            (1000, 1000, "19700101T000001Z", "19700101T000002Z"),
            (-1, 1, "19691231T235959Z", "19700101T000001Z"),
            (i64::MIN, i64::MAX, "00000101T000000Z", "99991229T235959Z"),
        ] {
            let period = Period::new(UnixMillis(from), UnixMillis(to));
            let moments = (moment(period.from), moment_after(period));
            assert_eq!(moments, (start.to_owned(), end.to_owned()));
        }
    }
}
