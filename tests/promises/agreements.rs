use outwatch::domain::agreement::{Agreement, Reckoning, Settlement};
use outwatch::domain::availability::Percent;
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;

use crate::drawn::{DAY, Drawn, MINUTE, at, outage, period, random, september, track};

fn agreement(minutes: i64, partial: &str, maintenance: &str) -> Agreement {
    let terms = format!(
        "each month in UTC; outages from {minutes}m; partial minutes {partial}; maintenance \
         {maintenance}; credit 10% below 99.9%, 25% below 99%"
    );
    terms.parse().unwrap()
}

/// Least, reported and most, as in `58m 10% | 1h 10% | 1h 2m 10%`, with how many count of all.
fn show(settlement: &Settlement) -> String {
    let reckonings = settlement.reckonings;
    let one = |of: Reckoning| {
        format!(
            "{} of {}, {}",
            of.down,
            of.counted + of.too_short,
            of.credit.unwrap().written()
        )
    };
    let all = [reckonings.least, reckonings.reported, reckonings.most];
    all.map(one).join(" | ")
}

#[track_caller]
fn check(agreement: &Agreement, outages: &[Drawn], expected: &str) {
    let track = track(outages);
    let settlement = Settlement::of(agreement, &track, september(), at("2024-12-01T00:00:00Z"));
    assert_eq!(show(&settlement), expected);
    assert!(settlement.is_over());
}

#[test]
fn the_credit_goes_by_the_reported_the_shortest_and_the_longest_downtime() {
    let all = agreement(0, "exact", "excluded");
    let on =
        |lasts: i64, early: i64, late: i64| [outage("2024-09-10T00:00:00Z", lasts, early, late)];
    check(&all, &[], "0s of 0, 0% | 0s of 0, 0% | 0s of 0, 0%");
    // below 99.9 % from 43.2 minutes on, below 99 % from 432
    check(
        &all,
        &on(60 * MINUTE, 2 * MINUTE, 2 * MINUTE),
        "58m of 1, 10% | 1h of 1, 10% | 1h 2m of 1, 10%",
    );
    check(
        &all,
        &on(44 * MINUTE, MINUTE, MINUTE),
        "43m of 1, 0% | 44m of 1, 10% | 45m of 1, 10%",
    );
    check(
        &all,
        &on(431 * MINUTE, 2 * MINUTE, MINUTE),
        "7h 10m of 1, 10% | 7h 11m of 1, 10% | 7h 13m of 1, 25%",
    );
    // exactly 99.9 % is not below it
    check(
        &all,
        &on(2_592_000, 0, 1),
        "43m 11.999s of 1, 0% | 43m 12s of 1, 0% | 43m 12s of 1, 0%",
    );
    check(
        &all,
        &on(2_592_001, 0, 1),
        "43m 12s of 1, 0% | 43m 12.001s of 1, 10% | 43m 12.001s of 1, 10%",
    );
}

#[test]
fn only_outages_that_are_long_enough_count() {
    let from_5 = agreement(5, "exact", "excluded");
    let short: Vec<_> = (10..20)
        .map(|day| outage(&format!("2024-09-{day}T00:00:00Z"), 290_000, 20_000, 30_000))
        .collect();
    // 4m 20s at least and 5m 10s at most
    check(
        &from_5,
        &short,
        "0s of 10, 0% | 0s of 10, 0% | 51m 40s of 10, 10%",
    );
    // the whole outage tells, the part in the month counts
    let over_the_end = [
        outage("2024-08-31T23:57:00Z", 5 * MINUTE, 0, 0),
        outage("2024-09-30T23:58:00Z", 4 * MINUTE, 0, 0),
    ];
    check(
        &from_5,
        &over_the_end,
        "2m of 2, 0% | 2m of 2, 0% | 2m of 2, 0%",
    );
}

#[test]
fn minutes_are_cut_or_rounded_up_for_each_outage() {
    let two = [
        outage("2024-09-10T00:00:00Z", 90_000, 0, 0),
        outage("2024-09-11T00:00:00Z", 61_000, 1_000, 1_000),
    ];
    for (partial, expected) in [
        (
            "exact",
            "2m 30s of 2, 0% | 2m 31s of 2, 0% | 2m 32s of 2, 0%",
        ),
        ("dropped", "2m of 2, 0% | 2m of 2, 0% | 2m of 2, 0%"),
        ("counted", "3m of 2, 0% | 4m of 2, 0% | 4m of 2, 0%"),
    ] {
        check(&agreement(0, partial, "excluded"), &two, expected);
    }
    // seen at one instant only: no certain time, and an outage nevertheless
    let instant = [outage("2024-09-10T00:00:00Z", 30_000, 0, 30_000)];
    check(
        &agreement(0, "counted", "excluded"),
        &instant,
        "1m of 1, 0% | 1m of 1, 0% | 1m of 1, 0%",
    );
}

#[test]
fn maintenance_is_excluded_unless_the_contract_counts_it() {
    let mut track = track(&[outage("2024-09-10T00:00:00Z", 60 * MINUTE, 0, 0)]);
    let left_out: PeriodSet = [period(at("2024-09-10T00:50:00Z"), 10 * MINUTE)]
        .into_iter()
        .collect();
    let declared: PeriodSet = [period(at("2024-09-10T00:10:00Z"), 20 * MINUTE)]
        .into_iter()
        .collect();
    track.maintenance = declared.union(&left_out);
    for (maintenance, down, whole) in [
        ("excluded", 30, 30 * 1440 - 30),
        ("counted", 50, 30 * 1440 - 10),
    ] {
        let agreement = agreement(0, "exact", maintenance);
        let seen = agreement.sees(&track, &left_out);
        let settled = Settlement::of(&agreement, &seen, september(), september().to);
        let reckoned = settled.reckonings.reported;
        assert_eq!(reckoned.down, Millis(down * MINUTE), "{maintenance}");
        assert_eq!(reckoned.whole, Millis(whole * MINUTE), "{maintenance}");
    }
    // what is left of it must be long enough
    let agreement = agreement(31, "exact", "excluded");
    let settled = Settlement::of(&agreement, &track, september(), september().to);
    assert_eq!(settled.reckonings.reported.too_short, 1);
    // nothing is left to settle
    track.maintenance = [september()].into_iter().collect();
    let settled = Settlement::of(&agreement, &track, september(), september().to);
    assert_eq!(settled.reckonings.most, Reckoning::default());
}

#[test]
fn a_month_that_goes_on_is_settled_as_if_nothing_more_went_wrong() {
    let outages = [
        outage("2024-09-10T00:00:00Z", 30 * MINUTE, 0, 0),
        outage("2024-09-20T00:00:00Z", 30 * MINUTE, 0, 0),
    ];
    let agreement = agreement(0, "exact", "excluded");
    let until = at("2024-09-20T00:10:00Z");
    let settled = Settlement::of(&agreement, &track(&outages), september(), until);
    assert!(!settled.is_over());
    let reckoned = settled.reckonings.reported;
    assert_eq!(reckoned.down, Millis(40 * MINUTE));
    assert_eq!(reckoned.whole, Millis(30 * DAY));
    assert_eq!(agreement.month(until), Some(september()));
    assert_eq!(agreement.month(september().to), Some(september()));
}

#[test]
fn unobserved_time_in_which_it_may_have_been_down_goes_to_the_longest() {
    let mut track = track(&[outage("2024-09-10T00:00:00Z", 30 * MINUTE, 0, 0)]);
    // nobody watched for an hour, and then it was up
    track.unknown = [period(at("2024-09-10T00:30:00Z"), 60 * MINUTE)]
        .into_iter()
        .collect();
    track.possible[0].period.to = at("2024-09-10T01:30:00Z");
    let agreement = agreement(0, "exact", "excluded");
    let settled = Settlement::of(&agreement, &track, september(), september().to);
    assert_eq!(
        show(&settled),
        "30m of 1, 0% | 30m of 1, 0% | 1h 30m of 1, 10%"
    );
}

proptest! {
    #[test]
    fn the_least_is_never_above_what_is_reported_nor_this_above_the_most(
        (track, now) in random(september().from),
        after in -20i64..60,
        minutes in 0i64..4,
        partial in prop::sample::select(vec!["exact", "dropped", "counted"]),
        below in 1u32..=100_000,
    ) {
        let mut agreement = agreement(minutes, partial, "excluded");
        // so that short histories come near it
        agreement.tiers[0].below = Percent { thousandths: below.max(2) };
        agreement.tiers[1].below = Percent { thousandths: below.max(2) / 2 };
        let from = UnixMillis(september().from.0 + after * MINUTE / 6);
        let month = period(from, 30 * MINUTE);
        let settled = Settlement::of(&agreement, &track, month, now);
        let [least, reported, most] =
            [settled.reckonings.least, settled.reckonings.reported, settled.reckonings.most];
        prop_assert!(least.down <= reported.down && reported.down <= most.down);
        prop_assert!(least.credit <= reported.credit && reported.credit <= most.credit);
        prop_assert!(most.uptime <= reported.uptime && reported.uptime <= least.uptime);
        prop_assert!(least.counted <= reported.counted);
        for reckoned in [least, reported, most] {
            prop_assert!(reckoned.down <= reckoned.whole);
            let exactly = |tier: &Percent| {
                i128::from((reckoned.whole - reckoned.down).0) * 100_000
                    < i128::from(reckoned.whole.0) * i128::from(tier.thousandths)
            };
            let due = agreement.tiers.iter().filter(|tier| exactly(&tier.below)).count();
            let credit = [0, 10_000, 25_000][due];
            let expected = (reckoned.whole > Millis::ZERO).then_some(Percent { thousandths: credit });
            prop_assert_eq!(reckoned.credit, expected);
        }
        if minutes == 0 && partial == "exact" {
            prop_assert_eq!(reported.down, down_by_hand(&track, month, now));
        }
    }
}

/// Every window's part in the month that is not maintained.
fn down_by_hand(track: &Track, month: Period, now: UnixMillis) -> Millis {
    let known = month.clip(Period::new(month.from, now.max(month.from)));
    let windows: PeriodSet = track.windows.iter().map(OutageWindow::period).collect();
    windows.clip(known).difference(&track.maintenance).length()
}
