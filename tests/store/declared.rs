//! What is declared and said reads back as it was, is only ever added to, and comes from several
//! processes at once.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;

use outwatch::domain::annotation::{Annotation, Remark};
use outwatch::domain::maintenance::{Declaration, Declared, MaintenanceId, Origin, Schedule};
use outwatch::domain::observation::Reason;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::rollup::{RollupParameters, Weight};
use outwatch::domain::subject::{Scope, Subject};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::trouble::Trouble;
use outwatch::store::{Configured, Ledger, Reader, Store, StoreError, Writer};

use crate::observations::{EVER, NOW, Place, T0, id, ok, place, probes, read, store};

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(T0 + seconds * 1000)
}

fn from_to(from: i64, to: i64) -> Period {
    Period::new(at(from), at(to))
}

fn web() -> Subject {
    Subject::parse(Scope::Platform, "music/web").unwrap()
}

fn once(note: &str) -> Declaration {
    Declaration {
        subject: web(),
        schedule: Schedule::Once(from_to(100, 200)),
        note: Some(note.into()),
    }
}

fn nightly() -> Declaration {
    Declaration {
        subject: Subject::Service("music".into()),
        schedule: Schedule::Recurring {
            cron: "0 3 * * *".parse().unwrap(),
            duration: Millis::from_secs(3600),
            zone: "Europe/Berlin".parse().unwrap(),
        },
        note: None,
    }
}

fn note(n: i64) -> Annotation {
    let subject = Subject::Endpoint(id("a"));
    Annotation {
        outage: OutageId::of(&subject, at(n)),
        subject,
        started_at: at(n),
        ended_at: (n % 2 == 0).then(|| at(n + 60)),
        remark: match n % 4 {
            0 => Remark::Planned,
            1 => Remark::Ignore,
            2 => Remark::Cause("a cable, »cut«".into()),
            _ => Remark::Note(format!("the {n}th").into()),
        },
        by: "ann".into(),
        at: at(n),
    }
}

fn reader(place: &Place) -> Reader {
    Reader::open(&place.db).unwrap()
}

fn maintenance(place: &Place) -> Vec<Declared> {
    reader(place).maintenance().unwrap()
}

#[test]
fn a_policy_is_in_force_from_when_it_was_configured_and_never_before_the_last() {
    let place = place();
    let mut store = store(&place);
    let policy = |down_when: &str, weight| RollupParameters {
        down_when: down_when.parse().unwrap(),
        weight: Weight(weight),
        merge_gap: Millis::from_secs(60),
    };
    let service = Subject::Service("music".into());
    for (now, policies) in [
        (10, vec![(web(), policy("any", 1000))]),
        (20, vec![(web(), policy("any", 1000))]),
        (
            30,
            vec![
                (web(), policy("50%", 1000)),
                (service.clone(), policy("2", 500)),
            ],
        ),
        (40, vec![]),
        (50, vec![(web(), policy("50%", 1000))]),
        // the clock was set back
        (5, vec![(web(), policy("all", 300))]),
    ] {
        let configured = Configured {
            rollups: policies,
            ..probes(&["a", "b"])
        };
        store.register(&configured, at(now)).unwrap();
    }
    let rollups = reader(&place).rollups().unwrap();
    assert_eq!(rollups.len(), 2);
    let of_web = &rollups[&web()];
    assert_eq!(of_web.changes().collect::<Vec<_>>(), [at(10), at(30)]);
    for (seconds, expected) in [
        (0, policy("any", 1000)),
        (29, policy("any", 1000)),
        (30, policy("all", 300)),
    ] {
        assert_eq!(*of_web.at(at(seconds)), expected, "at {seconds}");
    }
    assert_eq!(rollups[&service].at(at(0)).down_when.to_string(), "2");
}

#[test]
fn an_endpoint_without_a_weight_of_its_own_weighs_one_again() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, at(0)).unwrap();
    let endpoint = Subject::Endpoint("music/web/a".parse().unwrap());
    let half = RollupParameters {
        weight: Weight(500),
        ..RollupParameters::default()
    };
    for (now, rollups) in [
        (10, vec![(endpoint.clone(), half)]),
        (20, vec![]),
        (30, vec![]),
        (40, vec![(endpoint.clone(), half)]),
    ] {
        let configured = Configured {
            rollups,
            ..probes(&["a"])
        };
        store.register(&configured, at(now)).unwrap();
    }
    let rollups = reader(&place).rollups().unwrap();
    let weights = rollups[&endpoint].changes().map(|from| {
        let weight = rollups[&endpoint].at(from).weight;
        (from, weight.to_string())
    });
    let weights: Vec<_> = weights.collect();
    let expected = [(10, "0.5"), (20, "1"), (40, "0.5")];
    assert_eq!(
        weights,
        expected.map(|(from, weight)| (at(from), weight.to_owned()))
    );
}

#[test]
fn configured_maintenance_is_in_force_while_it_is_configured() {
    let place = place();
    let mut store = store(&place);
    for (now, declarations) in [
        (10, vec![once("a"), nightly()]),
        (20, vec![nightly(), once("a"), once("a")]),
        (30, vec![once("b"), nightly()]),
        (40, vec![once("a"), nightly()]),
        // the clock was set back
        (25, vec![nightly()]),
    ] {
        let configured = Configured {
            maintenance: declarations,
            ..probes(&["a", "b"])
        };
        store.register(&configured, at(now)).unwrap();
    }
    let found = maintenance(&place);
    assert!(found.iter().all(|d| d.origin == Origin::Configured));
    let shown: Vec<_> = found
        .into_iter()
        .map(|d| (d.id.0, d.declaration, d.from, d.until))
        .collect();
    assert_eq!(
        shown,
        [
            (1, once("a"), at(10), Some(at(30))),
            (2, nightly(), at(10), None),
            (3, once("b"), at(30), Some(at(40))),
            (4, once("a"), at(40), Some(at(40))),
        ]
    );
}

#[test]
fn maintenance_by_command_outlives_registrations_and_ends_once() {
    let place = place();
    let mut store = store(&place);
    let configured = Configured {
        maintenance: vec![once("a")],
        ..probes(&["a", "b"])
    };
    store.register(&configured, at(0)).unwrap();
    let mut ledger = Ledger::open(&place.db, at(1)).unwrap();
    let id = ledger.declare(&once("a"), "ann", at(10)).unwrap();
    store.register(&probes(&["a", "b"]), at(20)).unwrap();
    store.register(&configured, at(21)).unwrap();
    let shown = |place| {
        let all = maintenance(place).into_iter();
        let all = all.map(|d: Declared| (d.id.0, d.from, d.until, d.origin));
        all.collect::<Vec<_>>()
    };
    let ann = Origin::By("ann".into());
    let mut expected = vec![
        (1, at(0), Some(at(20)), Origin::Configured),
        (id.0, at(10), None, ann.clone()),
        (3, at(21), None, Origin::Configured),
    ];
    assert_eq!(shown(&place), expected);

    ledger.end_maintenance(id, "bob", at(30)).unwrap();
    expected[1].2 = Some(at(30));
    assert_eq!(shown(&place), expected);
    for (id, said) in [
        (9, "maintenance 9 is not in the database"),
        (id.0, "ended already, at 2024-09-29T14:00:30.000Z"),
        (3, "stands in the configuration"),
    ] {
        let refused = ledger
            .end_maintenance(MaintenanceId(id), "ann", at(40))
            .unwrap_err();
        assert!(refused.is_refusal());
        assert!(refused.to_string().contains(said), "{refused}");
    }
    assert_eq!(shown(&place), expected);
}

#[test]
fn annotations_read_back_in_the_order_in_which_they_were_made() {
    let place = place();
    store(&place).close().unwrap();
    let mut ledger = Ledger::open(&place.db, NOW).unwrap();
    for n in [3, 0, 2, 1, 1] {
        ledger.annotate(&[note(n)]).unwrap();
    }
    let expected = [0, 1, 1, 2, 3].map(note);
    assert_eq!(reader(&place).annotations().unwrap(), expected);
}

#[tokio::test]
async fn trouble_that_goes_on_is_one_and_each_reason_stands_by_itself() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let trouble = |from, to, reason| Trouble {
        period: from_to(from, to),
        reason,
    };
    let (offline, full) = (Reason::ObserverOffline, Reason::StorageFull);
    for told in [
        trouble(50, 60, offline),
        trouble(10, 20, offline),
        trouble(10, 30, offline),
        trouble(30, 40, offline),
        trouble(25, 35, full),
        trouble(10, 20, offline),
        trouble(70, 70, offline),
    ] {
        sender.record_trouble(told).await.unwrap();
    }
    sender.flush().await.unwrap();
    for (range, expected) in [
        (
            EVER,
            vec![
                trouble(10, 40, offline),
                trouble(25, 35, full),
                trouble(50, 60, offline),
            ],
        ),
        (
            from_to(15, 30),
            vec![trouble(15, 30, offline), trouble(25, 30, full)],
        ),
        (from_to(40, 50), vec![]),
    ] {
        let found = reader(&place).troubles(range).unwrap();
        assert_eq!(found, expected, "{range:?}");
    }
    drop(sender);
    assert_eq!(writer.join().unwrap().committed, 0);
}

#[tokio::test]
async fn a_daemon_notices_what_commands_declare() {
    let place = place();
    let store = store(&place);
    let mut declarations = store.declarations().unwrap();
    let (writer, sender) = Writer::start(store).unwrap();
    assert_eq!(declarations.changed().unwrap(), Some(vec![]));
    assert_eq!(declarations.changed().unwrap(), None);
    let mut ledger = Ledger::open(&place.db, NOW).unwrap();
    let id = ledger.declare(&nightly(), "ann", at(1)).unwrap();
    let seen = declarations.changed().unwrap().unwrap();
    assert_eq!(seen, maintenance(&place));
    assert_eq!(declarations.changed().unwrap(), None);
    ledger.end_maintenance(id, "ann", at(2)).unwrap();
    assert_eq!(
        declarations.changed().unwrap().unwrap()[0].until,
        Some(at(2))
    );
    let configured = Configured {
        maintenance: vec![once("a")],
        ..probes(&["a"])
    };
    sender.register(configured, at(3)).await.unwrap();
    assert_eq!(declarations.changed().unwrap().unwrap().len(), 2);
    drop((declarations, ledger, sender));
    writer.join().unwrap();
    assert!(!place.folder.path().join("outwatch.db-wal").exists());
}

const DATABASE: &str = "OUTWATCH_TEST_LEDGER_DB";
const FIRST: &str = "OUTWATCH_TEST_LEDGER_FIRST";

/// How many annotations each child makes.
const EACH: i64 = 40;

/// The child: another process that says something, as a command does, again and again.
#[test]
fn child_that_annotates() {
    let (Ok(db), Ok(first)) = (std::env::var(DATABASE), std::env::var(FIRST)) else {
        return;
    };
    let first: i64 = first.parse().unwrap();
    for n in first..first + EACH {
        let mut ledger = Ledger::open(db.as_ref(), NOW).unwrap();
        ledger.annotate(&[note(n)]).unwrap();
        ledger.declare(&once(&n.to_string()), "ann", at(n)).unwrap();
    }
}

#[tokio::test]
async fn beside_a_daemon_several_commands_write_and_nothing_is_lost() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let mut children = Vec::new();
    for child in 0..3 {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "declared::child_that_annotates"])
            .env(DATABASE, &place.db)
            .env(FIRST, (child * EACH).to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        children.push(child);
    }
    let mut sent = 0;
    // on a busy machine the children may be done after few
    while sent <= 10
        || children
            .iter_mut()
            .any(|child| child.try_wait().unwrap().is_none())
    {
        // hours are closed and packed all the time
        sender.send(id("a"), ok(T0 + sent * 90_000)).await.unwrap();
        sent += 1;
        sender.flush().await.unwrap();
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    drop(sender);
    writer.join().unwrap();
    assert_eq!(read(&place, "a").len(), usize::try_from(sent).unwrap());
    let expected: Vec<_> = (0..3 * EACH).map(note).collect();
    assert_eq!(reader(&place).annotations().unwrap(), expected);
    let notes = maintenance(&place)
        .into_iter()
        .map(|d| (d.from, d.declaration.note.unwrap()));
    let expected = (0..3 * EACH).map(|n| (at(n), Arc::from(n.to_string())));
    assert_eq!(
        notes.collect::<BTreeMap<_, _>>(),
        expected.collect::<BTreeMap<_, _>>()
    );
}

#[test]
fn a_ledger_makes_no_database_and_migrates_none_that_is_held() {
    let place = place();
    let missing = Ledger::open(&place.db, NOW).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }), "{missing}");
    let left = std::fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(left, 0, "not even a lock");

    let held = store(&place);
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    for (version, said) in [(2, "restart the daemon"), (99, "newer outwatch")] {
        sql.pragma_update(None, "user_version", version).unwrap();
        let refused = Ledger::open(&place.db, NOW).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    drop(held);
}

/// Tells of a database what it says of probes, and that it says nothing of the rest.
fn check_old(place: &Place, name: &str) -> (usize, usize) {
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/database/").to_owned() + name;
    std::fs::copy(old, &place.db).unwrap();
    let read = |reader: &Reader| {
        let probes = reader.probes().unwrap();
        let (mut observations, mut evidence) = (0, 0);
        for stored in probes {
            evidence += reader.evidence_instants(stored.key).unwrap().len();
            reader
                .sightings(stored.key, EVER, |_| observations += 1)
                .unwrap();
        }
        assert!(reader.rollups().unwrap().is_empty());
        assert_eq!(reader.maintenance().unwrap(), []);
        assert_eq!(reader.annotations().unwrap(), []);
        assert_eq!(reader.troubles(EVER).unwrap(), []);
        assert_eq!(reader.promises().unwrap(), []);
        assert_eq!(reader.configurations().unwrap(), []);
        (observations, evidence)
    };
    let as_it_is = read(&reader(place));
    drop(Store::create_or_open(&place.db, NOW).unwrap());
    assert_eq!(read(&reader(place)), as_it_is);
    as_it_is
}

#[test]
fn older_databases_are_read_as_they_are_and_get_room_for_the_rest() {
    for (name, expected) in [("v1.db", (4, 0)), ("v2.db", (8, 4)), ("v4.db", (360, 0))] {
        let place = place();
        assert_eq!(check_old(&place, name), expected, "{name}");
        let version = name.trim_start_matches('v').trim_end_matches(".db");
        let copy = format!("outwatch.db.v{version}.backup");
        assert!(place.folder.path().join(copy).exists());
        let mut ledger = Ledger::open(&place.db, NOW).unwrap();
        ledger.declare(&once("x"), "ann", NOW).unwrap();
        assert_eq!(maintenance(&place).len(), 1);
    }
}

#[test]
fn a_ledger_migrates_an_older_database() {
    let place = place();
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/database/v2.db");
    std::fs::copy(old, &place.db).unwrap();
    let mut ledger = Ledger::open(&place.db, NOW).unwrap();
    ledger.annotate(&[note(1)]).unwrap();
    assert_eq!(reader(&place).annotations().unwrap(), [note(1)]);
}
