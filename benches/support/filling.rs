//! Fills a database through the writer's thread, as a daemon does.

use std::fs;
use std::path::Path;
use std::time::Instant;

use outwatch::domain::observation::Observation;
use outwatch::domain::time::UnixMillis;
use outwatch::store::{Configured, Store, Writer};

use crate::observations::record;

/// What is filled in.
#[derive(Clone, Copy)]
pub(crate) struct Filling {
    pub(crate) probes: i64,
    /// Of each probe one observation.
    pub(crate) rounds: i64,
    pub(crate) interval_ms: i64,
    pub(crate) from: i64,
}

/// `make` is asked for the observation of a probe at an instant. What is left of the last hour stays as
/// a daemon leaves it that was killed.
pub(crate) fn fill(db: &Path, filling: Filling, mut make: impl FnMut(i64, i64) -> Observation) {
    let Filling {
        probes,
        rounds,
        interval_ms,
        from,
    } = filling;
    let configured = Configured {
        probes: (0..probes).map(record).collect(),
        ..Configured::default()
    };
    let mut store = Store::create_or_open(db, UnixMillis(from)).unwrap();
    store.register(&configured, UnixMillis(from)).unwrap();
    store.begin_epoch(UnixMillis(from)).unwrap();
    let (writer, sender) = Writer::start(store).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let begun = Instant::now();
    for n in 0..rounds {
        for (i, record) in (0..).zip(&configured.probes) {
            let ts = from + n * interval_ms + i * interval_ms / probes;
            let send = sender.send(record.probe.id.clone(), make(i, ts));
            runtime.block_on(send).unwrap();
        }
    }
    drop(sender);
    let counts = writer.join().unwrap();
    let wall = begun.elapsed();
    // what the daemon would have done meanwhile, if it had had the time
    let begun = Instant::now();
    let mut store = Store::create_or_open(db, UnixMillis(from)).unwrap();
    store
        .derive_packed(UnixMillis(from + rounds * interval_ms))
        .unwrap();
    store.close().unwrap();
    println!(
        "filled with {} observations: {:.0}/s, derived what was left in {:?}; {:.1} bytes each",
        counts.committed,
        counts.committed as f64 / wall.as_secs_f64(),
        begun.elapsed(),
        fs::metadata(db).unwrap().len() as f64 / counts.committed as f64
    );
}
