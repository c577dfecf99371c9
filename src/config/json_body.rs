//! JSON as it is sent, from YAML as it was written.

use secrecy::{ExposeSecret as _, SecretString};

use super::conceal;
use super::fills::OPEN;
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::value::{Reader, shortened};

/// What is written so far.
#[derive(Default)]
pub(super) struct Json {
    pub(super) text: String,
    pub(super) secrets: Vec<SecretString>,
}

impl Reader<'_, '_> {
    /// Writes the node as JSON: texts with `${…}` filled in, numbers as they are written, as far as
    /// JSON knows them so. Stops beyond `bytes_max`. `None` if there is a mistake in it.
    pub(super) fn json_body(&mut self, node: &Node, bytes_max: usize) -> Option<Json> {
        let mut json = Json::default();
        self.write_json(node, false, bytes_max, &mut json)?;
        Some(json)
    }

    /// `sensitive` is what stands below a key that carries credentials.
    fn write_json(
        &mut self,
        node: &Node,
        sensitive: bool,
        bytes_max: usize,
        json: &mut Json,
    ) -> Option<()> {
        if json.text.len() > bytes_max {
            let title = format!("a body of more than {} MiB", bytes_max >> 20);
            self.wrong(Mistake::at(node.place, title).label("too long to be sent each time"));
            return None;
        }
        let mut all = Some(());
        match &node.value {
            Value::Nothing => json.text.push_str("null"),
            Value::Bool(word) => json.text.push_str(&word.to_ascii_lowercase()),
            Value::Number(written) => {
                let Some(number) = number(written) else {
                    let title = format!("`{}` is not a number in JSON", shortened(written));
                    let label = "write it with digits, or in quotes as text";
                    self.wrong(Mistake::at(node.place, title).label(label));
                    return None;
                };
                json.text.push_str(&number);
            }
            Value::Text(_) => {
                let text = self.text(node, "text")?;
                json.text.push_str(&quoted(text.value()));
                // a template is no secret, but what will be filled in
                let in_the_open = (sensitive && !text.value().contains(OPEN))
                    .then(|| SecretString::from(text.value()));
                for secret in text.secrets().iter().chain(&in_the_open) {
                    json.secrets.push(secret.clone());
                    json.secrets.extend(escaped(secret.expose_secret()));
                }
            }
            Value::List(nodes) => {
                json.text.push('[');
                for (i, node) in nodes.iter().enumerate() {
                    if i > 0 {
                        json.text.push(',');
                    }
                    all = self.write_json(node, sensitive, bytes_max, json).and(all);
                    stop_beyond(bytes_max, json)?;
                }
                json.text.push(']');
            }
            Value::Map(entries) => {
                json.text.push('{');
                for (i, (key, node)) in entries.iter().enumerate() {
                    if i > 0 {
                        json.text.push(',');
                    }
                    json.text.push_str(&quoted(&key.text));
                    json.text.push(':');
                    let sensitive = sensitive || conceal::is_sensitive_name(&key.text);
                    all = self.write_json(node, sensitive, bytes_max, json).and(all);
                    stop_beyond(bytes_max, json)?;
                }
                json.text.push('}');
            }
            Value::Tagged => {
                self.unexpected(node, "a value without a tag");
                return None;
            }
        }
        all
    }
}

/// Ends the walk; what is too long is said where it becomes so.
fn stop_beyond(bytes_max: usize, json: &Json) -> Option<()> {
    (json.text.len() <= bytes_max).then_some(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// How a text comes out in JSON, if that is another way.
fn escaped(text: &str) -> Option<SecretString> {
    let quoted = quoted(text);
    let inside = &quoted[1..quoted.len() - 1];
    (inside != text).then(|| inside.into())
}

/// A number of YAML as JSON writes it: `1.10` as it is, `0x1F` as 31.
fn number(written: &str) -> Option<String> {
    if serde_json::from_str::<serde_json::Number>(written).is_ok() {
        return Some(written.to_owned());
    }
    let number: serde_yaml::Number = serde_yaml::from_str(written).ok()?;
    if let Some(whole) = number.as_i64() {
        return Some(whole.to_string());
    }
    if let Some(whole) = number.as_u64() {
        return Some(whole.to_string());
    }
    let number = number.as_f64().filter(|number| number.is_finite())?;
    Some(serde_json::Number::from_f64(number)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_knows_them() {
        for (written, json) in [
            ("1", Some("1")),
            ("-1.10", Some("-1.10")),
            ("1e3", Some("1e3")),
            (
                "123456789012345678901234567890",
                Some("123456789012345678901234567890"),
            ),
            ("0x1F", Some("31")),
            ("0o17", Some("15")),
            ("+1", Some("1")),
            (".5", Some("0.5")),
            ("1.", Some("1.0")),
            (".inf", None),
            (".nan", None),
        ] {
            assert_eq!(number(written).as_deref(), json, "{written}");
        }
    }
}
