//! A database that somebody takes away from under the daemon.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::installation::{Installation, music};
use crate::rebuilt::assert_true_to_the_database;
use crate::service::{Service, UNAVAILABLE, WELL};

/// A daemon that has seen an outage, which is over, is left without what `take` takes. Gives what it
/// said last, and everything it said.
#[track_caller]
fn bereft(
    place: &Installation,
    service: &mut Service,
    take: impl FnOnce(),
) -> (String, Vec<String>) {
    let mut daemon = place.daemon(&[]);
    service.await_more_requests();
    service.switch(UNAVAILABLE);
    daemon.line("outage opened");
    take();
    // told, and not yet committed when it is noticed
    service.switch(WELL);
    daemon.line("the database is no longer where it was");
    let (status, log) = daemon.end();
    assert_eq!(status.code(), Some(3), "{log:?}");
    (log.last().unwrap().clone(), log)
}

fn installation(service: &Service) -> Installation {
    Installation::new(&music(
        "interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m",
        &[("web", service)],
    ))
}

/// Nothing that was observed is missing in the database: one observation for each request, but for
/// the one that was under way.
#[track_caller]
fn assert_all_there(place: &Installation, service: &Service, log: &[String]) {
    let observed = place.observations("music/web/player").len();
    let asked = service.heads().len();
    assert!(
        (asked - 1..=asked).contains(&observed),
        "{observed} of {asked}"
    );
    let mut daemon = place.daemon(&[]);
    let mut log = log.to_vec();
    if !log.iter().any(|line| line.contains("outage closed")) {
        daemon.line("outage closed");
    }
    log.extend(daemon.stop());
    assert_eq!(assert_true_to_the_database(place, &log).len(), 1);
}

#[test]
fn a_database_that_was_removed_is_saved_beside_and_not_begun_anew() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    let database = place.path("outwatch.db");
    let (said, log) = bereft(&place, &mut service, || fs::remove_file(&database).unwrap());
    assert!(said.contains("was removed while it was in use"), "{said}");
    assert!(said.contains("outwatch.db.saved"), "{said}");
    for arguments in [&["run", "--for", "1m"][..], &["status"]] {
        let output = place.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("outwatch.db.saved holds all"), "{error}");
    }
    assert!(!database.exists());
    fs::rename(place.path("outwatch.db.saved"), &database).unwrap();
    assert_all_there(&place, &service, &log);
}

#[test]
fn a_database_that_was_replaced_is_saved_beside_and_the_other_is_left_alone() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    place.daemon(&[]).stop();
    let database = place.path("outwatch.db");
    let other = fs::read(&database).unwrap();
    fs::write(place.path("other.db"), &other).unwrap();
    let (said, log) = bereft(&place, &mut service, || {
        fs::rename(place.path("other.db"), &database).unwrap();
    });
    assert!(said.contains("was replaced by another file"), "{said}");
    assert_eq!(fs::read(&database).unwrap(), other, "not a byte of it");
    // what was written for the one before is not taken for a part of the other
    let log_length = fs::metadata(place.path("outwatch.db-wal")).map_or(0, |it| it.len());
    assert_eq!(log_length, 0);
    assert_eq!(place.windows(), [] as [Value; 0]);
    fs::rename(place.path("outwatch.db.saved"), &database).unwrap();
    assert_all_there(&place, &service, &log);
}

#[test]
fn a_database_that_was_moved_is_whole_where_it_is_now() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    let database = place.path("outwatch.db");
    bereft(&place, &mut service, || {
        fs::rename(&database, place.path("moved.db")).unwrap();
    });
    let moved = place.printed(&["--db", "moved.db", "outages", "--format", "json"]);
    let moved: Value = serde_json::from_str(&moved).unwrap();
    assert_eq!(moved["outages"].as_array().unwrap().len(), 1, "{moved}");
}

#[test]
fn a_log_that_was_removed_loses_nothing() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    let (said, log) = bereft(&place, &mut service, || {
        fs::remove_file(place.path("outwatch.db-wal")).unwrap();
    });
    assert!(said.contains("nothing is lost"), "{said}");
    assert_all_there(&place, &service, &log);
}

#[test]
fn with_its_folder_gone_it_ends_and_says_so() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    let folder = place.path("data");
    fs::create_dir(&folder).unwrap();
    let database = folder.join("outwatch.db");
    let place = place.with_environment("OUTWATCH_DB", database.to_str().unwrap());
    let (said, _) = bereft(&place, &mut service, || {
        fs::remove_dir_all(&folder).unwrap();
    });
    assert!(said.contains("could not be saved beside it"), "{said}");
    assert!(said.contains("restore a backup"), "{said}");
    assert!(!folder.exists(), "nothing is made anew");
}

/// Rights count when a file is opened.
#[test]
fn a_database_that_was_made_read_only_is_written_on() {
    let mut service = Service::start(WELL);
    let place = installation(&service);
    let mut daemon = place.daemon(&[]);
    service.await_more_requests();
    for name in ["outwatch.db", "outwatch.db-wal", "outwatch.db-shm"] {
        let mode = fs::Permissions::from_mode(0o444);
        fs::set_permissions(place.path(name), mode).unwrap();
    }
    service.switch(UNAVAILABLE);
    daemon.line("outage opened");
    service.switch(WELL);
    daemon.line("outage closed");
    let log = daemon.stop();
    assert_eq!(assert_true_to_the_database(&place, &log).len(), 1);
}
