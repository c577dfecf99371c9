//! What is so of every answer.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Every kind of rule, so that an answer of any kind meets some of each.
fn every_rule() -> Vec<Rule> {
    let texts = || {
        [
            TextTest::Equals("a".into()),
            TextTest::Contains("a".into()),
            TextTest::NotContains("b".into()),
            TextTest::Matches(pattern("a+")),
            TextTest::NotMatches(pattern("[0-9]{3}")),
        ]
    };
    let values = [
        JsonTest::Exists,
        JsonTest::Absent,
        JsonTest::Equals(json!(1)),
        JsonTest::Not(json!({"a": 1})),
        JsonTest::Gt(0.0),
        JsonTest::Gte(0.0),
        JsonTest::Lt(1.0),
        JsonTest::Lte(1.0),
        JsonTest::Contains(json!("a")),
        JsonTest::NotContains(json!(1)),
        JsonTest::Matches(pattern("a")),
        JsonTest::NotMatches(pattern("a")),
        JsonTest::Length(1..=3),
        JsonTest::Type(JsonType::Integer),
    ];
    let expressions = [
        "status == 200",
        "body.contains('a')",
        "json.a > 1",
        "json != null && json.all(x, x != 'a')",
        "size(headers) > 1",
        "headers['date'].startsWith('S')",
        "certificate.days_left > 14",
        "timings.total < 300 && latency_ms < 300.0",
        "bytes > 3 || redirects == 1",
        "[url, http_version, tls_version].exists(x, x == '1.1')",
        "1",
    ];
    let mut rules: Vec<_> = texts().map(Rule::Body).into();
    rules.extend(texts().map(Rule::FinalUrl));
    rules.extend(texts().map(|test| Rule::Header(http::header::DATE, HeaderTest::Text(test))));
    for path in ["$", "$.a", "$..*", "$[?@.a]"] {
        rules.extend(values.clone().map(|test| json_rule(path, test)));
    }
    rules.extend(expressions.map(expression));
    rules.extend([
        Rule::Status("2xx".parse().unwrap()),
        Rule::Header(http::header::DATE, HeaderTest::Present),
        Rule::Header(http::header::DATE, HeaderTest::Absent),
        Rule::JsonSchema(
            Schema::try_new(json!({"type": ["object", "integer"]}))
                .unwrap()
                .into(),
        ),
        Rule::BodyBytesMin(2),
        Rule::BodyBytesMax(8),
        Rule::Redirects(1..=2),
        Rule::HttpVersion(vec![HttpVersion::Http11]),
        Rule::TlsVersionMin(TlsVersion::Tls13),
        Rule::CertificateDaysMin(14),
        Rule::ChainDaysMin(14),
        Rule::LatencyMax(LatencyPart::Total, Millis(200)),
        Rule::LatencyMax(LatencyPart::Dns, Millis(200)),
        Rule::DateSkewMax(Millis(1000)),
        Rule::LastModifiedAgeMax(Millis(1000)),
    ]);
    rules
}

prop_compose! {
    fn any_answer()(
        status in 100u16..=999,
        date in prop_oneof![any::<Vec<u8>>(), Just(b"Sun, 29 Sep 2024 14:30:20 GMT".to_vec())],
        body in proptest::option::of(prop_oneof![
            any::<Vec<u8>>(),
            r#"[\[\]{}",:a0-9.]{0,30}"#.prop_map(String::into_bytes),
            r#"\{"a": ([0-9]{1,20}|"a"|\[\]|\{"a":1\})\}"#.prop_map(String::into_bytes),
            Just(b"[1]".to_vec()),
            Just(b"".to_vec()),
        ]),
        redirects in any::<u64>(),
        http_version in proptest::option::of(Just(HttpVersion::Http11)),
        tls_version in proptest::option::of(Just(TlsVersion::Tls12)),
        certificates in proptest::collection::vec(-100_000i64..100_000, 0..3),
        dns in proptest::option::of(any::<u64>().prop_map(Micros)),
        latency_ms in 0u64..1000,
    ) -> Given {
        Given {
            status,
            headers: vec![("date", date.clone()), ("last-modified", date)],
            body,
            url: "a",
            redirects,
            http_version,
            tls_version,
            certificates,
            timings: Timings { dns, ..Timings::default() },
            latency_ms,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_verdict_is_what_the_explanation_says(
        given in any_answer(),
        picked in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..6),
    ) {
        let all = every_rule();
        let pick = |slow| picked.iter().filter(|(_, is)| *is == slow).map(|(index, _)| index.get(&all).clone()).collect();
        let expectations = Expectations::new(pick(false), pick(true));
        let (outcome, explained) = given.look(|seen| (expectations.judge(seen), expectations.explain(seen)));
        let (rules, slow_if) = explained.split_at(expectations.rules().len());
        let unmet = rules.iter().position(|checked| checked.check != Check::Met);
        let slow = slow_if.iter().any(|checked| checked.check == Check::Unmet);
        match (outcome, unmet) {
            (Outcome::Fail(failure), Some(index)) => {
                prop_assert_eq!(failure.cause, Some(expectations.rules()[index].cause()));
                prop_assert!(!failure.detail.unwrap().is_empty());
            }
            (Outcome::Slow { detail }, None) => prop_assert!(slow && !detail.unwrap().is_empty()),
            (Outcome::Ok, None) => prop_assert!(!slow),
            (outcome, unmet) => prop_assert!(false, "{outcome:?} but {unmet:?}"),
        }
    }

    #[test]
    fn no_answer_is_too_wild_for_any_rule(given in any_answer()) {
        for rule in every_rule() {
            let judged = judged(&given, &rule);
            let both = Expectations::new(vec![rule.clone()], vec![rule.clone()]);
            for checked in given.look(|seen| both.explain(seen)) {
                prop_assert!(!checked.expectation.is_empty());
                prop_assert!(checked.came.chars().count() < 300, "{}", checked.came);
            }
            if let Some((_, detail)) = judged {
                prop_assert!(!detail.is_empty() && detail.chars().count() < 400, "{rule}: {detail}");
            }
        }
    }
}
