//! The schema and the reader agree, in both directions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::super::{Errors, keys, load_with};
use super::schema;
use crate::expect::LatencyPart;

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::validator_for(&schema()).unwrap()
});

/// What an editor makes of the text.
fn document(yaml: &str) -> Option<Value> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(yaml).ok()?;
    value.apply_merge().ok()?;
    serde_json::to_value(value).ok()
}

/// Says so if an editor would complain of a file that the reader has accepted.
#[track_caller]
pub(in crate::config) fn accepted(yaml: &str) {
    let document = document(yaml).unwrap();
    let errors: Vec<_> = VALIDATOR
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{yaml}");
}

#[test]
fn the_example_of_init_passes() {
    accepted(include_str!("../../../probes.yaml"));
}

/// Mistakes that a schema cannot know of: they are in the YAML, in what lies outside, in what one
/// value means for another, or inside of a text.
const BEYOND: &[&str] = &[
    // no YAML, or none that JSON can say
    "duplicate-key",
    "key-that-is-no-text",
    "merge",
    "syntax",
    "syntax-quote",
    "syntax-unclosed",
    "tab",
    "tab-after-dash",
    "two-documents",
    "utf-8",
    // other files, and the environment
    "body-file",
    "expect-json-schema-file",
    "secret-file",
    "tls-cut",
    "tls-empty",
    "tls-encrypted-key",
    "tls-key-in-one-line",
    "tls-key-of-none",
    "tls-no-file",
    "tls-no-key",
    "tls-other-key",
    "tls-text",
    "variable",
    // one value means something for another
    "auth-header",
    "auth-nearer-header",
    "auth-url",
    "capture-of-head",
    "capture-twice",
    "captured-in-the-url",
    "captured-later",
    "captured-unknown",
    "confirm-above-interval",
    "controls-quorum",
    "controls-timeout",
    "duplicate-header",
    "duplicate-id",
    "duplicate-platform",
    "expect-bytes",
    "expect-head",
    "expect-length",
    "expect-tls-on-http",
    "expect-too-many-redirects",
    "flap",
    "grace",
    "ip-of-resolve",
    "ip-of-the-proxy",
    "ip-of-the-url",
    "latency-above-timeout",
    "maintenance-backwards",
    "maintenance-cron-and-to",
    "maintenance-never",
    "maintenance-skipped",
    "maintenance-twice",
    "maintenance-without-offset",
    "maintenance-zone-unused",
    "name-missing",
    "quorum-of-endpoints",
    "quorum-of-platforms",
    "reports-folder",
    "reports-format-twice",
    "reports-name",
    "reports-service",
    "reports-twice",
    "retention-daily",
    "retention-hourly",
    "retention-short",
    "sla-credit-nothing",
    "sla-order-of-below",
    "sla-order-of-credit",
    "sla-quorum",
    "sla-twice",
    "slo-twice",
    "slo-zone-unused",
    "slow-never",
    "step-captured-host",
    "step-captured-without-url",
    "step-latency",
    "step-timeout",
    "step-twice",
    "step-url-relative",
    "timeout-above-interval",
    "timeout-above-the-default-interval",
    "tls-host-of-http2",
    "tls-unused",
    "tls-versions",
    // languages inside of texts; any word is a method, but a slip of a known one
    "body-number",
    "captured-braces",
    "expect-expression",
    "expect-json-path",
    "expect-json-schema",
    "expect-regex",
    "maintenance-cron",
    "maintenance-note",
    "maintenance-zone",
    "method",
    "reports-zone",
    "sla-outage-min",
    "sla-zone",
    "slo-over-hours",
    "slo-zone",
    "url-port",
    "variable-name",
    // a decimal has no last place in JSON
    "weight",
];

#[test]
fn every_file_that_is_wrong_in_a_way_that_a_schema_can_say_fails() {
    let mut passed = BTreeSet::new();
    for file in fs::read_dir("tests/config").unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        // an editor has its own words for what is no YAML
        if document(&text).is_none_or(|document| VALIDATOR.is_valid(&document)) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            passed.insert(name.trim_start_matches("bad-").to_owned());
        }
    }
    let beyond = BEYOND.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(passed, beyond);
}

/// A folder with the files that the examples name.
pub(in crate::config) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pem = Path::new("tests/config/pem");
    let certificate = fs::read_to_string(pem.join("client.pem")).unwrap();
    let key = fs::read_to_string(pem.join("client.key")).unwrap();
    fs::write(folder.path().join("ca.pem"), &certificate).unwrap();
    fs::write(folder.path().join("client.pem"), certificate + &key).unwrap();
    fs::write(folder.path().join("client.key"), key).unwrap();
    fs::write(folder.path().join("payload.bin"), "payload").unwrap();
    fs::write(folder.path().join("schema.json"), "{}").unwrap();
    fs::write(folder.path().join("api-key"), "filled-in").unwrap();
    fs::write(folder.path().join("token"), "filled-in").unwrap();
    folder
}

fn load(folder: &Path, document: &Value) -> Result<(), Errors> {
    let file: PathBuf = folder.join("shop.yaml");
    fs::write(&file, serde_yaml::to_string(document).unwrap()).unwrap();
    load_with(&[file], &|_| Some("filled-in".into())).map(|_| ())
}

/// Makes documents from the schema: every key alone with each of its examples, and what needs to
/// stand beside it.
struct Generator {
    schema: Value,
}

impl Generator {
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let target = self.schema.pointer(&reference[1..]).unwrap();
                self.resolved(target)
            }
            None => schema,
        }
    }

    /// Values for what this schema describes, beyond the examples beside it.
    fn inside(&self, schema: &Value, example: Option<&Value>, depth: u8) -> Vec<Value> {
        // as deep as a body test in a step of an endpoint
        if depth > 12 {
            return Vec::new();
        }
        let schema = self.resolved(schema);
        let mut made = Vec::new();
        for alternative in schema["anyOf"].as_array().into_iter().flatten() {
            made.extend(self.inside(alternative, example, depth + 1));
        }
        if let Some(items) = schema.get("items") {
            made.extend(
                self.inside(items, None, depth + 1)
                    .into_iter()
                    .map(|item| json!([item])),
            );
        }
        if let Some(values) = schema
            .get("additionalProperties")
            .filter(|it| it.is_object())
        {
            let name = example
                .and_then(Value::as_object)
                .and_then(|map| map.keys().next());
            let name = name.map_or("any", String::as_str);
            let values = self.inside(values, None, depth + 1);
            made.extend(values.into_iter().map(|value| json!({ name: value })));
        }
        if let Some(properties) = schema["properties"].as_object() {
            for (name, property) in properties {
                for value in self.values(property, depth) {
                    made.push(self.completed(schema, name, &value));
                }
            }
        }
        made
    }

    /// Examples of a property, and what can be made of its inside.
    fn values(&self, property: &Value, depth: u8) -> Vec<Value> {
        let examples = self.examples(property);
        let mut values = examples.clone();
        let map = examples.iter().find(|example| example.is_object());
        values.extend(self.inside(property, map, depth + 1));
        values
    }

    /// They stand beside the key, or where it refers to.
    fn examples(&self, property: &Value) -> Vec<Value> {
        let mut property = property;
        loop {
            if let Some(examples) = property["examples"].as_array() {
                return examples.clone();
            }
            let reference = property["$ref"].as_str();
            let reference = reference.unwrap_or_else(|| panic!("no examples: {property}"));
            property = self.schema.pointer(&reference[1..]).unwrap();
        }
    }

    /// The key with what has to stand beside it.
    fn completed(&self, schema: &Value, name: &str, value: &Value) -> Value {
        let mut map = json!({ name: value });
        let needs = &schema["dependentRequired"][name];
        let mut required = [&schema["required"], needs]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>();
        // a journey whose steps have URLs needs none
        if schema["anyOf"].is_array() && map[name][0]["url"].is_null() {
            required.push("url");
        }
        // of several ways, the first with this key
        let ways = schema["oneOf"].as_array().into_iter().flatten();
        let ways: Vec<Vec<&str>> = ways
            .filter_map(|way| way["required"].as_array())
            .map(|keys| keys.iter().filter_map(Value::as_str).collect())
            .collect();
        let way = ways.iter().find(|way| way.contains(&name)).or(ways.first());
        required.extend(way.into_iter().flatten());
        for needed in required {
            if needed != name {
                map[needed] = self.examples(&schema["properties"][needed])[0].clone();
            }
        }
        map
    }
}

#[test]
fn every_file_that_the_schema_can_make_is_accepted() {
    let generator = Generator { schema: schema() };
    let folder = folder();
    let documents = generator.inside(&generator.schema, None, 0);
    let distinct: BTreeSet<_> = documents.iter().map(Value::to_string).collect();
    let mut wrong = Vec::new();
    for document in &distinct {
        let document: Value = serde_json::from_str(document).unwrap();
        assert!(VALIDATOR.is_valid(&document), "{document}");
        if let Err(errors) = load(folder.path(), &document) {
            wrong.push(format!("{document}\n{errors}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        distinct.len(),
        wrong.join("\n\n")
    );
    for key in all_keys() {
        let quoted = format!("\"{key}\":");
        assert!(
            distinct.iter().any(|document| document.contains(&quoted)),
            "{key}"
        );
    }
}

fn all_keys() -> BTreeSet<&'static str> {
    let tables: [&[keys::KeyDoc]; 23] = [
        &keys::FILE,
        &keys::PLATFORM,
        &keys::ENDPOINT,
        &keys::STEP,
        &keys::CAPTURE,
        &keys::MAINTENANCE,
        &keys::DOWN_WHEN,
        &keys::SETTINGS,
        &keys::BODY,
        &keys::AUTH,
        &keys::BASIC,
        &keys::OAUTH2,
        &keys::TLS,
        &keys::EXPECT,
        &keys::TEXT_TESTS,
        &keys::JSON_TESTS,
        &keys::LATENCY,
        &keys::STORAGE,
        &keys::RETENTION,
        &keys::SLO,
        &keys::SLA,
        &keys::CREDIT,
        &keys::REPORT,
    ];
    tables
        .iter()
        .flat_map(|keys| keys.iter())
        .map(|key| key.name)
        .collect()
}

#[test]
fn phases_of_the_latency_have_one_name() {
    let known = LatencyPart::ALL.map(LatencyPart::as_str);
    assert_eq!(keys::names(&keys::LATENCY), known);
}

#[test]
fn every_default_is_what_is_built_in() {
    let folder = folder();
    for (table, wrap) in [
        (&keys::SETTINGS[..], None),
        (&keys::EXPECT, Some("expect")),
        (&keys::TLS, Some("tls")),
    ] {
        for key in table {
            let Some(default) = key.default else { continue };
            let default = super::yaml(default);
            let with = |keys: Value| {
                let mut endpoint = json!({ "url": "https://a.example/", "name": "a" });
                for (key, value) in keys.as_object().unwrap() {
                    endpoint[key] = value.clone();
                }
                let file = folder.path().join("shop.yaml");
                let document = json!({ "platforms": { "web": [endpoint] } });
                fs::write(&file, serde_yaml::to_string(&document).unwrap()).unwrap();
                load_with(&[file], &|_| None).unwrap().probes.remove(0)
            };
            let written = match wrap {
                None => json!({ key.name: default }),
                Some(outer) => json!({ outer: { key.name: default } }),
            };
            let (with, without) = (with(written), with(json!({})));
            // `1.2` and `1.3` say what rustls does anyhow
            let same = with.same_as(&without) || key.name.starts_with("version_");
            assert!(same, "{} = {default}", key.name);
        }
    }
}
