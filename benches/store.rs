//! What storing costs: `cargo bench --bench store`. CPU time is this process's own, since wall
//! clocks lie on shared machines.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on need not")]
#![expect(clippy::cast_precision_loss, reason = "shown with few digits")]

#[path = "support/observations.rs"]
mod observations;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use observations::{Random, observation, record};
use outwatch::domain::observation::Outcome;
use outwatch::domain::time::{Period, UnixMillis};
use outwatch::store::{Configured, Reader, Store, StoreError, Writer};

const T0: i64 = 1_727_618_400_000;
const EVER: Period = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));

fn main() {
    many_probes(10_000, 2 * 120 + 10);
    one_probe(3_000_000);
}

/// Rounds of one observation a probe, every 30 s, through the writer's thread.
fn many_probes(probes: i64, rounds: i64) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("outwatch.db");
    let configured = Configured {
        probes: (0..probes).map(record).collect(),
        ..Configured::default()
    };
    let mut store = Store::create_or_open(&db, UnixMillis(T0)).unwrap();
    let begun = Instant::now();
    store.register(&configured, UnixMillis(T0)).unwrap();
    println!("register {probes} probes: {:?}", begun.elapsed());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();

    let (writer, sender) = Writer::start(store).unwrap();
    let mut random = Random(1);
    // made before, so that only storing is measured
    let round = |n: i64, random: &mut Random| -> Vec<_> {
        let at = |i: i64| T0 + n * 30_000 + i * 30_000 / probes;
        let all = (0..).zip(&configured.probes);
        all.map(|(i, record)| (record.probe.id.clone(), observation(at(i), random)))
            .collect()
    };
    let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
    let mut longest = Duration::ZERO;
    for n in 0..rounds {
        let batch = round(n, &mut random);
        let begun = Stopwatch::start();
        runtime.block_on(async {
            for (probe, observation) in batch {
                sender.send(probe, observation).await.unwrap();
            }
            sender.flush().await.unwrap();
        });
        let (round_wall, round_cpu) = begun.stop();
        longest = longest.max(round_wall);
        wall += round_wall;
        cpu += round_cpu;
    }
    let begun = Stopwatch::start();
    let counts = sender.counts();
    drop(sender);
    writer.join().unwrap();
    let (last_wall, last_cpu) = begun.stop();
    wall += last_wall;
    cpu += last_cpu;
    let rows = counts.committed;
    println!(
        "insert and pack {rows} observations of {probes} probes: {:.0}/s wall, {:.2} us CPU each, \
         {} commits, longest round of {probes} {longest:?}",
        rows as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / rows as f64,
        counts.batches,
    );
    let begun = Stopwatch::start();
    let reader = Reader::open(&db).unwrap();
    let stored = reader.probes().unwrap();
    let mut seen = 0u64;
    for stored in &stored {
        reader.sightings(stored.key, EVER, |_| seen += 1).unwrap();
    }
    assert_eq!(seen, rows);
    drop(reader);
    let (wall, cpu) = begun.stop();
    println!(
        "read all of all probes, an hour of it staged: {wall:?} wall, {:.2} us CPU each",
        cpu.as_secs_f64() * 1e6 / rows as f64
    );

    let begun = Stopwatch::start();
    let mut store = Store::create_or_open(&db, UnixMillis(T0)).unwrap();
    let nothing: [Result<_, StoreError>; 0] = [];
    store.import(nothing).unwrap();
    store.close().unwrap();
    let (wall, cpu) = begun.stop();
    println!("pack the rest: {wall:?} wall, {cpu:?} CPU");
    vacuum(&db);
    println!(
        "size when packed: {:.1} bytes per observation",
        fs::metadata(&db).unwrap().len() as f64 / rows as f64
    );
}

/// A long history of one probe, among nothing else.
fn one_probe(rows: i64) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("outwatch.db");
    let record = record(0);
    let mut store = Store::create_or_open(&db, UnixMillis(T0)).unwrap();
    store
        .register_also(std::slice::from_ref(&record), UnixMillis(T0))
        .unwrap();
    let mut random = Random(2);
    let begun = Stopwatch::start();
    let all = (0..rows).map(|n| {
        Ok::<_, StoreError>((
            record.probe.id.clone(),
            observation(T0 + n * 30_000, &mut random),
        ))
    });
    store.import(all).unwrap();
    store.close().unwrap();
    let (wall, cpu) = begun.stop();
    println!(
        "import {rows} observations of one probe: {wall:?} wall, {:.2} us CPU each",
        cpu.as_secs_f64() * 1e6 / rows as f64
    );
    println!(
        "size: {:.1} bytes per observation",
        fs::metadata(&db).unwrap().len() as f64 / rows as f64
    );
    for _ in 0..3 {
        let begun = Stopwatch::start();
        let reader = Reader::open(&db).unwrap();
        let key = reader.probes().unwrap()[0].key;
        let (mut seen, mut failed) = (0, 0);
        reader
            .sightings(key, EVER, |sighting| {
                seen += 1;
                failed += i64::from(matches!(sighting.outcome, Outcome::Fail(_)));
            })
            .unwrap();
        assert_eq!(seen, rows);
        let (wall, cpu) = begun.stop();
        println!(
            "read {rows} sightings of one probe ({failed} failed): {wall:?} wall, {cpu:?} CPU"
        );
    }
}

fn vacuum(db: &Path) {
    let sql = rusqlite::Connection::open(db).unwrap();
    let free: i64 = sql
        .query_row("PRAGMA freelist_count", [], |row| row.get(0))
        .unwrap();
    println!("pages free for the next hour: {free}");
    sql.execute_batch("VACUUM").unwrap();
}

struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu_time(),
        }
    }

    /// Wall and CPU time since the start.
    fn stop(&self) -> (Duration, Duration) {
        (self.wall.elapsed(), cpu_time().saturating_sub(self.cpu))
    }
}

/// User and system time of all threads so far; zero where /proc does not tell.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    // a tick is 10 ms on every Linux that we know of
    Duration::from_millis(ticks * 10)
}
