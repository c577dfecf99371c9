//! What a daemon refuses to start with, and how it says so.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::installation::{Installation, music};
use crate::service::{Service, WELL};
use crate::volume::Volume;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_daemon_is_refused_at_once_and_told_who_holds_the_database() {
    let service = Service::start(WELL);
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let holder = place.daemon(&[]);
    let refuse = || {
        let begin = Instant::now();
        let output = place.run(&["run", "--for", "1m"]);
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        let named = format!("process {} since", holder.pid());
        assert!(said(&output).contains(&named), "{}", said(&output));
        begin.elapsed()
    };
    // the quickest of some: the machine may have other things to do
    let quickest = (0..3).map(|_| refuse()).min();
    assert!(quickest < Some(Duration::from_secs(1)), "{quickest:?}");
    holder.kill();
    place.daemon(&[]).stop();
}

#[test]
fn a_bad_configuration_is_refused_and_nothing_is_left_behind() {
    let place = Installation::new("platforms:\n  web:\n    - { urll: http://127.0.0.1/ }\n");
    let output = place.run(&["run", "--for", "1m"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("probes.yaml:3:"),
        "{}",
        said(&output)
    );
    assert_eq!(place.files(), ["probes.yaml"]);
}

#[test]
fn a_file_that_is_not_our_database_is_refused_and_stays_as_it_is() {
    let service = Service::start(WELL);
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    let database = place.path("outwatch.db");
    place.daemon(&[]).stop();
    let ours = fs::read(&database).unwrap();
    let garbled = |from: usize| {
        let mut bytes = ours.clone();
        bytes[from..].fill(0xa5);
        bytes
    };
    let foreign = {
        let path = place.path("foreign.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup');")
            .unwrap();
        drop(connection);
        fs::read(path).unwrap()
    };
    for (what, bytes) in [
        ("text", b"Dear diary, today nothing was down.".repeat(9)),
        ("empty", Vec::new()),
        ("foreign", foreign),
        ("cut short", ours[..ours.len() / 2].to_vec()),
        ("garbled behind its header", garbled(100)),
    ] {
        fs::write(&database, &bytes).unwrap();
        for arguments in [&["run", "--for", "1m"][..], &["outages"], &["status"]] {
            let output = place.run(arguments);
            assert_eq!(
                output.status.code(),
                Some(3),
                "{what} {arguments:?}: {}",
                said(&output)
            );
            assert!(said(&output).contains("outwatch.db"), "{}", said(&output));
            assert_eq!(fs::read(&database).unwrap(), bytes, "{what} {arguments:?}");
        }
    }
}

/// As after a downgrade: every command says so, and the database stays as the newer one left it.
#[test]
fn an_older_version_refuses_the_database_of_a_newer_one() {
    let service = Service::start(WELL);
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]));
    place.daemon(&[]).stop();
    let database = place.path("outwatch.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    drop(connection);
    let newer = fs::read(&database).unwrap();
    fs::write(place.path("empty.ndjson"), "").unwrap();
    let files = place.files();
    for arguments in [
        &["run", "--for", "1m"][..],
        &["status"],
        &["outages"],
        &["report"],
        &["export"],
        &["import", "empty.ndjson"],
        &["annotate", "77w8"],
        &["maintenance", "list"],
        &["db", "rename", "music/web/player", "player"],
    ] {
        let output = place.run(arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        for part in ["newer outwatch", "format 9999", "the backup"] {
            assert!(said.contains(part), "{arguments:?}: {said}");
        }
        assert_eq!(fs::read(&database).unwrap(), newer, "{arguments:?}");
    }
    // what SQLite itself needs to read it may stay, but nothing was migrated
    let is_data = |name: &String| !name.ends_with("-wal") && !name.ends_with("-shm");
    let left: Vec<_> = place.files().into_iter().filter(is_data).collect();
    assert_eq!(left, files);
}

#[test]
fn a_path_that_leads_to_no_file_is_refused_with_what_to_do_and_left_as_it_is() {
    let place = Installation::new("platforms: { web: [\"http://127.0.0.1:1/\"] }\n");
    fs::create_dir(place.path("folder")).unwrap();
    symlink("b", place.path("a")).unwrap();
    symlink("a", place.path("b")).unwrap();
    symlink("unmounted/outwatch.db", place.path("link")).unwrap();
    let made = Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(made.unwrap().success());
    let before = place.files();
    for (db, says) in [
        ("folder", "is a folder; name a database file with --db"),
        ("a", "symbolic links (os error 40); mount its disk"),
        ("link", "is a symbolic link to where there is nothing; name"),
        ("pipe", "is not a regular file; name a database file"),
        ("no/such.db", "no/such.db: No such file or directory"),
        (
            "probes.yaml/x.db",
            "x.db: Not a directory (os error 20); mount its disk or make",
        ),
    ] {
        let output = place.run(&["run", "--for", "1m", "--db", db]);
        assert_eq!(output.status.code(), Some(3), "{db}: {}", said(&output));
        assert!(said(&output).contains(says), "{db}: {}", said(&output));
        assert_eq!(place.files(), before, "{db}");
    }
}

#[test]
fn a_disk_that_is_full_or_read_only_is_refused_with_what_to_do() {
    let Some(volume) = Volume::try_new(2) else {
        return;
    };
    let service = Service::start(WELL);
    let database = volume.path("outwatch.db");
    let place = Installation::new(&music("interval: 1s, timeout: 1s", &[("web", &service)]))
        .with_environment("OUTWATCH_DB", database.to_str().unwrap());
    let refused = |says: &str| {
        let output = place.run(&["run", "--for", "1m"]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(says), "{}", said(&output));
    };
    volume.fill();
    refused("make room on its disk");
    assert!(!database.exists(), "not half of one");
    volume.free();
    place.daemon(&[]).stop();
    volume.fill();
    refused("its disk is full");
    volume.free();
    volume.remount("ro");
    refused("outwatch.db: cannot be written; give this user write access");
    volume.remount("rw");
    place.daemon(&[]).stop();
}
