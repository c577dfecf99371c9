//! Expectations that are wrong: what is told of them, and where.

use super::super::schema;
use super::super::tests::read;

/// The mistake that is shown for `expect: { keys }`.
fn shown(keys: &str) -> String {
    let text = format!("platforms: {{ web: [{{ url: 'http://a.example/', {keys} }}] }}");
    match read(text.as_bytes()) {
        Ok(_) => {
            schema::tests::accepted(&text);
            format!("right: {keys}")
        }
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (keys, said) in [
        ("body: { contain: a }", "did you mean `contains`?"),
        (
            "body: { equals: [a, b] }",
            "nothing equals two texts at once",
        ),
        ("body: { contains: '' }", "this is always so"),
        ("body: { not_matches: '' }", "this is never so"),
        (
            "body: { matches: 'a{9999999}' }",
            "not a regular expression",
        ),
        ("headers: { A B: c }", "`A B` is not the name of a header"),
        ("headers: { A: b, a: c }", "the header `a` is written twice"),
        (
            "headers: { A: [b] }",
            "expected present, absent, text, or a map",
        ),
        ("json: { '$.a': [1] }", "compared as { equals: [1, 2] }"),
        ("json: { '$.a': {} }", "nothing is tested here"),
        ("json: { '$.a': { gt: x } }", "`x` is not a number"),
        ("json: { '$.a': .inf }", "JSON has no number `.inf`"),
        ("json: { '$.a': { type: text } }", "is not a type of JSON"),
        (
            "json: { '$.a': { length: { min: 3, max: 2 } } }",
            "min 3 is above max 2",
        ),
        (
            "json: { '$.a': { length: {} } }",
            "nothing is expected here",
        ),
        ("json: { '$.a': { exists: true } }", "unknown key `exists`"),
        (
            "json_schema: none.json",
            "cannot read the JSON Schema none.json",
        ),
        ("final_url: /home", "`/home` is not a whole URL"),
        ("http_version: []", "no version would be right"),
        ("http_version: 4", "`4` is not a version of HTTP"),
        ("tls_version_min: 1.1", "write 1.2 or 1.3"),
        ("certificate_days_min: -1", "is not a whole number"),
        ("bytes_max: 1kB", "is not a whole number"),
        ("latency_max: { dsn: 1s }", "did you mean `dns`?"),
        ("latency_max: 2", "write `2s` if seconds are meant"),
        ("colour: red", "unknown key `colour`"),
        ("contains: a", "it belongs below `body`"),
        ("json_path: a", "write `json`"),
        ("timeout: 3s", "it belongs beside `expect`"),
        ("status_code: 3", "write `status`"),
        ("stauts: 3", "did you mean `status`?"),
    ] {
        for which in ["expect", "slow_if"] {
            let shown = shown(&format!("{which}: {{ {keys} }}"));
            assert!(shown.contains(said), "{keys}: {shown}");
        }
    }
}

#[test]
fn what_no_answer_can_be_is_refused() {
    for (keys, said) in [
        (
            "method: HEAD, expect: { json: { $.a: 1 } }",
            "an answer to HEAD has no body",
        ),
        (
            "method: HEAD, expect: { bytes_min: 1 }",
            "an answer to HEAD has no body",
        ),
        (
            "expect: { bytes_min: 3, bytes_max: 2 }",
            "bytes_min 3 is above bytes_max 2",
        ),
        (
            "body_bytes_max: 2, slow_if: { bytes_min: 3 }",
            "above body_bytes_max 2",
        ),
        (
            "redirects: off, expect: { redirects: 1 }",
            "no redirects are followed",
        ),
        (
            "redirects: 2, expect: { redirects: { min: 3 } }",
            "no more than 2 redirects",
        ),
        (
            "http_version: 1.1, expect: { http_version: 2 }",
            "only HTTP/1.1 is spoken here",
        ),
        (
            "http_version: 2, expect: { http_version: [1.0, 1.1] }",
            "only HTTP/2 is spoken here",
        ),
        (
            "redirects: off, expect: { http_version: 2 }",
            "HTTP/2 is spoken only if",
        ),
        (
            "redirects: off, expect: { chain_days_min: 3 }",
            "http:// has no TLS",
        ),
        (
            "redirects: off, slow_if: { latency_max: { tls: 1s } }",
            "http:// has no TLS",
        ),
        (
            "timeout: 3s, expect: { latency_max: { dns: 4s } }",
            "latency_max 4s is above timeout 3s",
        ),
        (
            "expect: { latency_max: 2s }, slow_if: { latency_max: 2s }",
            "nothing is ever slow: latency above 2s is a failure",
        ),
    ] {
        let shown = shown(keys);
        assert!(shown.contains(said), "{keys}: {shown}");
    }
    for keys in [
        "method: HEAD, expect: { status: 204, headers: { A: b }, bytes_max: 0 }",
        // a redirect may lead to https
        "expect: { certificate_days_min: 14 }",
        "expect: { http_version: 2 }",
        "http_version: 2, expect: { http_version: [1.1, 2] }",
        "expect: { latency_max: 2s }, slow_if: { latency_max: 1s }",
        "expect: { latency_max: 2s }, slow_if: { latency_max: { dns: 2s } }",
    ] {
        assert_eq!(shown(keys), format!("right: {keys}"));
    }
}

#[test]
fn the_exact_spot_is_marked_where_the_value_stands_as_it_is_meant() {
    for (line, column, marked) in [
        ("body: { matches: a(b }", 27, " ^ unclosed"),
        ("body: { matches: 'a(b' }", 28, " ^ unclosed"),
        ("body: { matches: \"ż(b\" }", 28, " ^ unclosed"),
        // written otherwise than meant: all of it
        ("body: { matches: \"\\x61(b\" }", 26, " ^^^^^^^^ unclosed"),
        ("json: { '$.a[': 1 }", 21, " ^ cannot be read"),
        ("json: { $a: 1 }", 18, " ^ cannot be read"),
        (
            "json_schema: { properties: { a: { type: txt } } }",
            49,
            " ^^^ \"txt\" is not valid",
        ),
    ] {
        let text =
            format!("platforms:\n  web:\n    - url: https://a/\n      expect:\n        {line}\n");
        let shown = read(text.as_bytes()).unwrap_err().to_string();
        let at = format!("shop.yaml:5:{column}\n");
        assert!(shown.contains(&at) && shown.contains(marked), "{shown}");
    }
}

#[test]
fn a_mistake_in_what_was_filled_in_does_not_tell_it() {
    for keys in [
        "body: { matches: '(${TOKEN}' }",
        "expression: 'status == ${TOKEN}'",
        "json: { $.a: { gt: '${TOKEN}' } }",
        "json_schema: { type: '${TOKEN}' }",
        "json_schema: '${TOKEN}'",
        "final_url: '${TOKEN}'",
        "status: '${TOKEN}'",
        "http_version: '${TOKEN}'",
        "certificate_days_min: '${TOKEN}'",
    ] {
        let shown = shown(&format!("expect: {{ {keys} }}"));
        assert!(shown.contains("${TOKEN}"), "{shown}");
        assert!(!shown.contains("cr{et") && !shown.contains("s^"), "{shown}");
    }
}
