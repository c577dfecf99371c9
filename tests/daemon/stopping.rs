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

/// Another program has a transaction open, as a full disk would it keeps the writer from writing.
#[test]
fn a_database_that_cannot_be_written_does_not_hold_up_the_stop() {
    for stuck_in_a_reload in [false, true] {
        let service = Service::start(WELL);
        let place = Installation::new(&music(
            "interval: 300ms, timeout: 300ms",
            &[("web", &service)],
        ));
        let mut daemon = place.daemon(&[]);
        service.await_requests(1);
        let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
        blocker.busy_timeout(crate::waiting::DEADLINE).unwrap();
        blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
        daemon.line("cannot store observations, trying again");
        if stuck_in_a_reload {
            daemon.signal(Signal::SIGHUP);
            let asked = Instant::now();
            wait_for("the new configuration to wait for the store", || {
                (asked.elapsed() > Duration::from_millis(500)).then_some(())
            });
        }
        let begin = Instant::now();
        daemon.signal(Signal::SIGTERM);
        let (status, log) = daemon.end();
        assert!(begin.elapsed() < Duration::from_secs(5), "{log:?}");
        assert_eq!(
            status.code(),
            Some(3),
            "it says that something was lost: {log:?}"
        );
        let last = log.last().unwrap();
        assert_eq!(
            last.matches("locked").count(),
            1,
            "and says it once: {last}"
        );
    }
}
