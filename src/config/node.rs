//! YAML as a tree in which every node knows its place.

use super::place::Place;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Nothing,
    /// As it is written, so that `1.10` stays `1.10`.
    Number(String),
    /// As it is written too.
    Bool(String),
    Text(String),
    List(Vec<Node>),
    /// In the order written. No key comes twice.
    Map(Vec<(Key, Node)>),
    /// `!tag value`: nothing here has a use for it.
    Tagged,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Value {
    /// What it is, to say what was found instead of what was expected.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Number(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map of keys and values",
            Self::Tagged => "a value with a tag",
        }
    }
}
