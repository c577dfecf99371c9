//! Values of YAML as JSON.

use secrecy::SecretString;

use super::mistake::Mistake;
use super::node::{Node, Value};
use super::value::{Reader, shortened};

/// A value, and what of it was filled in.
pub(super) struct Json {
    pub(super) value: serde_json::Value,
    pub(super) secrets: Vec<SecretString>,
}

impl Reader<'_, '_> {
    /// Numbers, true, false and nothing are what they look like; what is quoted or filled in is
    /// text.
    pub(super) fn json(&mut self, node: &Node) -> Option<Json> {
        let mut secrets = Vec::new();
        let value = self.json_value_of(node, &mut secrets)?;
        Some(Json { value, secrets })
    }

    fn json_value_of(
        &mut self,
        node: &Node,
        secrets: &mut Vec<SecretString>,
    ) -> Option<serde_json::Value> {
        match &node.value {
            Value::Nothing => Some(serde_json::Value::Null),
            Value::Number(written) | Value::Bool(written) => {
                let value = serde_yaml::from_str(written).ok();
                let value = value.filter(|value: &serde_json::Value| !value.is_null());
                if value.is_none() {
                    let title = format!("JSON has no number `{}`", shortened(written));
                    self.wrong(Mistake::at(node.place, title).label("put it in quotes for text"));
                }
                value
            }
            Value::Text(_) => {
                let text = self.text(node, "a value")?;
                secrets.extend_from_slice(text.secrets());
                Some(text.value().into())
            }
            // all of them are read, so that every mistake is found
            Value::List(nodes) => nodes
                .iter()
                .map(|node| self.json_value_of(node, secrets))
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Option<_>>()
                .map(serde_json::Value::Array),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, node)| {
                    let value = self.json_value_of(node, secrets)?;
                    Some((key.text.clone(), value))
                })
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Option<_>>()
                .map(serde_json::Value::Object),
            Value::Tagged => {
                self.unexpected(node, "a value");
                None
            }
        }
    }
}
