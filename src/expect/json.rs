//! Values inside a JSON body.

use std::sync::Arc;

use super::Count;
use super::text::Pattern;

/// A path of RFC 9535, as in `$.items[0].name`.
#[derive(Clone, Debug)]
pub struct JsonPath {
    written: Arc<str>,
    path: Arc<serde_json_path::JsonPath>,
}

/// The text is no JSONPath.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadPath {
    /// One line.
    pub reason: String,
    /// Byte of the path that the trouble is at.
    pub at: usize,
}

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

impl JsonPath {
    pub fn try_new(path: &str) -> Result<Self, BadPath> {
        match serde_json_path::JsonPath::parse(path) {
            Ok(parsed) => Ok(Self {
                written: path.into(),
                path: Arc::new(parsed),
            }),
            Err(error) => Err(BadPath {
                reason: error.message().to_owned(),
                at: error.position(),
            }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub fn find<'v>(&self, value: &'v serde_json::Value) -> Vec<&'v serde_json::Value> {
        self.path.query(value).all()
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
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
