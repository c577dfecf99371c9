//! What is shown of each expectation.

use serde_json::json;

use super::*;

#[test]
fn each_expectation_is_explained_in_the_words_of_the_configuration() {
    let ms = Millis;
    let rules = vec![
        Rule::Header(http::header::SERVER, HeaderTest::Present),
        Rule::Body(TextTest::NotContains("error".into())),
        json_rule("$.items", JsonTest::Length(1..=u64::MAX)),
        json_rule("$.n", JsonTest::Gte(3.0)),
        Rule::JsonSchema(Schema::try_new(json!({"type": "object"})).unwrap().into()),
        Rule::BodyBytesMin(1000),
        Rule::FinalUrl(TextTest::Matches(pattern("^https:"))),
        Rule::Redirects(0..=3),
        Rule::HttpVersion(vec![HttpVersion::Http11, HttpVersion::Http2]),
        Rule::TlsVersionMin(TlsVersion::Tls13),
        Rule::CertificateDaysMin(14),
        Rule::LatencyMax(LatencyPart::Tls, ms(500)),
        Rule::DateSkewMax(ms(30_000)),
        expression("status == 200"),
        expression("json.n"),
    ];
    let slow_if = vec![
        Rule::LatencyMax(LatencyPart::Total, ms(800)),
        Rule::LatencyMax(LatencyPart::FirstByte, ms(300)),
        Rule::ChainDaysMin(200),
        json_rule("$.n", JsonTest::Equals(json!(4))),
    ];
    let given = Given {
        latency_ms: 900,
        headers: vec![("server", b"nginx".to_vec())],
        ..body(r#"{"items": [], "n": 4}"#)
    };
    let lines = given.look(|seen| {
        let explained = Expectations::new(rules, slow_if).explain(seen);
        let lines = explained.into_iter().map(|checked| {
            let mark = match checked.check {
                Check::Met => '+',
                Check::Unmet => '-',
                Check::Unchecked => '?',
            };
            format!("{mark} {} ({})\n", checked.expectation, checked.came)
        });
        lines.collect::<String>()
    });
    insta::assert_snapshot!(lines, @r#"
    + status 2xx (200 OK)
    + header Server present (`nginx`)
    + body not_contains `error` ()
    - $.items length at least 1 (length 0)
    + $.n gte 3 (`4`)
    + body fits json_schema ()
    - bytes at least 1000 (21 bytes)
    + final_url matches `^https:` (`https://a.example/`)
    + redirects at most 3 (0)
    + http_version 1.1 or 2 (1.1)
    + tls_version at least 1.3 (1.3)
    + certificate_days at least 14 (90 days)
    + tls at most 500ms (none)
    - date_skew at most 30s (header Date is missing)
    + expression `status == 200` (true)
    - expression `json.n` (`4`)
    - slow if latency above 800ms (900ms)
    + slow if first_byte above 300ms (none)
    - slow if chain_days below 200 (90 days)
    - slow if $.n equals `4` (`4`)
    "#);
}
