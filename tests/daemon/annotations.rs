//! What people say of outages, while the daemon runs and afterwards: added, never edited, and shown
//! with what it leaves out.

use serde_json::{Value, json};

use crate::installation::{Installation, music};
use crate::service::{Service, UNAVAILABLE, WELL};

fn printed(place: &Installation, arguments: &[&str]) -> Value {
    let json = place.printed(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&json).unwrap()
}

/// Every row in the order in which they were added.
fn rows(place: &Installation) -> Vec<String> {
    let sql = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    let mut rows = sql.prepare("SELECT * FROM annotation ORDER BY id").unwrap();
    let columns = rows.column_count();
    let rows = rows.query_map([], |row| {
        let cells = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
        let cells: Result<Vec<_>, _> = cells.collect();
        Ok(format!("{:?}", cells?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Kind, text and author of each.
fn said(annotations: &Value) -> Vec<Value> {
    let annotations = annotations.as_array().unwrap().iter();
    annotations
        .map(|said| json!([said["kind"], said["text"], said["by"]]))
        .collect()
}

#[test]
fn an_outage_is_annotated_while_it_goes_on_and_afterwards_and_no_row_is_ever_changed() {
    let mut service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10s",
        &[("web", &service)],
    ))
    .with_environment("USER", "bob");
    let mut daemon = place.daemon(&[]);
    service.await_requests(1);
    service.switch(UNAVAILABLE);
    daemon.line("outage opened");
    let open = place.await_windows("the open outage", |windows| windows.len() == 1);
    let id = open[0]["id"].as_str().unwrap();

    // it goes on, and so does what is left out
    let arguments = [
        "annotate",
        &id[..5],
        "--planned",
        "--note",
        "an upgrade",
        "--by",
        "ann",
    ];
    let first = printed(&place, &arguments);
    assert_eq!(first["id"], *id);
    assert_eq!(
        (&first["state"], &first["excluded"]),
        (&json!("open"), &json!(true))
    );
    assert_eq!(first["counted_ms"], 0);
    let of_ann = [
        json!(["planned", null, "ann"]),
        json!(["note", "an upgrade", "ann"]),
    ];
    assert_eq!(said(&first["annotations"]), of_ann);
    let before = rows(&place);
    assert_eq!(before.len(), 2);

    service.switch(WELL);
    daemon.line("outage closed");
    let closed = place.await_windows("its end", |windows| windows[0]["state"] == "closed");
    let window = &closed[0];
    assert_eq!(window["started_at"], open[0]["started_at"]);
    assert_eq!(window["counted_ms"], 0);
    assert_eq!(window["left_out_ms"], window["duration_ms"]);
    assert_eq!(said(&window["annotations"]), of_ann);
    let report = printed(&place, &["report"]);
    assert_eq!(report["annotated"]["left_out"], 1);
    for totals in [&report["totals"], &report["services"][0]["own"]] {
        assert_eq!(totals["down_ms"], 0);
        assert_eq!(totals["uptime_percent"], 100.0);
        assert_eq!(totals["as_observed"]["down_ms"], window["duration_ms"]);
        assert!(totals["as_observed"]["uptime_percent"].as_f64() < Some(100.0));
    }

    // it counts after all
    let shown = place.printed(&["annotate", id, "--counted", "--cause", "a cable"]);
    assert!(shown.contains("a cable"), "{shown}");
    let after = rows(&place);
    assert_eq!(after[..2], before, "what was said stays");
    assert_eq!(after.len(), 4);
    let window = &place.windows()[0];
    assert_eq!(window["counted_ms"], window["duration_ms"]);
    assert_eq!(window["left_out_ms"], 0);
    let report = printed(&place, &["report"]);
    assert_eq!(report["totals"]["down_ms"], window["duration_ms"]);
    assert_eq!(report["totals"]["as_observed"], Value::Null);
    let all = [
        of_ann.to_vec(),
        vec![
            json!(["counted", null, "bob"]),
            json!(["cause", "a cable", "bob"]),
        ],
    ]
    .concat();
    assert_eq!(said(&window["annotations"]), all);
    daemon.stop();

    // to look adds nothing
    assert_eq!(
        said(&printed(&place, &["annotate", id])["annotations"]),
        all
    );
    assert_eq!(rows(&place), after);

    // of what the endpoint is part of
    for (scope, listed) in [
        ("platform", "outages"),
        ("service", "outages"),
        ("incident", "incidents"),
    ] {
        let list = printed(&place, &["outages", "--scope", scope]);
        let id = list[listed][0]["id"].as_str().unwrap();
        let shown = printed(&place, &["annotate", id, "--ignore"]);
        assert_eq!(shown["scope"], scope);
        assert_eq!(shown["counted_ms"], 0, "{shown}");
        let list = printed(&place, &["outages", "--scope", scope]);
        let annotations = said(&list[listed][0]["annotations"]);
        assert_eq!(annotations, [json!(["ignore", null, "bob"])]);
        // the endpoint below is left out, too
        assert_eq!(place.windows()[0]["counted_ms"], 0, "{scope}");
        printed(&place, &["annotate", id, "--counted"]);
        let window = &place.windows()[0];
        assert_eq!(window["counted_ms"], window["duration_ms"], "{scope}");
    }
}

#[test]
fn what_cannot_be_said_is_refused_and_nothing_is_added() {
    let mut service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10s",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    service.await_requests(1);
    service.switch(UNAVAILABLE);
    daemon.line("outage opened");
    let windows = place.await_windows("the outage", |windows| windows.len() == 1);
    let id = windows[0]["id"].as_str().unwrap();
    daemon.stop();
    let long = "x".repeat(501);
    for (arguments, problem) in [
        (vec![id, "--planned"], "--by NAME is needed"),
        (vec![id, "--planned", "--by", "a\nb"], "a name is one line"),
        (vec![id, "--note", "a\nb", "--by", "ann"], "write one line"),
        (vec![id, "--cause", "", "--by", "ann"], "write one line"),
        (
            vec![id, "--cause", &long, "--by", "ann"],
            "at most 500 bytes",
        ),
        (
            vec![id, "--planned", "--counted", "--by", "ann"],
            "cannot be used with",
        ),
        (
            vec![
                id,
                "--ignore",
                "--by",
                "ann",
                "--generated-at",
                "2030-01-01T00:00:00Z",
            ],
            "what is said is said now",
        ),
        (
            vec!["uuuu", "--ignore", "--by", "ann"],
            "has an id that begins so",
        ),
    ] {
        let output = place.run(&[&["annotate"], &arguments[..]].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(problem), "{arguments:?}: {error}");
    }
    assert_eq!(rows(&place), [""; 0]);
}
