//! Single values: text, lengths of time, counts, choices. Each reads a node, and says what would
//! be right if it cannot.

use std::num::NonZeroU32;

use super::length::{self, BadLength};
use super::mistake::{Mistake, Mistakes};
use super::nearest::{nearest, nearest_within};
use super::node::{Key, Node, Value};
use super::outside::Outside;
use super::place::Place;
use super::share::Shared;
use super::text::Text;
use crate::domain::time::Millis;

/// What reading needs at hand, and where its mistakes go.
pub(super) struct Reader<'r, 'e> {
    pub(super) mistakes: &'r mut Mistakes,
    pub(super) outside: &'r mut Outside<'e>,
    pub(super) shared: &'r mut Shared,
}

/// A value that was given. `None` inside if it could not be read: the mistake is known then, and
/// no default takes its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<T> {
    pub(super) place: Place,
    pub(super) value: Option<T>,
}

/// What a level says of something that may also be inherited: `none` takes the inherited one away.
#[derive(Clone, Copy, Debug)]
pub(super) enum OrNone<T> {
    None,
    This(T),
}

impl<T> OrNone<T> {
    pub(super) fn this(&self) -> Option<&T> {
        match self {
            Self::None => None,
            Self::This(this) => Some(this),
        }
    }
}

/// Whether the text is the word that takes an inherited value away.
pub(super) fn is_none(text: &Text) -> bool {
    !text.is_filled() && text.value().trim() == "none"
}

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

    /// An unknown key, which may be a known one in the wrong place.
    pub(super) fn unknown(
        &mut self,
        key: &Key,
        known: &[&'static str],
        elsewhere: &[(&[&str], &str)],
    ) {
        let belongs = elsewhere
            .iter()
            .find(|(keys, _)| keys.contains(&&*key.text));
        match belongs {
            Some((_, place)) if nearest(&key.text, known.iter().copied()).is_none() => {
                let title = format!("`{}` does not stand here", key.text);
                let label = format!("it belongs {place}");
                self.wrong(Mistake::at(key.place, title).label(label));
            }
            _ => self.unknown_key(key, known),
        }
    }

    /// Says that something else was expected than stands here.
    pub(super) fn unexpected(&mut self, node: &Node, expected: &str) {
        let found = match node.value {
            Value::Nothing => "nothing stands here".to_owned(),
            _ => format!("this is {}", node.value.describe()),
        };
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
            Value::Text(written) | Value::Number(written) | Value::Bool(written) => written,
            Value::Nothing | Value::List(_) | Value::Map(_) | Value::Tagged => {
                self.unexpected(node, expected);
                return None;
            }
        };
        match Text::fill(written, node.place, self.outside) {
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

    /// Text with something in it.
    pub(super) fn some_text(&mut self, node: &Node, expected: &str) -> Option<Text> {
        let text = self.text(node, expected)?;
        if text.value().trim().is_empty() {
            let mistake = Mistake::at(text.place, format!("expected {expected}"));
            self.wrong(mistake.label("this is empty"));
            return None;
        }
        Some(text)
    }

    /// One of a few words. `what` is what none of them would be, as in "a family of addresses".
    pub(super) fn choice<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let words = || choices.iter().map(|(word, _)| *word);
        let text = self.text(node, what)?;
        let written = text.value().trim().to_ascii_lowercase();
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == written) {
            return Some(*value);
        }
        let title = format!("`{}` is not {what}", shortened(text.written()));
        // a digit is no slip of another
        let meant = nearest_within(&written, words(), written.len().saturating_sub(1));
        let label = match meant {
            Some(meant) if !text.is_filled() && meant.starts_with(char::is_alphabetic) => {
                format!("did you mean `{meant}`?")
            }
            _ => format!("write {}", alternatives(words())),
        };
        self.wrong(Mistake::at(text.place, title).label(label));
        None
    }

    /// `on` or `off`.
    pub(super) fn on_off(&mut self, node: &Node) -> Option<bool> {
        self.switch(node, "on", "off")
    }

    /// `true` or `false`.
    pub(super) fn true_false(&mut self, node: &Node) -> Option<bool> {
        self.switch(node, "true", "false")
    }

    /// One word or the other; all that YAML has ever known as such are understood.
    fn switch(&mut self, node: &Node, on: &str, off: &str) -> Option<bool> {
        let text = self.text(node, &format!("{on} or {off}"))?;
        match &*text.value().trim().to_ascii_lowercase() {
            "on" | "true" | "yes" => Some(true),
            "off" | "false" | "no" => Some(false),
            _ => {
                let title = format!("`{}` is neither {on} nor {off}", shortened(text.written()));
                let label = format!("write {on} or {off}");
                self.wrong(Mistake::at(text.place, title).label(label));
                None
            }
        }
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
            .and_then(|text| match length::parse(text.value()) {
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

/// As in "a, b or c".
pub(super) fn alternatives<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
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
