//! What requests and journeys come out of files that are right.

use std::sync::Arc;

use super::tests::{probe, probes};
use super::*;
use crate::expect::TlsVersion;
use crate::prober::oauth2::ClientAuth;
use crate::prober::request::Request;
use crate::prober::transport::{HttpVersions, IpFamily, Transport};

/// The request of the one probe with these keys.
fn request(keys: &str) -> Request {
    probe(keys).inquiry.first().clone()
}

fn transport(keys: &str) -> Arc<Transport> {
    request(keys).transport
}

/// Reads a file beside which others lie.
fn read_with(text: &str, files: &[(&str, &[u8])]) -> Result<Configuration, Errors> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let file = folder.path().join("shop.yaml");
    std::fs::write(&file, text).unwrap();
    let loaded = load_with(&[file], &|name| match name {
        "KEY" => Some(include_str!("../../tests/config/pem/client.key").into()),
        "TOKEN" => Some("s^cr{et".into()),
        _ => None,
    });
    if loaded.is_ok() {
        schema::tests::accepted(text);
    }
    loaded
}

const CERTIFICATE: &[u8] = include_bytes!("../../tests/config/pem/client.pem");
const KEY: &[u8] = include_bytes!("../../tests/config/pem/client.key");

#[test]
fn any_word_is_a_method_and_known_ones_are_so_in_any_case() {
    for (written, method) in [
        ("purge", "PURGE"),
        ("Get", "GET"),
        ("LIST", "LIST"),
        ("BASELINE-CONTROL", "BASELINE-CONTROL"),
        ("warm", "warm"),
    ] {
        assert_eq!(request(&format!("method: {written}")).method, method);
    }
}

#[test]
fn a_body_is_text_json_a_form_or_a_file() {
    for (body, bytes, content_type) in [
        ("plain", "plain", None),
        ("{ text: 1.10 }", "1.10", None),
        (
            "{ json: { a: 1.10, b: [yes, true, ~, 0x1F, '1'], c: { d: \"q\\\"\" }, e: {} } }",
            r#"{"a":1.10,"b":["yes",true,null,31,"1"],"c":{"d":"q\""},"e":{}}"#,
            Some("application/json"),
        ),
        (
            "{ json: '${TOKEN}' }",
            r#""s^cr{et""#,
            Some("application/json"),
        ),
        (
            "{ form: { user: a b, tag: [x, y&], 'k=': 1 } }",
            "user=a+b&tag=x&tag=y%26&k%3D=1",
            Some("application/x-www-form-urlencoded"),
        ),
    ] {
        let request = request(&format!("body: {body}"));
        assert_eq!(request.method, "POST");
        assert_eq!(
            std::str::from_utf8(request.body.as_deref().unwrap()).unwrap(),
            bytes
        );
        let sent = request.headers.get("content-type");
        assert_eq!(sent.map(|it| it.to_str().unwrap()), content_type, "{body}");
    }
    let own = request("body: { json: 1 }, headers: { Content-Type: application/vnd.x+json }");
    assert_eq!(own.headers["content-type"], "application/vnd.x+json");
    let none = request("body: { json: 1 }, headers: { Content-Type: }");
    assert!(!none.headers.contains_key("content-type"));
}

#[test]
fn files_are_sent_as_they_are_and_watched() {
    let text = "
platforms:
  web:
    - url: https://a.example/
      body: { file: payload.bin }
      tls: { ca: ca.pem, certificate: client.pem, key: client.key }
";
    let payload = b"\xff\x00{{not a step}}";
    let configuration = read_with(
        text,
        &[
            ("payload.bin", payload),
            ("ca.pem", CERTIFICATE),
            ("client.pem", CERTIFICATE),
            ("client.key", KEY),
        ],
    )
    .unwrap();
    let request = configuration.probes[0].inquiry.first();
    assert_eq!(request.body.as_deref(), Some(&payload[..]));
    let watched: Vec<_> = configuration
        .sources
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        watched,
        [
            "ca.pem",
            "client.key",
            "client.pem",
            "payload.bin",
            "shop.yaml"
        ]
    );
}

#[test]
fn who_asks_is_proven_by_a_header_that_nothing_shows() {
    for (auth, header, secret) in [
        (
            "{ basic: { username: me, password: hunter2 } }",
            "Basic bWU6aHVudGVyMg==",
            "bWU6aHVudGVyMg==",
        ),
        ("{ basic: { username: me } }", "Basic bWU6", "bWU6"),
        ("{ bearer: ' hunter2 ' }", "Bearer hunter2", "hunter2"),
        ("{ bearer: '${TOKEN}' }", "Bearer s^cr{et", "s^cr{et"),
    ] {
        let request = request(&format!("auth: {auth}"));
        let sent = &request.headers["authorization"];
        assert_eq!(sent, header);
        assert!(sent.is_sensitive());
        assert_eq!(request.secrets.mask(secret), "***");
    }
}

#[test]
fn the_nearest_level_decides_who_asks() {
    let text = "
defaults: { auth: { bearer: defaults } }
platforms:
  one: [{ name: x, url: 'https://a.example/' }, { name: y, url: 'https://a.example/', auth: none }]
  two:
    headers: { X: y }
    auth: { bearer: two }
    endpoints: [{ name: x, url: 'https://a.example/' }]
  three:
    auth: none
    headers: { Authorization: three }
    endpoints:
      - { name: x, url: 'https://a.example/' }
      - { name: y, url: 'https://a.example/', auth: { bearer: four } }
      - { name: z, url: 'https://a.example/', auth: none }
";
    let shown: Vec<_> = probes(text)
        .iter()
        .map(|probe| {
            let sent = probe.inquiry.first().headers.get("authorization");
            sent.map_or("-", |sent| sent.to_str().unwrap()).to_owned()
        })
        .collect();
    let expected = [
        "Bearer defaults",
        "-",
        "Bearer two",
        "three",
        "Bearer four",
        "-",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_source_of_tokens_is_shared_and_secret() {
    let text = "
defaults:
  auth:
    oauth2:
      { token_url: 'https://login.example/', client_id: me, client_secret: 'hunter 2', scopes: [a, b], client_auth: body }
platforms:
  web:
    - { name: x, url: 'https://a.example/' }
    - name: y
      url: https://a.example/
      auth:
        oauth2:
          { token_url: 'https://login.example/', client_id: me, client_secret: 'hunter 2', scopes: [a, b], client_auth: body }
";
    let probes = probes(text);
    let source = |i: usize| probes[i].inquiry.first().oauth2.clone().unwrap();
    assert!(Arc::ptr_eq(&source(0), &source(1)));
    let it = source(0);
    assert_eq!((&*it.client_id, it.client_auth), ("me", ClientAuth::Body));
    assert_eq!(it.scopes, ["a", "b"]);
    assert_eq!(it.audience, None);
    let secrets = &probes[0].inquiry.first().secrets;
    assert_eq!(
        secrets.mask("hunter 2 hunter+2 bWU6aHVudGVyKzI="),
        "*** *** ***"
    );
}

#[test]
fn a_proxy_and_its_password_are_read() {
    for (written, url) in [
        (
            "http://me:p%40w1@proxy.example:3128",
            "http://me:p%40w1@proxy.example:3128/",
        ),
        ("https://proxy.example/", "https://proxy.example/"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://proxy.example", "socks5h://proxy.example"),
    ] {
        let request = request(&format!("proxy: '{written}'"));
        let proxy = request.transport.proxy.as_ref().unwrap();
        assert_eq!(proxy.url.as_str(), url);
        let masked = request
            .secrets
            .mask("p%40w1 p@w1 bWU6cEB3MQ==")
            .into_owned();
        assert_eq!(masked == "*** *** ***", written.contains('%'), "{masked}");
    }
    let text = "
defaults: { proxy: 'http://proxy.example' }
platforms: { web: [{ url: 'https://a.example/', proxy: none }] }
";
    assert_eq!(probes(text)[0].inquiry.first().transport.proxy, None);
}

#[test]
fn addresses_servers_families_and_versions_are_read() {
    let it = transport(
        "ip: v6, http_version: 2, dns_servers: [9.9.9.9, '127.0.0.1:5353', '[::1]', '::2', '[::1]:54'],
         resolve: { B.example.: '::1', '[::0:1]': 127.0.0.1, a.example: [203.0.113.7, '2001:db8::1'] }",
    );
    assert_eq!(
        (it.ip, it.http_version),
        (IpFamily::V6, HttpVersions::Http2)
    );
    let servers: Vec<_> = it.dns_servers.iter().map(ToString::to_string).collect();
    assert_eq!(
        servers,
        [
            "9.9.9.9:53",
            "127.0.0.1:5353",
            "[::1]:53",
            "[::2]:53",
            "[::1]:54"
        ]
    );
    let hosts: Vec<_> = it
        .resolve
        .iter()
        .map(|(host, at)| format!("{host} {at:?}"))
        .collect();
    assert_eq!(
        hosts,
        [
            "::1 [127.0.0.1]",
            "a.example [203.0.113.7, 2001:db8::1]",
            "b.example [::1]"
        ]
    );
    assert_eq!(
        transport("http_version: 1.1").http_version,
        HttpVersions::Http11
    );
    assert_eq!(transport("dns_servers: 9.9.9.9").dns_servers.len(), 1);
    assert_eq!(
        *transport("ip: any, http_version: auto, dns_servers: system"),
        Transport::default()
    );
}

#[test]
fn each_key_of_tls_and_each_host_is_inherited_for_itself() {
    let text = "
defaults:
  tls: { ca: ca.pem, version_min: 1.2, insecure: true, certificate: both.pem }
  resolve: { a.example: 203.0.113.1, b.example: 203.0.113.2, c.example: 203.0.113.3 }
  dns_servers: 9.9.9.9
platforms:
  web:
    - name: x
      url: https://a.example/
      tls: { version_min: 1.3, insecure: false, server_name: X.example }
      resolve: { B.example: 203.0.113.4, c.example: }
      dns_servers: system
    - { name: y, url: 'http://a.example/', tls: { ca: none, certificate: none }, redirects: on }
";
    let both = [CERTIFICATE, KEY].concat();
    let files: [(&str, &[u8]); 2] = [("ca.pem", CERTIFICATE), ("both.pem", &both)];
    let probes = read_with(text, &files).unwrap().probes;
    let x = &probes[0].inquiry.first().transport;
    assert!(x.tls.roots.as_ref().unwrap().len() == 1 && x.tls.identity.is_some());
    assert_eq!(
        (x.tls.version_min, x.tls.version_max),
        (Some(TlsVersion::Tls13), None)
    );
    assert_eq!((x.tls.insecure, x.dns_servers.len()), (false, 0));
    assert_eq!(x.tls.server_name.as_ref().unwrap().to_str(), "X.example");
    let hosts: Vec<_> = x
        .resolve
        .iter()
        .map(|(host, at)| format!("{host} {at:?}"))
        .collect();
    assert_eq!(
        hosts,
        ["a.example [203.0.113.1]", "b.example [203.0.113.4]"]
    );
    let y = &probes[1].inquiry.first().transport.tls;
    assert!(y.roots.is_none() && y.identity.is_none() && y.insecure);
}

#[test]
fn a_key_may_be_filled_in_and_is_in_no_message() {
    let text = |key: &str| {
        format!(
            "platforms: {{ web: [{{ url: 'https://a.example/', tls: {{ certificate: c.pem, key: {key} }} }}] }}"
        )
    };
    let files: [(&str, &[u8]); 1] = [("c.pem", CERTIFICATE)];
    let probes = read_with(&text("'${KEY}'"), &files).unwrap().probes;
    assert!(probes[0].inquiry.first().transport.tls.identity.is_some());
    // what is no PEM is taken as a path, which is not to be quoted if it was filled in
    let errors = read_with(&text("'${TOKEN}'"), &files)
        .unwrap_err()
        .to_string();
    assert!(
        errors.contains("cannot read ***") && !errors.contains("cr{et"),
        "{errors}"
    );
    let other = include_str!("../../tests/config/pem/other.key");
    let line = other.lines().nth(1).unwrap();
    for key in [
        format!("\"{}\"", other.replace('\n', "\\n")),
        format!("\"{}\"", other.replace('\n', " ")),
        format!(
            "\"{}\"",
            other.lines().skip(1).collect::<Vec<_>>().join("\\n")
        ),
        line.to_owned(),
    ] {
        let errors = read_with(&text(&key), &files).unwrap_err();
        let shown = errors.to_string();
        assert!(!shown.contains(&line[..12]), "{shown}");
    }
}

#[test]
fn compression_and_cache_busting_are_switched() {
    let it = request("");
    assert_eq!((it.compression, it.cache_bust), (false, None));
    assert!(request("compression: on").compression);
    for (written, name) in [
        ("on", Some("_")),
        ("true", Some("_")),
        ("off", None),
        ("v", Some("v")),
    ] {
        let it = request(&format!("cache_bust: {written}"));
        assert_eq!(it.cache_bust.as_deref(), name, "{written}");
    }
}

#[test]
fn what_is_alike_is_shared() {
    let text = "
defaults: { dns_servers: 9.9.9.9, expect: { status: 204 } }
platforms:
  one: ['https://a.example/', 'https://b.example/']
  two: [{ url: 'https://a.example/', dns_servers: 9.9.9.9, expect: { status: 204 } }, { url: 'https://b.example/', ip: v4 }]
";
    let probes = probes(text);
    let transport = |i: usize| &probes[i].inquiry.first().transport;
    let expect = |i: usize| &probes[i].inquiry.last().expect;
    assert!(Arc::ptr_eq(transport(0), transport(1)) && Arc::ptr_eq(transport(0), transport(2)));
    assert!(!Arc::ptr_eq(transport(0), transport(3)));
    assert!(Arc::ptr_eq(expect(0), expect(2)) && Arc::ptr_eq(expect(0), expect(3)));
}
