//! From a file's text to the tree of its nodes.
//!
//! `serde_yaml` reads the data: it decides what is text, a number or nothing, resolves aliases, and
//! stops when they multiply. In step with it goes a walk over the same text that knows places
//! ([`Events`]). A tree instead of a struct per section, since reading into structs ends at the
//! first mistake, and a person wants to hear of all of them at once.

use serde::de::DeserializeSeed;

use super::events::{Events, syntax};
use super::mistake::{Mistake, Mistakes};
use super::node::{Node, Value};
use super::place::Source;
use super::reading::Reading;

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
    let reading = Reading::new(source, events);
    let result = (&reading).deserialize(serde_yaml::Deserializer::from_str(&source.text));
    let mut found = reading.found();
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
        let lines_before = location.line().saturating_sub(1);
        let lines = source.text.split_inclusive('\n').take(lines_before);
        let line_start: usize = lines.map(str::len).sum();
        source.text[line_start..]
            .char_indices()
            .nth(location.column().saturating_sub(1))
            .map_or(source.text.len(), |(at, _)| line_start + at)
    });
    syntax(source, file, at, says)
}
