//! How a daemon ends.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, WELL};

#[test]
fn a_signal_stops_it_and_what_was_under_way_says_nothing_of_the_endpoint() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let service = Service::start(Behaviour::Silent);
        let place = Installation::new(&music("interval: 1m, timeout: 1m", &[("web", &service)]));
        let daemon = place.daemon(&[]);
        service.await_requests(1);
        let begin = Instant::now();
        daemon.signal(signal);
        let (status, log) = daemon.end();
        assert_eq!(status.code(), Some(0), "{signal}: {log:?}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{signal}");
        let observations = place.observations("music/web/player");
        let [observation] = &observations[..] else {
            panic!("{signal}: {observations:?} is one");
        };
        assert_eq!(observation["outcome"], "inconclusive", "{signal}");
        assert_eq!(observation["reason"], "shutdown", "{signal}");
        assert!(place.windows().is_empty(), "{signal}");
    }
}

#[test]
fn it_stops_by_itself_after_the_time_asked_for() {
    let service = Service::start(WELL);
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let begin = Instant::now();
    let (status, log) = place.daemon(&["--for", "1s"]).end();
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert!(log.last().unwrap().contains("stopped"), "{log:?}");
}
