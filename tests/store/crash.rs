//! `kill -9` at any moment loses nothing that was acknowledged, and doubles and invents nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use outwatch::store::{Store, Writer};

use crate::observations::{NOW, T0, id, ok, place, probes, read};

const DATABASE: &str = "OUTWATCH_TEST_CRASH_DB";

/// One observation every 90 s, so that hours close and are packed all the time.
fn nth(n: i64) -> i64 {
    T0 + n * 90_000
}

/// The child: writes until it is killed, and says how many are safe.
#[tokio::test]
async fn child_that_writes() {
    let Ok(db) = std::env::var(DATABASE) else {
        return;
    };
    let mut store = Store::create_or_open(db.as_ref(), NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    let done =
        crate::observations::read_from(&outwatch::store::Reader::open(db.as_ref()).unwrap(), "a")
            .len();
    let (_writer, sender) = Writer::start(store).unwrap();
    for n in i64::try_from(done).unwrap().. {
        sender.send(id("a"), ok(nth(n))).await.unwrap();
        if n % 7 == 0 {
            sender.flush().await.unwrap();
            let mut out = std::io::stderr();
            writeln!(out, "safe {}", n + 1).unwrap();
        }
    }
}

#[test]
fn kill_9_loses_nothing_acknowledged() {
    let place = place();
    let mut acknowledged = 0;
    for round in 0..25u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_writes", "--nocapture"])
            .env(DATABASE, &place.db)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // after a different number of promises each time, at no moment of the writer's choosing
        let mut promises = BufReader::new(child.stderr.take().unwrap()).lines();
        for _ in 0..=(round * 7 % 23) {
            let line = promises.next().unwrap().unwrap();
            acknowledged = line.strip_prefix("safe ").expect(&line).parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = read(&place, "a");
        assert!(
            found.len() >= acknowledged,
            "{} of {acknowledged}",
            found.len()
        );
        for (n, observation) in (0..).zip(&found) {
            assert_eq!(*observation, ok(nth(n)), "round {round}");
        }
    }
    assert!(acknowledged > 500, "{acknowledged}");
}
