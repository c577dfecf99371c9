//! A database that takes nothing for a while: probing goes on, and what is seen waits.

use std::fmt::Write;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use outwatch::domain::observation::Reason;

use crate::installation::{Daemon, Installation, lines_saying, music};
use crate::rebuilt::assert_true_to_the_database;
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::volume::Volume;

const STUCK: &str = "cannot store observations, trying again";
const STORED_AGAIN: &str = "observations are stored again";
const LOST: &str = "no more can wait for the database";
const KEPT_AGAIN: &str = "what is seen is kept again";

/// Waits for an outage to open, or to close, that is told of only by the log.
#[track_caller]
fn turned(daemon: &mut Daemon, service: &mut Service, message: &str) {
    let now = if message == "outage opened" {
        UNAVAILABLE
    } else {
        WELL
    };
    service.switch(now);
    daemon.line(message);
}

#[test]
fn a_full_disk_delays_what_is_seen_and_changes_nothing_of_it() {
    let Some(volume) = Volume::try_new(4) else {
        return;
    };
    let mut service = Service::start(WELL);
    let configuration = |platforms: &[(&str, &Service)]| {
        music(
            "interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m",
            platforms,
        )
    };
    let place = Installation::new(&configuration(&[("web", &service)]))
        .with_environment("OUTWATCH_DB", volume.path("outwatch.db").to_str().unwrap());
    let mut daemon = place.daemon(&[]);
    service.await_more_requests();

    // it is full when the outage opens, and full again when it closes
    volume.fill();
    let stuck = daemon.line(STUCK);
    assert!(stuck["room"].as_u64().unwrap() > 500_000, "{stuck}");
    let other = Service::start(WELL);
    place.configure(&configuration(&[("web", &service), ("mobile", &other)]));
    daemon.line("the configuration stays as it was for now: the database takes nothing at present");
    turned(&mut daemon, &mut service, "outage opened");
    service.await_more_requests();
    let committed = place.observations("music/web/player").len();
    assert!(committed < service.heads().len() - 2, "{committed} of it");
    volume.free();
    let again = daemon.line(STORED_AGAIN);
    assert!(again["after"].is_string(), "{again}");
    daemon.line("configuration reloaded");
    other.await_requests(1);
    place.await_windows("the outage on disk", |windows| windows.len() == 1);

    volume.fill();
    daemon.line(STUCK);
    turned(&mut daemon, &mut service, "outage closed");
    volume.free();
    daemon.line(STORED_AGAIN);
    let log = daemon.stop();

    assert_true_to_the_database(&place, &log);
    assert_eq!(place.windows().len(), 1);
    // each asking has left an observation
    let observations = place.observations("music/web/player");
    assert_eq!(observations.len(), service.heads().len());
    assert_eq!(lines_saying(&log, LOST).len(), 0, "{log:?}");
    assert_eq!(place.troubles(Reason::StorageFull), []);
    assert_eq!(place.troubles(Reason::Stalled), []);
}

/// For longer than what is seen fits into memory. Another program has a transaction open.
#[test]
fn what_does_not_fit_is_time_that_nobody_watched() {
    let mut service = Service::start(WELL);
    let mut configuration = String::from(
        "service: Music\ndefaults: { interval: 300ms, timeout: 300ms, confirm_interval: 50ms }\nplatforms:\n  web:\n",
    );
    for number in 0..50 {
        let url = service.url(&format!("/{number}"));
        writeln!(configuration, "    - {{ name: p{number}, url: \"{url}\" }}").unwrap();
    }
    let place = Installation::new(&configuration);
    let mut daemon = place.daemon(&["--backlog", "64KiB"]);
    service.await_requests(100);
    let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    blocker.busy_timeout(crate::waiting::DEADLINE).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.line(STUCK);
    let lost = daemon.line(LOST);
    assert!(lost["waiting"].as_u64().unwrap() >= 500, "{lost}");

    // nobody sees this one: there and gone while there is no room
    let asked = service.heads().len();
    let outage = service.switch(UNAVAILABLE);
    service.await_requests(asked + 300);
    service.switch(WELL);
    let asked = service.heads().len();
    service.await_requests(asked + 100);
    blocker.execute_batch("ROLLBACK").unwrap();
    daemon.line(STORED_AGAIN);
    let kept = daemon.line(KEPT_AGAIN);
    assert_eq!(kept["reason"], "storage_full");
    assert!(kept["lost"].as_u64().unwrap() > 300, "{kept}");
    service.await_more_requests();
    let log = daemon.stop();

    assert_eq!(lines_saying(&log, "outage opened").len(), 0, "{log:?}");
    assert_true_to_the_database(&place, &log);
    assert_eq!(place.windows().len(), 0);
    assert_eq!(lines_saying(&log, LOST).len(), 0, "told once: {log:?}");
    let [unwatched] = place.troubles(Reason::StorageFull)[..] else {
        panic!("{:?} is one", place.troubles(Reason::StorageFull));
    };
    assert!(
        unwatched.from <= outage.from && outage.to <= unwatched.to,
        "{outage:?} in {unwatched:?}"
    );
    assert_eq!(place.troubles(Reason::Stalled), [], "it ran all the time");
    let unknown = place.printed(&["outages", "--unobserved", "--format", "json"]);
    assert!(unknown.contains("storage_full"), "{unknown}");
}

#[test]
fn told_twice_to_stop_it_ends_at_once() {
    let service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 300ms, timeout: 300ms",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    blocker.busy_timeout(crate::waiting::DEADLINE).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.line(STUCK);
    daemon.signal(Signal::SIGTERM);
    daemon.line("stopping: the database takes nothing");
    let begin = Instant::now();
    daemon.signal(Signal::SIGTERM);
    let (status, log) = daemon.end();
    assert!(begin.elapsed() < Duration::from_secs(1), "{log:?}");
    assert_eq!(status.code(), Some(1), "{log:?}");
    let last = log.last().unwrap();
    assert!(last.contains("ended at once"), "{last}");
    assert!(last.contains("observations that waited"), "{last}");
    blocker.execute_batch("ROLLBACK").unwrap();
    drop(blocker);
    place.daemon(&[]).stop();
}

/// What was told and could not be written is not lost either.
#[test]
fn what_the_database_did_not_take_in_the_end_can_be_imported() {
    let mut service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    service.await_more_requests();
    let blocker = rusqlite::Connection::open(place.path("outwatch.db")).unwrap();
    blocker.busy_timeout(crate::waiting::DEADLINE).unwrap();
    blocker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    daemon.line(STUCK);
    turned(&mut daemon, &mut service, "outage opened");
    turned(&mut daemon, &mut service, "outage closed");
    daemon.signal(Signal::SIGTERM);
    let begin = Instant::now();
    let (status, log) = daemon.end();
    assert!(begin.elapsed() < Duration::from_secs(5), "{log:?}");
    assert_eq!(status.code(), Some(3), "{log:?}");
    drop(blocker);

    let files = place.files();
    let is_it = |name: &&String| name.contains(".unsaved-");
    let unsaved = files
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{log:?}"));
    assert!(
        log.iter()
            .any(|line| line.contains(&format!("outwatch import {unsaved}"))),
        "{log:?}"
    );
    place.printed(&["import", unsaved]);
    assert_eq!(assert_true_to_the_database(&place, &log).len(), 1);
    assert_eq!(
        place.observations("music/web/player").len(),
        service.heads().len()
    );
}
