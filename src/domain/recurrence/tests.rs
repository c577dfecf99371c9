//! Compared with what clocks show.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> UnixMillis {
    format!("{text}:00Z").parse().unwrap()
}

fn range(from: &str, to: &str) -> Period {
    Period::new(at(from), at(to))
}

fn shown(periods: &PeriodSet) -> Vec<String> {
    let minute = |instant: UnixMillis| instant.to_string()[5..16].replace('T', " ");
    let periods = periods.periods().iter();
    periods
        .map(|period| format!("{} – {}", minute(period.from), minute(period.to)))
        .collect()
}

/// What takes place in this range of 2026, in UTC.
#[track_caller]
fn check(cron: &str, minutes: i64, zone: &str, from: &str, to: &str, expected: &[&str]) {
    let zone = zone.parse().unwrap();
    let range = range(&format!("2026-{from}"), &format!("2026-{to}"));
    let cron = cron.parse().unwrap();
    let found = occurrences(&cron, Millis::from_secs(minutes * 60), &zone, range);
    assert_eq!(shown(&found.clip(range)), expected);
}

#[test]
fn a_local_time_stays_the_same_when_the_clocks_change() {
    // 29 March and 25 October
    check(
        "0 3 * * SUN",
        120,
        "Europe/Berlin",
        "03-20T00:00",
        "04-08T00:00",
        &[
            "03-22 02:00 – 03-22 04:00",
            "03-29 01:00 – 03-29 03:00",
            "04-05 01:00 – 04-05 03:00",
        ],
    );
    check(
        "0 3 * * SUN",
        120,
        "Europe/Berlin",
        "10-18T00:00",
        "11-02T00:00",
        &[
            "10-18 01:00 – 10-18 03:00",
            "10-25 02:00 – 10-25 04:00",
            "11-01 02:00 – 11-01 04:00",
        ],
    );
    // 8 March and 1 November
    check(
        "0 22 * * *",
        60,
        "America/New_York",
        "03-07T00:00",
        "03-10T00:00",
        &[
            "03-07 03:00 – 03-07 04:00",
            "03-08 03:00 – 03-08 04:00",
            "03-09 02:00 – 03-09 03:00",
        ],
    );
}

#[test]
fn a_time_that_is_skipped_begins_when_the_clocks_are_put_forward() {
    for minute in [0, 30, 59] {
        check(
            &format!("{minute} 2 29 3 *"),
            60,
            "Europe/Berlin",
            "03-28T00:00",
            "03-31T00:00",
            &["03-29 01:00 – 03-29 02:00"],
        );
    }
    check(
        "30 2 8 3 *",
        60,
        "America/New_York",
        "03-07T00:00",
        "03-10T00:00",
        &["03-08 07:00 – 03-08 08:00"],
    );
    // by half an hour, from 02:00 to 02:30
    check(
        "15 2 4 10 *",
        60,
        "Australia/Lord_Howe",
        "10-02T00:00",
        "10-06T00:00",
        &["10-03 15:30 – 10-03 16:30"],
    );
}

#[test]
fn a_time_that_comes_twice_begins_once_unless_the_hours_are_not_named() {
    check(
        "30 2 25 10 *",
        30,
        "Europe/Berlin",
        "10-24T00:00",
        "10-27T00:00",
        &["10-25 00:30 – 10-25 01:00"],
    );
    check(
        "45 1 5 4 *",
        5,
        "Australia/Lord_Howe",
        "04-03T00:00",
        "04-06T00:00",
        &["04-04 14:45 – 04-04 14:50"],
    );
    check(
        "30 * * * *",
        10,
        "Europe/Berlin",
        "10-25T00:00",
        "10-25T03:00",
        &[
            "10-25 00:30 – 10-25 00:40",
            "10-25 01:30 – 10-25 01:40",
            "10-25 02:30 – 10-25 02:40",
        ],
    );
    // no hole where the hour is repeated
    check(
        "* * * * *",
        1,
        "Europe/Berlin",
        "10-24T00:00",
        "10-26T00:00",
        &["10-24 00:00 – 10-26 00:00"],
    );
}

#[test]
fn how_long_it_takes_is_real_time() {
    // from 01:00 to what clocks show as 04:00, and as 02:00
    check(
        "0 1 * * SUN",
        120,
        "Europe/Berlin",
        "03-29T00:00",
        "03-30T00:00",
        &["03-29 00:00 – 03-29 02:00"],
    );
    check(
        "0 1 * * SUN",
        120,
        "Europe/Berlin",
        "10-24T22:00",
        "10-26T00:00",
        &["10-24 23:00 – 10-25 01:00"],
    );
}

#[test]
fn one_that_began_before_the_range_counts_and_touching_ones_are_one() {
    check(
        "0 22 * * *",
        240,
        "UTC",
        "05-02T00:00",
        "05-02T12:00",
        &["05-02 00:00 – 05-02 02:00"],
    );
    check("0 22 * * *", 120, "UTC", "05-02T00:00", "05-02T12:00", &[]);
    check(
        "0 * * * *",
        60,
        "UTC",
        "05-02T00:00",
        "05-02T03:00",
        &["05-02 00:00 – 05-02 03:00"],
    );
    check(
        "0 0 1 * *",
        60 * 24 * 40,
        "UTC",
        "05-20T00:00",
        "05-21T00:00",
        &["05-20 00:00 – 05-21 00:00"],
    );
}

/// The zone skipped 30 December 2011.
#[test]
fn a_date_that_a_zone_skipped_begins_with_the_next() {
    let zone = "Pacific/Apia".parse().unwrap();
    let cron = "0 5 * * *".parse().unwrap();
    let range = range("2011-12-29T00:00", "2012-01-01T00:00");
    let found = occurrences(&cron, Millis::from_secs(3600), &zone, range);
    assert_eq!(
        shown(&found),
        [
            "12-29 15:00 – 12-29 16:00",
            "12-30 10:00 – 12-30 11:00",
            "12-30 15:00 – 12-30 16:00",
            "12-31 15:00 – 12-31 16:00"
        ]
    );
}

#[test]
fn the_next_is_found_however_far_it_is() {
    let next = |cron: &str, minutes: i64| {
        let zone = "Europe/Berlin".parse().unwrap();
        let length = Millis::from_secs(minutes * 60);
        let next = next(
            &cron.parse().unwrap(),
            length,
            &zone,
            at("2026-11-25T12:00"),
        );
        next.map(|Period { from, to }| {
            format!("{} {}", &from.to_string()[..16], &to.to_string()[..16])
        })
    };
    for (cron, minutes, expected) in [
        ("0 3 * * *", 60, "2026-11-26T02:00 2026-11-26T03:00"),
        ("0 12 * * *", 120, "2026-11-25T11:00 2026-11-25T13:00"),
        ("0 3 29 2 *", 60, "2028-02-29T02:00 2028-02-29T03:00"),
        ("0 3 24 11 *", 60, "2027-11-24T02:00 2027-11-24T03:00"),
        // a day without an hour, and with one more
        ("0 3 * * *", 24 * 60, "2026-11-25T02:00 2027-10-31T01:00"),
        ("0 3 * * *", 25 * 60, "2026-11-25T02:00 9223372036854775"),
    ] {
        assert_eq!(next(cron, minutes).as_deref(), Some(expected), "{cron}");
    }
}

#[test]
fn years_of_every_minute_are_one_and_all_of_time_can_be_asked_for() {
    let zone = "Europe/Berlin".parse().unwrap();
    let every: Cron = "* * * * *".parse().unwrap();
    let decade = range("2020-01-01T00:00", "2030-01-01T00:00");
    let found = occurrences(&every, Millis::from_secs(60), &zone, decade);
    assert_eq!(found.clip(decade).periods(), [decade]);
    let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
    let rare = "0 0 29 2 *".parse().unwrap();
    let found = occurrences(&rare, Millis::from_secs(60), &zone, ever);
    assert!(found.periods().len() > 4000, "{}", found.periods().len());
}

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
];
const CRONS: [&str; 6] = [
    "30 2 * * *",
    "*/7 * * * *",
    "0 0 * * SUN",
    "15 23 L * *",
    "0 1,2 * * *",
    "59 0 1-7 3,10 SUN",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn two_halves_make_the_whole_and_each_start_is_by_the_clock(
        zone in prop::sample::select(&ZONES),
        cron in prop::sample::select(&CRONS),
        // 2010 to 2030
        from in 1_262_304_000_000_i64..1_893_456_000_000,
        to_change in any::<bool>(),
        hours in (1_i64..60, 0_i64..60),
        minutes in prop::sample::select(&[1_i64, 30, 90, 3000]),
    ) {
        let (zone, cron): (Zone, Cron) = (zone.parse().unwrap(), cron.parse().unwrap());
        let length = Millis::from_secs(minutes * 60);
        // most of what can go wrong is near changes of the clocks
        let change = zone.rules().following(timestamp(UnixMillis(from))).next();
        let from = match change {
            Some(change) if to_change => millis(change.timestamp()).saturating_sub(Millis::from_secs(hours.1 * 3600)),
            _ => UnixMillis(from),
        };
        let middle = from + Millis::from_secs(hours.0 * 3600);
        let to = middle + Millis::from_secs(hours.1 * 3600);
        let within = |range: Period| occurrences(&cron, length, &zone, range).clip(range);
        let whole = within(Period::new(from, to));
        let halves = within(Period::new(from, middle)).union(&within(Period::new(middle, to)));
        prop_assert_eq!(&halves, &whole);

        // the same by asking each minute what the clock shows
        let minute = Millis::from_secs(60);
        let mut expected = Vec::new();
        let mut before = None;
        let first = from.saturating_sub(length).saturating_sub(DAY).0.div_euclid(60_000) * 60_000;
        let mut instant = UnixMillis(first);
        while instant < to {
            let local = zone.local(timestamp(instant));
            // what the clock was put forward over starts now, with all that it shows now
            let mut shown = vec![local];
            let mut skipped: Option<DateTime> = before;
            let mut put_back = false;
            if let Some(last) = skipped.as_mut() {
                put_back = local <= *last;
                while let Ok(next) = last.checked_add(jiff::Span::new().minutes(1)) {
                    if next >= local { break }
                    shown.push(next);
                    *last = next;
                }
            }
            let again = zone.instants(local).is_some_and(|(first, _)| millis(first) < instant);
            let starts = shown.into_iter().any(|local| {
                let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
                cron.on(local.date()) && cron.minutes().any(|m| m == minute)
            });
            if starts && (!again || cron.any_hour()) {
                expected.push(Period::new(instant, instant + length));
            }
            prop_assert!(!put_back || again);
            before = Some(local);
            instant = instant + minute;
        }
        let range = Period::new(from, to);
        let expected: PeriodSet = expected.into_iter().collect();
        prop_assert_eq!(whole, expected.clip(range));
    }
}
