//! `outwatch db backup`: whole, sound, of one instant, and never in the place of something else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use outwatch::store::{Store, Writer};

use crate::observations::{NOW, Place, T0, id, ok, place, probes, read_from};
use crate::upkeep::{filled, outwatch};

fn copy_of(place: &Place) -> PathBuf {
    place.folder.path().join("copy.db")
}

fn backup(place: &Place, more: &[&str], to: &Path, code: i32) -> String {
    let arguments = [&["db", "backup"], more, &[to.to_str().unwrap()]].concat();
    let output = outwatch(&place.db, &arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    error
}

fn export(db: &Path) -> Vec<u8> {
    outwatch(db, &["export"]).output().unwrap().stdout
}

#[test]
fn a_backup_is_a_database_of_its_own() {
    let place = filled();
    fs::set_permissions(&place.db, fs::Permissions::from_mode(0o640)).unwrap();
    let copy = copy_of(&place);
    backup(&place, &[], &copy, 0);
    assert_eq!(export(&copy), export(&place.db));
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o640
    );
    outwatch(&copy, &["db", "check"]).assert().code(0);
    // and can be gone on with
    let mut store = Store::open(&copy, NOW).unwrap();
    store.append(&[(id("a"), ok(T0 + 1))]).unwrap();
    store.close().unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let names = fs::read_dir(place.folder.path()).unwrap().map(name);
    assert!(
        names
            .filter_map(|name| name.into_string().ok())
            .all(|name| !name.contains("part")),
        "nothing else is left"
    );
}

#[test]
fn nothing_is_replaced_that_was_not_meant() {
    let place = filled();
    let before = export(&place.db);
    let copy = copy_of(&place);
    fs::write(&copy, "mine").unwrap();
    assert!(backup(&place, &[], &copy, 2).contains("is there already"));
    assert_eq!(fs::read(&copy).unwrap(), b"mine");
    backup(&place, &["--force"], &copy, 0);
    assert_eq!(export(&copy), before);

    let link = place.folder.path().join("link.db");
    fs::hard_link(&place.db, &link).unwrap();
    let own = ["-wal", "-shm", ".lock"].map(|suffix| format!("{}{suffix}", place.db.display()));
    for own in [&place.db, &link]
        .into_iter()
        .chain(&own.map(PathBuf::from))
    {
        let error = backup(&place, &["--force"], own, 2);
        assert!(error.contains("belongs to the database itself"), "{error}");
    }
    backup(&place, &["--force"], place.folder.path(), 2);
    let nowhere = place.folder.path().join("nowhere/copy.db");
    assert!(backup(&place, &[], &nowhere, 3).contains("nowhere"));
    assert_eq!(export(&place.db), before);
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let place = filled();
    let copy = copy_of(&place);
    backup(&place, &[], &copy, 0);
    let store = Store::open(&copy, NOW).unwrap();
    let error = backup(&place, &["--force"], &copy, 4);
    assert!(error.contains("held by process"), "{error}");
    drop(store);
    // a log that was left there would be written back into the new copy
    let log = format!("{}-wal", copy.display());
    fs::write(&log, "old").unwrap();
    let error = backup(&place, &["--force"], &copy, 2);
    assert!(error.contains("has a log beside it"), "{error}");
    fs::remove_file(&log).unwrap();
    backup(&place, &["--force"], &copy, 0);
}

#[test]
fn what_a_killed_backup_left_is_used_again_and_two_never_write_one_file() {
    let place = filled();
    let copy = copy_of(&place);
    let part = place.folder.path().join("copy.db.part");
    fs::write(&part, vec![0x5a; 500_000]).unwrap();
    let other = fs::File::open(&part).unwrap();
    other.lock().unwrap();
    let error = backup(&place, &[], &copy, 2);
    assert!(
        error.contains("is being written by another backup"),
        "{error}"
    );
    assert_eq!(fs::metadata(&part).unwrap().len(), 500_000);
    drop(other);
    backup(&place, &[], &copy, 0);
    assert!(!part.exists());
    outwatch(&copy, &["db", "check"]).assert().code(0);
}

#[test]
fn a_damaged_database_does_not_take_the_place_of_a_good_copy() {
    let place = filled();
    let copy = copy_of(&place);
    backup(&place, &[], &copy, 0);
    let good = fs::read(&copy).unwrap();
    let mut damaged = fs::read(&place.db).unwrap();
    let end = damaged.len();
    damaged[end - 4096 * 3..].fill(0x5a);
    fs::write(&place.db, damaged).unwrap();
    let error = backup(&place, &["--force"], &copy, 3);
    assert!(error.contains("is damaged"), "{error}");
    assert_eq!(fs::read(&copy).unwrap(), good);
    assert!(!place.folder.path().join("copy.db.part").exists());
}

/// Each copy holds all that was committed when it began, and beyond that a beginning of what came
/// while it was made.
#[tokio::test]
async fn a_copy_is_of_one_instant_while_a_writer_goes_on() {
    let place = Arc::new(place());
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store.begin_epoch(NOW).unwrap();
    // no more may wait than the writer is done with soon
    let (writer, sender) = Writer::start_with(store, 1 << 20).unwrap();
    let nth = |n: i64| ok(T0 + n * 90_000);
    let copies = std::thread::spawn({
        let (place, sender) = (Arc::clone(&place), sender.clone());
        move || {
            let mut last = 0;
            let copies = (0..5).map(|n| {
                let copy = place.folder.path().join(format!("copy{n}.db"));
                while sender.counts().committed == last {
                    std::thread::yield_now();
                }
                let committed = sender.counts().committed;
                last = committed;
                backup(&place, &[], &copy, 0);
                // the next one has more to copy
                while sender.counts().committed == committed {
                    std::thread::yield_now();
                }
                // what is committed is counted afterwards
                (copy, committed, sender.counts().committed + 8192)
            });
            copies.collect::<Vec<_>>()
        }
    });
    let mut n = 0;
    while !copies.is_finished() {
        sender.send(id("a"), nth(n)).await.unwrap();
        n += 1;
        if n % 50 == 0 {
            sender.flush().await.unwrap();
        }
    }
    let copies = copies.join().unwrap();
    drop(sender);
    writer.join().unwrap();
    let mut counts = Vec::new();
    for (copy, before, after) in copies {
        outwatch(&copy, &["db", "check"]).assert().code(0);
        let found = read_from(&outwatch::store::Reader::open(&copy).unwrap(), "a");
        let count = found.len() as u64;
        assert!(
            before <= count && count <= after,
            "{before} {count} {after}"
        );
        for (n, observation) in (0..).zip(found) {
            assert_eq!(observation, nth(n));
        }
        counts.push(count);
    }
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts.first() < counts.last(), "{counts:?}: it went on");
}
