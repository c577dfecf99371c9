//! What may stand behind a key, as JSON Schema.

use serde_json::{Value, json};

use super::super::keys::{Pattern, Shape};

/// Hours, minutes, seconds and milliseconds, in all the ways that they are read.
const LENGTH: &str = r"^(?=.*[1-9])\s*(\+?\s*(\d+(\.\d+)?\s*(h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|ms|msecs?|millis?|milliseconds?)[\s,]*)+|\d+:\d\d:\d\d(\.\d+)?|P?T[0-9HMShms.]+|PT[0-9HMShms.]+)\s*$";

/// Days and weeks too.
const KEPT: &str = r"^(?=.*[1-9])\s*(\+?\s*(\d+(\.\d+)?\s*(w|wks?|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|ms|msecs?|millis?|milliseconds?)[\s,]*)+|P[0-9WDTHMSwdthms.]+)\s*$";

const STATUS: &str = r"^\s*([1-9](\d\d|xx|XX)|[1-9]\d\d\s*-\s*[1-9]\d\d)(\s*,\s*([1-9](\d\d|xx|XX)|[1-9]\d\d\s*-\s*[1-9]\d\d))*\s*$";

/// Text in which `${…}` is filled in.
const FILLED: &str = r"\$\{";

/// Names are shown everywhere and so never filled in; there is a letter or digit in them.
const NAME: &str = r"^(?!.*(?<!\$)\$\{).*[\p{L}\p{N}]";

/// Text like this, or filled in.
pub(super) fn like(pattern: &Pattern) -> Value {
    filled_or(pattern.regex, pattern.about)
}

fn filled_or(regex: &str, about: &str) -> Value {
    json!({
        "type": "string",
        "pattern": format!("{regex}|{FILLED}"),
        "description": about,
    })
}

fn filled() -> Value {
    json!({ "type": "string", "pattern": FILLED })
}

pub(super) fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text => text(),
        Shape::Name => json!({ "type": ["string", "number", "boolean"], "pattern": NAME }),
        Shape::Texts => json!({ "anyOf": [text(), { "type": "array", "items": text() }] }),
        Shape::Like(pattern) => text_like(pattern),
        Shape::Written(pattern) => like(pattern),
        Shape::TextsLike(pattern) => json!({ "anyOf": [
            text_like(pattern),
            { "type": "array", "minItems": 1, "items": text_like(pattern) },
        ]}),
        Shape::Length => filled_or(LENGTH, "a length of time as in 500ms, 30s or 1m30s"),
        Shape::Kept => filled_or(KEPT, "a length of time as in 90d, 26w or 36h"),
        Shape::Whole(min, max) => json!({ "anyOf": [
            { "type": "integer", "minimum": min, "maximum": max },
            { "type": "string", "pattern": format!(r"^\s*\d+\s*$|{FILLED}") },
        ]}),
        Shape::Between(min, max) => json!({ "anyOf": [
            { "type": "number", "minimum": min, "maximum": max },
            { "type": "string", "pattern": format!(r"^\s*\d+(\.\d+)?\s*$|{FILLED}") },
        ]}),
        Shape::Number => json!({ "anyOf": [
            { "type": "number" },
            { "type": "string", "pattern": format!(r"^\s*[-+]?[0-9.]+([eE][-+]?\d+)?\s*$|{FILLED}") },
        ]}),
        Shape::Status => {
            let one = json!({ "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 999 },
                filled_or(STATUS, "a code, a class or a range, or several with commas"),
            ]});
            json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
        }
        Shape::Words(words) => one_of_words(words),
        Shape::On => one_of_words(&["on", "off", "true", "false", "yes", "no"]),
        Shape::True => one_of_words(&["true", "false", "yes", "no", "on", "off"]),
        Shape::None => json!({ "const": "none" }),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Json => json!({}),
        Shape::Schema => json!({ "type": "object", "description": "a JSON Schema" }),
        Shape::Def(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Shape::MapOf(inner) => json!({
            "type": ["object", "null"],
            "additionalProperties": self::shape(inner),
        }),
        Shape::MapLike(names, inner) => json!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": names.regex, "description": names.about },
            "additionalProperties": self::shape(inner),
        }),
        Shape::ListOf(max, inner) => {
            let mut list = json!({
                "type": "array",
                "minItems": 1,
                "items": self::shape(inner),
            });
            if *max < u64::MAX {
                list["maxItems"] = json!(max);
            }
            list
        }
        Shape::OneOf(shapes) => {
            let shapes: Vec<_> = shapes.iter().map(self::shape).collect();
            json!({ "anyOf": shapes })
        }
    }
}

/// Numbers are taken as they are written, and always like that.
fn text_like(pattern: &Pattern) -> Value {
    let mut text = like(pattern);
    text["type"] = json!(["string", "number", "boolean"]);
    text
}

/// Numbers and words are taken as they are written.
fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Each word, and what YAML makes of it where it is not quoted: `1.1` is a number.
fn one_of_words(words: &[&str]) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for word in words {
        let bare = serde_yaml::from_str(word).unwrap_or(Value::Null);
        if bare != *word {
            all.push(bare);
        }
        all.push((*word).into());
    }
    json!({ "anyOf": [{ "enum": all }, filled()] })
}
