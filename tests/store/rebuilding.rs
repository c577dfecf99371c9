//! `outwatch db check`, `rebuild` and `prune` of what follows from observations.

use std::fs;
use std::path::Path;

use outwatch::domain::retention::Retention;
use outwatch::domain::time::{Millis, UnixMillis};
use outwatch::store::upkeep::{Checked, Part, check};
use outwatch::store::{Store, StoreError};

use crate::observations::{HOUR, NOW, Place, T0, failed, id, ok, place, probes};
use crate::upkeep::outwatch;

const DAY: i64 = 24 * HOUR;

/// When the databases here are looked at.
const THEN: UnixMillis = UnixMillis(T0 + 5 * DAY);

/// Five days of `a` and `b` in chunks, with an outage of `a` each day and blips of `b`. Nothing is
/// derived yet.
fn five_days() -> (Place, Store) {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store.begin_epoch(NOW).unwrap();
    let minutes = 0..5 * 24 * 60;
    let a = minutes.clone().map(|n| match n % 1440 {
        700..720 => (id("a"), failed(T0 + n * 60_000, "503")),
        _ => (id("a"), ok(T0 + n * 60_000)),
    });
    let b = minutes.map(|n| match n % 500 {
        9 => (id("b"), failed(T0 + n * 60_000, "reset")),
        _ => (id("b"), ok(T0 + n * 60_000)),
    });
    let all = a.chain(b).map(Ok::<_, StoreError>);
    store.import(all).unwrap();
    (place, store)
}

fn derived() -> Place {
    let (place, mut store) = five_days();
    // as a daemon does it: hour by hour at last
    for hours in [30, 31, 32, 100, 120] {
        store.derive(UnixMillis(T0 + hours * HOUR)).unwrap();
    }
    store.close().unwrap();
    place
}

fn checked(db: &Path) -> Checked {
    check(db, 3, &mut |_| ()).unwrap()
}

#[track_caller]
fn is_sound(db: &Path) {
    let checked = checked(db);
    assert_eq!(checked.findings, [], "{checked:?}");
}

fn rows(db: &Path, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(db).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn damage(db: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(db).unwrap();
    let changed = connection.execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

/// What a person reads of all that was, from whatever is written down.
fn outages(db: &Path) -> Vec<u8> {
    let period = [
        "outages",
        "--from",
        "2024-09-29",
        "--to",
        "2024-10-10",
        "--generated-at",
        "2024-10-05T00:00:00Z",
        "--format",
        "json",
    ];
    let output = outwatch(db, &period).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn whatever_does_not_follow_from_the_observations_is_found_and_made_again() {
    let whole = derived();
    is_sound(&whole.db);
    assert_eq!(rows(&whole.db, "SELECT count(*) FROM outage_window"), 5);
    assert!(rows(&whole.db, "SELECT count(*) FROM checkpoint") > 2);
    let told = outages(&whole.db);
    for (sql, expected) in [
        (
            "DELETE FROM outage_window WHERE started_at_ms = (SELECT min(started_at_ms) FROM outage_window)",
            "music/web/a: the row of 2024-09-30T01:40:00.000Z (outage) is missing",
        ),
        (
            "UPDATE outage_window SET ended_at_ms = ended_at_ms + 1",
            "is not what follows",
        ),
        (
            "INSERT INTO outage_window SELECT 2, started_at_ms, ended_at_ms, start_earliest_ms, \
             start_kind, end_earliest_ms, end_latest_ms, end_kind, duration_min_ms, opened_at_ms, \
             detected_at_ms, closed_at_ms, failures, observations, causes, first_cause, \
             first_phase, first_detail, told_ms FROM outage_window LIMIT 1",
            "music/web/b: the row of 2024-09-30T01:40:00.000Z (outage) does not follow",
        ),
        (
            "DELETE FROM run WHERE probe = 2 AND kind = 'blip'",
            "(blip) is missing",
        ),
        ("UPDATE run SET to_ms = to_ms + 1", "is not what follows"),
        (
            "UPDATE hourly SET ok = ok + 1",
            "the counts of the hour of 2024-09-29T14",
        ),
        (
            "UPDATE daily SET fail = fail + 1 WHERE fail > 0",
            "the counts of the day of",
        ),
        (
            "DELETE FROM hourly WHERE key = (SELECT max(key) FROM hourly)",
            "the counts of the hour of",
        ),
        ("DELETE FROM daily", "the counts of the day of"),
        (
            "INSERT INTO hourly SELECT key + 4294967296 * 1000, ok, slow, fail, inconclusive, \
             set_aside, causes, reasons, min_us, p50_us, p95_us, p99_us, max_us, latency, failures \
             FROM hourly LIMIT 1",
            "hourly has 241 rows, and observations of only 240",
        ),
        (
            "UPDATE checkpoint SET data = (SELECT data FROM checkpoint WHERE key % 2 = 1 LIMIT 1) \
             WHERE key = (SELECT max(key) FROM checkpoint)",
            "2024-10-04T14:00:00.000Z",
        ),
        (
            "DELETE FROM checkpoint WHERE key & 1 = 1",
            "nothing was made of the observations from",
        ),
    ] {
        let place = place();
        fs::copy(&whole.db, &place.db).unwrap();
        damage(&place.db, sql);
        let found = checked(&place.db);
        let parts: Vec<_> = found.findings.iter().map(|finding| finding.part).collect();
        assert_eq!(parts, [Part::Derived], "{sql}: {found:?}");
        let examples = found.findings[0].examples.join("\n");
        assert!(examples.contains(expected), "{sql}: {examples}");
        outwatch(&place.db, &["db", "check"]).assert().code(1);

        outwatch(&place.db, &["db", "rebuild"]).assert().code(0);
        is_sound(&place.db);
        outwatch(&place.db, &["db", "check"]).assert().code(0);
        assert_eq!(outages(&place.db), told, "{sql}");
    }
}

/// So whoever stops it, at whatever moment: each step is one transaction.
#[test]
fn every_step_of_a_rebuild_and_of_pruning_leaves_a_sound_database() {
    let place = derived();
    let mut store = Store::open(&place.db, NOW).unwrap();
    let mut steps = 0;
    store
        .rebuild(THEN, &mut |_| {
            is_sound(&place.db);
            steps += 1;
        })
        .unwrap();
    assert!(steps >= 2, "{steps}");
    let kept = Retention {
        observations: Some(Millis(3 * DAY)),
        ..Retention::default()
    };
    store
        .prune_now(kept, THEN, &mut |_| is_sound(&place.db))
        .unwrap();
    drop(store);
    is_sound(&place.db);

    // one that is stopped after the first probe is gone on with
    let mut store = Store::open(&place.db, NOW).unwrap();
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.rebuild(THEN, &mut |_| {
            std::panic::resume_unwind(Box::new("stopped"))
        })
    }));
    stopped.unwrap_err();
    drop(store);
    is_sound(&place.db);
    let mut store = Store::open(&place.db, NOW).unwrap();
    store.derive(THEN).unwrap();
    store.close().unwrap();
    is_sound(&place.db);
    assert_eq!(rows(&place.db, "SELECT count(*) FROM outage_window"), 5);
}

#[test]
fn a_rebuild_needs_the_database_to_itself() {
    let place = derived();
    let store = Store::open(&place.db, NOW).unwrap();
    for arguments in [&["db", "rebuild"][..], &["db", "prune", "--before", "30d"]] {
        outwatch(&place.db, arguments).assert().code(4);
    }
    drop(store);
}

#[test]
fn a_rebuild_keeps_what_follows_from_observations_that_are_gone() {
    let place = derived();
    let told = outages(&place.db);
    let mut store = Store::open(&place.db, NOW).unwrap();
    let kept = Retention {
        observations: Some(Millis(3 * DAY)),
        ..Retention::default()
    };
    store.prune(kept, THEN).unwrap();
    store.close().unwrap();
    assert_eq!(rows(&place.db, "SELECT count(*) FROM chunk"), 2 * 3 * 24);
    is_sound(&place.db);
    assert_eq!(outages(&place.db), told);
    damage(
        &place.db,
        "DELETE FROM outage_window WHERE started_at_ms = (SELECT max(started_at_ms) FROM outage_window)",
    );
    assert_eq!(checked(&place.db).findings[0].count, 1);
    outwatch(&place.db, &["db", "rebuild"]).assert().code(0);
    is_sound(&place.db);
    assert_eq!(rows(&place.db, "SELECT count(*) FROM outage_window"), 5);
    assert_eq!(outages(&place.db), told);
}

#[test]
fn pruning_drops_observations_and_no_outage() {
    // nothing is derived yet: that comes first
    let (place, store) = five_days();
    store.close().unwrap();
    let told = outages(&place.db);
    let before = outwatch(&place.db, &["export"]).output().unwrap().stdout;
    let prune = |more: &[&str]| {
        let arguments = [&["db", "prune", "--before", "2024-10-01"], more].concat();
        let output = outwatch(&place.db, &arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    // 34 hours of two probes
    let words = "4,080 observations before 2024-10-01 00:00:00Z";
    let said = prune(&["--dry-run"]);
    assert_eq!(said, format!("{words} would go\n"));
    let export = || outwatch(&place.db, &["export"]).output().unwrap().stdout;
    assert_eq!(export(), before);

    let said = prune(&[]);
    assert!(said.starts_with(&format!("{words} are gone; ")), "{said}");
    assert_eq!(
        rows(&place.db, "SELECT count(*) FROM chunk"),
        2 * (5 * 24 - 34)
    );
    let text = String::from_utf8(export()).unwrap();
    assert_eq!(text.lines().count(), 2 * (5 * 24 - 34) * 60);
    assert!(!text.contains("2024-09-30T"));
    assert_eq!(outages(&place.db), told);
    is_sound(&place.db);
    let again = prune(&[]);
    assert!(again.starts_with("0 observations before"), "{again}");
}

/// `a` has five days, of which two are pruned; `c` took its place then, and was observed for an hour.
fn renamed_by_mistake(prunes: bool) -> Place {
    let place = derived();
    let mut store = Store::open(&place.db, NOW).unwrap();
    if prunes {
        let kept = Retention {
            observations: Some(Millis(3 * DAY)),
            ..Retention::default()
        };
        store.prune(kept, THEN).unwrap();
    }
    store.register(&probes(&["b", "c"]), THEN).unwrap();
    let hour = (0..60).map(|n| match n {
        10..20 => (id("c"), failed(THEN.0 + n * 60_000, "503")),
        _ => (id("c"), ok(THEN.0 + n * 60_000)),
    });
    store.append(&hour.collect::<Vec<_>>()).unwrap();
    store.close().unwrap();
    place
}

#[test]
fn what_was_written_down_of_both_is_that_of_one_after_a_renaming() {
    for prunes in [false, true] {
        let place = renamed_by_mistake(prunes);
        let rename = |old, new| outwatch(&place.db, &["db", "rename", old, new]);
        if prunes {
            let refused = rename("music/web/c", "music/web/a").output().unwrap();
            assert_eq!(refused.status.code(), Some(2));
            let error = String::from_utf8(refused.stderr).unwrap();
            assert!(error.contains("were pruned"), "{error}");
            is_sound(&place.db);
        }
        rename("music/web/a", "music/web/c").assert().code(0);
        is_sound(&place.db);
        let mut store = Store::open(&place.db, NOW).unwrap();
        store
            .rebuild(UnixMillis(THEN.0 + 2 * HOUR), &mut |_| ())
            .unwrap();
        store.close().unwrap();
        is_sound(&place.db);
        let windows = "SELECT count(*) FROM outages WHERE probe_id = 'music/web/c'";
        assert_eq!(rows(&place.db, windows), 6, "pruned: {prunes}");
    }
}

#[test]
fn what_may_be_read_again_is_not_pruned() {
    let place = derived();
    for before in ["1h", "47h", "2999-01-01", "nonsense"] {
        let arguments = ["db", "prune", "--before", before];
        let error = outwatch(&place.db, &arguments).output().unwrap();
        assert_eq!(error.status.code(), Some(2), "{before}");
    }
    assert_eq!(rows(&place.db, "SELECT count(*) FROM chunk"), 2 * 5 * 24);
}

#[test]
fn the_configured_retention_is_what_is_pruned_by_default() {
    let place = derived();
    let config = place.folder.path().join("probes.yaml");
    let prune = |storage: &str| {
        let text = format!("service: Music\nstorage: {storage}\nweb: [https://a.example/]\n");
        let text = text.replace("web:", "platforms:\n  web:");
        fs::write(&config, text).unwrap();
        let arguments = ["db", "prune", "-c", config.to_str().unwrap(), "--dry-run"];
        let output = outwatch(&place.db, &arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = prune("{ retention: { observations: forever } }");
    assert!(said.contains("kept for ever"), "{said}");
    let said = prune("{ retention: { observations: 30d } }");
    assert!(said.starts_with("14,400 observations before"), "{said}");
}

#[test]
fn failures_that_were_counted_without_phases_get_them_hours_first() {
    let place = derived();
    let all = |db: &Path, tier: &str| {
        let sql = format!("SELECT key, failures FROM {tier} WHERE fail > 0 ORDER BY key");
        let connection = rusqlite::Connection::open(db).unwrap();
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap()
            .map(Result::unwrap)
            .collect::<Vec<(i64, Option<String>)>>()
    };
    let before = ["hourly", "daily"].map(|tier| all(&place.db, tier));
    assert!(
        before
            .iter()
            .flatten()
            .all(|(_, failures)| failures.is_some())
    );
    for tier in ["hourly", "daily"] {
        damage(&place.db, &format!("UPDATE {tier} SET failures = NULL"));
    }
    // as an older program left it
    is_sound(&place.db);
    let mut store = Store::open(&place.db, THEN).unwrap();
    store.derive(THEN).unwrap();
    assert_eq!(["hourly", "daily"].map(|tier| all(&place.db, tier)), before);
    drop(store);
    is_sound(&place.db);
    // a wrong one is none of an older program
    damage(
        &place.db,
        "UPDATE daily SET failures = '{\"reset/?\":1}' WHERE fail > 0",
    );
    assert!(!checked(&place.db).findings.is_empty());
}
