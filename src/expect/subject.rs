//! The answer under judgement, with what is worked out of it once and only if a rule asks.

use std::sync::OnceLock;

use serde_json::Value;

use super::expression::Variables;
use super::json_body::{NoJson, read_json};
use super::seen::Seen;

pub(super) struct Subject<'a> {
    pub(super) seen: &'a Seen<'a>,
    /// Whether what came is told also of rules that are met.
    pub(super) telling: bool,
    json: OnceLock<Result<Value, NoJson>>,
    variables: Variables,
}

impl<'a> Subject<'a> {
    pub(super) fn new(seen: &'a Seen<'a>, telling: bool) -> Self {
        Self {
            seen,
            telling,
            json: OnceLock::new(),
            variables: Variables::default(),
        }
    }

    /// The body, which must have been read, as JSON; else why it is none.
    pub(super) fn json(&self) -> Result<&Value, &NoJson> {
        let json = self.json.get_or_init(|| match self.seen.body {
            Some(body) => read_json(body),
            None => Err(NoJson::Other(UNREAD.to_owned())),
        });
        json.as_ref()
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }
}

pub(super) const UNREAD: &str = "body was not read";
