//! What was counted over time comes from what was written down, also of a time long ago.

use outwatch::domain::latency::LatencyPart;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::store::{OverTime, Reader, StoreError};

use crate::observations::{HOUR, Place, T0, failed, id, ok, place, store};

const DAY: i64 = 24 * HOUR;

/// The first two days, of five.
fn long_ago(place: &Place) -> OverTime {
    let reader = Reader::open(&place.db).unwrap();
    let probes = reader.probes().unwrap();
    let probe = probes.iter().find(|probe| probe.probe.id == id("a"));
    let key = probe.unwrap().key;
    let until = reader.counted_until(key).unwrap();
    let steps = [T0, T0 + DAY].map(|from| {
        let from = UnixMillis(from);
        Period::new(from, from + Millis(DAY))
    });
    let found = reader.over_time(key, &steps, until).unwrap();
    let answers = reader.answers(key, steps[0], until).unwrap();
    assert_eq!(answers, found.steps[0]);
    found
}

#[test]
fn a_time_long_before_the_last_checkpoint_is_read_from_its_counts() {
    let place = place();
    let mut store = store(&place);
    store.begin_epoch(UnixMillis(T0)).unwrap();
    let observations = (0..5 * 24 * 12).map(|n| match n % 100 {
        7 => failed(T0 + n * HOUR / 12, "503"),
        _ => ok(T0 + n * HOUR / 12),
    });
    let observations = observations.map(|observation| Ok::<_, StoreError>((id("a"), observation)));
    store.import(observations).unwrap();
    let observed = long_ago(&place);
    let counted = observed
        .steps
        .iter()
        .map(|step| step.counted.tally.observations());
    assert_eq!(counted.collect::<Vec<_>>(), [288, 288]);
    assert_eq!(observed.whole.counted.failures.count(), 6);

    store.derive(UnixMillis(T0 + 5 * DAY)).unwrap();
    assert_eq!(long_ago(&place), observed);
    // as if all of them were too many to be read
    drop(store);
    let connection = rusqlite::Connection::open(&place.db).unwrap();
    connection.execute_batch("DELETE FROM chunk").unwrap();
    drop(connection);
    assert_eq!(long_ago(&place), observed);
    let total = observed.whole.counted.latency.of(LatencyPart::Total);
    assert_eq!(total.count() + 6, 2 * 288);
}
