use std::collections::BTreeMap;

use http::HeaderMap;
use proptest::prelude::*;

use super::*;
use crate::domain::observation::{HttpVersion, Timings};
use crate::domain::time::{Micros, UnixMillis};
use crate::expect::{CertificateFacts, Seen, TlsVersion};

fn evaluate(expression: &Expression, body: &str) -> Evaluated {
    let headers = BTreeMap::from([("content-type", "text/html"), ("x-a", "1")]);
    let headers: HeaderMap = headers
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let facts = |days: i64| CertificateFacts {
        subject: "CN=a.example".to_owned(),
        issuer: "CN=ca".to_owned(),
        not_before: UnixMillis(0),
        not_after: UnixMillis(86_400_000 * days),
        names: vec!["a.example".to_owned()],
        serial: String::new(),
        key: String::new(),
        sha256: String::new(),
    };
    let seen = Seen {
        now: UnixMillis(0),
        status: 200,
        headers: &headers,
        body: Some(body.as_bytes()),
        body_bytes: Some(body.len() as u64),
        url: "https://a.example/",
        redirects: 1,
        http_version: Some(HttpVersion::Http2),
        tls_version: Some(TlsVersion::Tls13),
        certificates: &[facts(30), facts(20)],
        timings: Timings {
            dns: Some(Micros(1_500)),
            ..Timings::default()
        },
        latency: Micros(250_000),
    };
    expression.evaluate(&Subject::new(&seen, false))
}

const BODY: &str = r#"{"items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}], "n": 3, "f": 1.5, "big": 18446744073709551615, "name": "ada"}"#;

#[track_caller]
fn check(text: &str, expected: &Evaluated) {
    let expression = Expression::try_new(text).unwrap_or_else(|bad| panic!("{text}: {bad:?}"));
    assert_eq!(evaluate(&expression, BODY), *expected, "{text}");
}

#[test]
fn an_expression_sees_all_of_an_answer() {
    for text in [
        "status == 200",
        "headers['content-type'] == 'text/html' && !('x-b' in headers)",
        "body.contains('items') && body.size() > 10 && bytes > 10",
        "size(json.items) == 2 && json.items[0].id == 1 && json.n + 1 == 4",
        "json.f > 1 && json.f < 2.0 && json.big > 0u && json.big == 18446744073709551615u",
        "url.startsWith('https:') && url.endsWith('/') && redirects == 1",
        "http_version == '2' && tls_version == '1.3'",
        "certificate.days_left == 30 && certificate.chain_days_left == 20",
        "'a.example' in certificate.names && certificate.issuer == 'CN=ca'",
        "certificate.not_after == '1970-01-31T00:00:00.000Z'",
        "timings.dns == 1.5 && timings.tls == 0.0 && latency_ms < 300 && timings.total == 250.0",
    ] {
        check(text, &Evaluated::Bool(true));
    }
}

#[test]
fn every_macro_and_function_works_with_the_meter_built_in() {
    for text in [
        "json.items.all(x, x.id > 0)",
        "json.items.exists(x, x.id == 2)",
        "json.items.exists_one(x, x.id == 2)",
        "json.items.map(x, x.id) == [1, 2]",
        "json.items.map(x, x.id > 1, x.id * 10) == [20]",
        "json.items.filter(x, size(x.tags) > 0).size() == 1",
        "json.items.all(x, x.tags.all(t, t in ['a', 'b']))",
        "json.items.exists(json, json.id == 1)",
        "json.items.map(x, x.tags.map(y, [x.id, y])) == [[[1, 'a'], [1, 'b']], []]",
        "has(json.n) && !has(json.x) && !has(json.items[0].name)",
        "json.name.matches('^a.a$') && matches(body, r'\"n\":\\s*3')",
        "string(json.n) == '3' && int('3') == json.n && double(json.n) == 3.0 && uint(3) == 3u",
        "bytes == size(body) && bool('true') && dyn(1) == 1",
        "type(json.items) == list && type(json) == map && type(status) == int",
        "json.?x.orValue(7) == 7 && json.?n.hasValue() && optional.of(1).value() == 1",
        "optional.none().or(optional.ofNonZeroValue(2)).value() == 2",
        "{'a': json.n}.a == 3 && [json.n, 4][0] == 3",
        "(json.n > 5 ? 1 : 2) == 2 && -json.n == -3 && json.n % 2 == 1",
        "'ä'.size() == 1 && 'a' + 'b' == 'ab' && [1] + [2] == [1, 2]",
        "json.x == 1 || status == 200",
    ] {
        check(text, &Evaluated::Bool(true));
    }
    check("json.items.all(x, x.id > 1)", &Evaluated::Bool(false));
}

#[test]
fn what_is_not_true_or_false_says_what_it_is() {
    let other = |text: &str| Evaluated::Other(text.to_owned());
    let failed = |text: &str| Evaluated::Failed(text.to_owned());
    check("json.n", &other("`3`"));
    check("json.items[0].tags", &other("`[\"a\",\"b\"]`"));
    check("json.name", &other("`ada`"));
    check("type(1)", &other("`\"int\"`"));
    check("optional.of(1)", &other("a value of type optional_type"));
    check("json.x", &failed("there is no `x`"));
    check(
        "json.items[7].id == 1",
        &failed("Index out of bounds: Int(7)"),
    );
    check("1 / 0 == 1", &failed("Division by zero of Int(1)"));
}

#[test]
fn only_what_is_looked_at_is_gathered() {
    for (text, body, certificates) in [
        ("status == 200", false, false),
        ("body == ''", true, false),
        ("json == null", true, false),
        ("[1].all(x, x == json)", true, false),
        ("[1].all(json, json == 1)", false, false),
        ("[1].all(json, .json == 1)", true, false),
        (
            "headers['a'].matches('b') || certificate == null",
            false,
            true,
        ),
    ] {
        let expected = Needs { body, certificates };
        assert_eq!(
            Expression::try_new(text).unwrap().needs(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (text, reason, at) in [
        ("", "is empty", None),
        ("status =", "", Some((1, 8))),
        (
            "status == 200 &&\n  foo > 1",
            "no variable `foo`; there are status, headers, body, json, bytes, url, redirects, http_version, tls_version, certificate, timings, latency_ms",
            Some((2, 3)),
        ),
        ("[1].all(x, x == 1) && x", "no variable `x`", Some((1, 23))),
        ("status.foo()", "no function `foo`", Some((1, 11))),
        (
            "body.matches('(')",
            "bad pattern: unclosed group",
            Some((1, 13)),
        ),
        (
            "body.matches(url)",
            "matches takes only a pattern that is written out",
            Some((1, 13)),
        ),
        (
            "'a'.matches()",
            "matches takes a text and a pattern",
            Some((1, 12)),
        ),
        ("a.b{c: 1}", "messages cannot be built here", None),
        (
            &"(".repeat(17),
            "too many brackets inside each other",
            Some((1, 17)),
        ),
        (&"!".repeat(500), "more than 200 operators", Some((1, 201))),
        (&" ".repeat(5000), "is empty", None),
        (&"a".repeat(5000), "longer than 4096 bytes", None),
    ] {
        let bad = Expression::try_new(text).unwrap_err();
        assert!(bad.reason.starts_with(reason), "{text}: {bad:?}");
        assert!(
            !bad.reason.is_empty() && !bad.reason.contains('\n'),
            "{bad:?}"
        );
        if at.is_some() {
            assert_eq!(bad.at, at, "{text}: {bad:?}");
        }
    }
}

#[test]
fn what_would_take_too_long_on_a_body_fails() {
    let numbers = format!("[{}0]", "0,".repeat(9_999));
    for (text, is_done) in [
        ("json.all(x, x == 0)", true),
        ("json.map(x, x + 1).filter(x, x == 1).size() == 10000", true),
        ("json.all(x, json.all(y, y == x))", false),
        ("json.all(x, json.exists(y, y == 1) || true)", false),
        ("json.all(x, x in json)", false),
        ("json.exists(x, 1 in json)", false),
        ("json.all(x, !body.contains('00'))", false),
        (
            "[body].map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).map(x, x+x).size() == 1",
            false,
        ),
        ("json.map(x, json.map(y, [json])).size() == 1", false),
        ("json.map(x, body).size() == 10000", false),
    ] {
        let expression = Expression::try_new(text).unwrap();
        let failed = Evaluated::Failed("too much work on this answer".to_owned());
        assert_eq!(evaluate(&expression, &numbers) != failed, is_done, "{text}");
    }
    let expression = Expression::try_new("body != ''").unwrap();
    assert_eq!(
        evaluate(&expression, &"a".repeat(JSON_BYTES_MAX + 1)),
        Evaluated::Failed("body is too long, over 4 MiB".to_owned())
    );
    let expression = Expression::try_new("json != null").unwrap();
    assert_eq!(
        evaluate(&expression, &"[0,".repeat(100_001)),
        Evaluated::Failed("body has too many values to be read as JSON, over 200000".to_owned())
    );
    assert_eq!(evaluate(&expression, "<html>"), Evaluated::Bool(false));
}

#[test]
fn the_longest_chains_fit_on_the_stack() {
    for (first, link, last) in [
        ("json", ".a", ""),
        ("1", "+1", "==1"),
        ("", "!", "true"),
        ("", "-", "1"),
        ("", "true?true:", "true"),
        ("json", "[0]", ""),
        ("true", "&&true", ""),
        ("true", "||true", ""),
        ("1", "==1", ""),
        ("'a'", ".size()", ""),
        ("json", ".map(x,x)", ""),
    ] {
        let mut text = first.to_owned();
        loop {
            let longer = format!("{text}{link}");
            if guard::check(&format!("{longer}{last}")).is_err() {
                break;
            }
            text = longer;
        }
        if let Ok(expression) = Expression::try_new(&format!("{text}{last}")) {
            let _ = evaluate(&expression, "[]");
        }
    }
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("size(", ")"),
        ("{1:", "}"),
        ("[0].map(x,", ")"),
        ("json[", "]"),
    ] {
        let text = format!("{}1{}", open.repeat(16), close.repeat(16));
        if let Ok(expression) = Expression::try_new(&text) {
            let _ = evaluate(&expression, "[]");
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_too_wild_for_an_expression(
        text in ".{0,100}",
        marks in r#"[\[\](){}.?:!<>=&|+*/%,'"a0 -]{0,60}"#,
        words in "((json|body|status|x|1|'a'|\\.|\\(|\\)|all\\(x,|map\\(x,|==|\\+|&&|has\\(|\\[| ){0,20})",
    ) {
        for text in [text, marks, words] {
            match Expression::try_new(&text) {
                Ok(expression) => {
                    evaluate(&expression, BODY);
                }
                Err(bad) => prop_assert!(bad.reason.lines().count() == 1, "{text:?}: {bad:?}"),
            }
        }
    }
}
