//! What a secret was filled in for, it reaches; and nothing else.

use std::fs;

use crate::installation::Installation;
use crate::service::{Behaviour, Service, WELL};

/// Echoes the request in every part of the answer that could be told of.
fn echo(status: &str, token: &str) -> Behaviour {
    Behaviour::Bytes(format!(
        "HTTP/1.1 {status}\r\nx-echo: {token}\r\nlocation: /moved?token={token}\r\nconnection: close\r\n\r\n{{head}}"
    ))
}

#[test]
fn a_secret_reaches_the_endpoint_and_shows_nowhere_else() {
    check("hunter2-and-more", "hunter2-and-more");
}

#[test]
fn a_secret_that_is_encoded_in_a_url_shows_in_no_form() {
    check(r#"hu"n<t>er2%/+="#, "hu%22n%3Ct%3Eer2%/+=");
}

/// `in_query`: as it comes out in the query of a URL.
fn check(token: &str, in_query: &str) {
    let troubles = [
        ("well", WELL),
        ("unavailable", echo(&format!("503 {token}"), token)),
        ("moved", echo("302 Found", in_query)),
        ("silent", Behaviour::Silent),
        ("gibberish", Behaviour::Bytes(format!("{token}\r\n\r\n"))),
    ];
    let services = troubles.map(|(name, trouble)| (name, Service::start(trouble)));
    let mut endpoints: Vec<_> = services
        .iter()
        .map(|(name, service)| (*name, service.url("/player?token=${TOKEN}&x=1")))
        .collect();
    endpoints.push(("refused", "http://127.0.0.1:1/?k=${TOKEN}".to_owned()));
    if token == in_query {
        endpoints.push(("nowhere", "http://${TOKEN}.invalid/".to_owned()));
    }
    let endpoints = endpoints
        .iter()
        .map(|(name, url)| format!("    - {{ name: {name}, url: \"{url}\" }}\n"));
    let head = "\
service: Music
defaults:
  interval: 300ms
  timeout: 300ms
  confirm_interval: 50ms
  headers: { X-Key: \"${TOKEN}\", Authorization: \"Bearer ${TOKEN}\" }
platforms:
  web:
";
    let configuration: String = std::iter::once(head.to_owned()).chain(endpoints).collect();
    let place = Installation::new(&configuration).with_environment("TOKEN", token);
    let mut daemon = place.daemon(&["-vv"]);
    // unavailable, moved, silent, gibberish and refused; what came of nowhere depends on the
    // name servers here
    for _ in 0..5 {
        daemon.line("outage opened");
    }
    for (name, service) in &services {
        service.await_requests(1);
        let head = &service.heads()[0];
        assert!(
            head.contains(&format!("?token={in_query}&")),
            "{name}: {head}"
        );
        assert!(
            head.contains(&format!("x-key: {token}\r\n")),
            "{name}: {head}"
        );
    }
    // a bad configuration quotes what is wrong with it
    place.configure(&configuration.replace("name: well", "nmae: \"${TOKEN}\""));
    daemon.line("the configuration stays as it was");
    place.await_windows("the outages on disk", |windows| windows.len() >= 5);
    let databases = || {
        let files = place.files().into_iter();
        files.filter(|name| name.starts_with("outwatch.db"))
    };
    let running: Vec<_> = databases()
        .map(|name| (name.clone(), fs::read(place.path(&name)).unwrap()))
        .collect();
    assert!(running.len() >= 3, "database, log and lock: {running:?}");
    place.configure(&configuration);
    let log = daemon.stop();

    let mut shown = vec![("the log".to_owned(), log.join("\n").into_bytes())];
    shown.extend(running);
    for name in databases() {
        let bytes = fs::read(place.path(&name)).unwrap();
        shown.push((name, bytes));
    }
    shown.extend(evidence(&place));
    for arguments in [
        &["status"][..],
        &["status", "--format", "json"],
        &["outages"],
        &["outages", "--format", "json"],
        &["outages", "--format", "csv"],
        &["report"],
        &["report", "--format", "md"],
        &["report", "--format", "json"],
        &["report", "--format", "csv"],
        &["export"],
        &["export", "--format", "csv"],
        &["check"],
        &["probe", "-vv"],
        &["probe", "--format", "json"],
    ] {
        let output = place.run(arguments);
        assert!(!output.stdout.is_empty(), "{arguments:?}");
        shown.push((arguments.join(" "), output.stdout));
        shown.push((arguments.join(" "), output.stderr));
    }
    let in_json = serde_json::Value::from(token).to_string();
    let in_json = in_json.trim_matches('"').to_owned();
    for (what, bytes) in shown {
        for form in [token, in_query, &in_json] {
            let found = memchr::memmem::find(&bytes, form.as_bytes());
            let around = found.map(|at| {
                let around = &bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())];
                String::from_utf8_lossy(around).into_owned()
            });
            assert_eq!(around, None, "{what} shows the secret");
        }
    }
}

/// What is shown of each outage, with what it is.
fn evidence(place: &Installation) -> Vec<(String, Vec<u8>)> {
    let mut shown = Vec::new();
    for window in place.windows() {
        let id = window["id"].as_str().unwrap();
        for format in ["table", "json"] {
            let output = place.run(&["outages", "--evidence", id, "--format", format]);
            assert!(output.status.success(), "{output:?}");
            shown.push((format!("evidence of {id}"), output.stdout));
        }
    }
    shown
}
