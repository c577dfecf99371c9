use outwatch::domain::availability::{Percent, State, availability};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::windowed::WindowedAvailability;
use proptest::prelude::*;

use crate::drawn::{CELL, MINUTE, cells, outage, period, random, track};

#[test]
fn the_bounds_are_those_of_the_worst_windows_had_outages_been_longer_or_shorter() {
    let day = period("2024-09-02T00:00:00Z".parse().unwrap(), 1440 * MINUTE);
    let track = track(&[
        // the longest reported, and the one that can have been the longest
        outage("2024-09-02T04:00:00Z", 30 * MINUTE, MINUTE, MINUTE),
        outage(
            "2024-09-02T12:00:00Z",
            20 * MINUTE,
            40 * MINUTE,
            15 * MINUTE,
        ),
    ]);
    let found = WindowedAvailability::of(&track, day);
    assert!(found.is_complete);
    let hour = found
        .points
        .iter()
        .find(|point| point.length == Millis(60 * MINUTE));
    let hour = hour.unwrap();
    let window = Period::new(
        "2024-09-02T03:30:00Z".parse().unwrap(),
        "2024-09-02T04:30:00Z".parse().unwrap(),
    );
    assert_eq!(
        (hour.worst.window, hour.worst.down),
        (window, Millis(30 * MINUTE))
    );
    let percent = |text: &str| text.parse::<Percent>().unwrap();
    assert_eq!(
        (hour.availability, hour.low, hour.high),
        (percent("50%"), percent("0%"), percent("51.666%"))
    );
    let whole = found.points.last().unwrap();
    assert_eq!(whole.length, Millis(1440 * MINUTE));
    assert_eq!(whole.worst.down, Millis(50 * MINUTE));
}

proptest! {
    #[test]
    fn points_are_what_counting_says_and_the_whole_is_the_downtime(
        (track, now) in random(UnixMillis(0)),
        from in 0i64..60,
    ) {
        let whole = Period::new(UnixMillis(from * CELL), now.max(UnixMillis((from + 1) * CELL)));
        let found = WindowedAvailability::of(&track, whole);
        prop_assert!(found.is_complete);
        let down = cells(&track, whole);
        let down: Vec<_> = down.iter().map(|state| i64::from(*state == Some(State::Down))).collect();
        for point in &found.points {
            let length = usize::try_from(point.length.0 / CELL).unwrap();
            let most = down.windows(length).map(|window| window.iter().sum::<i64>()).max();
            prop_assert_eq!(point.worst.down.0, most.unwrap() * CELL);
            prop_assert_eq!(point.worst.window.length(), point.length);
            prop_assert!(point.low <= point.availability && point.availability <= point.high);
            prop_assert_eq!(point.high == Percent::HUNDRED, point.worst.down == Millis::ZERO);
        }
        let all = availability(&track, whole);
        let last = found.points.last().unwrap();
        prop_assert_eq!(last.length, whole.length());
        prop_assert_eq!(last.worst.down, all.down);
        prop_assert!(found.points.is_sorted_by(|a, b| a.length < b.length));
        if all.observed() == whole.length() {
            prop_assert_eq!(Some(last.availability), all.uptime());
            prop_assert_eq!(Some(last.low), all.uptime_low());
            prop_assert_eq!(Some(last.high), all.uptime_high());
        }
    }
}
