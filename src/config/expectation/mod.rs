//! What stands below `expect` and `slow_if`: what an answer must be like, and what makes it slow.

mod checks;
mod expression;
mod header;
mod json;
mod json_schema;
mod limits;
mod status;
mod text_test;
mod unknown;

#[cfg(test)]
mod mistake_tests;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::settings::Settings;
use super::text::Text;
use super::value::Reader;
use crate::expect::{Expectations, Rule, StatusSet};

/// The keys below `expect` and `slow_if`, in the order they are documented and judged.
pub(super) const KEYS: [&str; keys::EXPECT.len()] = names(&keys::EXPECT);

/// Most of what is said below one key: all of it is held against each answer, and inherited by every
/// probe below.
const SAID_MAX: usize = 1000;

/// What one level says below `expect`, or below `slow_if`.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpectSettings(Arc<Vec<Said>>);

/// What is said about one thing. A nearer level replaces it as a whole.
#[derive(Clone)]
struct Said {
    /// One of [`KEYS`].
    key: &'static str,
    /// Of the header, the path or the part of the latency; else empty.
    name: String,
    place: Place,
    /// None at all take inherited ones away.
    rules: Vec<Rule>,
    secrets: Vec<SecretString>,
}

impl fmt::Debug for Said {
    /// Without the rules, whose texts may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({} {} {:?})", self.key, self.name, self.place)
    }
}

impl Said {
    fn new(key: &'static str, place: Place) -> Self {
        Self {
            key,
            name: String::new(),
            place,
            rules: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// The value of the text, whose secrets are kept.
    fn take<'t>(&mut self, text: &'t Text) -> &'t str {
        self.secrets.extend_from_slice(text.secrets());
        text.value()
    }
}

impl ExpectSettings {
    /// What stands below `expect` or `slow_if`.
    pub(super) fn read(&mut self, node: &Node, reader: &mut Reader<'_, '_>) {
        for (key, node) in reader.entries(node, "a map as in { status: 200 }") {
            let Some(known) = KEYS.iter().find(|known| **known == key.text) else {
                reader.unknown_expectation(key);
                continue;
            };
            if how_much(known, node) > SAID_MAX {
                let title = format!("more than {SAID_MAX} expectations");
                let mistake = Mistake::at(key.place, title).label("too much for each answer");
                reader.wrong(mistake);
                continue;
            }
            let all = Arc::make_mut(&mut self.0);
            let mut said = Said::new(known, node.place);
            match *known {
                "headers" => {
                    all.extend(reader.expected_headers(node));
                    continue;
                }
                "json" => {
                    all.extend(reader.expected_json(node));
                    continue;
                }
                "latency_max" => {
                    all.extend(reader.latency_max(node));
                    continue;
                }
                "status" => reader.status(node, &mut said),
                "body" => reader.expected_body(node, &mut said),
                "body_contains" => reader.body_contains(node, &mut said),
                "final_url" => reader.final_url(node, &mut said),
                // texts could mean the word itself; these cannot
                _ if is_none(node) => {}
                "json_schema" => reader.json_schema(node, &mut said),
                "expression" => reader.expressions(node, &mut said),
                limit => reader.limit(limit, node, &mut said),
            }
            all.push(said);
        }
    }

    /// These expectations, and those of the level below about other things.
    pub(super) fn over(self, below: &Self) -> Self {
        if self.0.is_empty() {
            return below.clone();
        }
        let anew: HashSet<_> = self.0.iter().map(|new| (new.key, &new.name)).collect();
        let inherited = below.0.iter();
        let inherited = inherited.filter(|old| !anew.contains(&(old.key, &old.name)));
        let all = inherited.chain(&*self.0).cloned().collect();
        Self(Arc::new(all))
    }

    /// How much of it is held for itself rather than shared with what it was made of.
    pub(super) fn own_since(&self, below: &Self) -> usize {
        if Arc::ptr_eq(&self.0, &below.0) {
            return 0;
        }
        self.0.iter().map(|said| 1 + said.rules.len()).sum()
    }

    /// What was filled in.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.0.iter().flat_map(|said| &said.secrets)
    }

    /// In the order of [`KEYS`]; of one key, as written.
    fn rules(&self) -> Vec<Rule> {
        let mut said: Vec<&Said> = self.0.iter().collect();
        said.sort_by_key(|said| KEYS.iter().position(|key| *key == said.key));
        said.into_iter()
            .flat_map(|said| said.rules.iter().cloned())
            .collect()
    }

    /// Each rule with the place of what is said.
    fn placed(&self) -> impl Iterator<Item = (Place, &Rule)> {
        let placed = |said: &'_ Said| said.place;
        self.0
            .iter()
            .flat_map(move |said| said.rules.iter().map(move |rule| (placed(said), rule)))
    }
}

/// That anything answers at all, whatever the status.
pub(super) fn any_status(place: Place) -> ExpectSettings {
    let mut said = Said::new("status", place);
    said.rules.push(Rule::Status(StatusSet::any()));
    ExpectSettings(Arc::new(vec![said]))
}

/// What an answer must be like, and what makes it slow.
pub(super) fn expectations(settings: &Settings) -> Expectations {
    Expectations::new(settings.expect.rules(), settings.slow_if.rules())
}

/// How much is said below the key, roughly.
fn how_much(key: &str, node: &Node) -> usize {
    let of_one = |node: &Node| match &node.value {
        Value::Map(tests) => tests.len(),
        Value::List(nodes) if key != "json" => nodes.len(),
        _ => 1,
    };
    match &node.value {
        Value::List(nodes) => nodes.len(),
        // a schema has limits of its own
        Value::Map(entries) if key != "json_schema" => {
            entries.iter().map(|(_, node)| of_one(node)).sum()
        }
        _ => 1,
    }
}

/// Whether it is the word that takes an inherited expectation away.
fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "none")
}

/// Whether nothing at all is written here; `null` is written.
fn is_left_out(node: &Node) -> bool {
    matches!(node.value, Value::Nothing) && node.place.bytes().is_empty()
}
