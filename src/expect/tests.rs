//! Answers held against every kind of rule, as judged and as explained.

use http::{HeaderMap, HeaderName};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::observation::{Cause, Failure, HttpVersion, Outcome, Phase, Timings};
use crate::domain::time::{Micros, UnixMillis};

/// 2024-09-29T14:30:20Z
const NOW: UnixMillis = UnixMillis(1_727_620_220_000);

const DAY: Millis = Millis(86_400_000);

/// An answer that a test says of what is special about it.
#[derive(Clone, Debug)]
struct Given {
    status: u16,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
    url: &'static str,
    redirects: u64,
    http_version: Option<HttpVersion>,
    tls_version: Option<TlsVersion>,
    /// Whole days that each is still valid, and a little.
    certificates: Vec<i64>,
    timings: Timings,
    latency_ms: u64,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Some(Vec::new()),
            url: "https://a.example/",
            redirects: 0,
            http_version: Some(HttpVersion::Http11),
            tls_version: Some(TlsVersion::Tls13),
            certificates: vec![90, 400],
            timings: Timings::default(),
            latency_ms: 100,
        }
    }
}

impl Given {
    fn look<T>(&self, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let Ok(value) = http::HeaderValue::from_bytes(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let certificates: Vec<_> = self.certificates.iter().map(|days| facts(*days)).collect();
        look(&Seen {
            now: NOW,
            status: self.status,
            headers: &headers,
            body: self.body.as_deref(),
            body_bytes: self.body.as_ref().map(|body| body.len() as u64),
            url: self.url,
            redirects: self.redirects,
            http_version: self.http_version,
            tls_version: self.tls_version,
            certificates: &certificates,
            timings: self.timings,
            latency: Micros(self.latency_ms * 1000),
        })
    }
}

fn facts(days: i64) -> CertificateFacts {
    CertificateFacts {
        subject: format!("CN=of {days} days"),
        issuer: "CN=ca".to_owned(),
        not_before: NOW,
        not_after: NOW + Millis(DAY.0 * days + 1000),
        names: vec!["a.example".to_owned()],
        serial: "01".to_owned(),
        key: "EC 256".to_owned(),
        sha256: String::new(),
    }
}

fn body(body: &str) -> Given {
    Given {
        body: Some(body.into()),
        ..Given::default()
    }
}

fn header(name: &'static str, value: &str) -> Given {
    Given {
        headers: vec![(name, value.into())],
        ..Given::default()
    }
}

/// What came of judging by the one rule: nothing, or cause and complaint.
fn judged(given: &Given, rule: &Rule) -> Option<(Cause, String)> {
    let expectations = Expectations::new(vec![rule.clone()], Vec::new());
    match given.look(|seen| expectations.judge(seen)) {
        Outcome::Ok => None,
        Outcome::Fail(Failure {
            cause: Some(cause),
            phase: Some(Phase::Verdict),
            detail: Some(detail),
        }) => Some((cause, detail.to_string())),
        outcome => panic!("{rule}: {outcome:?}"),
    }
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "rows read better without `&`"
)]
fn met(given: &Given, rule: Rule) {
    assert_eq!(judged(given, &rule), None, "{rule}");
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "rows read better without `&`"
)]
fn unmet(given: &Given, rule: Rule, cause: Cause, expected: &str) {
    let expected = Some((cause, expected.to_owned()));
    assert_eq!(judged(given, &rule), expected, "{rule}");
}

fn json_rule(path: &str, test: JsonTest) -> Rule {
    Rule::Json(JsonPath::try_new(path).unwrap(), test)
}

fn expression(text: &str) -> Rule {
    Rule::Expression(Expression::try_new(text).unwrap_or_else(|bad| panic!("{text}: {bad:?}")))
}

fn pattern(text: &str) -> Pattern {
    Pattern::try_new(text).unwrap()
}

#[test]
fn status() {
    let rule = |text: &str| Rule::Status(text.parse().unwrap());
    met(&Given::default(), rule("2xx"));
    let teapot = Given {
        status: 418,
        ..Given::default()
    };
    unmet(&teapot, rule("2xx"), Cause::Status, "418 I'm a teapot");
}

#[test]
fn headers() {
    let rule = |test| Rule::Header(http::header::CONTENT_TYPE, HeaderTest::Text(test));
    let html = header("content-type", "text/html");
    met(&html, rule(TextTest::Contains("html".into())));
    unmet(
        &html,
        rule(TextTest::Contains("json".into())),
        Cause::Header,
        "header Content-Type is `text/html`, not containing `json`",
    );
    unmet(
        &Given::default(),
        rule(TextTest::Matches(pattern("^application/json"))),
        Cause::Header,
        "header Content-Type is missing; it should be there, matching `^application/json`",
    );
}

#[test]
fn body_and_its_size() {
    let contains = || Rule::Body(TextTest::Contains("ok".into()));
    met(&body("all ok"), contains());
    unmet(
        &body("bad"),
        contains(),
        Cause::Body,
        "body does not contain `ok`",
    );
    met(&body("12345"), Rule::BodyBytesMin(5));
    met(&body("12345"), Rule::BodyBytesMax(5));
    unmet(
        &body("1"),
        Rule::BodyBytesMin(5),
        Cause::Body,
        "body is 1 byte long, at least 5 are expected",
    );
    unmet(
        &body("123456"),
        Rule::BodyBytesMax(5),
        Cause::Body,
        "body is 6 bytes long, at most 5 are expected",
    );
    let unread = Given {
        body: None,
        ..Given::default()
    };
    for rule in [contains(), Rule::BodyBytesMax(5)] {
        unmet(&unread, rule, Cause::Body, "body was not read");
    }
    let rules = [
        json_rule("$", JsonTest::Absent),
        expression("body == ''"),
        Rule::JsonSchema(Schema::try_new(json!({})).unwrap().into()),
    ];
    for rule in rules {
        assert_eq!(judged(&unread, &rule).unwrap().1, "body was not read");
    }
}

#[test]
fn json_values() {
    use JsonTest::{Absent, Equals, Exists, Gt, Length};
    let given = body(r#"{"items": [], "n": [1, 2, "x", 4], "ok": true}"#);
    let check = |path, test, expected| match expected {
        "" => met(&given, json_rule(path, test)),
        expected => unmet(&given, json_rule(path, test), Cause::Json, expected),
    };
    check("$.items", Exists, "");
    check("$.x", Absent, "");
    check("$.x", Exists, "$.x finds nothing");
    check("$.items[*]", Gt(0.0), "$.items[*] finds nothing");
    check("$.ok", Absent, "$.ok is `true`, not absent");
    check(
        "$.items",
        Length(1..=u64::MAX),
        "$.items has length 0, not at least 1",
    );
    check("$.n[0,1]", Gt(0.0), "");
    check(
        "$.n[*]",
        Gt(0.0),
        "$.n[*], value 3 of 4, is `\"x\"`, no number",
    );
    check("$.n[0]", Equals(json!(2)), "$.n[0] is `1`, not `2`");
    for rule in [
        json_rule("$.a", Exists),
        json_rule("$.a", Absent),
        Rule::JsonSchema(Schema::try_new(json!({})).unwrap().into()),
    ] {
        unmet(
            &body("<html>"),
            rule.clone(),
            Cause::Json,
            "body is no JSON: expected value at line 1 column 1",
        );
        unmet(&body(""), rule, Cause::Json, "body is empty, no JSON");
    }
    let large = body(&format!("[{}0]", "0,".repeat(100_000)));
    unmet(
        &large,
        json_rule("$[?@ == $[1]]", Exists),
        Cause::Json,
        "$[?@ == $[1]] has too much to look at in 100002 values",
    );
}

#[test]
fn json_schema() {
    let schema = json!({"type": "array", "items": {"type": "integer"}});
    let rule = || Rule::JsonSchema(Schema::try_new(schema.clone()).unwrap().into());
    met(&body("[1, 2]"), rule());
    unmet(
        &body("[1, 2.5]"),
        rule(),
        Cause::Json,
        "body is not of its schema: at /1: 2.5 is not of type \"integer\"",
    );
    let referring = Schema::try_new(json!({"$ref": "#/$defs/a", "$defs": {"a": {}}})).unwrap();
    unmet(
        &body(&format!("{}{}", "[".repeat(17), "]".repeat(17))),
        Rule::JsonSchema(referring.into()),
        Cause::Json,
        "body has more than 16 levels, too deep for a schema with references",
    );
}

#[test]
fn where_and_how_it_was_answered() {
    let given = Given {
        url: "https://a.example/login",
        redirects: 1,
        ..Given::default()
    };
    let url = |text: &str| Rule::FinalUrl(TextTest::Equals(text.into()));
    met(&given, url("https://a.example/login"));
    unmet(
        &given,
        url("https://a.example/home"),
        Cause::Redirect,
        "answered by `https://a.example/login`, not `https://a.example/home`",
    );
    met(&given, Rule::Redirects(1..=1));
    unmet(
        &given,
        Rule::Redirects(0..=0),
        Cause::Redirect,
        "followed 1 redirect, not 0",
    );
    unmet(
        &Given::default(),
        Rule::Redirects(1..=u64::MAX),
        Cause::Redirect,
        "followed 0 redirects, not at least 1",
    );
    let version = |versions: &[_]| Rule::HttpVersion(versions.to_vec());
    met(&given, version(&[HttpVersion::Http2, HttpVersion::Http11]));
    unmet(
        &given,
        version(&[HttpVersion::Http2, HttpVersion::Http3]),
        Cause::Protocol,
        "answered with HTTP/1.1, not 2 or 3",
    );
}

#[test]
fn tls_and_certificates() {
    let days = |certificates: &[i64]| Given {
        tls_version: Some(TlsVersion::Tls12),
        certificates: certificates.to_vec(),
        ..Given::default()
    };
    met(&days(&[14, 9]), Rule::CertificateDaysMin(14));
    met(&days(&[14, 14]), Rule::ChainDaysMin(14));
    met(&days(&[14]), Rule::TlsVersionMin(TlsVersion::Tls12));
    unmet(
        &days(&[14]),
        Rule::TlsVersionMin(TlsVersion::Tls13),
        Cause::Tls,
        "TLS is of version 1.2, at least 1.3 is expected",
    );
    for (given, rule, expected) in [
        (
            days(&[9]),
            Rule::CertificateDaysMin(14),
            "certificate is valid for 9 more days, at least 14 are expected",
        ),
        (
            days(&[1]),
            Rule::CertificateDaysMin(14),
            "certificate is valid for 1 more day, at least 14 are expected",
        ),
        (
            days(&[-3]),
            Rule::CertificateDaysMin(14),
            "certificate expired 3 days ago, at least 14 more days are expected",
        ),
        (
            days(&[90, 9, 400]),
            Rule::ChainDaysMin(14),
            "certificate `CN=of 9 days` of the chain is valid for 9 more days, at least 14 are expected",
        ),
        (
            days(&[]),
            Rule::ChainDaysMin(14),
            "no certificate that could be read",
        ),
    ] {
        unmet(&given, rule, Cause::Certificate, expected);
    }
    let plain = Given {
        tls_version: None,
        certificates: Vec::new(),
        ..Given::default()
    };
    unmet(
        &plain,
        Rule::TlsVersionMin(TlsVersion::Tls12),
        Cause::Tls,
        "no TLS",
    );
    unmet(
        &plain,
        Rule::CertificateDaysMin(1),
        Cause::Certificate,
        "no TLS, so no certificate",
    );
}

#[test]
fn latency() {
    let given = Given {
        latency_ms: 2_300,
        timings: Timings {
            first_byte: Some(Micros(800_000)),
            ..Timings::default()
        },
        ..Given::default()
    };
    let rule = |part, ms| Rule::LatencyMax(part, Millis(ms));
    met(&given, rule(LatencyPart::Total, 2_300));
    met(&given, rule(LatencyPart::FirstByte, 800));
    // there was none
    met(&given, rule(LatencyPart::Tls, 1));
    unmet(
        &given,
        rule(LatencyPart::Total, 2_000),
        Cause::Latency,
        "took 2.3s, longer than 2s",
    );
    unmet(
        &given,
        rule(LatencyPart::FirstByte, 500),
        Cause::Latency,
        "first_byte took 800ms, longer than 500ms",
    );
}

#[test]
fn dates() {
    // answered between :20 and :20.1
    let date = |value| header("date", value);
    let skew = |seconds| Rule::DateSkewMax(Millis::from_secs(seconds));
    met(&date("Sun, 29 Sep 2024 14:30:20 GMT"), skew(1));
    met(&date("Sunday, 29-Sep-24 14:30:50 GMT"), skew(30));
    for (given, expected) in [
        (
            date("Sun, 29 Sep 2024 14:31:20 GMT"),
            "header Date is 59.9s ahead of our clock, at most 30s are expected",
        ),
        (
            date("Sun, 29 Sep 2024 14:29:20 GMT"),
            "header Date is 59.001s behind of our clock, at most 30s are expected",
        ),
        (date("now"), "header Date is `now`, no date of HTTP"),
        (Given::default(), "header Date is missing"),
    ] {
        unmet(&given, skew(30), Cause::Header, expected);
    }
    let age = Rule::LastModifiedAgeMax(Millis::from_secs(86_400));
    let modified = |value| header("last-modified", value);
    met(&modified("Sun, 29 Sep 2024 12:00:00 GMT"), age.clone());
    met(&modified("Mon, 30 Sep 2024 12:00:00 GMT"), age.clone());
    for (given, expected) in [
        (
            modified("Sat, 28 Sep 2024 08:30:20 GMT"),
            "header Last-Modified is 30h ago, longer than 24h",
        ),
        (Given::default(), "header Last-Modified is missing"),
    ] {
        unmet(&given, age.clone(), Cause::Header, expected);
    }
}

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
