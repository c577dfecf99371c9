//! `outwatch db info`, `check` and `vacuum` on files as they are, and on damaged ones.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use assert_cmd::Command;
use outwatch::domain::time::UnixMillis;
use outwatch::evidence::Evidence;
use outwatch::store::{EvidenceChange, Store};
use serde_json::Value;

use crate::observations::{HOUR, NOW, Place, T0, failed, id, ok, place, probes};

pub(crate) fn outwatch(db: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
    command.env_clear().arg("--db").arg(db).args(arguments);
    command
}

fn json(db: &Path, arguments: &[&str]) -> Value {
    let output = outwatch(db, arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Three hours of `a` in chunks, 60 observations each; 30 of `b` in staging; and a piece of evidence.
pub(crate) fn filled() -> Place {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store.begin_epoch(NOW).unwrap();
    let old = (0..180).map(|n| match n % 50 {
        9 => failed(T0 + n * 60_000, "503 Service Unavailable"),
        _ => ok(T0 + n * 60_000),
    });
    let old = old.map(|observation| Ok::<_, outwatch::store::StoreError>((id("a"), observation)));
    store.import(old).unwrap();
    let new: Vec<_> = (0..30).map(|n| (id("b"), ok(T0 + n * 1000))).collect();
    store.append(&new).unwrap();
    let change = EvidenceChange {
        forget: Vec::new(),
        keep: Some((UnixMillis(T0 + 9 * 60_000), Box::new(Evidence::default()))),
    };
    store.change_evidence(&[(id("a"), change)]).unwrap();
    store.close().unwrap();
    place
}

#[test]
fn info_tells_what_a_database_holds() {
    let place = filled();
    let info = json(&place.db, &["db", "info", "--format", "json"]);
    for (key, expected) in [
        ("probes", 2),
        ("probes_configured", 2),
        ("observations", 210),
        ("packed", 180),
        ("staged", 30),
        ("free_pages", 0),
        ("log_bytes", 0),
        ("bytes", fs::metadata(&place.db).unwrap().len()),
    ] {
        assert_eq!(info[key], expected, "{key}");
    }
    assert_eq!(info["oldest"], "2024-09-29T14:00:00.000Z");
    assert_eq!(info["newest"], "2024-09-29T16:59:00.000Z");
    assert_eq!(info["held_by"], Value::Null);
    let rows = |table: &str| {
        let mut tables = info["tables"].as_array().unwrap().iter();
        tables.find(|row| row["name"] == table).unwrap()["rows"].clone()
    };
    for (table, expected) in [("chunk", 3), ("staging", 30), ("evidence", 1), ("life", 2)] {
        assert_eq!(rows(table), expected, "{table}");
    }
    // all pages but the list of tables are of some table
    let bytes = info["tables"].as_array().unwrap().iter();
    let bytes: u64 = bytes.map(|row| row["bytes"].as_u64().unwrap()).sum();
    let of_list = info["bytes"].as_u64().unwrap() - bytes;
    assert!(of_list > 0 && of_list < bytes, "{info}");

    let text = outwatch(&place.db, &["db", "info"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("observations    210: 180 packed by the hour, 30 to be packed"),
        "{text}"
    );
}

#[test]
fn info_names_who_holds_the_database_and_leaves_no_file() {
    let place = filled();
    let held_by = || json(&place.db, &["db", "info", "--format", "json"])["held_by"].clone();
    let store = Store::open(&place.db, NOW).unwrap();
    let process = std::process::id();
    assert_eq!(held_by(), format!("process {process} since {NOW}"));
    drop(store);
    assert_eq!(held_by(), Value::Null);
    let lock = place.folder.path().join("outwatch.db.lock");
    fs::remove_file(&lock).unwrap();
    assert_eq!(held_by(), Value::Null);
    assert!(!lock.exists());
}

/// Databases that were written by older versions are looked into as they are.
#[test]
fn older_databases_are_looked_into_as_well() {
    for version in [1, 2] {
        let place = place();
        let old = format!(
            "{}/tests/database/v{version}.db",
            env!("CARGO_MANIFEST_DIR")
        );
        fs::copy(old, &place.db).unwrap();
        let before = fs::read(&place.db).unwrap();
        let info = json(&place.db, &["db", "info", "--format", "json"]);
        assert_eq!(info["format"], version);
        assert!(info["observations"].as_u64().unwrap() > 0);
        outwatch(&place.db, &["db", "check"]).assert().code(0);
        let copy = place.folder.path().join("copy.db");
        let backup = ["db", "backup", copy.to_str().unwrap()];
        outwatch(&place.db, &backup).assert().code(0);
        assert_eq!(fs::read(&place.db).unwrap(), before);
    }
}

/// What `check` finds in the database that `damage` leaves: each part with its first example.
#[track_caller]
fn check(damage: &str, expected: &[(&str, &str)]) {
    let place = filled();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = DELETE")
        .unwrap();
    sql.execute_batch(damage).unwrap();
    drop(sql);
    let before = fs::read(&place.db).unwrap();
    found(&place, expected, damage);
    assert_eq!(fs::read(&place.db).unwrap(), before, "it changes nothing");
}

#[track_caller]
fn found(place: &Place, expected: &[(&str, &str)], damage: &str) {
    let mut command = outwatch(&place.db, &["db", "check", "--format", "json"]);
    let output = command.output().unwrap();
    let code = i32::from(!expected.is_empty());
    assert_eq!(output.status.code(), Some(code), "{damage}");
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checked["sound"], expected.is_empty());
    let findings = checked["findings"].as_array().unwrap();
    let parts: Vec<_> = findings.iter().map(|found| &found["part"]).collect();
    let expected_parts: Vec<_> = expected.iter().map(|(part, _)| part).collect();
    assert_eq!(parts, expected_parts, "{checked}");
    for (found, (_, words)) in findings.iter().zip(expected) {
        let example = found["examples"][0].as_str().unwrap();
        assert!(example.contains(words), "{example}");
        assert!(!found["remedy"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_sound_database_is_found_sound() {
    check("", &[]);
    let place = filled();
    let text = outwatch(&place.db, &["db", "check"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("210 observations read, 3 chunks, 1 pieces of evidence"));
    assert!(text.ends_with("nothing is wrong\n"), "{text}");
}

#[test]
fn whatever_is_damaged_is_found() {
    let chunk = "SELECT min(key) FROM chunk";
    for (damage, expected) in [
        (
            format!("UPDATE chunk SET data = x'00' WHERE key = ({chunk})"),
            &[("observations", "music/web/a, the hour of 2024-09-29T14")][..],
        ),
        (
            "UPDATE chunk SET data = cast(substr(data, 1, 40) || x'ff' || substr(data, 42) AS BLOB)"
                .to_owned(),
            &[("observations", "is not as it was written")],
        ),
        (
            format!("UPDATE chunk SET key = key + 7 WHERE key = ({chunk})"),
            &[("references", "is of probe number 8, which is not")],
        ),
        (
            "UPDATE staging SET probe = 77 WHERE id = 3".to_owned(),
            &[("references", "row 3 of staging is of probe number 77")],
        ),
        (
            "UPDATE staging SET outcome = 9 WHERE id = 3".to_owned(),
            &[("observations", "music/web/b, row 3 of staging: there is no word 9")],
        ),
        (
            "UPDATE staging SET detail = 999, outcome = 2 WHERE id = 3".to_owned(),
            &[("observations", "there is no text 999")],
        ),
        (
            "DELETE FROM text".to_owned(),
            &[("observations", "there is no text 1")],
        ),
        (
            "DELETE FROM epoch".to_owned(),
            &[("observations", "there is no epoch 1")],
        ),
        (
            "UPDATE evidence SET data = x'00'".to_owned(),
            &[("evidence", "music/web/a at 2024-09-29T14:09:00.000Z: evidence cannot be read")],
        ),
        (
            "UPDATE life SET probe = 9 WHERE probe = 2".to_owned(),
            &[("references", "a row of life refers to no row of probe")],
        ),
        (
            "INSERT INTO checkpoint VALUES (1, x'00')".to_owned(),
            &[("derived", "is not as it was written")],
        ),
        (
            "UPDATE evidence SET data = x'00'; UPDATE staging SET probe = 77; DROP TABLE epoch"
                .to_owned(),
            &[("references", "no such table: epoch")],
        ),
    ] {
        check(&damage, expected);
    }
}

#[test]
fn more_of_the_same_is_counted() {
    let place = filled();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.execute("UPDATE staging SET probe = 77", []).unwrap();
    drop(sql);
    let output = outwatch(&place.db, &["db", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("rows that refer to others which are not there: 30\n"),
        "{text}"
    );
    assert!(text.contains("  and 20 more\n"), "{text}");
}

/// On each page in turn: never a panic, and wherever readers see other than before, it is found.
#[test]
fn a_page_that_is_overwritten_is_found() {
    let place = filled();
    let sound = fs::read(&place.db).unwrap();
    let pages = sound.len() / 4096;
    // the first is the header, without which it is no database
    for page in 1..pages {
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&place.db)
            .unwrap();
        let mut bytes = [0; 4096];
        file.seek(SeekFrom::Start(page as u64 * 4096)).unwrap();
        file.read_exact(&mut bytes).unwrap();
        file.seek(SeekFrom::Start(page as u64 * 4096)).unwrap();
        file.write_all(&[0x5a; 4096]).unwrap();
        drop(file);
        let output = outwatch(&place.db, &["db", "check"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // 3: where not even its tables can be listed
        assert!(
            matches!(output.status.code(), Some(1 | 3)),
            "page {page}: {text}"
        );
        fs::write(&place.db, &sound).unwrap();
    }
    found(&place, &[], "none");
}

#[test]
fn vacuum_gives_back_what_is_free_and_changes_nothing_else() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store.begin_epoch(NOW).unwrap();
    for hour in 0..40 {
        let batch = (0..300).map(|n| (id("a"), failed(T0 + hour * HOUR + n * 9000, "down")));
        store.append(&batch.collect::<Vec<_>>()).unwrap();
    }
    store.close().unwrap();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.execute("DELETE FROM staging WHERE id <= 11000", [])
        .unwrap();
    drop(sql);
    let export = || outwatch(&place.db, &["export"]).output().unwrap().stdout;
    let (before, length) = (export(), fs::metadata(&place.db).unwrap().len());

    let holder = Store::open(&place.db, NOW).unwrap();
    outwatch(&place.db, &["db", "vacuum"]).assert().code(4);
    drop(holder);
    outwatch(&place.db, &["db", "vacuum"]).assert().code(0);
    assert!(fs::metadata(&place.db).unwrap().len() < length / 2);
    let mut left = fs::read_dir(place.folder.path()).unwrap();
    assert!(
        left.all(|file| ["outwatch.db", "outwatch.db.lock"]
            .contains(&file.unwrap().file_name().to_str().unwrap())),
        "nothing temporary is left"
    );
    assert_eq!(export(), before);
    found(&place, &[], "none");
}

#[test]
fn a_database_that_is_missing_is_none() {
    let place = place();
    for arguments in [
        &["db", "info"][..],
        &["db", "check"],
        &["db", "vacuum"],
        &["db", "backup", "copy.db"],
    ] {
        outwatch(&place.db, arguments).assert().code(3);
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

/// As after a crash right then: what follows of one probe is taken back, that of others is not.
#[test]
fn check_bears_with_what_is_still_to_be_derived_of_one_probe() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store.begin_epoch(NOW).unwrap();
    let observed: Vec<_> = (0..300).map(|n| (id("a"), ok(T0 + n * 60_000))).collect();
    store.append(&observed).unwrap();
    let nothing: [Result<_, outwatch::store::StoreError>; 0] = [];
    store.import(nothing).unwrap();
    store.derive(UnixMillis(T0 + 4 * HOUR)).unwrap();
    let late = (60..100).map(|n| (id("b"), ok(T0 + n * 60_000)));
    store
        .import(late.map(Ok::<_, outwatch::store::StoreError>))
        .unwrap();
    store.close().unwrap();
    let checked = json(&place.db, &["db", "check", "--format", "json"]);
    assert_eq!(checked["sound"], true, "{checked}");
}
