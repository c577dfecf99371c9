//! What was stored is what is read, whatever tier it stands in and whatever order it came in.

use outwatch::domain::observation::{Epoch, Observation, Provenance};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::store::{Reader, StoreError};
use proptest::prelude::*;

use crate::observations::{
    EVER, HOUR, NOW, Place, T0, failed, id, observation, ok, ordered, place, probes, read,
    read_from, store,
};

/// Nothing imported: packs what is staged so far.
fn pack(store: &mut outwatch::store::Store) {
    let nothing: [Result<_, StoreError>; 0] = [];
    store.import(nothing).unwrap();
}

fn sightings(place: &Place, period: Period) -> Vec<Sighting> {
    let reader = Reader::open(&place.db).unwrap();
    let mut all = Vec::new();
    let key = reader.probes().unwrap()[0].key;
    reader
        .sightings(key, period, |sighting| all.push(sighting))
        .unwrap();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_observation_reads_back_from_both_tiers_in_order_and_once(
        observations in proptest::collection::vec(observation(u64::MAX), 0..60),
        packed in 0..60usize,
        repeated in 0..60usize,
    ) {
        let place = place();
        let mut store = store(&place);
        let batch = |observations: &[Observation]| -> Vec<_> {
            observations.iter().map(|o| (id("a"), o.clone())).collect()
        };
        let (first, rest) = observations.split_at(packed.min(observations.len()));
        store.append(&batch(first)).unwrap();
        pack(&mut store);
        store.append(&batch(rest)).unwrap();
        // the same row in both tiers, as after a crash while packing
        store.append(&batch(&first[..repeated.min(first.len())])).unwrap();
        let expected = ordered(&observations);
        prop_assert_eq!(read(&place, "a"), expected.clone());
        // who asks again and again is answered from memory
        let reader = Reader::open(&place.db).unwrap();
        for _ in 0..70 {
            prop_assert_eq!(read_from(&reader, "a"), expected.clone());
        }
        drop(reader);
        pack(&mut store);
        prop_assert_eq!(read(&place, "a"), expected.clone());
        prop_assert_eq!(read(&place, "b"), vec![]);

        let seen = sightings(&place, EVER);
        prop_assert_eq!(seen.len(), expected.len());
        for (sighting, observation) in seen.iter().zip(&expected) {
            prop_assert_eq!(sighting.ts, observation.ts);
            prop_assert_eq!(sighting.finished, observation.finished());
            prop_assert_eq!(&sighting.outcome, &observation.outcome);
        }
    }
}

#[test]
fn a_period_is_half_open_and_may_lie_within_an_hour() {
    let place = place();
    let mut store = store(&place);
    let batch: Vec<_> = (0..10).map(|n| (id("a"), ok(T0 + n * HOUR / 4))).collect();
    store.append(&batch[..6]).unwrap();
    pack(&mut store);
    store.append(&batch[6..]).unwrap();
    for from in 0..10 {
        for to in 0..=10 {
            let at = |n: i64| UnixMillis(T0 + n * HOUR / 4);
            let seen = sightings(&place, Period::new(at(from), at(to)));
            let instants: Vec<_> = seen.iter().map(|sighting| sighting.ts).collect();
            let expected: Vec<_> = (from..to).map(at).collect();
            assert_eq!(instants, expected, "from {from} to {to}");
        }
    }
}

#[test]
fn walking_back_finds_every_hour_once_whatever_its_tier() {
    let place = place();
    let mut store = store(&place);
    let at = |hour: i64| (id("a"), ok(T0 + hour * HOUR + 5));
    store.append(&[at(0), at(-20), at(3)]).unwrap();
    pack(&mut store);
    store.append(&[at(3), at(4), at(1)]).unwrap();
    store.append(&[(id("b"), ok(T0 + 2 * HOUR))]).unwrap();
    let reader = Reader::open(&place.db).unwrap();
    let key = reader.probes().unwrap()[0].key;
    let mut hours = Vec::new();
    let mut before = UnixMillis(i64::MAX);
    while let Some(hour) = reader.hour_before(key, before).unwrap() {
        hours.push((hour.0 - T0) / HOUR);
        before = hour;
    }
    assert_eq!(hours, [4, 3, 1, 0, -20]);
}

#[test]
fn observations_of_an_older_epoch_are_set_aside_from_where_a_later_one_began() {
    let place = place();
    let mut store = store(&place);
    let started = [T0, T0 + 50_000, T0 + 90_000];
    for start in started {
        store.begin_epoch(UnixMillis(start)).unwrap();
    }
    let of = |epoch, ts| Observation {
        provenance: Provenance::Observed {
            epoch: Epoch(epoch),
            mono: Millis(0),
        },
        ..ok(T0 + ts)
    };
    let batch = [
        of(1, 0),
        of(1, 49_999),
        of(1, 60_000),
        of(2, 50_000),
        of(2, 89_999),
        of(2, 90_000),
        of(3, 200_000),
    ];
    store.append(&batch.map(|o| (id("a"), o))).unwrap();
    for _ in ["staged", "packed"] {
        let seen = sightings(&place, EVER);
        let aside = seen.iter().filter(|sighting| sighting.set_aside);
        let aside: Vec<_> = aside
            .map(|sighting| (sighting.epoch.unwrap().0, sighting.ts.0 - T0))
            .collect();
        assert_eq!(aside, [(1, 60_000), (2, 90_000)]);
        pack(&mut store);
    }
}

#[test]
fn a_reader_shows_one_instant_while_the_writer_goes_on() {
    let place = place();
    let mut store = store(&place);
    store
        .append(&[(id("a"), ok(T0)), (id("a"), failed(T0 + 1, "x"))])
        .unwrap();
    let reader = Reader::open(&place.db).unwrap();
    pack(&mut store);
    store.append(&[(id("a"), ok(T0 + 2))]).unwrap();
    store.register(&probes(&[]), NOW).unwrap();
    assert_eq!(crate::observations::read_from(&reader, "a").len(), 2);
    assert_eq!(reader.probes().unwrap()[0].lives[0].to, None);
    assert_eq!(read(&place, "a").len(), 3);
}
