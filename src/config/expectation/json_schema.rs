//! The key `json_schema`: the path of a file, or the schema itself.

use std::path::Path;
use std::sync::Arc;

use super::super::mistake::Mistake;
use super::super::node::{Node, Value};
use super::super::place::Place;
use super::super::value::{Reader, shortened};
use super::Said;
use crate::expect::{Rule, Schema};

/// Largest file of a schema.
const SCHEMA_BYTES_MAX: u64 = 1 << 20;

impl Reader<'_, '_> {
    pub(super) fn json_schema(&mut self, node: &Node, said: &mut Said) {
        let schema = match node.value {
            Value::Map(_) => self.schema_written(node, said),
            _ => self.schema_of_file(node),
        };
        said.rules.extend(schema.map(Rule::JsonSchema));
    }

    fn schema_written(&mut self, node: &Node, said: &mut Said) -> Option<Arc<Schema>> {
        let json = self.json(node)?;
        let filled = !json.secrets.is_empty();
        said.secrets.extend(json.secrets);
        match self.shared.compiled.schema(json.value) {
            Ok(schema) => Some(schema),
            Err(bad) => {
                let place = inside(node, &bad.at).unwrap_or(node.place);
                let title = "this is not a JSON Schema that can be used";
                let mistake = Mistake::at(place, title);
                self.wrong(if filled {
                    mistake.label("not understood")
                } else {
                    mistake.label(bad.reason)
                });
                None
            }
        }
    }

    fn schema_of_file(&mut self, node: &Node) -> Option<Arc<Schema>> {
        let path = self.text(node, "the path of a JSON Schema, or the schema as a map")?;
        let shown = shortened(path.written());
        let bad = |title: String| {
            Mistake::at(path.place, title).help(
                "a relative path starts in the folder of this file; the schema itself may also \
                 stand here, as a map",
            )
        };
        let bytes = match self
            .outside
            .bytes(Path::new(path.value()), SCHEMA_BYTES_MAX)
        {
            Ok(bytes) => bytes,
            Err(why) => {
                let mistake = bad(format!("cannot read the JSON Schema {shown}: {why}"));
                self.wrong(mistake.label("not readable"));
                return None;
            }
        };
        let value = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(error) => {
                let mistake = bad(format!("the JSON Schema {shown} is not JSON"));
                self.wrong(mistake.label(error.to_string()));
                return None;
            }
        };
        match self.shared.compiled.schema(value) {
            Ok(schema) => Some(schema),
            Err(wrong) => {
                let title = format!("{shown} is not a JSON Schema that can be used");
                let label = match &*wrong.at {
                    "" => wrong.reason,
                    at => format!("at {at}: {}", wrong.reason),
                };
                self.wrong(Mistake::at(path.place, title).label(label));
                None
            }
        }
    }
}

/// Where the JSON Pointer (RFC 6901) leads to.
fn inside(node: &Node, pointer: &str) -> Option<Place> {
    let mut node = node;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        node = match &node.value {
            Value::Map(entries) => &entries.iter().find(|(key, _)| key.text == token)?.1,
            Value::List(nodes) => nodes.get(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(node.place)
}
