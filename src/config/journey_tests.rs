//! What journeys come out of files that are right, and that nothing makes reading panic.

use proptest::prelude::*;

use super::tests::{probe, probes, read};
use super::*;
use crate::prober::inquiry::CaptureFrom;
use crate::prober::template::{BodyEncoding, Captured, Template};

const JOURNEY: &str = r#"
platforms:
  web:
    - name: play a song
      url: https://me:pw12@shop.example/app/?x=1
      timeout: 8s
      headers: { X-App: yes, Accept: text/html }
      auth: none
      expect: { status: 201 }
      steps:
        - name: log in
          url: /login
          method: POST
          headers: { Accept: application/json }
          body: { form: { user: a, password: "${TOKEN}" } }
          capture:
            token: "$.access_token"
            sid: { cookie: session }
            csrf: { matches: 'csrf="(\w+)"' }
            etag: { header: ETag }
            id: { json: "$.items[0].id" }
        - name: fetch
          url: "../lists/{{ id }}?sid={{sid}}&x={"
          timeout: 2s
          headers: { X-Tag: ["{{etag}}", plain], X-Csrf: "a {{csrf}}" }
          expect: { body_contains: song }
        - { name: put, body: { json: { a: "{{csrf}}" } }, method: PUT }
        - { name: post, url: "https://api.example/{{id}}", auth: { bearer: "{{token}}" }, body: { form: { a: "&{{csrf}}" } } }
        - { name: next, url: "{{etag}}/x", always: true, body: "{{etag}}" }
"#;

#[test]
fn a_journey_inherits_captures_and_fills_in() {
    let it = probes(JOURNEY).pop().unwrap();
    assert_eq!(&*it.shown_url, "https://***:***@shop.example/app/?x=1");
    assert_eq!(it.inquiry.timeout.as_secs(), 8);
    let steps = &it.inquiry.steps;
    let captured: Captured = [
        ("id", "7"),
        ("sid", "s"),
        ("csrf", "c"),
        ("etag", "e"),
        ("token", "t"),
    ]
    .map(|(name, value)| (name.into(), value.to_owned()))
    .into();
    let filled = |template: &Template| template.fill(&captured, str::to_owned).unwrap();
    let shown: Vec<_> = steps
        .iter()
        .map(|step| {
            let request = &step.request;
            let fills = request.fills.as_deref().cloned().unwrap_or_default();
            let headers: Vec<_> = fills
                .headers
                .iter()
                .map(|(name, template)| format!("{name}={}", filled(template)))
                .collect();
            format!(
                "{} {} {} {}s {} [{}] {} {} {}",
                step.name.as_deref().unwrap(),
                request.method,
                fills.url.as_ref().map_or(request.url.to_string(), filled),
                request.timeout.as_secs(),
                step.expect.status(),
                headers.join(" "),
                fills.body.as_ref().map_or("-".to_owned(), filled),
                match fills.body_encoding {
                    BodyEncoding::Plain => "plain",
                    BodyEncoding::Json => "json",
                    BodyEncoding::Form => "form",
                },
                step.always,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "log in POST https://me:pw12@shop.example/login 8s 201 [] - plain false",
            "fetch GET https://me:pw12@shop.example/lists/7?sid=s&x={ 2s 201 [x-tag=e x-tag=plain x-csrf=a c] - plain false",
            "put PUT https://me:pw12@shop.example/app/?x=1 8s 201 [] {\"a\":\"c\"} json false",
            "post POST https://api.example/7 8s 201 [authorization=Bearer t] a=%26c form false",
            "next POST e/x 8s 201 [] e plain true",
        ]
    );
    let first = &steps[0].request;
    assert_eq!(first.headers["accept"], "application/json");
    assert_eq!(first.headers["x-app"], "yes");
    assert_eq!(steps[1].request.headers["accept"], "text/html");
    assert_eq!(
        first.secrets.mask("s^cr{et s%5Ecr%7Bet pw12"),
        "*** *** ***"
    );
    let from = |i: usize| &steps[0].captures[i].from;
    assert!(matches!(from(0), CaptureFrom::Json(path) if path.as_str() == "$.access_token"));
    assert!(matches!(from(1), CaptureFrom::Cookie(name) if &**name == "session"));
    assert!(matches!(from(2), CaptureFrom::Body(_)));
    assert!(matches!(from(3), CaptureFrom::Header(name) if name == "etag"));
    assert!(matches!(from(4), CaptureFrom::Json(_)));
}

#[test]
fn a_journey_without_a_url_is_shown_by_its_first_step() {
    let text = "
platforms:
  web:
    - steps:
        - { name: look, url: 'https://shop.example/a?k=${TOKEN}' }
        - { name: go on, url: 'http://other.example/' }
";
    let it = probes(text).pop().unwrap();
    assert_eq!(&*it.shown_url, "https://shop.example/a?k=***");
    assert_eq!(it.probe.endpoint.display(), "shop.example/a");
    assert_eq!(
        it.inquiry.steps[1].request.url.as_str(),
        "http://other.example/"
    );
}

#[test]
fn a_secret_is_not_taken_for_a_captured_value() {
    let text = "
platforms:
  web:
    - url: https://shop.example/
      steps: [{ name: look, headers: { X-Key: '{${OPEN}' } }, { name: see, body: '${OPEN}' }]
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    std::fs::write(&file, text).unwrap();
    let loaded = load_with(&[file], &|_| Some("pa{{ssw0rd}}".into()));
    let errors = loaded.unwrap_err().to_string();
    assert!(
        errors.contains("what `${…}` fills in has `{{` in it"),
        "{errors}"
    );
    assert!(!errors.contains("ssw0rd"), "{errors}");
}

#[test]
fn probes_that_ask_differently_are_not_the_same() {
    let one = probe("name: a");
    for keys in [
        "method: HEAD",
        "body: { json: {} }",
        "auth: { bearer: abcd }",
        "auth: { oauth2: { token_url: 'https://a/', client_id: a, client_secret: b } }",
        "proxy: 'http://proxy.example'",
        "tls: { insecure: true }",
        "resolve: { a.example: 203.0.113.7 }",
        "dns_servers: 9.9.9.9",
        "ip: v4",
        "http_version: 2",
        "compression: on",
        "cache_bust: on",
        "steps: [{ name: a }]",
    ] {
        assert!(!one.same_as(&probe(&format!("name: a, {keys}"))), "{keys}");
    }
    let steps = |first: &str, second: &str| {
        probe(&format!(
            "name: a, steps: [{{ name: x, capture: {{ id: $.a, other: $.b }}, {first} }}, {{ name: y, {second} }}]"
        ))
    };
    let one = steps("", "");
    assert!(one.same_as(&steps("", "")));
    for (first, second) in [
        ("timeout: 1s", ""),
        ("", "always: true"),
        ("", "url: '/{{id}}'"),
        ("", "expect: { status: 201 }"),
    ] {
        assert!(!one.same_as(&steps(first, second)), "{first} {second}");
    }
    let filled = |name: &str| steps("", &format!("body: '{{{{{name}}}}}'"));
    assert!(!filled("id").same_as(&filled("other")));
}

#[test]
fn a_mistake_in_a_step_does_not_tell_what_was_filled_in() {
    for step in [
        "url: '${TOKEN}'",
        "url: '/a', capture: { a: '${TOKEN}' }",
        "url: '/a', capture: { a: { matches: '(${TOKEN}' } }",
        "url: '/a', proxy: '${TOKEN}'",
        "url: '/a', ip: '${TOKEN}'",
        "url: '/a', auth: '${TOKEN}'",
        "url: '/a', tls: { server_name: '${TOKEN}' }",
        "url: '/a', resolve: { b: '${TOKEN}' }",
        "url: '/a', dns_servers: '${TOKEN}'",
        "url: '/a', cache_bust: '${TOKEN}'",
        "url: '/a', body: { file: '${TOKEN}' }",
    ] {
        let text = format!(
            "platforms: {{ web: [{{ url: 'https://a/', steps: [{{ name: x, {step} }}] }}] }}"
        );
        let shown = read(text.as_bytes()).unwrap_err().to_string();
        assert!(
            shown.contains("${TOKEN}") && !shown.contains("cr{et"),
            "{shown}"
        );
    }
}

/// Something to start mutating from, with every key in it.
const EVERYTHING: &str = r#"
platforms:
  web:
    - name: x
      url: https://a.example/
      method: PURGE
      body: { json: { a: [1, "${TOKEN}"], token: b } }
      auth: { oauth2: { token_url: https://a/, client_id: b, client_secret: c, scopes: [d] } }
      proxy: socks5h://me:pw@proxy.example:1080
      tls: { insecure: true, server_name: b.example, version_min: 1.2, key: "-----BEGIN" }
      resolve: { a.example: [203.0.113.7, "::1"] }
      dns_servers: [9.9.9.9, "[::1]:53"]
      ip: v4
      http_version: 2
      compression: on
      cache_bust: on
      steps:
        - { name: a, url: /a, capture: { b: $.b, c: { matches: "(d)" } } }
        - { name: b, url: "/{{b}}?{{c}}", auth: { basic: { username: u } }, body: { form: { e: "{{b}}" } } }
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_slip_in_a_request_makes_reading_panic(
        at in 0..EVERYTHING.len(), cut in 0..20_usize, put in r#"[ \n:,\-&*!|'"\[{}$~ż0/@]{0,4}"#
    ) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        let told = read(&bytes).map_err(|errors| errors.to_string());
        if let Err(told) = told {
            prop_assert!(!told.contains("cr{et"), "{told}");
        }
    }
}
