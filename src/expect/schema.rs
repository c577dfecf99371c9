//! JSON Schema: the shape of a whole body.

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    written: serde_json::Value,
    validator: jsonschema::Validator,
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

impl Schema {
    /// References reach only into the schema itself: nothing is fetched.
    pub fn try_new(schema: serde_json::Value) -> Result<Self, BadSchema> {
        match jsonschema::validator_for(&schema) {
            Ok(validator) => Ok(Self {
                written: schema,
                validator,
            }),
            Err(error) => Err(BadSchema {
                reason: error.to_string(),
                at: error.instance_path().as_str().to_owned(),
            }),
        }
    }

    pub fn validator(&self) -> &jsonschema::Validator {
        &self.validator
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}
