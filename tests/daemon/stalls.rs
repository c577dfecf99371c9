//! A daemon that gets no turn for a while.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, WELL};
use crate::waiting::pause;

/// Stopped for longer than a request may take, while one is under way: the service answers well all
/// the time, and the daemon is not there to hear it.
#[test]
fn a_daemon_that_was_stopped_for_a_while_blames_nobody() {
    let service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 2s, timeout: 2s, confirm_interval: 100ms",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    service.await_requests(1);
    service.script([Behaviour::Slow(Duration::from_millis(500))]);
    service.await_requests(2);
    daemon.signal(Signal::SIGSTOP);
    pause(STOPPED);
    daemon.signal(Signal::SIGCONT);
    let stalled = daemon.line("stalled");
    service.await_more_requests();
    daemon.stop();

    assert!(stalled["length"].as_str().unwrap().starts_with("20"));
    let observations = place.observations("music/web/player");
    assert!(
        observations.iter().all(|one| one["outcome"] != "fail"),
        "{observations:?}"
    );
    let reasons: Vec<_> = observations.iter().map(|one| &one["reason"]).collect();
    assert!(reasons.contains(&&"stalled".into()), "{observations:?}");
    assert_eq!(place.windows(), Vec::<serde_json::Value>::new());
}

const STOPPED: Duration = Duration::from_secs(20);
