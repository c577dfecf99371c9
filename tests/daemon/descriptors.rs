//! How many requests may be under way comes from how many descriptors there may be.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::installation::{Installation, lines_saying};
use crate::service::{Behaviour, Service};
use crate::waiting::wait_for;

const PROBES: usize = 500;

/// So many probes of a service that takes its time.
fn installation(service: &Service, limits: &str) -> Installation {
    let endpoints: Vec<_> = (0..PROBES).map(|i| service.url(&format!("/{i}"))).collect();
    let configuration = format!(
        "service: Music\ndefaults: {{ interval: 10s, timeout: 5s }}\nplatforms: {{ web: {endpoints:?} }}\n"
    );
    let script = format!("{limits}; exec \"$0\" \"$@\"");
    Installation::new(&configuration).with_wrapper(&["/bin/sh", "-c", &script])
}

#[test]
fn with_few_descriptors_all_probes_are_asked_and_none_is_denied_one() {
    let service = Service::start(Behaviour::Slow(Duration::from_millis(50)));
    let place = installation(&service, "ulimit -n 64");
    let daemon = place.daemon(&[]);
    wait_for("an answer of every probe", || {
        let lines = place.printed(&["export"]);
        let probes: BTreeSet<String> = lines
            .lines()
            .map(|line| {
                let observation: Value = serde_json::from_str(line).unwrap();
                assert_eq!(observation["outcome"], "ok", "{observation}");
                observation["probe_id"].as_str().unwrap().to_owned()
            })
            .collect();
        (probes.len() == PROBES).then_some(())
    });
    let log = daemon.stop();
    let told = lines_saying(
        &log,
        "should everything hang until its timeout, 250 requests would be under way at once, of which 14 may be: probes would be asked 17.9 times less often",
    );
    assert_eq!(told.len(), 1, "{log:?}");
    assert!(
        lines_saying(&log, "too few descriptors").is_empty(),
        "{log:?}"
    );
}

#[test]
fn the_soft_limit_is_raised_and_what_is_wanted_beyond_the_hard_one_is_not_had() {
    let service = Service::start(Behaviour::Slow(Duration::from_millis(50)));
    let place = installation(&service, "ulimit -S -n 64; ulimit -H -n 300");
    let daemon = place.daemon(&["--max-in-flight", "1000"]);
    let fares = wait_for("what it tells of itself", || {
        let output = place.run(&["status", "--self", "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).ok()
    });
    assert_eq!(fares["process"]["descriptors_max"], 300);
    assert_eq!(fares["schedule"]["in_flight_max"], 264);
    let log = daemon.stop();
    let told = lines_saying(
        &log,
        "1000 requests at once need more than the 300 descriptors that this process may have: 264 at once",
    );
    assert_eq!(told.len(), 1, "{log:?}");
}
