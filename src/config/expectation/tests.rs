//! What comes out of expectations that are right.

use std::fs;

use http::HeaderName;
use serde_json::json;

use super::super::load_with;
use super::super::tests::{probe, probes};
use crate::domain::observation::HttpVersion;
use crate::domain::time::Millis;
use crate::expect::{
    Expectations, Expression, HeaderTest, JsonPath, JsonTest, JsonType, LatencyPart, Pattern, Rule,
    Schema, StatusSet, TextTest, TlsVersion,
};

fn expect(keys: &str) -> Expectations {
    (*probe(keys).inquiry.last().expect).clone()
}

/// What `expect: { keys }` asks for beside a 2xx.
fn rules(keys: &str) -> Vec<Rule> {
    let expect = expect(&format!("expect: {{ {keys} }}"));
    let (status, rules) = expect.rules().split_first().unwrap();
    assert_eq!(*status, Rule::Status(StatusSet::default()), "{keys}");
    rules.to_vec()
}

fn contains(text: &str) -> TextTest {
    TextTest::Contains(text.into())
}

fn equals(text: &str) -> TextTest {
    TextTest::Equals(text.into())
}

fn pattern(pattern: &str) -> Pattern {
    Pattern::try_new(pattern).unwrap()
}

#[test]
fn a_status_is_a_code_a_class_a_range_or_several() {
    for (status, shown) in [
        ("200", "200"),
        ("2xx", "2xx"),
        ("200-204", "200-204"),
        ("[200, 3xx]", "200, 3xx"),
        ("'200, 3xx'", "200, 3xx"),
    ] {
        let expect = expect(&format!("expect: {{ status: {status} }}"));
        assert_eq!(expect.status().to_string(), shown);
    }
}

#[test]
fn texts_are_tested_in_each_way_that_is_written() {
    for (keys, tests) in [
        ("body: ok", vec![contains("ok")]),
        ("body: [a, b]", vec![contains("a"), contains("b")]),
        ("body_contains: 1.10", vec![contains("1.10")]),
        ("body: { equals: '' }", vec![equals("")]),
        (
            "body: { contains: [a, b], not_contains: c }",
            vec![
                contains("a"),
                contains("b"),
                TextTest::NotContains("c".into()),
            ],
        ),
        (
            "body: { matches: '^a.*z$', not_matches: '\\d{3}' }",
            vec![
                TextTest::Matches(pattern("^a.*z$")),
                TextTest::NotMatches(pattern(r"\d{3}")),
            ],
        ),
        ("body: {}", vec![]),
        ("body_contains: []", vec![]),
    ] {
        let expected: Vec<_> = tests.into_iter().map(Rule::Body).collect();
        assert_eq!(rules(keys), expected, "{keys}");
    }
    for (keys, test) in [
        // as it comes out of a client
        ("final_url: https://a.example", equals("https://a.example/")),
        ("final_url: { contains: /home }", contains("/home")),
    ] {
        assert_eq!(rules(keys), [Rule::FinalUrl(test)], "{keys}");
    }
}

#[test]
fn headers_are_present_absent_equal_or_like_something() {
    for (value, tests) in [
        ("present", vec![HeaderTest::Present]),
        ("absent", vec![HeaderTest::Absent]),
        ("nginx", vec![HeaderTest::Text(equals("nginx"))]),
        ("1.10", vec![HeaderTest::Text(equals("1.10"))]),
        (
            "{ equals: present }",
            vec![HeaderTest::Text(equals("present"))],
        ),
        (
            "{ contains: json, matches: '^a' }",
            vec![
                HeaderTest::Text(contains("json")),
                HeaderTest::Text(TextTest::Matches(pattern("^a"))),
            ],
        ),
        ("", vec![]),
    ] {
        let name = HeaderName::from_static("x-a");
        let expected: Vec<_> = tests
            .into_iter()
            .map(|test| Rule::Header(name.clone(), test))
            .collect();
        let keys = format!("headers: {{ X-A: {value} }}");
        assert_eq!(rules(&keys), expected, "{keys}");
    }
}

#[test]
fn values_of_json_are_compared_by_what_they_are() {
    use JsonTest::{Absent, Contains, Equals, Exists, Gt, Length, Lte, Matches, Not, Type};
    for (value, tests) in [
        ("exists", vec![Exists]),
        ("absent", vec![Absent]),
        ("3", vec![Equals(json!(3))]),
        ("'3'", vec![Equals(json!("3"))]),
        ("1.5", vec![Equals(json!(1.5))]),
        ("0x10", vec![Equals(json!(16))]),
        ("true", vec![Equals(json!(true))]),
        ("'true'", vec![Equals(json!("true"))]),
        ("null", vec![Equals(json!(null))]),
        ("ok", vec![Equals(json!("ok"))]),
        ("{ equals: exists }", vec![Equals(json!("exists"))]),
        (
            "{ equals: { a: [1, '1', null] } }",
            vec![Equals(json!({"a": [1, "1", null]}))],
        ),
        ("{ not: null }", vec![Not(json!(null))]),
        ("{ gt: 3, lte: 9.5 }", vec![Gt(3.0), Lte(9.5)]),
        (
            "{ contains: [1, a] }",
            vec![Contains(json!(1)), Contains(json!("a"))],
        ),
        ("{ matches: '^a' }", vec![Matches(pattern("^a"))]),
        ("{ length: 3 }", vec![Length(3..=3)]),
        ("{ length: { min: 1 } }", vec![Length(1..=u64::MAX)]),
        ("{ length: { min: 1, max: 9 } }", vec![Length(1..=9)]),
        ("{ type: integer }", vec![Type(JsonType::Integer)]),
        ("{ type: null }", vec![Type(JsonType::Null)]),
        ("", vec![]),
    ] {
        let path = JsonPath::try_new("$.a[0]").unwrap();
        let expected: Vec<_> = tests
            .into_iter()
            .map(|test| Rule::Json(path.clone(), test))
            .collect();
        let keys = format!("json: {{ '$.a[0]': {value} }}");
        assert_eq!(rules(&keys), expected, "{keys}");
    }
}

#[test]
fn every_other_key_is_one_rule() {
    let ms = |s| Millis::from_secs(s);
    let expression = |text| Rule::Expression(Expression::try_new(text).unwrap());
    for (keys, expected) in [
        ("bytes_min: 1000", vec![Rule::BodyBytesMin(1000)]),
        ("bytes_max: 0", vec![Rule::BodyBytesMax(0)]),
        ("redirects: 1", vec![Rule::Redirects(1..=1)]),
        ("redirects: { max: 3 }", vec![Rule::Redirects(0..=3)]),
        (
            "http_version: 2",
            vec![Rule::HttpVersion(vec![HttpVersion::Http2])],
        ),
        (
            "http_version: [1.1, '2']",
            vec![Rule::HttpVersion(vec![
                HttpVersion::Http11,
                HttpVersion::Http2,
            ])],
        ),
        (
            "tls_version_min: 1.3",
            vec![Rule::TlsVersionMin(TlsVersion::Tls13)],
        ),
        (
            "certificate_days_min: 14",
            vec![Rule::CertificateDaysMin(14)],
        ),
        ("chain_days_min: 0", vec![Rule::ChainDaysMin(0)]),
        (
            "latency_max: 2s",
            vec![Rule::LatencyMax(LatencyPart::Total, ms(2))],
        ),
        (
            "latency_max: { dns: 100ms, first_byte: 1s }",
            vec![
                Rule::LatencyMax(LatencyPart::Dns, Millis(100)),
                Rule::LatencyMax(LatencyPart::FirstByte, ms(1)),
            ],
        ),
        ("date_skew_max: 30s", vec![Rule::DateSkewMax(ms(30))]),
        (
            "last_modified_age_max: 24h",
            vec![Rule::LastModifiedAgeMax(ms(86_400))],
        ),
        (
            "expression: 'status == 200'",
            vec![expression("status == 200")],
        ),
        (
            "expression: ['1 < 2', 'true']",
            vec![expression("1 < 2"), expression("true")],
        ),
    ] {
        assert_eq!(rules(keys), expected, "{keys}");
        let slow_if = expect(&format!("slow_if: {{ {keys} }}"));
        assert_eq!(slow_if.slow_if(), expected, "slow_if: {keys}");
        assert_eq!(slow_if.rules().len(), 1, "only the status: {keys}");
    }
}

#[test]
fn a_json_schema_is_a_map_or_a_file_that_is_watched() {
    let schema = json!({"type": "object", "required": ["ok"]});
    let rule = Rule::JsonSchema(Schema::try_new(schema.clone()).unwrap().into());
    assert_eq!(
        rules("json_schema: { type: object, required: [ok] }"),
        std::slice::from_ref(&rule)
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    fs::write(folder.path().join("ok.json"), schema.to_string()).unwrap();
    let keys = "expect: { json_schema: ok.json }";
    let text = format!("platforms: {{ web: [{{ url: 'https://a.example/', {keys} }}] }}");
    fs::write(&file, text).unwrap();
    let configuration = load_with(std::slice::from_ref(&file), &|_| None).unwrap();
    let expect = &configuration.probes[0].inquiry.last().expect;
    assert_eq!(expect.rules()[1], rule);
    assert!(
        configuration
            .sources
            .contains(&folder.path().join("ok.json"))
    );

    for (text, said) in [
        ("{", "is not JSON"),
        ("{\"type\": \"objekt\"}", "at /type: "),
        ("3", "is not a JSON Schema that can be used"),
    ] {
        fs::write(folder.path().join("ok.json"), text).unwrap();
        let errors = load_with(std::slice::from_ref(&file), &|_| None).unwrap_err();
        assert!(errors.to_string().contains(said), "{errors}");
    }
}

#[test]
fn each_thing_is_taken_from_the_nearest_level_that_speaks_of_it() {
    let text = "
defaults:
  expect:
    status: 204
    body_contains: a
    bytes_max: 9
    headers: { X-A: d, X-B: d, X-C: d }
    json: { $.a: 1, $.b: 1, $.c: 1 }
    latency_max: { total: 3s, dns: 1s }
  slow_if: { latency_max: 2s }
platforms:
  web:
    expect: { headers: { x-b: p }, json: { $.b: 2 }, latency_max: 5s }
    endpoints:
      - url: https://a.example/
        expect:
          body_contains: [b, c]
          bytes_max: none
          headers: { X-C: , X-E: e }
          json: { $.c: , $.d: null }
        slow_if: { latency_max: none, latency_max_is: no }
";
    let text = text.replace(", latency_max_is: no", "");
    let expect = (*probes(&text)[0].inquiry.last().expect).clone();
    let header = |name: &'static str, text| {
        let name = HeaderName::from_static(name);
        Rule::Header(name, HeaderTest::Text(equals(text)))
    };
    let json = |path, value| Rule::Json(JsonPath::try_new(path).unwrap(), JsonTest::Equals(value));
    let latency = |part, s| Rule::LatencyMax(part, Millis::from_secs(s));
    assert_eq!(
        expect.rules(),
        [
            Rule::Status("204".parse().unwrap()),
            header("x-a", "d"),
            header("x-b", "p"),
            header("x-e", "e"),
            Rule::Body(contains("b")),
            Rule::Body(contains("c")),
            json("$.a", json!(1)),
            json("$.b", json!(2)),
            json("$.d", json!(null)),
            latency(LatencyPart::Dns, 1),
            latency(LatencyPart::Total, 5),
        ]
    );
    assert_eq!(expect.slow_if(), []);
}

#[test]
fn what_is_filled_in_is_expected_and_masked() {
    for keys in [
        "body: '<${TOKEN}>'",
        "headers: { X-A: '${TOKEN}' }",
        "json: { '$.a': '${TOKEN}' }",
        "json: { '$.a': { contains: ['${TOKEN}'] } }",
        "json_schema: { const: '${TOKEN}' }",
        "final_url: { contains: '${TOKEN}' }",
    ] {
        // `^` and `{` would mean something else in a pattern
        let it = probe(&format!("slow_if: {{ {keys} }}"));
        let masked = it.inquiry.first().secrets.mask("a s^cr{et b");
        assert_eq!(masked, "a *** b", "{keys}");
    }
    assert_eq!(
        rules("expression: 'size(body) > ${NONE:-3}'"),
        [Rule::Expression(
            Expression::try_new("size(body) > 3").unwrap()
        )]
    );
}
