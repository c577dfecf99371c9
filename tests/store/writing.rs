//! The writer's thread: batches, order, back-pressure, trouble that passes.

use std::time::{Duration, Instant};

use outwatch::domain::time::UnixMillis;
use outwatch::store::{Reader, StoreError, Writer};

use crate::observations::{HOUR, NOW, Place, T0, id, ok, place, probes, read, store};

#[tokio::test]
async fn a_flush_is_a_promise_and_the_end_of_the_queue_the_shutdown() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    sender.send(id("a"), ok(T0)).await.unwrap();
    sender.flush().await.unwrap();
    assert_eq!(read(&place, "a"), [ok(T0)]);
    assert_eq!(sender.counts().committed, 1);
    sender.send(id("a"), ok(T0 + 1)).await.unwrap();
    drop(sender);
    writer.join().unwrap();
    // the log was written back
    assert!(!place.folder.path().join("outwatch.db-wal").exists());
    assert_eq!(read(&place, "a").len(), 2);
}

#[tokio::test]
async fn what_nobody_hurries_is_committed_soon() {
    let place = place();
    let (_writer, sender) = Writer::start(store(&place)).unwrap();
    let begun = Instant::now();
    sender.send(id("a"), ok(T0)).await.unwrap();
    while sender.counts().committed == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_registration_keeps_its_place_among_observations() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    sender.send(id("c"), ok(T0)).await.unwrap();
    let registered = sender.register(probes(&["c"]), NOW).await.unwrap();
    assert_eq!((registered.added, registered.removed), (1, 2));
    sender.send(id("c"), ok(T0 + 1)).await.unwrap();
    assert_eq!(sender.begin_epoch(UnixMillis(5)).await.unwrap().0, 1);
    sender.flush().await.unwrap();
    assert_eq!(sender.counts().unknown, 1);
    drop(sender);
    writer.join().unwrap();
    assert_eq!(read(&place, "c"), [ok(T0 + 1)]);
}

fn chunks(place: &Place) -> i64 {
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.query_row("SELECT count(*) FROM chunk", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn closed_hours_are_packed_on_the_way_and_late_ones_join_them() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let mut expected = Vec::new();
    for (hour, late) in [(0, None), (1, None), (2, Some(0)), (3, Some(1))] {
        for n in 0..20 {
            let ts = T0 + hour * HOUR + n * 30_000;
            expected.push(ok(ts));
            sender.send(id("a"), ok(ts)).await.unwrap();
        }
        if let Some(late) = late {
            expected.push(ok(T0 + late * HOUR + 7));
            sender
                .send(id("a"), expected.last().unwrap().clone())
                .await
                .unwrap();
        }
        sender.flush().await.unwrap();
        // the hour before is closed now, and packed when nothing else is to be done
        let begun = Instant::now();
        while chunks(&place) < hour.min(2) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(begun.elapsed() < Duration::from_secs(30), "hour {hour}");
        }
    }
    drop(sender);
    writer.join().unwrap();
    expected.sort_by_key(|observation| observation.ts);
    assert_eq!(read(&place, "a"), expected);
}

#[tokio::test]
async fn a_locked_database_delays_but_loses_nothing() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let other = rusqlite::Connection::open(&place.db).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 0..10 {
        sender.send(id("a"), ok(T0 + n)).await.unwrap();
    }
    while sender.counts().retries == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sender.counts().committed, 0);
    other.execute_batch("ROLLBACK").unwrap();
    sender.flush().await.unwrap();
    drop(sender);
    writer.join().unwrap();
    assert_eq!(read(&place, "a").len(), 10);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever_and_says_what_is_lost() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let other = rusqlite::Connection::open(&place.db).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    sender.send(id("a"), ok(T0)).await.unwrap();
    drop(sender);
    let begun = Instant::now();
    assert!(matches!(writer.join(), Err(StoreError::Sqlite(_))));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn readers_see_whole_batches_while_the_writer_writes() {
    let place = place();
    let (writer, sender) = Writer::start(store(&place)).unwrap();
    let mut seen = 0;
    for round in 0..20 {
        for n in 0..100 {
            sender
                .send(id("a"), ok(T0 + (round * 100 + n) * 20_000))
                .await
                .unwrap();
        }
        if round % 3 == 0 {
            sender.flush().await.unwrap();
        }
        let reader = Reader::open(&place.db).unwrap();
        let found = crate::observations::read_from(&reader, "a");
        assert!(found.len() >= seen);
        let in_order = (0..).zip(&found).all(|(n, o)| o.ts.0 == T0 + n * 20_000);
        assert!(in_order, "none may be missing or doubled in between");
        seen = found.len();
    }
    drop(sender);
    writer.join().unwrap();
    assert_eq!(read(&place, "a").len(), 2000);
}
