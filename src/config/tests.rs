//! What comes out of files that are right, and that nothing makes reading panic.

use std::fs;

use proptest::prelude::*;
use secrecy::{ExposeSecret as _, SecretString};

use super::*;

/// Reads one file of this text in a folder of its own, with a token in the environment.
pub(super) fn read(text: &[u8]) -> Result<Configuration, Errors> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    fs::write(&file, text).unwrap();
    load_with(&[file], &|name| (name == "TOKEN").then(|| "s^cr{et".into()))
}

pub(super) fn probes(text: &str) -> Vec<Probe> {
    match read(text.as_bytes()) {
        Ok(configuration) => {
            schema::tests::accepted(text);
            configuration.probes
        }
        Err(errors) => panic!("{errors}"),
    }
}

/// The one probe of a web platform with these keys.
pub(super) fn probe(keys: &str) -> Probe {
    let text = format!("platforms: {{ web: [{{ url: 'https://a.example/', {keys} }}] }}");
    probes(&text).pop().unwrap()
}

#[track_caller]
pub(super) fn refused(text: &str, title: &str) {
    let text = read(text.as_bytes()).unwrap_err().to_string();
    assert!(text.contains(title), "{text}");
}

#[test]
fn an_endpoint_goes_before_its_platform_and_that_before_the_defaults() {
    let text = "
defaults: { interval: 40s, timeout: 4s, failure_threshold: 4, headers: { A: d, B: d, C: d } }
platforms:
  one:
    timeout: 3s
    failure_threshold: 3
    headers: { B: p, C: p }
    endpoints:
      - { name: x, url: 'https://a.example/', failure_threshold: 7, headers: { c: e, A: } }
      - { name: y, url: 'https://a.example/' }
  two: ['https://a.example/']
";
    let shown: Vec<_> = probes(text)
        .iter()
        .map(|probe| {
            let header = |name| {
                let value = probe.inquiry.first().headers.get(name);
                value.map_or("-", |value| value.to_str().unwrap())
            };
            let p = &probe.parameters;
            let (a, b, c) = (header("a"), header("b"), header("c"));
            let (interval, timeout, threshold) = (p.interval, p.timeout, p.failure_threshold);
            format!(
                "{}: {interval} {timeout} {threshold} {a}{b}{c}",
                probe.probe.id
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "shop/one/x: 40s 3s 7 -pe",
            "shop/one/y: 40s 3s 3 dpp",
            "shop/two/a.example: 40s 4s 4 ddd",
        ]
    );
}

#[test]
fn what_is_built_in_follows_the_interval() {
    let times = |keys| {
        let p = probe(keys).parameters;
        format!(
            "{} {} {} {}",
            p.interval, p.timeout, p.confirm_interval, p.grace
        )
    };
    assert_eq!(times(""), "30s 10s 5s 1m 10s");
    assert_eq!(times("interval: 2s"), "2s 2s 2s 6s");
    assert_eq!(times("interval: 1m, timeout: 20s"), "1m 20s 5s 2m 20s");
    assert_eq!(times("grace: 5m"), "30s 10s 5s 5m");
    assert_eq!(probe("flap_of: 2").parameters.flap_failures.get(), 2);
}

#[test]
fn values_are_taken_as_they_are_written() {
    let it = probe("name: 1.10, body: no, headers: { X-Version: 1.10, X-On: True, X-Hex: 0x1F }");
    assert_eq!(it.probe.endpoint.display(), "1.10");
    assert_eq!(it.inquiry.first().body.as_deref(), Some(&b"no"[..]));
    for (name, value) in [("x-version", "1.10"), ("x-on", "True"), ("x-hex", "0x1F")] {
        assert_eq!(it.inquiry.first().headers[name], value);
    }
}

#[test]
fn methods_and_redirects_are_read() {
    use crate::prober::request::Redirects::{Follow, Off};
    for (keys, method) in [("", "GET"), ("body: x", "POST"), ("method: head", "HEAD")] {
        assert_eq!(probe(keys).inquiry.first().method, method);
    }
    for (keys, redirects) in [
        ("", Follow { max: 10 }),
        ("redirects: off", Off),
        ("redirects: false", Off),
        ("redirects: on", Follow { max: 10 }),
        ("redirects: 3", Follow { max: 3 }),
    ] {
        assert_eq!(probe(keys).inquiry.first().redirects, redirects, "{keys}");
    }
}

#[test]
fn an_endpoint_without_a_name_is_called_after_its_host_port_and_path() {
    for (url, name) in [
        ("https://a.example", "a.example"),
        ("https://a.example/?q=1", "a.example"),
        ("https://a.example:8443/v1/me/", "a.example:8443/v1/me"),
        ("https://a.example/${TOKEN}/x", "a.example/***/x"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ] {
        let text = format!("platforms: {{ web: ['{url}'] }}");
        assert_eq!(probes(&text)[0].probe.endpoint.display(), name);
    }
}

#[test]
fn a_platform_called_desktop_mobile_or_web_asks_as_people_do_there() {
    let agent = |platform: &str, keys: &str| {
        let text = format!("platforms: {{ {platform}: [{{ url: 'https://a/', {keys} }}] }}");
        let headers = probes(&text)[0].inquiry.first().headers.clone();
        let agent = headers["user-agent"].to_str().unwrap().to_owned();
        let start = agent.split(" AppleWebKit").next().unwrap().to_owned();
        (start, headers.contains_key("sec-ch-ua"))
    };
    let own = concat!("Outwatch/", env!("CARGO_PKG_VERSION"));
    for (platform, keys, expected) in [
        (
            "Desktop",
            "",
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", true),
        ),
        ("mobile", "", ("Mozilla/5.0 (Linux; Android 10; K)", true)),
        ("tv", "", (own, false)),
        (
            "tv",
            "user_agent: mobile",
            ("Mozilla/5.0 (Linux; Android 10; K)", true),
        ),
        ("web", "user_agent: TV/1", ("TV/1", false)),
        ("web", "headers: { User-Agent: TV/2 }", ("TV/2", false)),
    ] {
        let (agent, hints) = agent(platform, keys);
        assert_eq!((&*agent, hints), expected, "{platform} {keys}");
    }
}

#[test]
fn secrets_reach_the_request_and_nothing_that_is_shown() {
    let text = "
platforms:
  web:
    - name: x
      url: https://me:${TOKEN}@a.example/${TOKEN}?k=${TOKEN}&d=${NONE:-eu}
      headers: { X-Key: '${TOKEN}', Authorization: Bearer plain-token }
      body: '<${TOKEN}>'
      expect: { body_contains: '${TOKEN}' }
";
    let it = probes(text).pop().unwrap();
    assert_eq!(
        it.inquiry.first().url.as_str(),
        "https://me:s%5Ecr%7Bet@a.example/s^cr%7Bet?k=s^cr{et&d=eu"
    );
    assert_eq!(it.inquiry.first().headers["x-key"], "s^cr{et");
    assert_eq!(it.inquiry.first().body.as_deref(), Some(&b"<s^cr{et>"[..]));
    assert_eq!(&*it.shown_url, "https://***:***@a.example/***?k=***&d=eu");
    assert!(!format!("{:?}", it.inquiry.first().headers).contains("cr{et"));
    let masked = it
        .inquiry
        .first()
        .secrets
        .mask("s^cr{et s%5Ecr%7Bet s^cr%7Bet plain-token eu");
    assert_eq!(masked, "*** *** *** *** eu");
}

#[test]
fn a_mistake_in_what_was_filled_in_does_not_tell_it() {
    for keys in [
        "url: '${TOKEN}'",
        "url: '${TOKEN}://x/'",
        "url: 'https://a.example:${TOKEN}/'",
        "url: 'https://a/', interval: '${TOKEN}'",
        "url: 'https://a/', failure_threshold: '${TOKEN}'",
        "url: 'https://a/', method: '${TOKEN}'",
        "url: 'https://a/', redirects: '${TOKEN}'",
        "url: 'https://a/', expect: { status: '${TOKEN}' }",
        "url: 'https://a/', id: '${TOKEN}'",
    ] {
        let text = format!("platforms: {{ web: [{{ name: x, {keys} }}] }}");
        let shown = read(text.as_bytes()).unwrap_err().to_string();
        assert!(
            shown.contains("${TOKEN}") && !shown.contains("cr{et"),
            "{shown}"
        );
        assert!(!shown.contains("s^"), "{shown}");
    }
}

#[test]
fn anchors_aliases_and_merges_bring_in_what_stands_elsewhere() {
    let text = "
platforms:
  web:
    - &first { name: a, url: 'https://a.example/', interval: &i 20s, headers: { V: 1.10 } }
    - { <<: *first, name: b }
    - { name: c, url: 'https://a.example/', timeout: 1s, interval: *i }
";
    let probes = probes(text);
    let shown: Vec<_> = probes
        .iter()
        .map(|probe| (probe.probe.endpoint.display(), probe.parameters.interval.0))
        .collect();
    assert_eq!(shown, [("a", 20_000), ("b", 20_000), ("c", 20_000)]);
    assert_eq!(probes[1].inquiry.first().headers["v"], "1.10");

    // a mistake is shown where it was written, and once
    let text = text.replace("20s", "20");
    let errors = read(text.as_bytes()).unwrap_err();
    assert_eq!(errors.count(), 2, "the anchor and its alias:\n{errors}");
}

#[test]
fn probes_are_the_same_if_everything_about_them_is() {
    let one = probe("name: a");
    assert!(one.same_as(&probe("name: a")));
    for keys in [
        "name: b",
        "name: a, id: c",
        "name: a, interval: 31s",
        "name: a, headers: { A: b }",
        "name: a, headers: { Authorization: '${TOKEN}' }",
        "name: a, body: x",
        "name: a, expect: { status: 201 }",
        "name: a, redirects: off",
        "name: a, body_bytes_max: 1",
    ] {
        assert!(!one.same_as(&probe(keys)), "{keys}");
    }
    // shown alike, and yet another secret
    let with = |token: &'static str| {
        let mut it = probe("name: a, headers: { X-Key: '${TOKEN}' }");
        let headers = std::sync::Arc::make_mut(&mut it.inquiry.steps[0].request.headers);
        headers.insert("x-key", token.parse().unwrap());
        it
    };
    assert!(!with("1").same_as(&with("2")));
}

#[test]
fn line_ends_and_a_byte_order_mark_make_no_difference() {
    let text = "\u{feff}service: Żabka\r\nplatforms:\r\n  web:\r\n    - url: 7\r\n      x: y\r\n";
    let errors = read(text.as_bytes()).unwrap_err().to_string();
    assert!(errors.contains("shop.yaml:4:12"), "{errors}");
    assert!(errors.contains("shop.yaml:5:7"), "{errors}");
}

#[test]
fn what_would_take_unreasonable_memory_or_time_is_refused() {
    let deep = "[".repeat(10_000);
    refused(
        &format!("platforms: {deep}"),
        "nested more than 32 levels deep",
    );
    let deep: Vec<_> = (0..2_000).map(|i| format!("{:i$}a:", "")).collect();
    let deep = deep.join("\n");
    refused(&deep, "nested more than 32 levels deep");
    let layers: Vec<_> = "abcdefghijkl"
        .chars()
        .zip("bcdefghijklm".chars())
        .map(|(this, next)| {
            let aliases = vec![format!("*{this}"); 10].join(",");
            format!("{next}: &{next} [{aliases}]")
        })
        .collect();
    let bomb = format!("a: &a [x,x,x,x,x,x,x,x,x]\n{}", layers.join("\n"));
    refused(&bomb, "aliases");
    let headers: Vec<_> = (0..40_000).map(|i| format!("h{i}: x")).collect();
    let headers = format!("defaults: {{ headers: {{ {} }} }}", headers.join(", "));
    refused(&headers, "more than 100 headers");
    refused(&"x".repeat((16 << 20) + 1), "larger than 16 MiB");
    refused(
        &format!("a: [{}]", "x,".repeat(1_000_001)),
        "more than 1000000 values",
    );
}

#[test]
fn one_mistake_does_not_hide_another() {
    let text = "
servise: shop
defaults: { interval: 5, grace: 1s }
platforms:
  web:
    retries: 1
    endpoints:
      - { interval: 10s, timeout: 20s, method: GTE }
      - { name: '-', url: 'htp://a/', expect: { status: 3x, latency_max: 1h, colour: red } }
      - { url: '${NONE}', flap_failures: 9, flap_of: 5, headers: { A B: c, D: \"e\\nf\" } }
";
    let errors = read(text.as_bytes()).unwrap_err();
    assert_eq!(errors.count(), 16, "{errors}");
}

#[test]
fn what_is_shown_does_not_steer_the_terminal() {
    for text in [
        "a\u{1b}[31m: b\n",
        "\"a\\e[31m\": b\n",
        "platforms: { w: ['ht\u{202e}tp'] }",
    ] {
        let shown = read(text.as_bytes()).unwrap_err().to_string();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
}

#[test]
fn of_a_long_line_what_stands_around_the_mistake_is_shown_at_its_place() {
    let keys = |from: u32| (from..from + 400).map(|i| format!("key{i}: 1, "));
    let text: String = keys(0).chain(["bearer: hunter2, ".into()]).collect();
    let text = format!("{{ {text}{} }}", keys(400).collect::<String>());
    let errors = read(text.as_bytes()).unwrap_err();
    let at = |key: &str| text.find(key).unwrap() + 1;
    for color in [false, true] {
        let shown = errors.render(color);
        assert!(shown.len() < 400_000 && !shown.contains("hunter2"));
        for key in ["key399: 1, bearer: *******", "key400", "key1:", "key300"] {
            assert!(shown.contains(key), "{key}");
        }
        for key in ["key3:", "key300:", "bearer:"] {
            let place = format!("shop.yaml:1:{}\n", at(key));
            assert!(shown.contains(&place), "{place}");
        }
        assert!(!shown.contains(" ::: "));
    }
}

#[test]
fn what_is_said_of_one_long_value_is_short() {
    for text in [
        format!("service: \"{}\"", "x".repeat(1 << 20)),
        format!("{}: 1", "x".repeat(1 << 20)),
        format!(
            "platforms: {{ web: [\"https://a.example/${{{}}}\"] }}",
            "x".repeat(1 << 20)
        ),
        format!(
            "platforms: {{ web: [\"${{file:{}}}\"] }}",
            "x/".repeat(1 << 19)
        ),
        "\u{feff}".repeat(1 << 18),
    ] {
        let shown = read(text.as_bytes()).unwrap_err().to_string();
        assert!(shown.len() < 20_000, "{}", shown.len());
    }
}

/// Something to start mutating from.
const GOOD: &str = include_str!("../../probes.yaml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes).map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_yaml_like_text_makes_reading_panic(
        text in r#"([ \n\t:,\-?&*!|>'"%@`#{}\[\]<$~ażx01.]|platforms|web|url|https://|\$\{){0,60}"#
    ) {
        let _ = read(text.as_bytes()).map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_slip_in_a_good_file_makes_reading_panic(
        at in 0..GOOD.len(), cut in 0..20_usize, put in r#"[ \n\t:,\-?&*!|'"\[{$~ż0]{0,4}"#
    ) {
        let mut bytes = GOOD.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        let _ = read(&bytes).map_err(|errors| errors.to_string());
    }

    #[test]
    fn a_secret_is_never_in_what_is_shown(secret in "[ -~]{4,20}") {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.yaml");
        fs::write(&file, "platforms: { web: ['https://a.example/${S}?k=${S}'] }").unwrap();
        let loaded = load_with(&[file], &|_| Some(secret.clone().into()));
        let secret = SecretString::from(secret);
        if let Ok(configuration) = loaded {
            let it = &configuration.probes[0];
            prop_assert_eq!(&*it.shown_url, "https://a.example/***?k=***");
            prop_assert!(!it.inquiry.first().secrets.mask(it.inquiry.first().url.as_str())
                .contains(secret.expose_secret().trim()));
        }
    }
}
