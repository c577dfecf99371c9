//! What a value inside a JSON body must be like.

use std::cmp::Ordering;

use serde_json::Value;

use super::Count;
use super::json_value::{compare_float, equal, is_integer};
use super::quote::{quoted, quoted_json};
use super::text::Pattern;

/// What must be true of every value that a path finds. But for `Absent`, it must find one.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTest {
    Exists,
    Absent,
    /// Numbers are compared by value: 1 equals 1.0.
    Equals(serde_json::Value),
    Not(serde_json::Value),
    /// Of a number.
    Gt(f64),
    Gte(f64),
    Lt(f64),
    Lte(f64),
    /// A text that has this text in it, a list with this item, an object with this key.
    Contains(serde_json::Value),
    NotContains(serde_json::Value),
    /// Of a text.
    Matches(Pattern),
    NotMatches(Pattern),
    /// Characters of a text, items of a list, keys of an object.
    Length(Count),
    Type(JsonType),
}

/// The types of JSON Schema (2020-12, §6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    Null,
    Boolean,
    Number,
    /// A number without a fraction.
    Integer,
    String,
    Array,
    Object,
}

impl JsonTest {
    /// Of one value that was found.
    pub(super) fn holds(&self, value: &Value) -> bool {
        let ordering = |limit| match value {
            Value::Number(number) => compare_float(number, limit),
            _ => None,
        };
        match self {
            Self::Exists => true,
            Self::Absent => false,
            Self::Equals(want) => equal(value, want),
            Self::Not(unwanted) => !equal(value, unwanted),
            Self::Gt(limit) => ordering(*limit) == Some(Ordering::Greater),
            Self::Gte(limit) => ordering(*limit).is_some_and(Ordering::is_ge),
            Self::Lt(limit) => ordering(*limit) == Some(Ordering::Less),
            Self::Lte(limit) => ordering(*limit).is_some_and(Ordering::is_le),
            Self::Contains(part) => contains(value, part) == Some(true),
            Self::NotContains(part) => contains(value, part) == Some(false),
            Self::Matches(pattern) => matches(value, pattern) == Some(true),
            Self::NotMatches(pattern) => matches(value, pattern) == Some(false),
            Self::Length(lengths) => length(value).is_some_and(|length| lengths.contains(&length)),
            Self::Type(wanted) => wanted.holds(value),
        }
    }

    /// Whether the test makes sense of such a value; if not, it does not hold.
    pub(super) fn applies(&self, value: &Value) -> bool {
        match self {
            Self::Gt(_) | Self::Gte(_) | Self::Lt(_) | Self::Lte(_) => value.is_number(),
            Self::Contains(part) | Self::NotContains(part) => contains(value, part).is_some(),
            Self::Matches(_) | Self::NotMatches(_) => value.is_string(),
            Self::Length(_) => length(value).is_some(),
            _ => true,
        }
    }

    /// In the words of probes.yaml.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Exists => "exists".to_owned(),
            Self::Absent => "absent".to_owned(),
            Self::Equals(value) => format!("equals {}", quoted_json(value)),
            Self::Not(value) => format!("not {}", quoted_json(value)),
            Self::Gt(limit) => format!("gt {limit}"),
            Self::Gte(limit) => format!("gte {limit}"),
            Self::Lt(limit) => format!("lt {limit}"),
            Self::Lte(limit) => format!("lte {limit}"),
            Self::Contains(part) => format!("contains {}", quoted_json(part)),
            Self::NotContains(part) => format!("not_contains {}", quoted_json(part)),
            Self::Matches(pattern) => format!("matches {}", quoted(pattern.as_str())),
            Self::NotMatches(pattern) => format!("not_matches {}", quoted(pattern.as_str())),
            Self::Length(lengths) => format!("length {}", range(lengths)),
            Self::Type(wanted) => format!("type {}", wanted.as_str()),
        }
    }

    /// What was looked at of the value.
    pub(super) fn came(&self, value: &Value) -> String {
        match self {
            Self::Length(_) => match length(value) {
                Some(length) => format!("length {length}"),
                None => quoted_json(value),
            },
            Self::Type(_) => format!("type {}", JsonType::of(value).as_str()),
            _ => quoted_json(value),
        }
    }

    /// What is wrong with a value that is not like that, after its name.
    pub(super) fn complain(&self, value: &Value) -> String {
        let came = quoted_json(value);
        if !self.applies(value) {
            let kind = JsonType::of(value).as_str();
            return match self {
                Self::Gt(_) | Self::Gte(_) | Self::Lt(_) | Self::Lte(_) => {
                    format!("is {came}, no number")
                }
                Self::Matches(_) | Self::NotMatches(_) => format!("is {came}, no text"),
                Self::Length(_) => format!("is {came}, and a value of type {kind} has no length"),
                _ => format!("is {came}, and a value of type {kind} cannot contain that"),
            };
        }
        match self {
            Self::Exists | Self::Absent => format!("is {came}, not absent"),
            Self::Equals(want) => format!("is {came}, not {}", quoted_json(want)),
            Self::Not(unwanted) if unwanted == value => format!("is {came}, which it must not be"),
            Self::Not(unwanted) => format!("is {came}, equal to {}", quoted_json(unwanted)),
            Self::Gt(limit) => format!("is {came}, not above {limit}"),
            Self::Gte(limit) => format!("is {came}, not at least {limit}"),
            Self::Lt(limit) => format!("is {came}, not below {limit}"),
            Self::Lte(limit) => format!("is {came}, not at most {limit}"),
            Self::Contains(part) => format!("is {came}, not containing {}", quoted_json(part)),
            Self::NotContains(part) => format!("is {came}, containing {}", quoted_json(part)),
            Self::Matches(pattern) => {
                format!("is {came}, not matching {}", quoted(pattern.as_str()))
            }
            Self::NotMatches(pattern) => {
                format!("is {came}, matching {}", quoted(pattern.as_str()))
            }
            Self::Length(lengths) => format!("has {}, not {}", self.came(value), range(lengths)),
            Self::Type(wanted) => format!("has {}, not {}", self.came(value), wanted.as_str()),
        }
    }
}

/// As in `3`, `at least 1`, `at most 9` or `1 to 9`.
pub(super) fn range(counts: &Count) -> String {
    match (*counts.start(), *counts.end()) {
        (min, max) if min == max => min.to_string(),
        (min, u64::MAX) => format!("at least {min}"),
        (0, max) => format!("at most {max}"),
        (min, max) => format!("{min} to {max}"),
    }
}

/// `None` for what can have no such part in it.
fn contains(value: &Value, part: &Value) -> Option<bool> {
    match (value, part) {
        (Value::String(text), Value::String(part)) => Some(text.contains(part.as_str())),
        (Value::Array(items), part) => Some(items.iter().any(|item| equal(item, part))),
        (Value::Object(members), Value::String(key)) => Some(members.contains_key(key)),
        _ => None,
    }
}

fn matches(value: &Value, pattern: &Pattern) -> Option<bool> {
    value.as_str().map(|text| pattern.is_match(text.as_bytes()))
}

fn length(value: &Value) -> Option<u64> {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => return None,
    };
    Some(length as u64)
}

impl JsonType {
    pub const ALL: [Self; 7] = [
        Self::Null,
        Self::Boolean,
        Self::Number,
        Self::Integer,
        Self::String,
        Self::Array,
        Self::Object,
    ];

    /// The narrowest.
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if is_integer(number) => Self::Integer,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    fn holds(self, value: &Value) -> bool {
        let narrowest = Self::of(value);
        narrowest == self || (self == Self::Number && narrowest == Self::Integer)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, test: &JsonTest, expected: Result<(), &str>) {
        let said = if test.holds(value) {
            Ok(())
        } else {
            Err(format!("$.x {}", test.complain(value)))
        };
        assert_eq!(said.as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn a_value_is_compared_with_another() {
        use JsonTest::{Absent, Equals, Exists, Not};
        check(&json!(null), &Exists, Ok(()));
        check(&json!(null), &Absent, Err("$.x is `null`, not absent"));
        check(&json!(1.0), &Equals(json!(1)), Ok(()));
        check(
            &json!("1"),
            &Equals(json!(1)),
            Err("$.x is `\"1\"`, not `1`"),
        );
        check(&json!("b"), &Not(json!("a")), Ok(()));
        check(
            &json!("a"),
            &Not(json!("a")),
            Err("$.x is `\"a\"`, which it must not be"),
        );
        check(
            &json!(1.0),
            &Not(json!(1)),
            Err("$.x is `1.0`, equal to `1`"),
        );
    }

    #[test]
    fn a_number_is_above_or_below_another() {
        use JsonTest::{Gt, Gte, Lt, Lte};
        check(&json!(3), &Gt(2.5), Ok(()));
        check(&json!(3), &Gt(3.0), Err("$.x is `3`, not above 3"));
        check(&json!(3), &Gte(3.0), Ok(()));
        check(&json!(3), &Gte(3.5), Err("$.x is `3`, not at least 3.5"));
        check(&json!(3), &Lt(3.5), Ok(()));
        check(&json!(3), &Lt(3.0), Err("$.x is `3`, not below 3"));
        check(&json!(3), &Lte(3.0), Ok(()));
        check(&json!(3), &Lte(2.0), Err("$.x is `3`, not at most 2"));
        check(&json!("3"), &Lte(2.0), Err("$.x is `\"3\"`, no number"));
    }

    #[test]
    fn a_value_has_another_in_it() {
        use JsonTest::{Contains, Matches, NotContains, NotMatches};
        check(&json!("abc"), &Contains(json!("b")), Ok(()));
        check(
            &json!("abc"),
            &Contains(json!("x")),
            Err("$.x is `\"abc\"`, not containing `\"x\"`"),
        );
        check(&json!([1, 2]), &Contains(json!(2.0)), Ok(()));
        check(&json!({"a": 1}), &Contains(json!("a")), Ok(()));
        check(
            &json!({"a": 1}),
            &NotContains(json!("a")),
            Err("$.x is `{\"a\":1}`, containing `\"a\"`"),
        );
        check(&json!([1]), &NotContains(json!(2)), Ok(()));
        check(
            &json!(5),
            &NotContains(json!(2)),
            Err("$.x is `5`, and a value of type integer cannot contain that"),
        );
        let pattern = |text| Pattern::try_new(text).unwrap();
        check(&json!("abc"), &Matches(pattern("^a")), Ok(()));
        check(
            &json!("abc"),
            &Matches(pattern("^b")),
            Err("$.x is `\"abc\"`, not matching `^b`"),
        );
        check(&json!("abc"), &NotMatches(pattern("^b")), Ok(()));
        check(
            &json!("abc"),
            &NotMatches(pattern("^a")),
            Err("$.x is `\"abc\"`, matching `^a`"),
        );
        check(
            &json!(1),
            &NotMatches(pattern("^a")),
            Err("$.x is `1`, no text"),
        );
    }

    #[test]
    fn a_value_has_a_length_and_a_type() {
        use JsonTest::{Length, Type};
        check(
            &json!([]),
            &Length(1..=u64::MAX),
            Err("$.x has length 0, not at least 1"),
        );
        check(&json!("äb"), &Length(2..=2), Ok(()));
        check(&json!({"a": 1}), &Length(0..=1), Ok(()));
        check(
            &json!([1, 2]),
            &Length(0..=1),
            Err("$.x has length 2, not at most 1"),
        );
        check(
            &json!([1, 2]),
            &Length(3..=9),
            Err("$.x has length 2, not 3 to 9"),
        );
        check(
            &json!([1, 2]),
            &Length(3..=3),
            Err("$.x has length 2, not 3"),
        );
        check(
            &json!(true),
            &Length(1..=1),
            Err("$.x is `true`, and a value of type boolean has no length"),
        );
        check(&json!(1.0), &Type(JsonType::Integer), Ok(()));
        check(&json!(1), &Type(JsonType::Number), Ok(()));
        check(
            &json!(1.5),
            &Type(JsonType::Integer),
            Err("$.x has type number, not integer"),
        );
        for (value, is) in [
            (json!(null), JsonType::Null),
            (json!(true), JsonType::Boolean),
            (json!(1.5), JsonType::Number),
            (json!(1), JsonType::Integer),
            (json!(""), JsonType::String),
            (json!([]), JsonType::Array),
            (json!({}), JsonType::Object),
        ] {
            check(&value, &Type(is), Ok(()));
        }
    }
}
