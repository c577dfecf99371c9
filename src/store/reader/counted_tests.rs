use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;
use crate::domain::latency::LatencyPart;
use crate::domain::observation::{Answer, Observation, Outcome, Provenance};
use crate::domain::sighting::Sighting;
use crate::store::chunk::HOUR_MS;
use crate::store::migrations;
use crate::store::pack::key;
use crate::store::reader::OverTime;
use crate::store::row::{Numbers, Row};
use crate::store::staging;

const PROBE: ProbeKey = ProbeKey(2);
const MINUTE: i64 = 60_000;

/// Texts get no numbers: there are none.
struct Wordless;

impl Numbers for Wordless {
    fn of_text(&mut self, _: &crate::domain::observation::Detail) -> Result<u64, StoreError> {
        unreachable!("these observations have no details")
    }

    fn of_peer(&mut self, _: std::net::SocketAddr) -> Result<u64, StoreError> {
        unreachable!("these observations have no peers")
    }
}

/// One that took as many microseconds as its minute tells.
fn observation(minute: i64) -> Observation {
    let duration = Some(Micros(minute.unsigned_abs()));
    Observation {
        ts: UnixMillis(minute * MINUTE),
        outcome: Outcome::Ok,
        duration,
        answer: Answer {
            timings: Timings {
                tls: duration,
                ..Timings::default()
            },
            ..Answer::default()
        },
        provenance: Provenance::Imported {
            set_aside: minute % 7 == 0,
        },
    }
}

fn exactly(minutes: impl IntoIterator<Item = i64>) -> Counted {
    let mut counted = Counted::default();
    for minute in minutes {
        let Observation {
            duration, answer, ..
        } = observation(minute);
        counted.count(
            &Sighting::from(&observation(minute)),
            duration,
            &answer.timings,
        );
    }
    counted
}

/// With observations at these minutes since 1970, of which the hours before `until` are counted.
/// Another probe has one in every hour.
fn database(minutes: &[i64], until: i64) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrations::create(&mut connection).unwrap();
    let mut hours = BTreeMap::<_, Vec<_>>::new();
    for minute in minutes {
        let row = Row::new(&observation(*minute), &mut Wordless).unwrap();
        staging::insert(&connection, PROBE.0, &row).unwrap();
        let hour = minute.div_euclid(60);
        hours.entry(hour).or_default().push(*minute);
        let other = exactly([0]);
        counted::put(&connection, Tier::Hourly, key(hour, 1), &other).unwrap();
        counted::put(&connection, Tier::Daily, key(day_of(hour), 3), &other).unwrap();
    }
    hours.retain(|hour, _| *hour < until);
    for (hour, minutes) in &hours {
        let row = exactly(minutes.iter().copied());
        counted::put(&connection, Tier::Hourly, key(*hour, PROBE.0), &row).unwrap();
    }
    for hour in hours.keys() {
        let day = day_of(*hour);
        if day < day_of(until) {
            counted::finish_day(&connection, PROBE.0, day).unwrap();
        }
    }
    connection
}

fn period(from_minute: i64, to_minute: i64) -> Period {
    Period::new(
        UnixMillis(from_minute * MINUTE),
        UnixMillis(to_minute * MINUTE),
    )
}

fn prune(connection: &Connection, tier: &str, before_hour: i64) {
    let table = match tier {
        "observations" => "staging WHERE ts_ms".to_owned(),
        tier => format!("{tier} WHERE (key >> 32) * {HOUR_MS}"),
    };
    let before = before_hour * HOUR_MS;
    connection
        .execute_batch(&format!(
            "DELETE FROM {table} < {before}; INSERT INTO pruned VALUES ('{tier}', {before});"
        ))
        .unwrap();
}

/// From a minute to a minute; how many there are, and whether that is rounded.
#[track_caller]
fn check(reader: &Reader, (from, to): (i64, i64), until: i64, expected: (u64, bool)) {
    let (period, until) = (period(from, to), UnixMillis(until * HOUR_MS));
    let tally = reader.tally(PROBE, period, until).unwrap();
    let counted = reader.counted(PROBE, period, until).unwrap();
    assert_eq!(counted.counted.tally, tally.counted);
    assert_eq!(counted.is_rounded, tally.is_rounded);
    assert_eq!((tally.counted.observations(), tally.is_rounded), expected);
}

#[test]
fn what_is_pruned_counts_in_whole_hours_and_then_in_whole_days() {
    const DAY: i64 = 24 * 60;
    // one in each hour, at its minute 30, but for every seventh, which is set aside
    let minutes: Vec<_> = (0..10 * 24).map(|hour| hour * 60 + 31).collect();
    let counted_in = |from: i64, to: i64| {
        let inside = minutes.iter().filter(|minute| (from..to).contains(*minute));
        inside.filter(|minute| *minute % 7 != 0).count() as u64
    };
    let connection = database(&minutes, 200);
    let reader = Reader::new(connection).unwrap();
    let cut = (DAY + 40, 4 * DAY + 15);
    check(&reader, cut, 200, (counted_in(cut.0, cut.1), false));
    check(&reader, (100, 130), 200, (0, false));

    prune(&reader.connection, "observations", 190);
    check(&reader, cut, 200, (counted_in(DAY, 4 * DAY + 60), true));
    check(&reader, (100, 130), 200, (counted_in(60, 180), true));
    check(&reader, (100, 110), 200, (counted_in(60, 120), true));
    // not cut
    check(
        &reader,
        (60, 4 * DAY),
        200,
        (counted_in(60, 4 * DAY), false),
    );
    // cut only where there are observations still
    let late = (60, 195 * 60 + 20);
    check(&reader, late, 200, (counted_in(60, 195 * 60), false));

    prune(&reader.connection, "hourly", 5 * 24);
    check(&reader, cut, 200, (counted_in(DAY, 5 * DAY), true));
    check(&reader, (60, 4 * DAY), 200, (counted_in(0, 4 * DAY), true));
    check(&reader, (0, 4 * DAY), 200, (counted_in(0, 4 * DAY), false));
}

#[test]
fn what_is_not_counted_yet_is_left_out() {
    let minutes: Vec<_> = (1..6 * 60).collect();
    let reader = Reader::new(database(&minutes, 3)).unwrap();
    let all = exactly(1..180).tally.observations();
    check(&reader, (-1_000, 10_000), 3, (all, false));
    check(&reader, (-1_000, 10_000), 0, (0, false));
    check(&reader, (185, 190), 3, (0, false));
    check(&reader, (0, 0), 3, (0, false));
    let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
    let everything = reader
        .counted(PROBE, ever, UnixMillis(3 * HOUR_MS))
        .unwrap();
    assert_eq!(everything.counted, exactly(1..180));
}

#[test]
fn a_month_reads_its_days_alone() {
    let minutes: Vec<_> = (0..40 * 24).map(|hour| hour * 60 + 5).collect();
    let connection = database(&minutes, 40 * 24);
    // whoever reads hours or observations finds none
    connection
        .execute_batch("DELETE FROM hourly; DELETE FROM staging")
        .unwrap();
    let reader = Reader::new(connection).unwrap();
    let month = period(3 * 24 * 60, 33 * 24 * 60);
    let counted = reader
        .counted(PROBE, month, UnixMillis(40 * 24 * HOUR_MS))
        .unwrap();
    assert_eq!(
        counted.counted,
        exactly((72..33 * 24).map(|hour| hour * 60 + 5))
    );
    assert!(!counted.is_rounded);
}

#[test]
fn a_tally_does_not_look_at_histograms() {
    let connection = database(&[1, 2, 3, 30 * 60], 48);
    connection
        .execute_batch("UPDATE hourly SET latency = x'00'; UPDATE daily SET latency = x'00'")
        .unwrap();
    let reader = Reader::new(connection).unwrap();
    let until = UnixMillis(48 * HOUR_MS);
    let both_days = period(0, 31 * 60);
    let tally = reader.tally(PROBE, both_days, until).unwrap();
    assert_eq!(tally.counted.observations(), 4);
    reader.counted(PROBE, both_days, until).unwrap_err();
}

/// Steps between these minutes, which ascend.
fn steps(cuts: &[i64]) -> Vec<Period> {
    cuts.windows(2).map(|two| period(two[0], two[1])).collect()
}

#[test]
fn days_are_read_once_and_the_open_hour_from_observations() {
    const DAY: i64 = 24 * 60;
    let minutes: Vec<_> = (0..=3 * DAY + 100)
        .filter(|minute| minute % 5 == 0)
        .collect();
    // three days and an hour are counted
    let until = 3 * 24 + 1;
    let connection = database(&minutes, until);
    connection
        .execute_batch("DELETE FROM hourly WHERE key >> 32 < 72")
        .unwrap();
    let reader = Reader::new(connection).unwrap();
    let steps = steps(&[DAY, 2 * DAY, 3 * DAY, 3 * DAY + 90]);
    let found = reader
        .over_time(PROBE, &steps, UnixMillis(until * HOUR_MS))
        .unwrap();
    let multiples = |from: i64, to: i64| exactly((from..to).filter(|minute| minute % 5 == 0));
    assert_eq!(found.whole.counted, multiples(DAY, 3 * DAY + 90));
    let observations = found.steps.iter().map(|step| {
        assert!(!step.is_rounded);
        assert!(step.counted.latency.of(LatencyPart::Tls).is_empty());
        step.counted.tally.observations()
    });
    let observations: Vec<_> = observations.collect();
    let expected = [(DAY, 2 * DAY), (2 * DAY, 3 * DAY), (3 * DAY, 3 * DAY + 90)];
    let expected = expected.map(|(from, to)| multiples(from, to).tally.observations());
    assert_eq!(observations, expected);
    assert_eq!(
        reader.over_time(PROBE, &[], UnixMillis(0)).unwrap(),
        OverTime::default()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_period_counts_its_observations(
        minutes in proptest::collection::btree_set(-3000..6000i64, 0..80),
        (from, to, until) in (-3100..6100i64, -3100..6100i64, -60..110i64)
    ) {
        let minutes: Vec<_> = minutes.into_iter().collect();
        let reader = Reader::new(database(&minutes, until)).unwrap();
        let counted = reader.counted(PROBE, period(from, to), UnixMillis(until * HOUR_MS)).unwrap();
        prop_assert!(!counted.is_rounded);
        let inside = minutes.into_iter().filter(|minute| (from..to.min(until * 60)).contains(minute));
        prop_assert_eq!(counted.counted, exactly(inside));
    }

    #[test]
    fn one_period_counts_what_is_written_down_and_what_is_not(
        minutes in proptest::collection::btree_set(-3000..6000i64, 0..80),
        (from, to, until) in (-3100..6100i64, -3100..6100i64, -60..110i64)
    ) {
        let minutes: Vec<_> = minutes.into_iter().collect();
        let reader = Reader::new(database(&minutes, until)).unwrap();
        let (period, until) = (period(from, to), UnixMillis(until * HOUR_MS));
        let expected = exactly(minutes.into_iter().filter(|minute| (from..to).contains(minute)));
        if from <= to {
            let found = reader.over_time(PROBE, &[period], until).unwrap();
            prop_assert_eq!(found.whole.counted, expected.clone());
        }
        let answers = reader.answers(PROBE, period, until).unwrap().counted;
        prop_assert_eq!(answers.tally, expected.tally);
        let total = LatencyPart::Total;
        prop_assert_eq!(answers.latency.of(total), expected.latency.of(total));
        prop_assert!(answers.latency.of(LatencyPart::Tls).is_empty());
    }

    #[test]
    fn steps_add_up_to_the_whole_period(
        minutes in proptest::collection::btree_set(-3000..6000i64, 0..80),
        cuts in proptest::collection::btree_set(
            prop_oneof![-3100..6100i64, (-2..5i64).prop_map(|day| day * 1440)], 2..6
        ),
        until in -60..110i64
    ) {
        let minutes: Vec<_> = minutes.into_iter().collect();
        let cuts: Vec<_> = cuts.into_iter().collect();
        let reader = Reader::new(database(&minutes, until)).unwrap();
        let found = reader.over_time(PROBE, &steps(&cuts), UnixMillis(until * HOUR_MS)).unwrap();
        let inside = |from, to| {
            exactly(minutes.iter().copied().filter(move |minute| (from..to).contains(minute)))
        };
        prop_assert!(!found.whole.is_rounded);
        let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
        prop_assert_eq!(found.whole.counted, inside(first, last));
        prop_assert_eq!(found.steps.len(), cuts.len() - 1);
        for (step, two) in found.steps.iter().zip(cuts.windows(2)) {
            let expected = inside(two[0], two[1]);
            prop_assert_eq!(step.counted.tally, expected.tally);
            let total = LatencyPart::Total;
            prop_assert_eq!(step.counted.latency.of(total), expected.latency.of(total));
            prop_assert!(step.counted.latency.of(LatencyPart::Tls).is_empty());
        }
    }
}
