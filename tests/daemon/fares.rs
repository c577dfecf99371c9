//! What the daemon tells of itself, while it runs and afterwards.

use serde_json::Value;

use crate::installation::{Installation, music};
use crate::service::{Service, WELL};
use crate::waiting::wait_for;

fn installation() -> (Installation, Service) {
    let service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 100ms, timeout: 100ms",
        &[("web", &service)],
    ));
    (place, service)
}

/// `None` while nothing is told.
fn told(place: &Installation) -> Option<Value> {
    let output = place.run(&["status", "--self", "--format", "json"]);
    let parse = || serde_json::from_slice(&output.stdout).unwrap();
    output.status.success().then(parse)
}

#[test]
fn a_daemon_tells_how_it_fares_and_when_it_stops() {
    let (place, service) = installation();
    let daemon = place.daemon(&["--max-in-flight", "7"]);
    let running = wait_for("what it tells", || told(&place));
    assert_eq!(running["is_running"], true, "{running}");
    assert_eq!(running["pid"], daemon.pid());
    assert_eq!(running["probes"], 1);
    assert_eq!(running["schedule"]["in_flight_max"], 7);
    service.await_requests(10);
    daemon.stop();
    let stopped = told(&place).unwrap();
    assert_eq!(stopped["is_running"], false, "{stopped}");
    assert_eq!(stopped["is_stopped"], true);
    assert_eq!(stopped["started_at"].as_str().unwrap().len(), 24);
    for span in ["since_start", "lately"] {
        let asked = &stopped["schedule"][span];
        assert!(asked["asked"].as_u64().unwrap() >= 10, "{stopped}");
        assert!(asked["lateness"]["p99_ms"].as_f64().is_some(), "{stopped}");
        let commits = &stopped["store"][span];
        assert!(commits["commits"].as_u64().unwrap() >= 1, "{stopped}");
        assert!(
            commits["commit_time"]["max_ms"].as_f64().unwrap() > 0.0,
            "{stopped}"
        );
    }
    if cfg!(target_os = "linux") {
        let process = &stopped["process"];
        assert!(process["memory_bytes"].as_u64().unwrap() > 1 << 20);
        let (open, most) = (&process["descriptors"], &process["descriptors_max"]);
        assert!(open.as_u64().unwrap() < most.as_u64().unwrap_or(u64::MAX));
    }
    let text = place.printed(&["status", "--self"]);
    assert!(text.starts_with("The daemon does not run."), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_daemon_that_was_killed_is_not_taken_for_one_that_runs() {
    let (place, _service) = installation();
    let daemon = place.daemon(&[]);
    wait_for("what it tells", || told(&place));
    daemon.kill();
    let json = told(&place).unwrap();
    assert_eq!(
        (&json["is_running"], &json["is_stopped"]),
        (&false.into(), &false.into())
    );
    let text = place.printed(&["status", "--self"]);
    assert!(text.contains("It ended without a word"), "{text}");
    let daemon = place.daemon(&[]);
    wait_for("what the next one tells", || {
        told(&place).filter(|told| told["pid"] == daemon.pid() && told["is_running"] == true)
    });
}

#[test]
fn without_anything_told_there_is_nothing_to_show() {
    let (place, _service) = installation();
    assert_eq!(place.run(&["status", "--self"]).status.code(), Some(3));
    let usage = place.run(&["status", "--self", "--platform", "web"]);
    assert_eq!(usage.status.code(), Some(2));
}

/// As a container's health check asks.
#[test]
#[cfg(target_os = "linux")]
fn whether_it_runs_and_stores_what_it_sees_is_an_exit_code() {
    let (place, _service) = installation();
    let exit = |within| {
        let arguments = ["status", "--self", "--within", within];
        place.run(&arguments).status.code()
    };
    let daemon = place.daemon(&[]);
    wait_for("what it tells", || told(&place));
    assert_eq!(exit("3m"), Some(0));
    wait_for("what it told to be old", || {
        (exit("1ms") == Some(1)).then_some(())
    });
    daemon.kill();
    assert_eq!(exit("3m"), Some(1), "it does not run");
    place.daemon(&[]).stop();
    assert_eq!(exit("3m"), Some(1), "it was stopped");
    assert_eq!(
        place.run(&["status", "--within", "3m"]).status.code(),
        Some(2)
    );
}
