//! From a file's text to the tree of its nodes.
//!
//! `serde_yaml` reads the data: it decides what is text, a number or nothing, resolves aliases, and
//! stops when they multiply. In step with it goes a walk over the same text that knows places
//! ([`Events`]). A tree instead of a struct per section, since reading into structs ends at the
//! first mistake, and a person wants to hear of all of them at once.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess};

use super::events::{Event, Events, Kind, TOO_LARGE, syntax};
use super::mistake::{Mistake, Mistakes};
use super::node::{Key, Node, Value};
use super::place::{Place, Source};
use super::value::shortened;

/// Most bytes that a file may grow to when its aliases are resolved.
const EXPANDED_BYTES_MAX: usize = 128 << 20;

/// What a node costs beside its text, for [`EXPANDED_BYTES_MAX`].
const NODE_BYTES: usize = 64;

/// Reads the text of a file. `None` if it is no YAML, which is then among the mistakes.
pub(super) fn parse(file: u32, mistakes: &mut Mistakes) -> Option<Node> {
    let source = &mistakes.sources[file as usize];
    let events = match Events::walk(source, file) {
        Ok(events) => events,
        Err(mistake) => {
            mistakes.push(mistake);
            return None;
        }
    };
    if events.list.is_empty() {
        let mistake = empty(source, file);
        mistakes.push(mistake);
        return None;
    }
    let reading = Reading {
        source,
        events,
        next: Cell::new(0),
        expanded: Cell::new(0),
        found: RefCell::default(),
    };
    let result = (&reading).deserialize(serde_yaml::Deserializer::from_str(&source.text));
    let mut found = reading.found.into_inner();
    let node = match result {
        Ok(node) if matches!(node.value, Value::Nothing) => {
            found.push(empty(source, file));
            None
        }
        Ok(node) => Some(node),
        Err(error) => {
            found.push(unreadable(source, file, &error));
            None
        }
    };
    for mistake in found {
        mistakes.push(mistake);
    }
    node
}

fn empty(source: &Source, file: u32) -> Mistake {
    let place = source.place(file, 0..source.text.len());
    let label = if source.text.trim().is_empty() {
        ""
    } else {
        "no keys in here"
    };
    Mistake::at(place, "the file is empty")
        .label(label)
        .help("`outwatch init` writes an example to start from")
}

/// What only `serde_yaml` refuses, at the place it tells.
fn unreadable(source: &Source, file: u32, error: &serde_yaml::Error) -> Mistake {
    let text = error.to_string();
    // the place is shown by us
    let says = text.find(" at line ").map_or(&*text, |end| &text[..end]);
    let at = error.location().map_or(0, |location| {
        let line_start = match location.line().saturating_sub(2) {
            _ if location.line() < 2 => 0,
            newline => source
                .text
                .match_indices('\n')
                .nth(newline)
                .map_or(0, |(at, _)| at + 1),
        };
        source.text[line_start..]
            .char_indices()
            .nth(location.column().saturating_sub(1))
            .map_or(source.text.len(), |(at, _)| line_start + at)
    });
    syntax(source, file, at, says)
}

/// One pass over the data and the places in step.
struct Reading<'s> {
    source: &'s Source,
    events: Events,
    /// The event of the node that comes next.
    next: Cell<usize>,
    /// Bytes that the tree takes so far, roughly.
    expanded: Cell<usize>,
    found: RefCell<Vec<Mistake>>,
}

/// Where a node stands, and how the walk goes on behind it.
struct Entered {
    place: Place,
    /// Where what it says is written: elsewhere, if it is an alias.
    written: Place,
    /// Behind the alias.
    back_to: Option<usize>,
}

impl Reading<'_> {
    /// Steps to the next node, which the data says is of this kind.
    fn enter<E: serde::de::Error>(&self, kind: Kind, text_bytes: usize) -> Result<Entered, E> {
        let expanded = self.expanded.get() + NODE_BYTES + text_bytes;
        self.expanded.set(expanded);
        if expanded > EXPANDED_BYTES_MAX {
            return Err(E::custom(TOO_LARGE));
        }
        // two readers that see different things in one text: better refused than shown wrongly
        let differ = || E::custom("this can be understood in two ways; write it more plainly");
        let event = |index: usize| self.events.list.get(index).ok_or_else(differ);
        let index = self.next.get();
        let Event { kind: seen, place } = *event(index)?;
        let (written_at, back_to) = match seen {
            Kind::Alias(anchor) => {
                let original = self.events.anchors.get(&anchor).ok_or_else(differ)?;
                (*original, Some(index + 1))
            }
            _ => (index, None),
        };
        let original = event(written_at)?;
        if original.kind != kind {
            return Err(differ());
        }
        self.next.set(written_at + 1);
        Ok(Entered {
            place,
            written: original.place,
            back_to,
        })
    }

    fn leave(&self, entered: &Entered) {
        if let Some(behind) = entered.back_to {
            self.next.set(behind);
        }
    }

    fn scalar<E: serde::de::Error>(
        &self,
        text_bytes: usize,
        value: impl FnOnce(&str) -> Value,
    ) -> Result<Node, E> {
        let entered = self.enter(Kind::Scalar, text_bytes)?;
        self.leave(&entered);
        let written = self.source.text.get(entered.written.bytes());
        Ok(Node {
            place: entered.place,
            value: value(written.unwrap_or_default()),
        })
    }

    /// A scalar as it is written, unless a tag made it what it is, as in `!!int "5"`.
    fn written<E: serde::de::Error>(
        &self,
        value: impl fmt::Display,
        kind: fn(String) -> Value,
    ) -> Result<Node, E> {
        self.scalar(0, |written| {
            if written.starts_with(['!', '&', '"', '\'']) {
                kind(value.to_string())
            } else {
                kind(written.to_owned())
            }
        })
    }

    /// `<<: *other` brings in what another map has and this one does not say itself.
    fn merged(&self, mut entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
        let Some(at) = entries.iter().position(|(key, _)| key.text == "<<") else {
            return entries;
        };
        let (_, merged) = entries.remove(at);
        let maps = match merged.value {
            Value::List(nodes) => nodes,
            _ => vec![merged],
        };
        let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
        for map in maps {
            if let Value::Map(inherited) = map.value {
                entries.extend(
                    inherited
                        .into_iter()
                        .filter(|(key, _)| known.insert(key.text.clone())),
                );
            } else {
                let mistake = Mistake::at(map.place, "expected a map to merge, or a list of maps")
                    .label(format!("this is {}", map.value.describe()));
                self.found.borrow_mut().push(mistake);
            }
        }
        entries
    }

    /// The text of a key, whatever kind of scalar it looks like.
    fn key(&self, node: Node) -> Option<Key> {
        let text = match node.value {
            Value::Text(text) | Value::Number(text) | Value::Bool(text) => text,
            other => {
                let mistake = Mistake::at(node.place, "expected text as the key")
                    .label(format!("this is {}", other.describe()));
                self.found.borrow_mut().push(mistake);
                return None;
            }
        };
        Some(Key {
            place: node.place,
            text,
        })
    }
}

impl<'de> DeserializeSeed<'de> for &Reading<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<Node, D::Error> {
        data.deserialize_any(self)
    }
}

impl<'de> serde::de::Visitor<'de> for &Reading<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.scalar(0, |_| Value::Nothing)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
        self.written(value, Value::Bool)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Node, E> {
        self.written(number, Value::Number)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Node, E> {
        self.written(number, Value::Number)
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<Node, E> {
        self.written(number, Value::Number)
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<Node, E> {
        self.written(number, Value::Number)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Node, E> {
        self.written(number, Value::Number)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        self.scalar(text.len(), |_| Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut data: A) -> Result<Node, A::Error> {
        let entered = self.enter(Kind::List, 0)?;
        let mut nodes = Vec::new();
        while let Some(node) = data.next_element_seed(self)? {
            nodes.push(node);
        }
        self.enter::<A::Error>(Kind::End, 0)?;
        self.leave(&entered);
        Ok(Node {
            place: entered.place,
            value: Value::List(nodes),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut data: A) -> Result<Node, A::Error> {
        let entered = self.enter(Kind::Map, 0)?;
        let mut entries = Vec::new();
        let mut seen: HashMap<String, Place> = HashMap::new();
        while let Some(key) = data.next_key_seed(self)? {
            let node = data.next_value_seed(self)?;
            let Some(key) = self.key(key) else {
                continue;
            };
            if let Some(first) = seen.get(&key.text) {
                let title = format!("the key `{}` is written twice", shortened(&key.text));
                let mistake = Mistake::at(key.place, title)
                    .label("again here")
                    .also(*first, "first here");
                self.found.borrow_mut().push(mistake);
                continue;
            }
            seen.insert(key.text.clone(), key.place);
            entries.push((key, node));
        }
        let entries = self.merged(entries);
        self.enter::<A::Error>(Kind::End, 0)?;
        self.leave(&entered);
        Ok(Node {
            place: entered.place,
            value: Value::Map(entries),
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let ((), value) = data.variant_seed(Tag)?;
        let inner = value.newtype_variant_seed(self)?;
        Ok(Node {
            place: inner.place,
            value: Value::Tagged,
        })
    }
}

/// The tag of a tagged value, which is not kept.
struct Tag;

impl<'de> DeserializeSeed<'de> for Tag {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<(), D::Error> {
        data.deserialize_ignored_any(serde::de::IgnoredAny)
            .map(|_| ())
            .map_err(D::Error::custom)
    }
}
