//! Patterns and schemas: each is compiled once, however many probes have it, and all of them
//! together take no more memory than they may.

use std::collections::HashMap;
use std::sync::Arc;

use crate::expect::{BadPattern, BadSchema, Pattern, Schema};

/// Most memory of all that is compiled, in bytes.
const BYTES_MAX: usize = 512 << 20;

pub(super) struct Compiled {
    patterns: HashMap<Box<str>, Pattern>,
    /// By what is written.
    schemas: HashMap<String, Arc<Schema>>,
    /// Bytes that may still be taken.
    left: usize,
}

impl Default for Compiled {
    fn default() -> Self {
        Self {
            patterns: HashMap::new(),
            schemas: HashMap::new(),
            left: BYTES_MAX,
        }
    }
}

impl Compiled {
    pub(super) fn pattern(&mut self, written: &str) -> Result<Pattern, BadPattern> {
        if let Some(pattern) = self.patterns.get(written) {
            return Ok(pattern.clone());
        }
        let too_much = |()| BadPattern {
            reason: too_much(),
            at: None,
        };
        self.take(1).map_err(too_much)?;
        let (made, bytes) = Pattern::measured(written);
        self.take(bytes).map_err(too_much)?;
        let pattern = made?;
        self.patterns.insert(written.into(), pattern.clone());
        Ok(pattern)
    }

    pub(super) fn schema(&mut self, schema: serde_json::Value) -> Result<Arc<Schema>, BadSchema> {
        let written = schema.to_string();
        if let Some(schema) = self.schemas.get(&written) {
            return Ok(Arc::clone(schema));
        }
        let too_much = |()| BadSchema {
            reason: too_much(),
            at: String::new(),
        };
        self.take(1).map_err(too_much)?;
        self.take(Schema::measured(&schema)).map_err(too_much)?;
        let schema = Arc::new(Schema::try_new(schema)?);
        self.schemas.insert(written, Arc::clone(&schema));
        Ok(schema)
    }

    /// `Err` if it is too much; then nothing else has room either.
    fn take(&mut self, bytes: usize) -> Result<(), ()> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(())
    }
}

fn too_much() -> String {
    let max = BYTES_MAX >> 20;
    format!("all patterns and schemas together take more than {max} MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_are_compiled_once_and_all_keep_within_what_they_may_take() {
        let mut compiled = Compiled {
            left: 40 << 10,
            ..Compiled::default()
        };
        for _ in 0..100 {
            compiled.pattern("^a+$").unwrap();
            compiled
                .schema(serde_json::json!({"type": "object"}))
                .unwrap();
        }
        assert!(compiled.pattern("(").is_err_and(|bad| bad.at.is_some()));
        let bad = compiled.pattern("[0-9]{1000}").unwrap_err();
        assert!(bad.reason.contains("together take more than 512 MiB"));
        let schema = serde_json::json!({"pattern": "^b+$"});
        let bad = compiled.schema(schema).unwrap_err();
        assert!(bad.reason.contains("together"), "{bad}");
        assert!(compiled.pattern("^a+$").is_ok());
    }
}
