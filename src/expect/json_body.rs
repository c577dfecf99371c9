//! A body as JSON, if it is not too much of it.

use serde_json::Value;

/// Longest body that is read as JSON. All probes are judged on one thread: reading this much takes
/// some 10 ms of it.
pub const JSON_BYTES_MAX: usize = 4 << 20;

/// Most values in a body that is read as JSON. A value takes 32 to 700 bytes of memory, so without
/// this 4 MiB of `[{"":0},…]` would take 350 MB.
pub const JSON_VALUES_MAX: usize = 200_000;

/// Why there is no JSON, as in "body is no JSON: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoJson {
    #[error("{0}")]
    Other(String),
    /// Nobody looked whether it is.
    #[error("{0}")]
    TooMuch(String),
}

/// The body as JSON.
pub fn read_json(body: &[u8]) -> Result<Value, NoJson> {
    if body.trim_ascii().is_empty() {
        return Err(NoJson::Other("body is empty, no JSON".to_owned()));
    }
    if body.len() > JSON_BYTES_MAX {
        let mib = JSON_BYTES_MAX >> 20;
        return Err(NoJson::TooMuch(format!(
            "body is too long to be read as JSON, over {mib} MiB"
        )));
    }
    if values_at_most(body) > JSON_VALUES_MAX {
        return Err(NoJson::TooMuch(format!(
            "body has too many values to be read as JSON, over {JSON_VALUES_MAX}"
        )));
    }
    serde_json::from_slice(body).map_err(|error| NoJson::Other(format!("body is no JSON: {error}")))
}

/// How many values it has, or a few more: all but the first follow a comma or a bracket.
fn values_at_most(body: &[u8]) -> usize {
    let mut values = 1;
    let (mut in_text, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// How many values there are in it, itself included, and how many levels.
pub(super) fn extent(value: &Value) -> Extent {
    let inner: &mut dyn Iterator<Item = &Value> = match value {
        Value::Array(items) => &mut items.iter(),
        Value::Object(members) => &mut members.values(),
        _ => &mut std::iter::empty(),
    };
    inner.map(extent).fold(
        Extent {
            values: 1,
            depth: 1,
        },
        |whole, part| Extent {
            values: whole.values + part.values,
            depth: whole.depth.max(part.depth + 1),
        },
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) values: u64,
    pub(super) depth: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_says_why() {
        for (body, expected) in [
            ("", "body is empty, no JSON"),
            (" \n", "body is empty, no JSON"),
            (
                "<html>",
                "body is no JSON: expected value at line 1 column 1",
            ),
            (
                "{\"a\":",
                "body is no JSON: EOF while parsing a value at line 1 column 5",
            ),
            (
                &"[".repeat(1000),
                "body is no JSON: recursion limit exceeded at line 1 column 128",
            ),
            (
                &"[0,".repeat(100_001),
                "body has too many values to be read as JSON, over 200000",
            ),
            (
                &" 1".repeat(JSON_BYTES_MAX),
                "body is too long to be read as JSON, over 4 MiB",
            ),
        ] {
            let error = read_json(body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn commas_in_texts_are_no_values() {
        let prose = format!(r#"["{}\",[{{"]"#, ",[{".repeat(200_000));
        assert!(read_json(prose.as_bytes()).is_ok());
        let many = format!("[{}0]", "0,".repeat(JSON_VALUES_MAX - 2));
        assert!(read_json(many.as_bytes()).is_ok());
    }

    #[test]
    fn an_extent_counts_values_and_levels() {
        let value = serde_json::json!({"a": [1, {"b": 2}], "c": null});
        assert_eq!(
            extent(&value),
            Extent {
                values: 6,
                depth: 4
            }
        );
    }
}
