//! Evidence stands beside the observations, and is never in their way.

use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::evidence::Evidence;
use outwatch::store::{EvidenceChange, Reader, Store, Writer};

use crate::observations::{EVER, NOW, Place, T0, failed, id, ok, place, read, store};

fn keep(ts: i64, detail: &str) -> EvidenceChange {
    let evidence = Evidence {
        detail: Some(detail.to_owned()),
        headers: vec![("server".to_owned(), "nginx".repeat(100))],
        ..Evidence::default()
    };
    EvidenceChange {
        forget: Vec::new(),
        keep: Some((UnixMillis(ts), evidence.into())),
    }
}

fn forget(ts: i64) -> EvidenceChange {
    EvidenceChange {
        forget: vec![UnixMillis(ts)],
        keep: None,
    }
}

/// Instant after [`T0`] and detail of the first and last row of `a` in the period.
#[track_caller]
fn stored(place: &Place, period: Period) -> Vec<(i64, String)> {
    let reader = Reader::open(&place.db).unwrap();
    let key = reader.probes().unwrap()[0].key;
    let found = reader.evidence(key, period).unwrap();
    let told = |(at, evidence): (UnixMillis, Evidence)| (at.0 - T0, evidence.detail.unwrap());
    found.into_iter().map(told).collect()
}

fn from_to(from: i64, to: i64) -> Period {
    Period::new(UnixMillis(T0 + from), UnixMillis(T0 + to))
}

#[tokio::test]
async fn evidence_is_kept_replaced_and_forgotten_in_order_with_observations() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    for (ts, detail) in [(T0, "first"), (T0 + 1, "middle"), (T0 + 2, "last")] {
        sender
            .send_evidence(id("a"), keep(ts, detail))
            .await
            .unwrap();
        sender.send(id("a"), failed(ts, detail)).await.unwrap();
    }
    sender
        .send_evidence(id("b"), keep(T0, "of another"))
        .await
        .unwrap();
    sender.flush().await.unwrap();
    let [first, last] = ["first", "last"].map(str::to_owned);
    assert_eq!(stored(&place, EVER), [(0, first.clone()), (2, last)]);
    assert_eq!(stored(&place, from_to(0, 1)), [(0, first)]);
    assert_eq!(stored(&place, from_to(3, 9)), []);

    let replaced = EvidenceChange {
        forget: vec![UnixMillis(T0), UnixMillis(T0 + 1)],
        ..keep(T0 + 2, "anew")
    };
    sender.send_evidence(id("a"), replaced).await.unwrap();
    sender.flush().await.unwrap();
    assert_eq!(stored(&place, EVER), [(2, "anew".to_owned())]);
    sender.send_evidence(id("a"), forget(T0 + 2)).await.unwrap();
    drop(sender);
    let counts = writer.join().unwrap();
    assert_eq!((counts.committed, counts.evidence_lost), (3, 0));
    let reader = Reader::open(&place.db).unwrap();
    let left = reader.probes().unwrap().into_iter().map(|stored| {
        let instants = reader.evidence_instants(stored.key).unwrap();
        instants.len()
    });
    assert_eq!(left.collect::<Vec<_>>(), [0, 1], "only that of b is left");
}

#[tokio::test]
async fn evidence_that_cannot_be_stored_loses_no_observation() {
    let place = place();
    let store = store(&place);
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.execute_batch(
        "CREATE TRIGGER no BEFORE INSERT ON evidence BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    )
    .unwrap();
    let (writer, sender) = Writer::start(store).unwrap();
    for n in 0..10 {
        sender
            .send(id("a"), failed(T0 + n, &format!("{n}")))
            .await
            .unwrap();
        sender
            .send_evidence(id("a"), keep(T0 + n, "x"))
            .await
            .unwrap();
    }
    drop(sender);
    let counts = writer.join().unwrap();
    assert_eq!((counts.committed, counts.evidence_lost), (10, 10));
    assert_eq!(read(&place, "a").len(), 10);
}

#[test]
fn evidence_that_is_damaged_is_an_error() {
    let place = place();
    let mut store = store(&place);
    store
        .change_evidence(&[(id("a"), keep(T0, "x")), (id("unknown"), keep(T0, "y"))])
        .unwrap();
    store.append(&[(id("a"), ok(T0))]).unwrap();
    store.close().unwrap();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    for data in [&b""[..], b"\xff\xff\xff", b"{}"] {
        sql.execute("UPDATE evidence SET data = ?1", [data])
            .unwrap();
        let reader = Reader::open(&place.db).unwrap();
        let key = reader.probes().unwrap()[0].key;
        let error = reader.evidence(key, EVER).unwrap_err().to_string();
        assert!(error.contains("evidence cannot be read"), "{error}");
    }
}

#[test]
fn a_database_of_the_first_version_has_none_and_gets_room_for_it() {
    let place = place();
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/database/v1.db");
    std::fs::copy(old, &place.db).unwrap();
    assert_eq!(stored(&place, EVER), []);
    let now = NOW + Millis(1);
    let mut store = Store::create_or_open(&place.db, now).unwrap();
    store.change_evidence(&[(id("a"), keep(T0, "x"))]).unwrap();
    store.close().unwrap();
    assert_eq!(stored(&place, EVER), [(0, "x".to_owned())]);
    let copy = rusqlite::Connection::open(place.folder.path().join("outwatch.db.v1.backup"));
    assert!(!copy.unwrap().table_exists(None, "evidence").unwrap());
}
