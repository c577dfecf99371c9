use std::fmt::Write;

use outwatch::domain::availability::{State, availability};
use outwatch::domain::objective::{Kept, Objective, Verdict};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;

use crate::drawn::{CELL, DAY, Drawn, MINUTE, at, cells, outage, period, random, september, track};

fn kept(terms: &str, track: &Track, until: &str) -> Kept {
    let objective: Objective = terms.parse().unwrap();
    Kept::of(&objective, track, at(until)).unwrap()
}

fn show(kept: &Kept) -> String {
    let percent = kept.attained.unwrap();
    let mut shown = format!(
        "{} % ({} – {}), spent {} ({} – {}) of {}, {}\n",
        percent.reported,
        percent.least,
        percent.most,
        kept.spent.reported,
        kept.spent.least,
        kept.spent.most,
        kept.budget,
        kept.verdict.unwrap(),
    );
    for burn in &kept.burn {
        writeln!(
            shown,
            "{}/{}: {} and {} of {}{}",
            burn.long,
            burn.short,
            burn.long_rate.unwrap(),
            burn.short_rate.unwrap(),
            burn.threshold,
            if burn.is_too_fast { ", too fast" } else { "" },
        )
        .unwrap();
    }
    if let Some(forecast) = kept.forecast {
        let gone = forecast.exhausted_at.map(|at| at.to_string());
        writeln!(
            shown,
            "gone {}, {} by {}",
            gone.unwrap_or_else(|| "never".to_owned()),
            forecast.spent_at_end,
            forecast.to,
        )
        .unwrap();
    }
    shown
}

const MONTHLY: &str = "99.9% over each month in UTC";

#[track_caller]
fn check(terms: &str, outages: &[Drawn], until: &str, expected: &[&str]) {
    let shown = show(&kept(terms, &track(outages), until));
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_month_that_is_over_is_kept_if_the_budget_lasts() {
    check(
        MONTHLY,
        &[outage("2024-09-15T00:00:00Z", 30 * MINUTE, MINUTE, MINUTE)],
        "2024-10-01T00:00:00Z",
        &[
            "99.930 % (99.928 – 99.932), spent 30m (29m – 31m) of 43m 12s, met",
            "1h/5m: 0 and 0 of 1440",
            "6h/30m: 0 and 0 of 600",
            "72h/6h: 0 and 0 of 100",
        ],
    );
}

#[test]
fn what_burns_is_looked_ahead_to_the_end_of_the_month() {
    // 30 minutes of three days burned 6.94 times as fast as the budget lasts: what is left is gone
    // after 13.2 / 30 of three days
    check(
        MONTHLY,
        &[outage("2024-09-15T00:00:00Z", 30 * MINUTE, MINUTE, MINUTE)],
        "2024-09-16T00:00:00Z",
        &[
            "99.861 % (99.856 – 99.865), spent 30m (29m – 31m) of 43m 12s, met",
            "1h/5m: 0 and 0 of 1440",
            "6h/30m: 0 and 0 of 600",
            "72h/6h: 694 and 0 of 100",
            "gone 2024-09-17T07:40:48.000Z, 3h by 2024-10-01T00:00:00.000Z",
        ],
    );
    // an outage that goes on, and spent it some minutes ago
    check(
        MONTHLY,
        &[outage("2024-09-15T23:00:00Z", 60 * MINUTE, MINUTE, 0)],
        "2024-09-16T00:00:00Z",
        &[
            "99.722 % (99.717 – 99.722), spent 1h (1h – 1h 1m) of 43m 12s, missed",
            "1h/5m: 100000 and 100000 of 1440, too fast",
            "6h/30m: 16666 and 100000 of 600, too fast",
            "72h/6h: 1388 and 16666 of 100, too fast",
            "gone 2024-09-15T23:43:12.000Z, 6h by 2024-10-01T00:00:00.000Z",
        ],
    );
}

#[test]
fn the_last_days_give_back_what_they_leave_behind() {
    let outages = [
        outage("2024-09-01T12:00:00Z", 30 * MINUTE, 0, 0),
        outage("2024-09-30T12:00:00Z", 9 * MINUTE, 0, 0),
    ];
    let until = "2024-10-01T00:00:00Z";
    // after half a day 30 minutes come back: gone after 34.2 / 9 of three days, not 4.2 / 9
    check(
        "99.9% over 30 days",
        &outages,
        until,
        &[
            "99.909 % (99.909 – 99.909), spent 39m (39m – 39m) of 43m 12s, met",
            "1h/5m: 0 and 0 of 1440",
            "6h/30m: 0 and 0 of 600",
            "72h/6h: 208 and 0 of 100",
            "gone 2024-10-12T09:36:00.000Z, 1h 30m by 2024-10-31T00:00:00.000Z",
        ],
    );
    // the thresholds are for the same shares of a smaller budget
    check(
        "99.9% over 7 days, degraded counts",
        &outages,
        until,
        &[
            "99.910 % (99.910 – 99.910), spent 9m (9m – 9m) of 10m 4.8s, met",
            "1h/5m: 0 and 0 of 336",
            "6h/30m: 0 and 0 of 140",
            "72h/6h: 208 and 0 of 100",
            "gone 2024-10-01T08:38:24.000Z, 21m by 2024-10-08T00:00:00.000Z",
        ],
    );
    // three days do not fit into one
    check(
        "99% over 1 day",
        &outages,
        until,
        &[
            "99.375 % (99.375 – 99.375), spent 9m (9m – 9m) of 14m 24s, met",
            "1h/5m: 0 and 0 of 100",
            "6h/30m: 0 and 0 of 100",
        ],
    );
}

#[test]
fn the_budget_is_kept_or_missed_to_the_millisecond() {
    // 43 minutes 12 seconds
    const BUDGET: i64 = 2_592_000;
    for (lasts, early, late, expected) in [
        (BUDGET, 0, 0, Verdict::Met),
        (BUDGET + 1, 0, 0, Verdict::Missed),
        (BUDGET - MINUTE, MINUTE, 0, Verdict::Met),
        (BUDGET - MINUTE, MINUTE + 1, 0, Verdict::Unclear),
        (BUDGET + MINUTE, 0, MINUTE, Verdict::Unclear),
        (BUDGET + MINUTE + 1, 0, MINUTE, Verdict::Missed),
    ] {
        let outage = Drawn {
            from: at("2024-09-10T00:00:00Z"),
            lasts,
            early,
            late,
        };
        let kept = kept(MONTHLY, &track(&[outage]), "2024-10-01T00:00:00Z");
        assert_eq!(kept.verdict, Some(expected), "{lasts} {early} {late}");
        // cut, both show as 99.9 or less
        let attained = kept.attained.unwrap().least;
        assert!(expected != Verdict::Met || attained.thousandths >= 99_900);
    }
}

#[test]
fn unobserved_time_and_maintenance_have_no_budget() {
    let mut half = track(&[outage("2024-09-10T00:00:00Z", 30 * MINUTE, 0, 0)]);
    half.unknown = [period(at("2024-09-16T00:00:00Z"), 10 * DAY)]
        .into_iter()
        .collect();
    half.maintenance = [period(at("2024-09-26T00:00:00Z"), 5 * DAY)]
        .into_iter()
        .collect();
    let over = kept(MONTHLY, &half, "2024-10-01T00:00:00Z");
    assert_eq!(over.observed, Millis(15 * DAY));
    assert_eq!(over.budget, Millis(15 * DAY / 1000));
    assert_eq!(over.verdict, Some(Verdict::Missed));
    assert_eq!(over.left.reported, Millis(15 * DAY / 1000 - 30 * MINUTE));
    // while it may still be watched, it has
    let first_half = kept(MONTHLY, &half, "2024-09-16T00:00:00Z");
    assert_eq!(first_half.budget, Millis(30 * DAY / 1000));
    assert_eq!(first_half.verdict, Some(Verdict::Met));

    let nothing = kept(MONTHLY, &Track::default(), "2024-09-16T00:00:00Z");
    assert_eq!(
        (nothing.attained, nothing.verdict, nothing.forecast),
        (None, None, None)
    );
    assert!(
        nothing
            .burn
            .iter()
            .all(|burn| burn.long_rate.is_none() && !burn.is_too_fast)
    );
}

#[test]
fn a_month_is_that_of_the_zone() {
    let objective: Objective = "99% over each month in Europe/Berlin".parse().unwrap();
    for (until, from, to) in [
        (
            "2024-10-31T23:00:00Z",
            "2024-09-30T22:00:00Z",
            "2024-10-31T23:00:00Z",
        ),
        (
            "2024-10-31T23:00:00.001Z",
            "2024-10-31T23:00:00Z",
            "2024-11-30T23:00:00Z",
        ),
    ] {
        let span = objective.span(at(until)).unwrap();
        assert_eq!(span, Period::new(at(from), at(to)), "{until}");
    }
    let looks_at = objective.looks_at(at("2024-11-02T00:00:00Z"));
    assert_eq!(looks_at.from, at("2024-10-30T00:00:00Z"));
    assert_eq!(objective.span(UnixMillis(i64::MAX)), None);
    assert!(Kept::of(&objective, &Track::default(), UnixMillis(i64::MIN)).is_none());
}

/// Milliseconds in the cells that lie in a period and are so.
fn count(track: &Track, of: Period, is: impl Fn(State) -> bool) -> i64 {
    let cells = cells(track, of);
    let cells = cells.into_iter().flatten().filter(|state| is(*state));
    i64::try_from(cells.count()).unwrap() * CELL
}

const fn is_observed(state: State) -> bool {
    matches!(state, State::Up | State::Degraded | State::Down)
}

proptest! {
    #[test]
    fn everything_is_what_counting_says(
        (track, now) in random(september().from),
        target in 1u32..100_000,
        days in proptest::option::of(1u16..3),
        degraded_counts: bool,
    ) {
        let over = days.map_or_else(|| "each month in UTC".to_owned(), |days| format!("{days} days"));
        let degraded = if degraded_counts { ", degraded counts" } else { "" };
        let terms = format!("{}.{:03}% over {over}{degraded}", target / 1000, target % 1000);
        let objective: Objective = terms.parse().unwrap();
        let kept = Kept::of(&objective, &track, now).unwrap();
        let is_bad = |state| state == State::Down || (degraded_counts && state == State::Degraded);
        let allowed = i128::from(100_000 - target);

        let known = kept.span.clip(Period::new(kept.span.from, now));
        let observed = count(&track, known, is_observed);
        let spent = count(&track, known, is_bad);
        prop_assert_eq!(kept.observed.0, observed);
        prop_assert_eq!(kept.spent.reported.0, spent);
        prop_assert!(kept.spent.least <= kept.spent.reported);
        prop_assert!(kept.spent.reported <= kept.spent.most);
        prop_assert!(kept.spent.most <= kept.observed);
        if !degraded_counts {
            let times = availability(&track, known);
            let least = times.down_certain.max(times.down.min(Millis(1)));
            prop_assert_eq!((kept.spent.least, kept.spent.most), (least, times.down_possible));
        }
        let to_come = (kept.span.to - now).0;
        prop_assert_eq!(
            i128::from(kept.budget.0),
            i128::from(observed + to_come) * allowed / 100_000
        );
        prop_assert_eq!(kept.left.reported, kept.budget - kept.spent.reported);
        // a span that is over is kept if and only if the target was attained
        if days.is_some() && observed > 0 {
            let is_attained = |bad: Millis| {
                i128::from(observed - bad.0) * 100_000 >= i128::from(target) * i128::from(observed)
            };
            let expected = match (is_attained(kept.spent.most), is_attained(kept.spent.least)) {
                (true, _) => Verdict::Met,
                (_, false) => Verdict::Missed,
                _ => Verdict::Unclear,
            };
            prop_assert_eq!(kept.verdict, Some(expected));
        }
        for burn in &kept.burn {
            let rate = |window: Millis| {
                let window = Period::new(UnixMillis(now.0 - window.0), now);
                let observed = i128::from(count(&track, window, is_observed));
                let bad = i128::from(count(&track, window, is_bad));
                (observed > 0).then(|| bad * 10_000_000 / (observed * allowed))
            };
            let (long, short) = (rate(burn.long), rate(burn.short));
            prop_assert_eq!(burn.long_rate.map(i128::from), long);
            prop_assert_eq!(burn.short_rate.map(i128::from), short);
            let lowest = long.zip(short).map(|(long, short)| long.min(short));
            let threshold = i128::from(burn.threshold);
            prop_assert!(!burn.is_too_fast || lowest.unwrap() >= threshold);
            prop_assert!(burn.is_too_fast || lowest.is_none_or(|lowest| lowest <= threshold));
        }
        // the forecast, second by second
        let Some(forecast) = kept.forecast else { return Ok(()) };
        let window = Period::new(UnixMillis(now.0 - forecast.over.0), now);
        let (bad, watched) = (
            i128::from(count(&track, window, is_bad)),
            i128::from(count(&track, window, is_observed)),
        );
        prop_assert!(bad > 0 && now < forecast.to);
        if kept.left.reported <= Millis::ZERO {
            let gone = forecast.exhausted_at.unwrap();
            let by_then = |at: UnixMillis| {
                availability_like(&track, Period::new(kept.span.from, at), is_bad)
            };
            prop_assert!(gone <= now);
            prop_assert!(by_then(gone) >= kept.budget.0);
            return Ok(());
        }
        let cells = cells(&track, known);
        let mut returned = 0i128;
        let mut gone = None;
        for (step, cell) in (0i64..(forecast.to - now).0 / CELL).enumerate() {
            let is_back = days.is_some() && cells.get(step).copied().flatten().is_some_and(is_bad);
            returned += i128::from(if is_back { CELL } else { 0 });
            let after = i128::from((cell + 1) * CELL);
            let missing = i128::from(kept.left.reported.0) + returned;
            if bad * after >= missing * watched {
                gone = Some(UnixMillis(now.0 + cell * CELL));
                break;
            }
        }
        match (gone, forecast.exhausted_at) {
            (Some(cell), Some(at)) => prop_assert!(cell <= at && at <= cell + Millis(CELL)),
            // right at the end
            (Some(cell), None) => prop_assert_eq!(cell + Millis(CELL), forecast.to),
            (None, found) => prop_assert_eq!(found, None),
        }
        let length = i128::from((forecast.to - now).0);
        let stays = if days.is_some() { 0 } else { i128::from(kept.spent.reported.0) };
        let at_end = i128::from(forecast.spent_at_end.0) - stays;
        prop_assert!(at_end * watched >= length * bad && (at_end - 1) * watched < length * bad);
    }
}

/// Milliseconds that are so, to an instant off the grid.
fn availability_like(track: &Track, of: Period, is: impl Fn(State) -> bool) -> i64 {
    let stretches = outwatch::domain::availability::timeline(track, of);
    let bad = stretches.iter().filter(|(_, state)| is(*state));
    bad.map(|(stretch, _)| stretch.length().0).sum()
}
