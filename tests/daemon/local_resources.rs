//! A daemon that may not open as many files as it needs, though it could when it started.
#![cfg(target_os = "linux")]

use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::installation::{Daemon, Installation, lines_saying};
use crate::service::{Behaviour, Service};
use crate::waiting::wait_for;

/// Far fewer than there are probes under way.
const DESCRIPTORS: u64 = 40;

fn limit(daemon: &Daemon) {
    let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw);
    let limit = Rlimit {
        current: Some(DESCRIPTORS),
        maximum: Some(DESCRIPTORS),
    };
    prlimit(pid, Resource::Nofile, limit).unwrap();
}

#[test]
fn without_descriptors_left_no_endpoint_is_down() {
    let service = Service::start(Behaviour::Slow(Duration::from_secs(1)));
    let endpoints: Vec<_> = (0..60).map(|i| service.url(&format!("/{i}"))).collect();
    let place = Installation::new(&format!(
        "service: Music\ndefaults: {{ interval: 1500ms, timeout: 1400ms, failure_threshold: 1 }}\nplatforms: {{ web: {endpoints:?} }}\n"
    ));
    let daemon = place.daemon(&["--max-in-flight-per-host", "100"]);
    limit(&daemon);
    let observed = || -> Vec<serde_json::Value> {
        let lines = place.printed(&["export"]);
        let parse = |line| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    };
    wait_for(
        "probes that could not be asked, and ones that could",
        || {
            let all = observed();
            let count = |outcome: &str| all.iter().filter(|it| it["outcome"] == outcome).count();
            (count("inconclusive") >= 20 && count("ok") >= 20).then_some(())
        },
    );
    let log = daemon.stop();
    let told = lines_saying(
        &log,
        "too few descriptors or too little memory to ask with: failures that come of it are not counted",
    );
    assert_eq!(told.len(), 1, "{log:?}");
    assert_eq!(told[0]["reason"], "local_resources");
    for observation in observed() {
        assert_ne!(observation["outcome"], "fail", "{observation}");
        if observation["outcome"] == "inconclusive" && observation["reason"] != "shutdown" {
            assert_eq!(observation["reason"], "local_resources", "{observation}");
        }
    }
    assert_eq!(place.windows(), [] as [serde_json::Value; 0]);
}
