//! What makes an answer slow.

use super::*;

#[test]
fn only_a_rule_that_was_overstepped_or_holds_makes_slow() {
    #[track_caller]
    fn check(given: &Given, rule: Rule, expected: Option<&str>) {
        let expectations = Expectations::new(Vec::new(), vec![rule]);
        let detail = match given.look(|seen| expectations.judge(seen)) {
            Outcome::Ok => None,
            Outcome::Slow { detail } => detail,
            outcome => panic!("{outcome:?}"),
        };
        assert_eq!(detail.as_deref(), expected);
    }
    let given = body(r#"{"queue": 140}"#);
    let latency = |ms| Rule::LatencyMax(LatencyPart::Total, Millis(ms));
    check(&given, latency(100), None);
    check(&given, latency(99), Some("took 100ms, longer than 99ms"));
    let queue = || json_rule("$.queue", JsonTest::Gt(100.0));
    check(&given, queue(), Some("$.queue gt 100"));
    check(&body(r#"{"queue": 1}"#), queue(), None);
    check(&body("busy"), queue(), None);
    check(&body("busy"), expression("json.queue > 1"), None);
    check(
        &body("busy"),
        expression("body == 'busy'"),
        Some("expression `body == 'busy'` is true"),
    );
    let plain = Given {
        tls_version: None,
        ..Given::default()
    };
    check(&plain, Rule::TlsVersionMin(TlsVersion::Tls13), None);
    check(&plain, Rule::DateSkewMax(Millis(1)), None);
    let miss = Rule::Header(
        HeaderName::from_static("x-cache"),
        HeaderTest::Text(TextTest::Equals("MISS".into())),
    );
    check(
        &header("x-cache", "MISS"),
        miss.clone(),
        Some("header X-Cache equals `MISS`"),
    );
    check(&header("x-cache", "HIT"), miss, None);
}

#[test]
fn an_answer_that_fails_is_not_slow() {
    let expectations = Expectations::new(
        vec![Rule::Body(TextTest::Contains("ok".into()))],
        vec![Rule::LatencyMax(LatencyPart::Total, Millis(1))],
    );
    let kind = |given: Given| given.look(|seen| expectations.judge(seen).kind().as_str());
    assert_eq!(kind(body("bad")), "fail");
    assert_eq!(kind(body("ok")), "slow");
}
