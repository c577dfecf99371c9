//! A daemon that takes over a changed configuration without losing its place.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::installation::{Installation, lines_saying, music};
use crate::service::{Behaviour, Service, UNAVAILABLE, WELL};
use crate::waiting::{DEADLINE, wait_for};

fn configuration(platforms: &[(&str, &Service)]) -> String {
    music(
        "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10m",
        platforms,
    )
}

#[test]
fn probes_stay_come_and_go_as_the_changed_file_says() {
    let [mut staying, mut going, coming] = [(); 3].map(|()| Service::start(WELL));
    let place = Installation::new(&configuration(&[("web", &staying), ("mobile", &going)]));
    let mut daemon = place.daemon(&[]);
    for service in [&mut staying, &mut going] {
        service.await_requests(1);
        service.switch(UNAVAILABLE);
    }
    daemon.line("outage opened");
    daemon.line("outage opened");
    place.await_windows("both outages on disk", |windows| windows.len() == 2);

    place.configure(&configuration(&[("web", &staying), ("desktop", &coming)]));
    let removed =
        daemon.line_of_probe("outage ended: the probe was removed", "music/mobile/player");
    let reloaded = daemon.line("configuration reloaded");
    assert_eq!(
        ["added", "removed", "changed", "probes"].map(|field| reloaded[field].as_u64()),
        [1, 1, 0, 2].map(Some)
    );
    coming.await_requests(1);
    let last = going.heads().len();
    staying.await_more_requests();
    staying.switch(WELL);
    daemon.line_of_probe("outage closed", "music/web/player");
    let windows = place.await_windows("two windows that are over", |windows| {
        windows.iter().all(|window| window["state"] == "closed")
    });
    assert_eq!(going.heads().len(), last, "a removed probe is not asked");
    let log = daemon.stop();

    let of = |platform: &str| windows.iter().find(|window| window["platform"] == platform);
    let [stayed, gone] = ["web", "mobile"].map(|platform| of(platform).unwrap());
    assert_eq!(windows.len(), 2, "{windows:?}");
    assert_eq!(
        [&stayed["start_kind"], &stayed["end_kind"]],
        ["seen", "seen"]
    );
    assert_eq!(gone["end_kind"], "removed");
    assert_eq!(gone["started_at"], removed["started_at"]);
    assert_eq!(gone["ended_at"], removed["ended_at"]);
    let closed = lines_saying(&log, "outage closed");
    assert_eq!(closed[0]["started_at"], stayed["started_at"]);
    assert_eq!(lines_saying(&log, "outage opened").len(), 2, "{log:?}");
}

/// Behind a symbolic link the file's folder is not watched, so it is the signal that counts.
#[test]
fn sighup_reloads_and_an_unchanged_probe_keeps_its_rhythm() {
    const INTERVAL_MS: i64 = 300;
    let [staying, coming] = [(); 2].map(|()| Service::start(WELL));
    let place = Installation::new(&configuration(&[("web", &staying)]));
    let folder = place.path("elsewhere");
    fs::create_dir(&folder).unwrap();
    fs::rename(place.path("probes.yaml"), folder.join("probes.yaml")).unwrap();
    symlink(folder.join("probes.yaml"), place.path("probes.yaml")).unwrap();
    let mut daemon = place.daemon(&[]);
    staying.await_requests(5);

    let both = configuration(&[("web", &staying), ("desktop", &coming)]);
    fs::write(folder.join("probes.yaml"), both).unwrap();
    daemon.signal(Signal::SIGHUP);
    let reloaded = daemon.line("configuration reloaded");
    assert_eq!(reloaded["added"], 1, "{reloaded}");
    coming.await_requests(1);
    staying.await_requests(staying.heads().len() + 5);
    daemon.stop();

    let observations = place.observations("music/web/player");
    let at = |value: &Value| -> outwatch::domain::time::UnixMillis {
        value.as_str().unwrap().parse().unwrap()
    };
    let reloaded_at = at(&reloaded["timestamp"]);
    let phase = |before: bool| {
        let all = observations.iter().map(|one| at(&one["ts"]));
        let mut phases: Vec<_> = all
            .filter(|ts| (*ts < reloaded_at) == before)
            // around the first one's, so that a little earlier is not almost a whole interval later
            .map(|ts| (ts - at(&observations[0]["ts"])).0 + INTERVAL_MS / 2)
            .map(|since| since.rem_euclid(INTERVAL_MS))
            .collect();
        phases.sort_unstable();
        // the one in the middle: a busy machine is late now and then
        phases[phases.len() / 2]
    };
    let shifted = phase(false) - phase(true);
    assert!(shifted.abs() < INTERVAL_MS / 4, "by {shifted} ms");
}

#[test]
fn a_bad_file_is_told_with_its_place_and_the_old_configuration_stays_in_force() {
    let [staying, coming] = [(); 2].map(|()| Service::start(WELL));
    let good = configuration(&[("web", &staying)]);
    let place = Installation::new(&good);
    let mut daemon = place.daemon(&[]);
    staying.await_requests(1);
    place.configure(&good.replace("url:", "urll:"));
    let refused = daemon.line("the configuration stays as it was");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("probes.yaml:4:"), "{message}");
    assert_eq!(refused["level"], "ERROR");
    staying.await_more_requests();

    place.configure(&configuration(&[("web", &staying), ("desktop", &coming)]));
    let reloaded = daemon.line("configuration reloaded");
    assert_eq!(reloaded["changed"], 0, "{reloaded}");
    coming.await_requests(1);
    let observations = wait_for("an observation of the new one", || {
        Some(place.observations("music/desktop/player")).filter(|all| !all.is_empty())
    });
    assert_eq!(observations[0]["outcome"], "ok");
    daemon.stop();
}

/// Changes come in bursts, so the daemon lets them settle; the endpoint's answer does not wait.
#[test]
fn an_asking_under_way_does_not_seem_longer_for_a_changed_file() {
    let service = Service::start(Behaviour::Slow(Duration::from_millis(50)));
    let defaults = "interval: 600ms, timeout: 600ms";
    let place = Installation::new(&music(defaults, &[("web", &service)]));
    let daemon = place.daemon(&[]);
    let known = service.heads().len();
    for asking in 1..=6 {
        service.await_requests(known + asking);
        place.configure(&music(defaults, &[("web", &service)]));
    }
    daemon.stop();
    let observations = place.observations("music/web/player");
    let prompt = observations.iter().filter(|observation| {
        // half the time that changes are left to settle
        observation["outcome"] == "ok" && observation["duration_ms"].as_f64() < Some(150.0)
    });
    // most of them: a busy machine is late now and then
    assert!(prompt.count() >= 3, "{observations:?}");
}

#[test]
fn a_change_that_the_database_does_not_take_is_taken_later() {
    let [staying, coming] = [(); 2].map(|()| Service::start(WELL));
    let defaults = "interval: 1m, timeout: 1m";
    let place = Installation::new(&music(defaults, &[("web", &staying)]));
    let mut daemon = place.daemon(&[]);
    wait_for("the only observation", || {
        (!place.observations("music/web/player").is_empty()).then_some(())
    });
    let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    blocker.busy_timeout(DEADLINE).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    place.configure(&music(defaults, &[("web", &staying), ("desktop", &coming)]));
    daemon.line("the configuration stays as it was for now");
    blocker.execute_batch("ROLLBACK").unwrap();
    let reloaded = daemon.line("configuration reloaded");
    assert_eq!(reloaded["added"], 1, "{reloaded}");
    daemon.stop();
}
