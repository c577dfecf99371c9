//! The contract of a report in JSON.

use outwatch::report::circumstances::Circumstances;
use outwatch::report::json;
use outwatch::report::measured::Measurements;
use outwatch::report::model::Report;

use super::{minute, period, request, wholes};

/// As `outwatch schema report` prints it, and as it is published.
#[test]
fn a_report_is_as_its_published_schema_says() {
    let schema = json::schema();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    let published = std::fs::read_to_string(path).expect("it is in the repository");
    let published: serde_json::Value = serde_json::from_str(&published).expect("it is JSON");
    assert_eq!(
        published, schema,
        "outwatch schema report -o docs/report.schema.json makes it again"
    );
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let nothing_known = Report::new(
        request(period(), minute(10)),
        &[],
        None,
        &Circumstances::default(),
        &Measurements::default(),
    );
    let partial = wholes::report(&wholes::partial());
    for report in [wholes::report(&wholes::music()), partial, nothing_known] {
        let mut text = Vec::new();
        json::report(&report, &mut text).expect("memory has room");
        let json = serde_json::from_slice(&text).expect("it is JSON");
        let errors: Vec<_> = validator.iter_errors(&json).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let nothing = serde_json::json!({ "generated_at": 1 });
    assert!(!validator.is_valid(&nothing));
}
