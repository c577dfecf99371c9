//! Single values: text, lengths of time, counts, choices. Each reads a node, and says what would
//! be right if it cannot.

use std::num::NonZeroU32;

use super::mistake::{Mistake, Mistakes};
use super::nearest::nearest;
use super::node::{Key, Node, Value};
use super::place::Place;
use super::text::{Outside, Text};
use crate::domain::time::Millis;

/// What reading needs at hand, and where its mistakes go.
pub(super) struct Reader<'r, 'e> {
    pub(super) mistakes: &'r mut Mistakes,
    pub(super) outside: Outside<'e>,
}

/// A value that was given. `None` inside if it could not be read: the mistake is known then, and
/// no default takes its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<T> {
    pub(super) place: Place,
    pub(super) value: Option<T>,
}

/// Longest length of time: a year.
const LENGTH_MAX: Millis = Millis::from_secs(366 * 86_400);

/// Highest count for thresholds: with more, an outage would take days to be seen.
const COUNT_MAX: u32 = 1000;

impl Reader<'_, '_> {
    pub(super) fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Says that there is no such key, and which one was meant.
    pub(super) fn unknown_key(&mut self, key: &Key, known: &[&'static str]) {
        let mistake = Mistake::at(key.place, format!("unknown key `{}`", shortened(&key.text)));
        let mistake = match nearest(&key.text, known.iter().copied()) {
            Some(meant) => mistake.label(format!("did you mean `{meant}`?")),
            None => mistake.label("not known here"),
        };
        self.wrong(mistake.help(format!("known keys here: {}", known.join(", "))));
    }

    /// Says that something else was expected than stands here.
    pub(super) fn unexpected(&mut self, node: &Node, expected: &str) {
        let found = format!("this is {}", node.value.describe());
        self.wrong(Mistake::at(node.place, format!("expected {expected}")).label(found));
    }

    /// A map's keys and values.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            // a key with nothing below it: everything in there is commented out
            Value::Nothing => &[],
            _ => {
                self.unexpected(node, expected);
                &[]
            }
        }
    }

    /// Text, numbers and words as they are written, filled in.
    pub(super) fn text(&mut self, node: &Node, expected: &str) -> Option<Text> {
        let written = match &node.value {
            Value::Text(written) | Value::Number(written) => written,
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Nothing | Value::List(_) | Value::Map(_) | Value::Tagged => {
                self.unexpected(node, expected);
                return None;
            }
        };
        match Text::fill(written, node.place, &mut self.outside) {
            Ok(text) => Some(text),
            Err(bad) => {
                let source = &self.mistakes.sources[node.place.file as usize];
                let place = node.place.narrowed(&source.text, &bad.part);
                self.wrong(bad.at(place));
                None
            }
        }
    }

    /// Text that is shown everywhere, and so must not be a secret.
    pub(super) fn plain_text(&mut self, node: &Node, expected: &str) -> Option<Text> {
        let text = self.text(node, expected)?;
        if text.is_filled() {
            let mistake = Mistake::at(text.place, format!("{expected} cannot be filled in"))
                .label("write it out")
                .help("what `${…}` fills in is never shown, and names are shown everywhere");
            self.wrong(mistake);
            return None;
        }
        Some(text)
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, node: &Node, expected: &str) -> Option<Vec<Text>> {
        match &node.value {
            // all of them are read, so that every mistake is found
            Value::List(nodes) => nodes
                .iter()
                .map(|node| self.text(node, expected))
                .collect::<Vec<_>>()
                .into_iter()
                .collect(),
            _ => Some(vec![self.text(node, expected)?]),
        }
    }

    /// A length of time longer than zero.
    pub(super) fn length(&mut self, node: &Node) -> Given<Millis> {
        let value = self
            .text(node, "a length of time as in 30s")
            .and_then(|text| match length(text.value()) {
                Ok(length) => Some(length),
                Err(BadLength { problem, write }) => {
                    let title = format!("`{}` {problem}", shortened(text.written()));
                    self.wrong(Mistake::at(text.place, title).label(write));
                    None
                }
            });
        Given {
            place: node.place,
            value,
        }
    }

    /// A whole number from 1 to a thousand.
    pub(super) fn count(&mut self, node: &Node) -> Given<NonZeroU32> {
        let value = self
            .number(node, 1..=u64::from(COUNT_MAX))
            .and_then(|n| u32::try_from(n).ok())
            .and_then(NonZeroU32::new);
        Given {
            place: node.place,
            value,
        }
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        node: &Node,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let (first, last) = (range.start(), range.end());
        let text = self.text(node, "a whole number")?;
        match text.value().trim().parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let written = shortened(text.written());
                let title = format!("`{written}` is not a whole number from {first} to {last}");
                let label = if text.value().trim() == "0" {
                    format!("at least {first}")
                } else {
                    format!("write a number from {first} to {last}")
                };
                self.wrong(Mistake::at(text.place, title).label(label));
                None
            }
        }
    }
}

/// Long values are quoted by their beginning.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

struct BadLength {
    problem: &'static str,
    write: String,
}

fn length(text: &str) -> Result<Millis, BadLength> {
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
            assert_eq!(length(text).ok(), Some(Millis(ms)), "{text}");
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
            let said = length(text).err().map(|bad| bad.write);
            assert_eq!(said.as_deref(), Some(write), "{text}");
        }
    }
}
