//! The JSON Schema of reports (draft 2020-12), from the types that write them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::report::ReportJson;
use super::{Counts, Instant};

/// That of `report --format json`.
pub fn schema() -> Value {
    let generator = SchemaGenerator::default();
    let mut schema: Value = generator.into_root_schema_for::<ReportJson<'_>>().into();
    if let Value::Object(schema) = &mut schema {
        schema.insert("title".into(), "Outwatch report".into());
    }
    schema
}

impl JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl<K> JsonSchema for Counts<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Counts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 1 }
        })
    }
}
