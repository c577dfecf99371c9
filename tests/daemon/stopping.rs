//! How a daemon ends.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, WELL};
use crate::waiting::wait_for;

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

#[test]
fn a_store_that_takes_nothing_holds_up_neither_a_reload_nor_the_end() {
    let service = Service::start(WELL);
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let mut daemon = place.daemon(&[]);
    let other = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.line("cannot store observations, trying again");
    // it waits for the store now, whatever else is wanted
    daemon.signal(Signal::SIGHUP);
    let asked = Instant::now();
    wait_for("the reload to get stuck", || {
        (asked.elapsed() > Duration::from_millis(500)).then_some(())
    });
    let begin = Instant::now();
    daemon.signal(Signal::SIGTERM);
    let (status, log) = daemon.end();
    assert!(begin.elapsed() < Duration::from_secs(5), "{log:?}");
    // what was observed is lost, and that is said once
    assert_eq!(status.code(), Some(3), "{log:?}");
    let last = log.last().unwrap();
    assert_eq!(last.matches("locked").count(), 1, "{log:?}");
}
