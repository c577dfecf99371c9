//! The JSON Schema of a configuration file (draft 2020-12), for editors: completion, descriptions,
//! and mistakes while writing. Made from the same tables that the reader knows its keys from; what
//! depends on more than one value, only the reader finds.

mod shape;
#[cfg(test)]
pub(super) mod tests;

use serde_json::{Map, Value, json};

use super::controls::MEANINGLESS_KEYS;
use super::keys::{self, KeyDoc};
use super::settings::SCHEDULE_KEYS;
use shape::{like, shape};

/// The schema.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for (name, definition) in definitions_of() {
        definitions.insert(name.to_owned(), definition);
    }
    let mut file = map_of(properties(&keys::FILE));
    file["required"] = json!(["platforms"]);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:outwatch:probes.yaml",
        "title": "Outwatch: probes.yaml",
        "description": "What Outwatch probes. One file describes one service: its platforms, and the endpoints that are asked for each of them.",
        "$defs": definitions,
    });
    for (key, value) in file.as_object().into_iter().flatten() {
        schema[key] = value.clone();
    }
    schema
}

fn definitions_of() -> [(&'static str, Value); 29] {
    [
        ("settings", or_nothing(map_of(properties(&keys::SETTINGS)))),
        (
            "platforms",
            json!({
                "type": "object",
                "minProperties": 1,
                "additionalProperties": { "$ref": "#/$defs/platform" },
            }),
        ),
        ("platform", platform()),
        ("endpoint", endpoint()),
        ("controls", needing(&keys::CONTROLS, &["endpoints"])),
        ("control", control()),
        ("storage", map_of(properties(&keys::STORAGE))),
        (
            "retention",
            or_nothing(map_of(properties(&keys::RETENTION))),
        ),
        ("slo", needing(&keys::SLO, &["target"])),
        ("sla", needing(&keys::SLA, &["credits"])),
        ("credit", needing(&keys::CREDIT, &["below", "credit"])),
        (
            "report",
            needing(&keys::REPORT, &["every", "formats", "folder"]),
        ),
        ("step", step()),
        ("maintenance", maintenance()),
        ("declaration", declaration()),
        ("down_when", one_key(&keys::DOWN_WHEN)),
        ("quorum", quorum()),
        ("capture", one_key(&keys::CAPTURE)),
        ("json_path", like(&keys::JSON_PATH)),
        ("body", one_key(&keys::BODY)),
        ("auth", one_key(&keys::AUTH)),
        ("basic", needing(&keys::BASIC, &["username"])),
        (
            "oauth2",
            needing(&keys::OAUTH2, &["token_url", "client_id", "client_secret"]),
        ),
        ("tls", tls()),
        ("expect", or_nothing(map_of(properties(&keys::EXPECT)))),
        ("text_test", map_of(properties(&keys::TEXT_TESTS))),
        (
            "json_test",
            at_least_one(map_of(properties(&keys::JSON_TESTS))),
        ),
        ("range", at_least_one(map_of(properties(&keys::RANGE)))),
        ("latency", map_of(properties(&keys::LATENCY))),
    ]
}

fn platform() -> Value {
    let mut map = map_of(with_settings(&keys::PLATFORM, &[]));
    map["required"] = json!(["endpoints"]);
    let list = json!({
        "type": "array",
        "minItems": 1,
        "items": { "$ref": "#/$defs/endpoint" },
    });
    json!({ "anyOf": [list, map] })
}

fn endpoint() -> Value {
    let mut map = map_of(with_settings(&keys::ENDPOINT, &[]));
    map["anyOf"] = json!([{ "required": ["url"] }, { "required": ["steps"] }]);
    json!({ "anyOf": [like(&keys::URL), map] })
}

/// As an endpoint, without what is about asking again and again.
fn control() -> Value {
    let but = [&SCHEDULE_KEYS[..], &MEANINGLESS_KEYS].concat();
    let mut own = with_settings(&keys::ENDPOINT, &but);
    own.retain(|name, _| !but.contains(&&**name));
    let mut map = map_of(own);
    map["required"] = json!(["url"]);
    json!({ "anyOf": [like(&keys::URL), map] })
}

fn step() -> Value {
    let mut map = map_of(with_settings(&keys::STEP, &SCHEDULE_KEYS));
    map["required"] = json!(["name"]);
    map
}

/// Its entries may be commented out.
fn maintenance() -> Value {
    json!({
        "type": ["array", "null"],
        "items": { "$ref": "#/$defs/declaration" },
    })
}

fn quorum() -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, like(&keys::QUORUM)] })
}

fn declaration() -> Value {
    let mut map = map_of(properties(&keys::MAINTENANCE));
    map["oneOf"] = json!([
        { "required": ["cron", "duration"] },
        { "required": ["from", "duration"] },
        { "required": ["from", "to"] },
    ]);
    map
}

fn tls() -> Value {
    let mut map = map_of(properties(&keys::TLS));
    map["dependentRequired"] = json!({ "key": ["certificate"] });
    or_nothing(map)
}

/// A map with exactly one of these keys.
fn one_key(keys: &[KeyDoc]) -> Value {
    let mut map = at_least_one(map_of(properties(keys)));
    map["maxProperties"] = json!(1);
    map
}

fn needing(keys: &[KeyDoc], required: &[&str]) -> Value {
    let mut map = map_of(properties(keys));
    map["required"] = json!(required);
    map
}

fn at_least_one(mut map: Value) -> Value {
    map["minProperties"] = json!(1);
    map
}

/// All keys below it may be commented out.
fn or_nothing(mut map: Value) -> Value {
    map["type"] = json!(["object", "null"]);
    map
}

/// A map with these keys and no others.
fn map_of(properties: impl Into<Value>) -> Value {
    let properties = properties.into();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// These keys, and beside them the settings but for some.
fn with_settings(keys: &[KeyDoc], but: &[&str]) -> Map<String, Value> {
    let mut all = properties(keys);
    let settings = keys::SETTINGS.iter().map(|key| key.name);
    for name in settings.filter(|name| !but.contains(name)) {
        let setting = json!({ "$ref": format!("#/$defs/settings/properties/{name}") });
        all.insert(name.to_owned(), setting);
    }
    all
}

fn properties(keys: &[KeyDoc]) -> Map<String, Value> {
    let property = |key: &KeyDoc| {
        let mut value = shape(&key.shape);
        value["description"] = key.about.into();
        if let Some(default) = key.default {
            value["default"] = yaml(default);
        }
        value["examples"] = key.examples.iter().map(|example| yaml(example)).collect();
        (key.name.to_owned(), value)
    };
    keys.iter().map(property).collect()
}

/// # Panics
/// If the table of keys has an example in it that is no YAML, which a test would find.
fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("the examples are YAML")
}
