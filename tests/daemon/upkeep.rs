//! `outwatch db` beside a daemon that probes and stores all the time.

use serde_json::Value;

use crate::installation::{Installation, music};
use crate::service::{Service, UNAVAILABLE, WELL};

#[test]
fn a_database_in_use_is_looked_into_checked_and_copied_and_left_alone_otherwise() {
    let mut web = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 100ms, timeout: 100ms, confirm_interval: 20ms, grace: 10m",
        &[("web", &web)],
    ));
    let mut daemon = place.daemon(&[]);
    web.await_requests(2);
    web.switch(UNAVAILABLE);
    daemon.line("outage opened");
    web.switch(WELL);
    daemon.line("outage closed");
    let windows = place.await_windows("the outage on disk", |windows| {
        windows.len() == 1 && windows[0]["state"] == "closed"
    });

    let copy = place.path("copy.db");
    let copy = copy.to_str().unwrap();
    place.printed(&["db", "backup", copy]);
    for database in ["outwatch.db", copy] {
        let said = place.printed(&["db", "check", "--db", database]);
        assert!(said.ends_with("nothing is wrong\n"), "{said}");
        let info = place.printed(&["db", "info", "--format", "json", "--db", database]);
        let info: Value = serde_json::from_str(&info).unwrap();
        assert_eq!(info["held_by"].is_string(), database != copy, "{info}");
        assert!(info["observations"].as_u64().unwrap() >= 4, "{info}");
    }
    for alone in ["vacuum", "rebuild", "prune"] {
        let output = place.run(&["db", alone]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{alone}: {error}");
        assert!(error.contains("held by process"), "{error}");
    }
    web.await_more_requests();
    daemon.stop();

    for alone in ["rebuild", "vacuum", "prune"] {
        place.printed(&["db", alone]);
    }
    place.printed(&["db", "check"]);
    assert_eq!(place.windows(), windows);
    // the copy is what it was then, and can be gone on with
    let told = place.printed(&["outages", "--db", copy, "--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["outages"].as_array().unwrap().len(), 1);
}
