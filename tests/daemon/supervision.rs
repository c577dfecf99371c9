//! What the daemon tells a service manager, heard at a socket as systemd's.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::installation::{Installation, music};
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::waiting::DEADLINE;

/// The other end of `NOTIFY_SOCKET`.
struct Manager {
    socket: UnixDatagram,
    heard: VecDeque<String>,
}

impl Manager {
    fn new(place: &Installation) -> Self {
        let socket = UnixDatagram::bind(place.path("notify")).unwrap();
        Self {
            socket,
            heard: VecDeque::new(),
        }
    }

    /// The next message, if one comes until then.
    fn next(&mut self, deadline: Instant) -> Option<String> {
        if let Some(line) = self.heard.pop_front() {
            return Some(line);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        // none at all would mean for ever
        let left = left.max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(left)).unwrap();
        let mut datagram = [0; 4096];
        match self.socket.recv(&mut datagram) {
            Ok(length) => {
                let text = str::from_utf8(&datagram[..length]).unwrap();
                self.heard.extend(text.lines().map(str::to_owned));
                self.next(deadline)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The next message that is no sign of life.
    #[track_caller]
    fn news(&mut self) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let news = self.next(deadline).expect("there is more to hear");
            if news != ALIVE {
                return news;
            }
        }
    }

    /// How many signs of life come within this time.
    fn signs(&mut self, length: Duration) -> usize {
        let deadline = Instant::now() + length;
        let heard = std::iter::from_fn(|| self.next(deadline));
        heard.filter(|news| news == ALIVE).count()
    }
}

const ALIVE: &str = "WATCHDOG=1";

fn supervised(configuration: &str) -> (Installation, Manager) {
    let place = Installation::new(configuration);
    let manager = Manager::new(&place);
    let socket = place.path("notify");
    let place = place
        .with_environment("NOTIFY_SOCKET", socket.to_str().unwrap())
        .with_environment("WATCHDOG_USEC", "1000000");
    (place, manager)
}

#[test]
fn the_service_manager_hears_how_it_fares_from_start_to_stop() {
    let mut service = Service::start(WELL);
    let well = music(
        "interval: 200ms, timeout: 200ms, confirm_interval: 100ms",
        &[("web", &service)],
    );
    let (place, mut manager) = supervised(&well);
    let daemon = place.daemon(&[]);
    assert_eq!(
        manager.news(),
        "STATUS=reading the configuration and the database"
    );
    assert_eq!(manager.news(), "STATUS=1 probe, 0 in an outage");
    assert_eq!(manager.news(), "READY=1");

    service.switch(UNAVAILABLE);
    assert_eq!(manager.news(), "STATUS=1 probe, 1 in an outage");

    // a good configuration and a bad one: in both cases the reload is over
    let taken = well.replace("200ms", "300ms");
    for configuration in [taken.as_str(), "platforms: none"] {
        place.configure(configuration);
        daemon.signal(Signal::SIGHUP);
        assert_eq!(manager.news(), "RELOADING=1");
        let since = manager.news();
        let since = since.strip_prefix("MONOTONIC_USEC=").unwrap();
        assert!(since.parse::<u64>().unwrap() > 0);
        assert_eq!(manager.news(), "READY=1");
    }
    daemon.stop();
    assert_eq!(manager.news(), "STOPPING=1");
    let mut after = std::iter::from_fn(|| manager.next(Instant::now()));
    assert_eq!(
        after.find(|news| news != ALIVE),
        None,
        "that was the last word"
    );
}

/// systemd ends a daemon that gives no sign of life, and starts another.
#[test]
fn only_a_daemon_that_runs_gives_signs_of_life() {
    let service = Service::start(WELL);
    let (place, mut manager) =
        supervised(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let daemon = place.daemon(&[]);
    let signs = manager.signs(Duration::from_secs(3));
    assert!((2..=8).contains(&signs), "{signs} signs within 3 s");

    daemon.signal(Signal::SIGSTOP);
    // what was said before it stopped
    manager.signs(Duration::from_millis(500));
    assert_eq!(manager.signs(Duration::from_secs(2)), 0);

    daemon.signal(Signal::SIGCONT);
    let signs = manager.signs(Duration::from_secs(3));
    assert!(signs >= 2, "{signs} signs within 3 s");
    daemon.stop();
}

#[test]
fn a_start_that_fails_is_never_ready() {
    let (place, mut manager) = supervised("platforms: none");
    let (status, log) = place.starting(&[]).end();
    assert_eq!(status.code(), Some(2), "{log:?}");
    let heard: Vec<_> = std::iter::from_fn(|| manager.next(Instant::now())).collect();
    assert!(!heard.iter().any(|news| news == "READY=1"), "{heard:?}");
}

/// Whoever waits for the start would wait for a clock that nobody may ever set.
#[test]
fn one_that_waits_for_its_clock_is_ready_and_says_so() {
    let service = Service::start(WELL);
    let (place, mut manager) =
        supervised(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let daemon = place.daemon(&[]);
    service.await_requests(1);
    daemon.stop();
    let stopped = std::iter::from_fn(|| Some(manager.news())).find(|news| news == "STOPPING=1");
    assert!(stopped.is_some());
    // as if the clock had been ahead, and was set back since
    let database = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    let moved = database.execute("UPDATE staging SET ts_ms = ts_ms + 3 * 86400000", ());
    assert!(moved.unwrap() > 0);
    drop(database);

    let mut daemon = place.starting(&[]);
    daemon.line("nothing is asked until the clock is right");
    assert_eq!(
        manager.news(),
        "STATUS=reading the configuration and the database"
    );
    assert_eq!(
        manager.news(),
        "STATUS=nothing is recorded until the clock is right"
    );
    assert_eq!(manager.news(), "READY=1");
    let signs = manager.signs(Duration::from_secs(3));
    assert!(signs >= 2, "{signs} signs within 3 s");
    daemon.stop();
    assert_eq!(manager.news(), "STOPPING=1");
}

/// Another program has a transaction open, as a full disk would it keeps the writer from writing. To
/// end the daemon for that would lose what waits.
#[test]
fn one_that_waits_for_its_database_is_alive_and_says_so() {
    let service = Service::start(WELL);
    let (place, mut manager) = supervised(&music(
        "interval: 200ms, timeout: 200ms",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    let told = |manager: &mut Manager, status: &str| {
        let mut news = std::iter::from_fn(|| Some(manager.news()));
        assert!(news.any(|news| news == format!("STATUS={status}")));
    };
    told(&mut manager, "1 probe, 0 in an outage");
    let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    blocker.busy_timeout(DEADLINE).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.line("cannot store observations, trying again");
    told(
        &mut manager,
        "1 probe, 0 in an outage; the database takes nothing, and what is seen waits",
    );
    let signs = manager.signs(Duration::from_secs(3));
    assert!(signs >= 2, "{signs} signs within 3 s");
    blocker.execute_batch("ROLLBACK").unwrap();
    told(&mut manager, "1 probe, 0 in an outage");
    daemon.stop();
}
