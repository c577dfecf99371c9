//! JSON Schema: the shape of a whole body.

use jsonschema::PatternOptions;
use serde_json::Value;

use super::json_body::extent;
use super::quote::quoted_display;
use super::text::Pattern;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    written: Value,
    validator: jsonschema::Validator,
    has_references: bool,
}

/// The value is no JSON Schema that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadSchema {
    /// One line.
    pub reason: String,
    /// Of the schema, what the trouble is at: a JSON Pointer (RFC 6901), empty for the whole.
    pub at: String,
}

/// Longest schema, as JSON in bytes.
const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// Most memory of a compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Most patterns in a schema.
const PATTERNS_MAX: usize = 200;

/// How many bytes of memory come of a byte as it is written, roughly.
const COMPILED_BYTES: usize = 20;

/// Most levels of a body that is held against a schema with references: one that refers to itself
/// in two alternatives takes twice as long with every level, 65,536 times at 16.
const REFERRED_DEPTH_MAX: u64 = 16;

/// Most violations that are named.
const VIOLATIONS_MAX: usize = 3;

/// Most values of a body of which more than the first violation is named: all are found before
/// there is a first, and each takes 1 KB.
const SEVERAL_VALUES_MAX: u64 = 10_000;

impl Schema {
    /// References reach only into the schema itself: nothing is fetched. Patterns are those of the
    /// regex crate, so that no body can make one slow.
    pub fn try_new(schema: Value) -> Result<Self, BadSchema> {
        let bad = |reason: String| BadSchema {
            reason,
            at: String::new(),
        };
        if schema.to_string().len() > SCHEMA_BYTES_MAX {
            return Err(bad("longer than 1 MiB".to_owned()));
        }
        if patterns(&schema).len() > PATTERNS_MAX {
            return Err(bad(format!("more than {PATTERNS_MAX} patterns")));
        }
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES_MAX);
        match jsonschema::options()
            .offline()
            .with_pattern_options(patterns)
            .build(&schema)
        {
            Ok(validator) => Ok(Self {
                has_references: has_references(&schema),
                written: schema,
                validator,
            }),
            Err(error) => Err(BadSchema {
                reason: what(&error),
                at: error.instance_path().as_str().to_owned(),
            }),
        }
    }

    /// How much memory it would take, roughly, in bytes.
    pub fn measured(schema: &Value) -> usize {
        let patterns = patterns(schema).into_iter().take(PATTERNS_MAX);
        let patterns = patterns.map(|pattern| Pattern::measured(pattern).1);
        schema.to_string().len() * COMPILED_BYTES + patterns.sum::<usize>()
    }

    pub fn validator(&self) -> &jsonschema::Validator {
        &self.validator
    }

    /// The first violations.
    pub(super) fn check(&self, value: &Value) -> Result<(), Violation> {
        let extent = extent(value);
        if self.has_references && extent.depth > REFERRED_DEPTH_MAX {
            return Err(Violation::TooDeep);
        }
        let Err(first) = self.validator.validate(value) else {
            return Ok(());
        };
        if extent.values > SEVERAL_VALUES_MAX {
            return Err(Violation::Found(place(&first)));
        }
        let violations = self.validator.iter_errors(value).take(VIOLATIONS_MAX);
        let violations: Vec<_> = violations.map(|error| place(&error)).collect();
        Err(Violation::Found(violations.join("; ")))
    }
}

/// All that is said of texts and names by regular expressions.
fn patterns(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    match schema {
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("pattern", Value::String(pattern)) => found.push(pattern.as_str()),
                    ("patternProperties", Value::Object(names)) => {
                        found.extend(names.keys().map(String::as_str));
                    }
                    _ => {}
                }
                found.extend(patterns(value));
            }
        }
        Value::Array(values) => found.extend(values.iter().flat_map(patterns)),
        _ => {}
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Violation {
    Found(String),
    /// The body has too many levels to be looked at.
    TooDeep,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Found(violations) => f.write_str(violations),
            Self::TooDeep => write!(
                f,
                "more than {REFERRED_DEPTH_MAX} levels, too deep for a schema with references"
            ),
        }
    }
}

/// As in "at /items/0: …".
fn place(error: &jsonschema::ValidationError<'_>) -> String {
    let what = what(error);
    match error.instance_path().as_str() {
        "" => what,
        path => format!("at {path}: {what}"),
    }
}

fn what(error: &jsonschema::ValidationError<'_>) -> String {
    quoted_display(error).trim_matches('`').replace('\n', " ")
}

fn has_references(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(has_references),
        Value::Object(members) => members.iter().any(|(key, value)| {
            matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef")
                || has_references(value)
        }),
        _ => false,
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "rows read better without `&`"
    )]
    fn check(schema: Value, body: Value, expected: Result<(), &str>) {
        let schema = Schema::try_new(schema).unwrap();
        let said = schema
            .check(&body)
            .map_err(|violation| violation.to_string());
        assert_eq!(said.as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn violations_are_named_with_their_place() {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "integer"}, "items": {"items": {"pattern": "^a"}}},
        });
        check(schema.clone(), json!({"id": 1}), Ok(()));
        check(
            schema.clone(),
            json!([]),
            Err("[] is not of type \"object\""),
        );
        check(
            schema.clone(),
            json!({}),
            Err("\"id\" is a required property"),
        );
        check(
            schema,
            json!({"id": "x", "items": ["a", "b", "c", "d", "e"]}),
            Err(
                "at /id: \"x\" is not of type \"integer\"; at /items/1: \"b\" does not match \"^a\"; at /items/2: \"c\" does not match \"^a\"",
            ),
        );
    }

    #[test]
    fn of_a_large_body_the_first_violation_is_named() {
        let schema = json!({"items": {"type": "string"}});
        check(
            schema,
            json!(vec![0; 20_000]),
            Err("at /0: 0 is not of type \"string\""),
        );
    }

    #[test]
    fn a_schema_that_cannot_be_used_says_why_in_one_line() {
        for (schema, part) in [
            (
                json!({"type": "text"}),
                "is not valid under any of the schemas",
            ),
            (json!({"$ref": "https://a.example/b.json"}), "a.example"),
            (json!({"$ref": "file:///etc/passwd"}), "passwd"),
            (json!({"pattern": "(?=a)"}), "regex"),
            (json!(3), ""),
        ] {
            let bad = Schema::try_new(schema).unwrap_err();
            assert!(bad.reason.contains(part), "{bad}");
            assert_eq!(bad.reason.lines().count(), 1, "{bad}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        ] {
            if let Ok(schema) = Schema::try_new(schema) {
                let _ = schema.check(&json!([[]]));
            }
        }
        let tree = json!({"anyOf": [
            {"type": "integer"},
            {"items": {"$ref": "#"}, "maxItems": 1},
            {"items": {"$ref": "#"}, "maxItems": 2},
        ]});
        let mut deep = json!([[0, "a"], 0, 0]);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        check(
            tree,
            deep,
            Err("more than 16 levels, too deep for a schema with references"),
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_wild_for_a_schema(text in r#"[{}\[\]",:a$#/0-9]{0,60}"#) {
            if let Ok(schema) = serde_json::from_str(&text)
                && let Ok(schema) = Schema::try_new(schema)
            {
                let _ = schema.check(&json!({"a": [0]}));
            }
        }
    }
}
