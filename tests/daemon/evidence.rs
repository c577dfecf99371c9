//! What was seen of failures: kept of outages, through crashes; forgotten of blips; free of
//! secrets.

use std::fs;

use serde_json::Value;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, UNAVAILABLE, WELL};
use crate::waiting::wait_for;

const SECRET: &str = "hunter2-and-more";

fn evidence(place: &Installation, id: &str) -> Value {
    let json = place.printed(&["outages", "--evidence", id, "--format", "json"]);
    serde_json::from_str(&json).unwrap()
}

/// The instants of all evidence in the database.
fn rows(place: &Installation) -> Vec<i64> {
    let sql = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    let mut rows = sql
        .prepare("SELECT ts_ms FROM evidence ORDER BY ts_ms")
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// One probe, which is asked again after 50 ms while it is undecided.
fn patient(service: &Service) -> Installation {
    Installation::new(&music(
        "interval: 20s, timeout: 20s, confirm_interval: 50ms, failure_threshold: 3, \
         recovery_threshold: 1, grace: 10m",
        &[("web", service)],
    ))
}

#[test]
fn the_first_and_the_last_failure_of_an_outage_are_shown_after_a_crash_and_without_secrets() {
    let mut service = Service::start(WELL);
    let url = service.url("/player?key=${SECRET}");
    let place = Installation::new(&format!(
        "service: Music\n\
         defaults: {{ interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10m }}\n\
         platforms:\n  web: [{{ name: player, url: \"{url}\" }}]\n"
    ))
    .with_environment("SECRET", SECRET);
    let mut first = place.daemon(&[]);
    service.await_requests(1);
    service.switch(Behaviour::Bytes(format!(
        "HTTP/1.1 503 Gone {SECRET}\r\nContent-Type: application/json\r\nX-Echo: {SECRET}\r\n\
         Set-Cookie: sid=abcdef; Path=/\r\nConnection: close\r\n\r\n\
         {{\"error\": \"maintenance\", \"echo\": \"{SECRET}\", \"access_token\": \"abcdef\"}}"
    )));
    let opened = first.line("outage opened");
    let windows = place.await_windows("the outage on disk", |windows| windows.len() == 1);
    first.kill();
    let id = windows[0]["id"].as_str().unwrap();
    let after_the_crash = evidence(&place, &id[..5]);
    assert_eq!(after_the_crash["outage"]["id"], *id);
    assert_eq!(after_the_crash["last_failure"], Value::Null);
    let seen = &after_the_crash["first_failure"];
    assert_eq!(seen["ts"], opened["started_at"]);
    assert_eq!(seen["cause"], "status");
    assert_eq!(seen["status_line"], "HTTP/1.1 503 Gone ***");
    assert_eq!(
        seen["body"]["text"],
        r#"{"error": "maintenance", "echo": "***", "access_token": "***"}"#
    );
    let headers = seen["headers"].to_string();
    assert!(headers.contains(r#"["x-echo","***"]"#), "{headers}");
    assert!(
        headers.contains(r#"["set-cookie","sid=***; Path=/"]"#),
        "{headers}"
    );

    let mut second = place.daemon(&[]);
    service.await_more_requests();
    service.switch(WELL);
    let closed = second.line("outage closed");
    second.stop();
    let whole = evidence(&place, id);
    assert_eq!(whole["first_failure"], *seen, "it is as it was");
    assert_eq!(whole["outage"]["ended_at"], closed["ended_at"]);
    assert_eq!(whole["last_failure"]["ts"], whole["outage"]["end_earliest"]);
    assert_eq!(whole["last_failure"]["body"], seen["body"]);
    assert_eq!(rows(&place).len(), 2);

    let shown = place.printed(&["outages", "--evidence", id]);
    for line in ["FIRST FAILURE", "LAST FAILURE", "  x-echo        ***"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let mut told = vec![shown.into_bytes(), whole.to_string().into_bytes()];
    let databases = place.files().into_iter();
    told.extend(databases.map(|name| fs::read(place.path(&name)).unwrap()));
    for bytes in told {
        let found = memchr::memmem::find(&bytes, SECRET.as_bytes());
        assert_eq!(found, None);
    }
}

#[test]
fn a_blip_leaves_no_evidence_even_if_a_crash_comes_in_between() {
    let mut service = Service::start(Behaviour::Silent);
    service.script([UNAVAILABLE, UNAVAILABLE]);
    let place = patient(&service);
    let first = place.daemon(&[]);
    service.await_requests(3);
    wait_for("the first failure on disk", || {
        (rows(&place).len() == 1).then_some(())
    });
    first.kill();
    service.switch(WELL);
    let second = place.daemon(&[]);
    wait_for("the end of the blip", || {
        rows(&place).is_empty().then_some(())
    });
    second.stop();
    assert_eq!(place.windows(), Vec::<Value>::new());
}

#[test]
fn what_a_crash_left_of_a_probe_that_is_gone_is_deleted() {
    let service = Service::start(Behaviour::Silent);
    service.script([UNAVAILABLE, UNAVAILABLE]);
    let place = patient(&service);
    let first = place.daemon(&[]);
    service.await_requests(3);
    wait_for("the first failure on disk", || {
        (rows(&place).len() == 1).then_some(())
    });
    first.kill();
    place.configure(&music("interval: 20s", &[("mobile", &service)]));
    place.daemon(&[]).stop();
    assert_eq!(rows(&place), Vec::<i64>::new());
}

#[test]
fn an_id_that_there_is_none_of_is_bad_usage() {
    let service = Service::start(UNAVAILABLE);
    let place = patient(&service);
    let mut daemon = place.daemon(&[]);
    daemon.line("outage opened");
    daemon.stop();
    for arguments in [
        &["outages", "--evidence", "nothing"][..],
        &["outages", "--evidence", ""],
        &["outages", "--evidence", "", "--format", "csv"],
    ] {
        let output = place.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("--evidence"), "{error}");
        assert!(output.stdout.is_empty());
    }
}
