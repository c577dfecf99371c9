use super::*;
use crate::domain::observation::{Cause, Failure, Outcome, Phase, Reason, Timings};
use crate::domain::sighting::Sighting;
use crate::domain::time::{Micros, UnixMillis};
use crate::store::migrations;

fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrations::create(&mut connection).unwrap();
    connection
}

fn counted(outcomes: &[(Outcome, u64)]) -> Counted {
    let mut counted = Counted::default();
    for (outcome, us) in outcomes {
        let sighting = Sighting {
            ts: UnixMillis(0),
            finished: UnixMillis(0),
            outcome: outcome.clone(),
            epoch: None,
            set_aside: false,
        };
        let timings = Timings {
            body: Some(Micros(us / 2)),
            ..Timings::default()
        };
        counted.count(&sighting, Some(Micros(*us)), &timings);
    }
    counted
}

fn ok(us: u64) -> Counted {
    counted(&[(Outcome::Ok, us)])
}

fn of_all_kinds() -> Counted {
    let fail = |cause| {
        Outcome::Fail(Failure {
            cause,
            phase: cause.map(|_| Phase::Connect),
            ..Failure::default()
        })
    };
    let inconclusive = |reason| Outcome::Inconclusive {
        reason,
        detail: None,
    };
    counted(&[
        (Outcome::Ok, 1_000),
        (Outcome::Slow { detail: None }, 2_000),
        (fail(Some(Cause::Status)), 3_000),
        (fail(Some(Cause::Dns)), 3_000),
        (fail(Some(Cause::Status)), 3_000),
        (fail(None), 3_000),
        (inconclusive(Some(Reason::Stalled)), 0),
        (inconclusive(None), 0),
    ])
}

fn seen(connection: &Connection, tier: Tier, probe: i64, numbers: Range<i64>) -> Vec<(i64, u64)> {
    let mut seen = Vec::new();
    visit(
        connection,
        tier,
        probe,
        numbers,
        Depth::Tally,
        |number, counted| {
            assert!(counted.latency.is_empty());
            seen.push((number, counted.tally.observations()));
            Ok(())
        },
    )
    .unwrap();
    seen
}

#[test]
fn a_row_reads_back_and_replaces_the_one_before() {
    let connection = database();
    for tier in [Tier::Hourly, Tier::Daily] {
        for hour in [-3, 0, 480_000] {
            let key = key(hour, 7);
            assert_eq!(get(&connection, tier, key).unwrap(), None);
            for row in [ok(5), of_all_kinds()] {
                put(&connection, tier, key, &row).unwrap();
                assert_eq!(get(&connection, tier, key).unwrap(), Some(row));
            }
            put(&connection, tier, key, &Counted::default()).unwrap();
            assert_eq!(get(&connection, tier, key).unwrap(), None);
        }
    }
}

#[test]
fn people_with_sqlite3_see_words_and_quantiles() {
    let connection = database();
    put(&connection, Tier::Hourly, key(1, 1), &of_all_kinds()).unwrap();
    let failures = r#"{"?/?":1,"dns/connect":1,"status/connect":2}"#;
    let row: (String, String, i64, i64, i64) = connection
        .query_row(
            "SELECT causes, reasons, min_us, p99_us, max_us FROM hourly WHERE failures = ?1",
            [failures],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            },
        )
        .unwrap();
    let (causes, reasons) = (r#"{"dns":1,"status":2}"#, r#"{"stalled":1}"#);
    assert_eq!(
        row,
        (causes.to_owned(), reasons.to_owned(), 1_000, 2_000, 2_000)
    );
}

#[test]
fn failures_without_phases_are_known_by_their_cause() {
    let connection = database();
    let (row, at) = (of_all_kinds(), key(1, 1));
    put(&connection, Tier::Hourly, at, &row).unwrap();
    assert!(!lacks_phases(&connection, Tier::Hourly, at).unwrap());
    connection
        .execute_batch("UPDATE hourly SET failures = NULL")
        .unwrap();
    assert!(lacks_phases(&connection, Tier::Hourly, at).unwrap());
    let found = get(&connection, Tier::Hourly, at).unwrap().unwrap();
    assert_eq!(found.failures, row.failures.without_phases());
    assert_eq!(found.failures.count(), row.tally.fail);
    assert!(is(&connection, Tier::Hourly, at, &row).unwrap());
    connection
        .execute_batch("UPDATE hourly SET ok = ok + 1")
        .unwrap();
    assert!(!is(&connection, Tier::Hourly, at, &row).unwrap());
}

#[test]
fn the_view_shows_hours_and_days_of_each_probe() {
    let connection = database();
    connection
        .execute_batch(
            "INSERT INTO probe VALUES \
             (7, 'music/web/player', 'music', 'web', 'player', 'Music', 'Web', 'Player', '')",
        )
        .unwrap();
    // 2024-09-29 is the day 19,995; ten hours before 1970 lie in the day before
    for hour in [-10, 19_995 * 24 + 14] {
        put(&connection, Tier::Hourly, key(hour, 7), &of_all_kinds()).unwrap();
        finish_day(&connection, 7, hour.div_euclid(DAY_HOURS)).unwrap();
    }
    let mut statement = connection
        .prepare(
            "SELECT tier, probe_id, at, ok + slow, p50_ms, max_ms FROM latency ORDER BY at, tier",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let text = |column: usize| row.get::<_, String>(column);
        let (count, p50, max): (i64, f64, f64) = (row.get(3)?, row.get(4)?, row.get(5)?);
        Ok(format!(
            "{} {} {} {count} {p50} {max}",
            text(0)?,
            text(1)?,
            text(2)?
        ))
    });
    let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    assert_eq!(
        rows,
        [
            "daily music/web/player 1969-12-31T00:00:00.000Z 2 1.003 2",
            "hourly music/web/player 1969-12-31T14:00:00.000Z 2 1.003 2",
            "daily music/web/player 2024-09-29T00:00:00.000Z 2 1.003 2",
            "hourly music/web/player 2024-09-29T14:00:00.000Z 2 1.003 2",
        ]
    );
}

#[test]
fn rows_of_one_probe_are_found_among_those_of_others() {
    let connection = database();
    for (hour, probe) in [
        (-9, 2),
        (-9, 3),
        (0, 1),
        (0, 3),
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (500_000, 2),
        (500_001, 3),
    ] {
        put(&connection, Tier::Hourly, key(hour, probe), &ok(1)).unwrap();
    }
    let all = -HOUR_MAX..HOUR_MAX;
    let hours = |probe, numbers| {
        let seen = seen(&connection, Tier::Hourly, probe, numbers);
        seen.into_iter().map(|(hour, _)| hour).collect::<Vec<_>>()
    };
    assert_eq!(hours(1, all.clone()), [0, 1, 2]);
    assert_eq!(hours(2, all.clone()), [-9, 1, 500_000]);
    assert_eq!(hours(3, all.clone()), [-9, 0, 1, 500_001]);
    assert!(hours(4, all.clone()).is_empty());
    assert_eq!(hours(2, -8..500_000), [1]);
    assert!(hours(2, 1..1).is_empty());

    forget_from(&connection, Tier::Hourly, 3, 1).unwrap();
    assert_eq!(hours(3, all.clone()), [-9, 0]);
    assert_eq!(hours(1, all.clone()), [0, 1, 2]);
    assert_eq!(hours(2, all), [-9, 1, 500_000]);
}

#[test]
fn a_day_is_all_its_hours_and_nothing_else() {
    let connection = database();
    let hours = [(-1, 1), (0, 10), (7, 20), (23, 30), (24, 100)];
    for (hour, us) in hours {
        put(&connection, Tier::Hourly, key(hour, 1), &ok(us)).unwrap();
    }
    put(&connection, Tier::Hourly, key(7, 2), &ok(1_000)).unwrap();
    finish_day(&connection, 1, 0).unwrap();
    let mut whole = Counted::default();
    for us in [10, 20, 30] {
        whole.merge(&ok(us));
    }
    let day = || get(&connection, Tier::Daily, key(0, 1)).unwrap();
    assert_eq!(day(), Some(whole));
    assert_eq!(seen(&connection, Tier::Daily, 1, -1..2), [(0, 3)]);

    // hours that are pruned take nothing from it
    connection
        .execute_batch("INSERT INTO pruned VALUES ('hourly', 86400000)")
        .unwrap();
    forget_from(&connection, Tier::Hourly, 1, 0).unwrap();
    let before = day();
    finish_day(&connection, 1, 0).unwrap();
    assert_eq!(day(), before);

    // hours that are taken back do
    connection.execute_batch("DELETE FROM pruned").unwrap();
    finish_day(&connection, 1, 0).unwrap();
    assert_eq!(day(), None);
}

#[test]
fn a_damaged_row_is_an_error() {
    let connection = database();
    put(&connection, Tier::Daily, key(1, 1), &of_all_kinds()).unwrap();
    for damage in [
        "ok = -1",
        "causes = 'status'",
        "reasons = '{\"weather\": 1}'",
        "latency = x'01'",
        "failures = '{\"status\": 1}'",
    ] {
        connection.execute_batch("SAVEPOINT sound").unwrap();
        let update = format!("UPDATE daily SET {damage}");
        connection.execute_batch(&update).unwrap();
        let error = get(&connection, Tier::Daily, key(1, 1)).unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "{damage}: {error}"
        );
        connection.execute_batch("ROLLBACK TO sound").unwrap();
    }
    get(&connection, Tier::Daily, key(1, 1)).unwrap();
}
