//! The daemon in trouble against a service that fails on a timer: a short version of
//! `cargo bench --bench soak`, and proof that the checks in it would notice what is not true.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "support/soak/mod.rs"]
mod soak;
#[path = "support/truth/mod.rs"]
mod truth;

use std::sync::mpsc;
use std::time::Duration;

use outwatch::domain::time::{Millis, Period, UnixMillis};
use soak::Outcome;
use soak::axis::{Axis, State};
use soak::check::Check;
use soak::diary::{Absence, AbsenceKind, ClockChange, Diary, Fault, FaultKind, Moment};
use soak::observed::{self, Observed, Window};
use soak::settings::{ServiceKind, Settings};

fn settings() -> Settings {
    Settings {
        outwatch: env!("CARGO_BIN_EXE_outwatch").into(),
        length: Duration::from_secs(28),
        probes: 12,
        interval: Millis::from_secs(2),
        seed: 5,
        service: Some(ServiceKind::BuiltIn),
        may_mount: false,
        compare_every: Duration::from_secs(15),
        trouble_every: Duration::from_secs(5),
    }
}

#[test]
fn what_the_daemon_tells_is_true_whatever_happens_to_it() {
    let settings = settings();
    let (_running, interrupted) = mpsc::channel();
    let outcome = soak::run(&settings, &interrupted, |_| {}).unwrap();
    let told = soak::telling::text(&settings, &outcome);
    assert!(outcome.wrong.is_empty(), "{told}");
    assert!(outcome.observed.count > 80, "{told}");
    assert!(
        outcome.starts >= 2 && !outcome.committed.is_empty(),
        "{told}"
    );
    assert!(!outcome.diary.troubles.is_empty(), "{told}");
    let all = outcome.figures.all();
    assert!(all.outages >= 3 && all.certain >= 1, "{told}");
    assert!(all.found >= all.certain, "{told}");

    notices_what_is_not_true(&settings, &outcome);
}

/// Makes what was observed untrue in one way after the other.
fn notices_what_is_not_true(settings: &Settings, outcome: &Outcome) {
    type Falsify = fn(&mut Observed, &mut Diary);
    fn all(observed: &mut Observed) -> impl Iterator<Item = &mut Window> {
        observed.windows.values_mut().flatten()
    }
    let cases: [(&str, Falsify); 10] = [
        ("", |_, _| {}),
        ("missed, though", |observed, _| observed.windows.clear()),
        ("a window without an outage", |observed, _| {
            // before all faults
            let first = observed.observations["soak/desktop/p0"][0].ts;
            let mut window = all(observed).next().unwrap().clone();
            (window.start, window.end_earliest) = (first, first);
            let windows = observed.windows.entry("soak/desktop/p0".to_owned());
            windows.or_default().insert(0, window);
        }),
        ("start_earliest does not hold", |observed, _| {
            all(observed).for_each(|window| window.start_earliest = Some(window.start));
        }),
        ("end_latest does not hold", |observed, _| {
            all(observed).for_each(|window| window.end_latest = Some(UnixMillis(0)));
        }),
        ("resumed from nothing", |observed, _| {
            all(observed).for_each(|window| "resumed".clone_into(&mut window.start_kind));
        }),
        ("an answer that it did not give", |observed, _| {
            // whatever was good at a time when all was, has failed
            let first = &mut observed.observations.get_mut("soak/desktop/p0").unwrap()[0];
            first.outcome = observed::Outcome::Fail("status".to_owned());
        }),
        ("it is not said so", |_, diary| {
            // in truth somebody was
            let begun = diary.clock[0].after;
            let absent = |after: i64| Moment {
                earliest: begun + Millis::from_secs(after),
                latest: begun + Millis::from_secs(after),
            };
            diary.absences.push(Absence {
                kind: AbsenceKind::Dead,
                begin: absent(0),
                end: Some(absent(10)),
            });
        }),
        ("was not down with it", |observed, _| {
            observed.wholes.clear();
        }),
        ("it was committed, and is gone", |observed, _| {
            observed.export.clear();
        }),
    ];
    for (expected, falsify) in cases {
        let (mut observed, mut diary) = (outcome.observed.clone(), outcome.diary.clone());
        falsify(&mut observed, &mut diary);
        let check = Check {
            settings,
            diary: &diary,
            observed: &observed,
            committed: &outcome.committed,
            now: outcome.read_at,
        };
        let (wrong, _) = check.run();
        let said = wrong.join("\n");
        let is_expected = match expected {
            "" => said.is_empty(),
            expected => said.contains(expected),
        };
        assert!(is_expected, "expected `{expected}`, not `{said}`");
    }
}

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(1_800_000_000_000 + seconds * 1000)
}

fn moment(seconds: i64) -> Moment {
    Moment {
        earliest: at(seconds),
        latest: at(seconds) + Millis(100),
    }
}

/// Letters in the order of time, each with the tenths of a second at which it begins: `o` up, `F` down, `?`
/// either.
fn print(axis: &Axis, diary: &Diary) -> String {
    let truth = axis.truth(diary, 0);
    let words = truth.stretches().iter().map(|(period, state)| {
        let letter = match state {
            State::Up => 'o',
            State::Down => 'F',
            State::Either => '?',
        };
        format!("{letter}{}", (period.from - at(0)).0 / 100)
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_truth_is_told_as_the_clock_of_the_daemon_showed_it() {
    let fault = |begin, end| Fault {
        kind: FaultKind::Status,
        probe: 0,
        begin: moment(begin),
        end: Some(moment(end)),
    };
    let change = |before, after, ahead| ClockChange {
        before: at(before),
        after: at(after),
        ahead: Millis::from_secs(ahead),
    };
    let first = change(0, 0, 0);
    for (what, faults, clock, expected) in [
        (
            "a right clock",
            vec![fault(20, 40)],
            vec![first],
            "o0 ?200 F201 ?400 o401",
        ),
        (
            "one fault that begins before the other ends",
            vec![fault(20, 40), fault(30, 50)],
            vec![first],
            "o0 ?200 F201 ?500 o501",
        ),
        (
            "one right after the other",
            vec![fault(20, 40), fault(40, 50)],
            vec![first],
            "o0 ?200 F201 ?400 F401 ?500 o501",
        ),
        (
            "set forward",
            vec![fault(60, 70)],
            vec![first, change(50, 50, 30)],
            "o0 ?495 o825 ?900 F901 ?1000 o1001",
        ),
        (
            "set back: from 30 to 50 is told again",
            vec![fault(20, 40), fault(60, 70)],
            vec![first, change(50, 50, -20)],
            "o0 ?200 F201 ?300 o325 ?400 F401 ?500 o501",
        ),
        (
            "set back while there was no daemon from 40 to 50",
            vec![fault(30, 35)],
            vec![first, change(40, 50, -5)],
            "o0 ?300 F301 ?350 o351 ?395 o485",
        ),
    ] {
        let diary = Diary {
            faults,
            clock,
            absences: vec![Absence {
                kind: AbsenceKind::Dead,
                begin: moment(40),
                end: Some(Moment {
                    earliest: at(50),
                    latest: at(51),
                }),
            }],
            ..Diary::default()
        };
        // of those whose clock was set while they lived
        let mut diary = diary;
        if diary
            .clock
            .iter()
            .all(|change| change.before == change.after)
        {
            diary.absences.clear();
        }
        let axis = Axis::new(&diary, at(100));
        assert_eq!(print(&axis, &diary), expected, "{what}");
    }
}

#[test]
fn an_outage_reaches_as_far_as_it_may() {
    let diary = Diary {
        faults: vec![Fault {
            kind: FaultKind::Hang,
            probe: 0,
            begin: moment(20),
            end: Some(moment(40)),
        }],
        clock: vec![ClockChange {
            before: at(0),
            after: at(0),
            ahead: Millis::ZERO,
        }],
        held_up: vec![Period::new(at(38), at(39))],
        ..Diary::default()
    };
    let axis = Axis::new(&diary, at(100));
    let truth = axis.truth(&diary, 0);
    let [outage] = &truth.outages[..] else {
        panic!("{:?} is one", truth.outages);
    };
    let period = |from: i64, to: i64| Period::new(at(0) + Millis(from), at(0) + Millis(to));
    assert_eq!(outage.reach, period(20_000, 40_100));
    assert_eq!(outage.sure, period(20_100, 40_000));
    assert!(
        !outage.is_one,
        "while this process was held up it may have been up"
    );
    assert_eq!(outage.kind, FaultKind::Hang);
    assert!(truth.may_be(State::Up, period(38_700, 38_800)));
    assert!(!truth.may_be(State::Up, period(30_000, 31_000)));
    assert!(!truth.may_be(State::Down, period(10_000, 11_000)));
    assert!(axis.truth(&diary, 1).outages.is_empty());
}
