//! An older database is brought up while the process is killed, the power cut or the disk full: it
//! is the old one or the new one, whole either way, and the copy made before is there.

use std::fs;
use std::path::{Path, PathBuf};

use outwatch::domain::observation::Observation;
use outwatch::domain::time::{Period, UnixMillis};
use outwatch::store::{Reader, StoreError};
use rusqlite::{Connection, OpenFlags};

use crate::dice::{Dice, long};
use crate::disk::{Disk, Syncs, calls};
use crate::kills::was_killed;
use crate::shim::{Faults, Moment};
use crate::verdict::is_sound;
use crate::worker::{Site, Work};

const EVER: Period = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));

fn old(version: i32) -> PathBuf {
    let databases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/database");
    databases.join(format!("v{version}.db"))
}

/// What it holds, of all probes.
fn contents(database: &Path) -> Vec<(String, Vec<Observation>)> {
    let reader = Reader::open(database).unwrap_or_else(|error| panic!("{error}"));
    let all = reader.probes().unwrap().into_iter().map(|stored| {
        let mut observations = Vec::new();
        let each = |observation, _| {
            observations.push(observation);
            Ok::<_, StoreError>(())
        };
        reader.observations(stored.key, EVER, each).unwrap();
        (stored.probe.id.to_string(), observations)
    });
    all.collect()
}

fn version(database: &Path) -> i32 {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    version.unwrap()
}

/// A place with a copy of that old database.
fn site(from: i32) -> Site {
    let site = Site::new();
    fs::copy(old(from), site.database()).unwrap();
    site
}

/// Whatever happened to the migration: nothing is lost, the copy is whole if it may be needed, and
/// the next start finishes it.
fn check(what: &str, site: &Site, from: i32) {
    // a copy, since reading makes files beside a database
    let expected = contents(&self::site(from).database());
    let database = site.database();
    let is_done = version(&database) > from;
    assert_eq!(contents(&database), expected, "{what}");
    is_sound(&database).unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
    let copy = site.folder().join(format!("outwatch.db.v{from}.backup"));
    if is_done {
        is_sound(&copy).unwrap_or_else(|wrong| panic!("{what}: the copy: {wrong}"));
        assert_eq!(version(&copy), from, "{what}");
    }
    assert!(!was_killed(&site.work(Work::Open, &Faults::default())));
    assert!(version(&database) > from, "{what}");
    assert_eq!(contents(&database), expected, "{what}");
    assert_eq!(contents(&copy), expected, "{what}");
}

/// How many calls a migration makes.
fn calls_from(from: i32) -> u64 {
    let site = site(from);
    let faults = Faults {
        count: Some(site.outside("count")),
        without_sync: true,
        ..Faults::default()
    };
    assert!(!was_killed(&site.work(Work::Open, &faults)));
    faults.counted()
}

const VERSIONS: [i32; 4] = [1, 2, 3, 4];

#[test]
fn kill_9_within_a_migration_leaves_the_old_database_or_the_new_one() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    for from in VERSIONS {
        let all = calls_from(from);
        for _ in 0..long("OUTWATCH_KILLS", 60) / 15 {
            let moment = [Moment::Before, Moment::After, Moment::Torn][dice.index(3)];
            let faults = Faults {
                kill: Some((1 + dice.below(all), moment)),
                without_sync: true,
                ..Faults::default()
            };
            let site = site(from);
            assert!(was_killed(&site.work(Work::Open, &faults)));
            check(&format!("v{from}, {faults:?}"), &site, from);
        }
    }
}

#[test]
fn a_power_cut_within_a_migration_leaves_the_old_database_or_the_new_one() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    for from in VERSIONS {
        let site = site(from);
        let mut disk = Disk::of(&site.folder(), Syncs::Kept);
        let faults = Faults {
            log: Some(site.outside("log")),
            without_sync: true,
            ..Faults::default()
        };
        assert!(!was_killed(&site.work(Work::Open, &faults)));
        let calls = calls(&site.outside("log"));
        let often = calls.len() / (long("OUTWATCH_CUTS", 24) / 3).max(1);
        for (at, call) in calls.iter().enumerate() {
            disk.apply(call);
            if dice.index(often.max(1)) == 0 {
                let left = Site::new();
                let luck = [0, 1, 5, 9, 10][dice.index(5)];
                disk.cut(&left.folder(), luck, &mut dice);
                check(
                    &format!("v{from}, after call {at}, luck {luck}"),
                    &left,
                    from,
                );
            }
        }
    }
}

#[test]
fn a_migration_that_fails_can_be_done_later() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    for error in ["enospc", "eio", "erofs", "sync"] {
        for from in VERSIONS {
            let faults = Faults {
                fail: Some((error, 1 + dice.below(calls_from(from)), 1 + dice.below(3))),
                without_sync: true,
                ..Faults::default()
            };
            let site = site(from);
            assert!(!was_killed(&site.work(Work::Open, &faults)));
            check(&format!("v{from}, {faults:?}"), &site, from);
        }
    }
}
