use super::*;
use crate::domain::counted::Counted;
use crate::domain::observation::{Outcome, Timings};
use crate::domain::sighting::Sighting;
use crate::store::chunk::HOUR_MS;

const DAY_HOURS: i64 = 24;

/// A store in which so many hours are counted of two probes, one answer each. Of each day that is
/// over there is a row, but for the last of the second probe, which was not observed since.
fn counted_hours(folder: &tempfile::TempDir, hours: i64) -> Store {
    let db = folder.path().join("outwatch.db");
    let store = Store::create_or_open(&db, UnixMillis(0)).unwrap();
    let mut one = Counted::default();
    let sighting = Sighting {
        ts: UnixMillis(0),
        finished: UnixMillis(0),
        outcome: Outcome::Ok,
        epoch: None,
        set_aside: false,
    };
    one.count(&sighting, None, &Timings::default());
    let connection = &store.connection;
    for (probe, hours) in [(1, hours), (2, 30)] {
        for hour in 0..hours {
            counted::put(connection, Tier::Hourly, key(hour, probe), &one).unwrap();
        }
        for day in 0..day_of(hours) {
            counted::finish_day(connection, probe, day).unwrap();
        }
    }
    store
}

fn prune(store: &mut Store, [hourly, daily]: [Option<i64>; 2], now_hour: i64) {
    let kept = |hours: Option<i64>| hours.map(|hours| Millis(hours * HOUR_MS));
    let retention = Retention {
        observations: None,
        hourly: kept(hourly),
        daily: kept(daily),
    };
    let now = UnixMillis(now_hour * HOUR_MS);
    while !store.prune_counts_step(retention, now).unwrap() {}
}

/// First hour or day of a probe, and how many observations all of them count.
fn left(store: &Store, tier: Tier, probe: i64) -> (Option<i64>, u64) {
    let (mut first, mut sum) = (None, 0);
    let all = -1_000..1_000_000;
    counted::visit(
        &store.connection,
        tier,
        probe,
        all,
        counted::Depth::Tally,
        |number, row| {
            first = first.or(Some(number));
            sum += row.tally.observations();
            Ok(())
        },
    )
    .unwrap();
    (first, sum)
}

#[test]
fn counts_go_in_whole_days_after_their_observations() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = counted_hours(&folder, 240);
    let everything = (Some(0), 240);
    prune(&mut store, [Some(48), Some(48)], 240);
    // there may be observations of them all
    assert_eq!(left(&store, Tier::Hourly, 1), everything);
    assert_eq!(left(&store, Tier::Daily, 1), everything);

    prune::set_before(&store.connection, "observations", 5 * DAY_HOURS + 7).unwrap();
    prune(&mut store, [None, None], 240);
    assert_eq!(left(&store, Tier::Hourly, 1), everything);

    prune(&mut store, [Some(150), None], 240);
    // 90 hours are four days but for six hours
    assert_eq!(left(&store, Tier::Hourly, 1), (Some(72), 168));
    assert_eq!(left(&store, Tier::Daily, 1), everything);

    prune(&mut store, [Some(48), Some(120)], 240);
    // 192 hours are eight days, of which five are without observations
    assert_eq!(left(&store, Tier::Hourly, 1), (Some(120), 120));
    assert_eq!(left(&store, Tier::Daily, 1), (Some(5), 120));
    let pruned = |tier| prune::before_of(&store.connection, tier).unwrap();
    assert_eq!(pruned("hourly"), Some(120));
    assert_eq!(pruned("daily"), Some(120));
}

#[test]
fn a_day_that_has_no_row_yet_gets_one_before_its_hours_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = counted_hours(&folder, 240);
    prune::set_before(&store.connection, "observations", 200).unwrap();
    assert_eq!(left(&store, Tier::Daily, 2), (Some(0), 24));
    prune(&mut store, [Some(48), None], 240);
    assert_eq!(left(&store, Tier::Hourly, 2), (None, 0));
    assert_eq!(left(&store, Tier::Daily, 2), (Some(0), 30));
    // and stays, when the probe is observed again, or its past is taken back
    counted::finish_day(&store.connection, 2, 1).unwrap();
    counted::forget_from(&store.connection, Tier::Daily, 2, 1).unwrap();
    assert_eq!(left(&store, Tier::Daily, 2), (Some(0), 30));
}
