//! `kill -9` in the middle of things, and what the next daemon makes of it.

use outwatch::domain::time::UnixMillis;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, UNAVAILABLE, WELL};

fn one_probe(service: &Service, defaults: &str) -> Installation {
    Installation::new(&music(defaults, &[("web", service)]))
}

const PROBE: &str = "music/web/player";

#[test]
fn a_window_goes_on_over_a_kill_and_a_restart_within_grace() {
    let mut service = Service::start(WELL);
    let place = one_probe(
        &service,
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10m",
    );
    let mut first = place.daemon(&[]);
    service.await_requests(1);
    service.switch(UNAVAILABLE);
    let opened = first.line("outage opened");
    let before = place.await_windows(
        "failures on disk",
        |windows| matches!(windows, [window] if window["failures"].as_u64() >= Some(3)),
    );
    first.kill();

    let mut second = place.daemon(&[]);
    service.await_more_requests();
    service.switch(WELL);
    let closed = second.line("outage closed");
    let after = place.await_windows("the end", |windows| {
        windows.iter().all(|window| window["state"] == "closed")
    });
    second.stop();

    let [window] = &after[..] else {
        panic!("{after:?} is one window");
    };
    for field in ["id", "started_at", "start_earliest", "opened_at"] {
        assert_eq!(window[field], before[0][field], "{field}");
    }
    assert_eq!(window["started_at"], opened["started_at"]);
    assert_eq!(window["started_at"], closed["started_at"]);
    assert_eq!(window["ended_at"], closed["ended_at"]);
    assert_eq!(window["failures"], closed["failures"]);
    assert!(window["failures"].as_u64() > before[0]["failures"].as_u64());
    assert_eq!(
        (&window["start_kind"], &window["end_kind"]),
        (&"seen".into(), &"seen".into())
    );
}

#[test]
fn after_more_than_grace_the_window_resumes_behind_a_hole_that_nobody_watched() {
    let mut service = Service::start(WELL);
    let place = one_probe(
        &service,
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 2s",
    );
    let mut first = place.daemon(&[]);
    service.await_requests(1);
    service.switch(UNAVAILABLE);
    first.line("outage opened");
    place.await_windows("the outage on disk", |windows| windows.len() == 1);
    first.kill();
    place.await_windows(
        "the end of what was watched",
        |windows| matches!(windows, [window] if window["end_kind"] == "unseen"),
    );

    let mut second = place.daemon(&[]);
    let lost = second.line("outage lost from sight");
    let goes_on = second.line("outage goes on");
    service.switch(WELL);
    let closed = second.line("outage closed");
    let windows = place.await_windows(
        "the end",
        |windows| matches!(windows, [_, second] if second["state"] == "closed"),
    );
    second.stop();

    let [before, after] = &windows[..] else {
        panic!("{windows:?} are two windows");
    };
    assert_eq!(
        [&before["start_kind"], &before["end_kind"]],
        ["seen", "unseen"]
    );
    assert_eq!(
        [&after["start_kind"], &after["end_kind"]],
        ["resumed", "seen"]
    );
    assert_eq!(before["ended_at"], lost["ended_at"]);
    assert_eq!(before["end_latest"], after["started_at"]);
    assert_eq!(after["start_earliest"], before["end_earliest"]);
    assert_eq!(after["started_at"], goes_on["started_at"]);
    assert_eq!(after["started_at"], closed["started_at"]);

    let [from, to] = [&before["ended_at"], &after["started_at"]]
        .map(|at| at.as_str().unwrap().parse::<UnixMillis>().unwrap());
    let report = place.printed(&[
        "report",
        "--format",
        "json",
        "--from",
        &from.to_string(),
        "--to",
        &to.to_string(),
    ]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(to > from, "{windows:?}");
    assert_eq!(report["totals"]["unknown_ms"], (to - from).0);
    assert_eq!(report["totals"]["coverage_percent"], 0.0);
}

/// The first daemon sees three failures of five, and hangs in the fourth asking when it is killed.
#[test]
fn a_pending_run_goes_on_over_a_kill_and_a_restart() {
    let mut service = Service::start(Behaviour::Silent);
    service.script([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    let place = one_probe(
        &service,
        "interval: 20s, timeout: 20s, confirm_interval: 50ms, failure_threshold: 5, grace: 10m",
    );
    let first = place.daemon(&[]);
    let failures = || {
        let mut all = place.observations(PROBE);
        all.retain(|observation| observation["outcome"] == "fail");
        all
    };
    service.await_requests(4);
    let pending = crate::waiting::wait_for("three failures", || {
        Some(failures()).filter(|all| all.len() >= 3)
    });
    first.kill();
    assert_eq!(place.windows(), Vec::<serde_json::Value>::new());

    service.switch(UNAVAILABLE);
    let mut second = place.daemon(&[]);
    let opened = second.line("outage opened");
    let windows = place.await_windows(
        "an open window",
        |windows| matches!(windows, [window] if window["state"] == "open"),
    );
    second.stop();
    assert_eq!(opened["started_at"], pending[0]["ts"]);
    assert_eq!(windows[0]["started_at"], pending[0]["ts"]);
    assert_eq!(windows[0]["opened_at"], failures()[4]["ts"]);
}
