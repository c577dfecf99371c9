//! Each kind of rule: what meets it, and the sentence of what does not.

use serde_json::json;

use super::*;

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
