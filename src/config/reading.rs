//! One node after the other, from the data and the places in step.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess};

use super::events::{Event, Events, Kind, TOO_LARGE};
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::place::{Place, Source};
use super::value::shortened;

/// Most bytes that a file may grow to when its aliases are resolved.
const EXPANDED_BYTES_MAX: usize = 128 << 20;

/// What a node costs beside its text, for [`EXPANDED_BYTES_MAX`].
const NODE_BYTES: usize = 64;

/// One pass over the data and the places in step.
pub(super) struct Reading<'s> {
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

impl<'s> Reading<'s> {
    pub(super) fn new(source: &'s Source, events: Events) -> Self {
        Self {
            source,
            events,
            next: Cell::new(0),
            expanded: Cell::new(0),
            found: RefCell::default(),
        }
    }

    /// What was wrong in a text that could be read all the same.
    pub(super) fn found(self) -> Vec<Mistake> {
        self.found.into_inner()
    }

    /// So many bytes more are in the tree.
    fn expand<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        let expanded = self.expanded.get() + bytes;
        self.expanded.set(expanded);
        if expanded > EXPANDED_BYTES_MAX {
            return Err(E::custom(TOO_LARGE));
        }
        Ok(())
    }

    /// Steps to the next node, which the data says is of this kind.
    fn enter<E: serde::de::Error>(&self, kind: Kind, text_bytes: usize) -> Result<Entered, E> {
        self.expand(NODE_BYTES + text_bytes)?;
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
        let value = value(written.unwrap_or_default());
        // a number may be as long as any text
        if let Value::Number(written) | Value::Bool(written) = &value {
            self.expand(written.len())?;
        }
        Ok(Node {
            place: entered.place,
            value,
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
