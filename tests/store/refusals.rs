//! Files that are no database of ours are refused with what to do, and stay as they are.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use outwatch::domain::observation::Observation;
use outwatch::store::{Reader, Store, StoreError};

use crate::observations::{NOW, Place, T0, failed, id, ok, place, read, store};

/// Opens for writing and for reading; both must refuse it, saying `expected`, and change nothing.
#[track_caller]
fn check(place: &Place, expected: &str) {
    let before = fs::read(&place.db).ok();
    let written = Store::create_or_open(&place.db, NOW)
        .unwrap_err()
        .to_string();
    let read = Reader::open(&place.db).unwrap_err().to_string();
    for message in [written, read] {
        assert!(message.contains(expected), "{message}");
        assert!(message.contains(';'), "says what to do: {message}");
    }
    assert_eq!(fs::read(&place.db).ok(), before);
}

fn make(place: &Place) {
    let mut store = store(place);
    let batch: Vec<_> = (0..2000).map(|n| (id("a"), ok(T0 + n))).collect();
    store.append(&batch).unwrap();
    store.close().unwrap();
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    for (content, expected) in [
        (&b""[..], "is empty"),
        (b"short", "too short"),
        (&[b'x'; 5000], "is not a SQLite database"),
    ] {
        let place = place();
        fs::write(&place.db, content).unwrap();
        check(&place, expected);
    }
    let place = place();
    fs::create_dir(&place.db).unwrap();
    check(&place, "is a folder");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let place = place();
    let foreign = rusqlite::Connection::open(&place.db).unwrap();
    foreign
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .unwrap();
    drop(foreign);
    check(&place, "of another program");
}

#[test]
fn a_newer_database_is_left_alone() {
    let place = place();
    make(&place);
    let newer = rusqlite::Connection::open(&place.db).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    check(&place, "format 99");
}

#[test]
fn a_truncated_database_is_left_alone() {
    let place = place();
    make(&place);
    let content = fs::read(&place.db).unwrap();
    for bytes in [content.len() - 1, content.len() / 2, 4096] {
        fs::write(&place.db, &content[..bytes]).unwrap();
        check(&place, "cut short");
    }
}

#[test]
fn a_log_without_its_database_is_not_written_over() {
    let place = place();
    fs::write(place.folder.path().join("outwatch.db-wal"), [1; 100]).unwrap();
    check(&place, "is missing, but");
    assert!(!place.db.exists());
}

#[test]
fn a_reader_makes_no_database() {
    let place = place();
    let error = Reader::open(&place.db).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }));
    assert!(!place.db.exists());
}

#[test]
fn a_flipped_byte_in_a_chunk_is_an_error() {
    let place = place();
    let mut store = store(&place);
    store
        .append(&[(id("a"), ok(T0)), (id("a"), ok(T0 + 30_000))])
        .unwrap();
    let nothing: [Result<_, StoreError>; 0] = [];
    store.import(nothing).unwrap();
    store.close().unwrap();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    let whole: Vec<u8> = sql
        .query_row("SELECT data FROM chunk", [], |row| row.get(0))
        .unwrap();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut data = whole.clone();
            data[at] ^= 1 << bit;
            sql.execute("UPDATE chunk SET data = ?1", [&data]).unwrap();
            let reader = Reader::open(&place.db).unwrap();
            let key = reader.probes().unwrap()[0].key;
            let read = reader.sightings(key, crate::observations::EVER, |_| {});
            assert!(
                matches!(read, Err(StoreError::Corrupt { .. })),
                "byte {at} bit {bit}"
            );
        }
    }
}

#[test]
fn a_second_writer_is_refused_at_once_and_told_by_whom() {
    let place = place();
    let _first = store(&place);
    let begun = Instant::now();
    let error = Store::create_or_open(&place.db, NOW).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(matches!(error, StoreError::Held { .. }));
    let message = error.to_string();
    let holder = format!(
        "process {} since 2024-09-29T14:00:00.000Z",
        std::process::id()
    );
    assert!(message.contains(&holder), "{message}");
    // readers are not in the way, nor the writer in theirs
    Reader::open(&place.db).unwrap();
}

#[test]
fn a_read_only_copy_can_be_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt;

    let place = place();
    make(&place);
    let folder = place.folder.path().join("copy");
    fs::create_dir(&folder).unwrap();
    let copy = Place {
        folder: tempfile::tempdir().unwrap(),
        db: folder.join("outwatch.db"),
    };
    fs::copy(&place.db, &copy.db).unwrap();
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(&copy.db, 0o444);
    allow(&folder, 0o555);
    assert_eq!(read(&copy, "a").len(), 2000);
    // root may write anything
    if fs::write(folder.join("probe"), "").is_err() {
        let error = Store::create_or_open(&copy.db, NOW).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    }
    allow(&folder, 0o755);
}

#[test]
fn a_database_of_the_first_version_still_opens() {
    let place = place();
    fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/database/v1.db"),
        &place.db,
    )
    .unwrap();
    let observations = read(&place, "a");
    assert_eq!(observations, fixture());
    let store = Store::create_or_open(&place.db, NOW).unwrap();
    store.close().unwrap();
    assert_eq!(read(&place, "a"), observations);
}

/// What stands in `tests/database/v1.db`, which 0.1.0 wrote: three were appended and packed by an
/// import of nothing, the last was appended then and is still staged.
fn fixture() -> [Observation; 4] {
    let mut seen = failed(T0 + 60_000, "503 Service Unavailable");
    seen.answer.status = Some(503);
    seen.answer.peer = Some("[2001:db8::1]:443".parse().unwrap());
    [ok(T0), ok(T0 + 30_000), seen, ok(T0 + 90_000)]
}
