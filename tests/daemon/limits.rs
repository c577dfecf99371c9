//! A daemon that is given less than it could use.

use std::collections::HashMap;
use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::installation::{Installation, music};
use crate::process::status;
use crate::rebuilt::assert_true_to_the_database;
use crate::service::{Behaviour, Service, UNAVAILABLE, WELL};
use crate::waiting::wait_for;

const PROBES: usize = 500;

#[test]
fn five_hundred_probes_share_64_descriptors() {
    let service = Service::start(Behaviour::Slow(Duration::from_millis(200)));
    let endpoints: Vec<_> = (0..PROBES).map(|i| service.url(&format!("/{i}"))).collect();
    let place = Installation::new(&format!(
        "service: Music\ndefaults: {{ interval: 5s, timeout: 5s, failure_threshold: 1 }}\nplatforms: {{ web: {endpoints:?} }}\n"
    ))
    .with_wrapper(&["/bin/sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
    let daemon = place.daemon(&[]);
    let observed = || -> Vec<Value> {
        let lines = place.printed(&["export"]);
        let parse = |line| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    };
    let answered = |all: &[Value]| -> HashMap<String, usize> {
        let mut answered = HashMap::new();
        for one in all.iter().filter(|one| one["outcome"] == "ok") {
            *answered.entry(one["probe_id"].to_string()).or_default() += 1;
        }
        answered
    };
    wait_for("two answers to each", || {
        let answered = answered(&observed());
        let all_twice = answered.len() == PROBES && answered.values().all(|count| *count >= 2);
        all_twice.then_some(())
    });
    let log = daemon.stop();
    for one in observed() {
        assert_ne!(one["outcome"], "fail", "{one}");
    }
    assert_true_to_the_database(&place, &log);
    assert_eq!(place.windows(), [] as [Value; 0]);
}

/// There is nothing to be done then but to end; what was stored is whole.
#[test]
fn without_memory_it_ends_and_the_database_is_whole() {
    let mut service = Service::start(WELL);
    let usual = music(
        "interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m",
        &[("web", &service)],
    );
    let place = Installation::new(&usual);
    let mut daemon = place.daemon(&[]);
    service.await_more_requests();
    service.switch(UNAVAILABLE);
    daemon.line("outage opened");
    place.await_windows("the outage on disk", |windows| windows.len() == 1);

    let bytes = (status(daemon.pid(), "VmSize:") + (16 << 10)) << 10;
    let limit = format!("--as={bytes}");
    let pid = daemon.pid().to_string();
    let limited = Command::new("prlimit")
        .args(["--pid", &pid, &limit])
        .status();
    assert!(
        limited.is_ok_and(|status| status.success()),
        "util-linux has it"
    );
    let mut huge = usual.clone();
    huge.push_str("  desktop:\n");
    for number in 0..60_000 {
        writeln!(huge, "    - http://127.0.0.1:1/{number}").unwrap();
    }
    place.configure(&huge);
    let (ended, mut log) = daemon.end();
    assert_eq!(ended.signal(), Some(Signal::SIGABRT as i32), "{log:?}");
    let says_why = |line: &String| line.starts_with("memory allocation of ");
    assert!(log.iter().any(says_why), "{log:?}");

    place.configure(&usual);
    let mut daemon = place.daemon(&[]);
    service.switch(WELL);
    daemon.line("outage closed");
    log.extend(daemon.stop());
    assert_eq!(assert_true_to_the_database(&place, &log).len(), 1);
}
