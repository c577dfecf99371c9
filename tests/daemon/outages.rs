//! An outage from its first failure to its last, in the log and in what is rebuilt afterwards.

use std::collections::BTreeSet;

use outwatch::domain::time::{Millis, Period, UnixMillis};
use serde_json::Value;

use crate::installation::{Installation, lines_saying, music};
use crate::service::{Behaviour, Service, UNAVAILABLE, WELL};

/// A request is judged when it arrives, and counts from when it was sent; it was on its way for
/// no longer than this.
const TIMEOUT: Millis = Millis(300);

fn instant(value: &Value) -> UnixMillis {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("{value} is an instant"))
}

#[track_caller]
fn assert_holds(window: &Value, earliest: &str, latest: &str, truth: Period) {
    assert!(instant(&window[earliest]) <= truth.to, "{truth:?} {window}");
    assert!(
        instant(&window[latest]) + TIMEOUT >= truth.from,
        "{truth:?} {window}"
    );
}

#[test]
fn an_outage_is_logged_and_its_bounds_hold_the_instants_at_which_it_began_and_ended() {
    let mut platforms = [
        ("web", UNAVAILABLE, "status"),
        ("mobile", Behaviour::Silent, "timeout"),
        ("desktop", Behaviour::Refused, "refused"),
    ]
    .map(|(platform, trouble, cause)| (platform, trouble, cause, Service::start(WELL)));
    let services: Vec<_> = platforms
        .iter()
        .map(|(name, _, _, at)| (*name, at))
        .collect();
    let place = Installation::new(&music(
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10s",
        &services,
    ));
    let mut daemon = place.daemon(&[]);

    let mut truths = Vec::new();
    for (platform, trouble, _, service) in &mut platforms {
        service.await_requests(1);
        let began = service.switch(trouble.clone());
        let probe = format!("music/{platform}/player");
        daemon.line_of_probe("outage opened", &probe);
        let ended = service.switch(WELL);
        daemon.line_of_probe("outage closed", &probe);
        truths.push((probe, began, ended));
    }
    let windows = place.await_windows("three windows that are over", |windows| {
        windows.len() == 3 && windows.iter().all(|window| window["state"] == "closed")
    });
    let log = daemon.stop();

    for ((probe, began, ended), (_, _, cause, _)) in truths.iter().zip(&platforms) {
        let window = windows.iter().find(|window| window["probe_id"] == **probe);
        let window = window.unwrap_or_else(|| panic!("{probe} was down"));
        assert_eq!(window["start_kind"], "seen", "{window}");
        assert_eq!(window["end_kind"], "seen", "{window}");
        assert!(window["causes"][cause].as_u64() > Some(0), "{window}");
        assert_holds(window, "start_earliest", "started_at", *began);
        assert_holds(window, "end_earliest", "end_latest", *ended);
        assert_eq!(window["end_latest"], window["ended_at"]);
    }
    assert_eq!(place.windows(), windows, "the stop changes nothing");

    // what was said as it happened is what is rebuilt afterwards
    let said = |log: &[Value], fields: &[&str]| -> BTreeSet<String> {
        let told = |one: &Value| fields.iter().map(|field| one[field].to_string()).collect();
        log.iter().map(told).collect()
    };
    assert_eq!(
        said(
            &lines_saying(&log, "outage closed"),
            &["probe", "started_at", "ended_at", "failures"]
        ),
        said(
            &windows,
            &["probe_id", "started_at", "ended_at", "failures"]
        ),
    );
}

#[test]
fn a_large_service_that_goes_down_is_told_once_with_all_its_members() {
    let mut service = Service::start(WELL);
    let endpoints = (0..120).map(|at| {
        let url = service.url("/player");
        format!("      - {{ name: player {at}, url: \"{url}\" }}\n")
    });
    let place = Installation::new(&format!(
        "service: Music\n\
         defaults: {{ interval: 2s, timeout: 1s, confirm_interval: 200ms, grace: 20s }}\n\
         platforms:\n  web:\n    down_when: all\n    endpoints:\n{}",
        endpoints.collect::<String>()
    ));
    let mut daemon = place.daemon(&[]);
    service.await_requests(120);
    service.switch(UNAVAILABLE);
    let platform = daemon.line("platform down");
    assert_eq!(platform["members_down"], "120 of 120", "{platform}");
    daemon.line("service down");
    service.switch(WELL);
    daemon.line("platform no longer down");
    daemon.line("service no longer down");
    let log = daemon.stop();
    for told in ["platform down", "service down"] {
        assert_eq!(lines_saying(&log, told).len(), 1, "{told}");
    }
}
