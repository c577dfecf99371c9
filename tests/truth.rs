//! What is reported of outages is true of them: a short version of `cargo bench --bench truth`, and
//! proof that the checks in it would notice what is not.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "support/truth/mod.rs"]
mod truth;

use std::cell::Cell;
use std::rc::Rc;

use outwatch::clock::Clock;
use outwatch::domain::history::History;
use outwatch::domain::observation::{Epoch, Failure, Outcome, Reason};
use outwatch::domain::outage::Blip;
use outwatch::domain::schedule::agenda::Limits;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Pace, Period, UnixMillis};
use outwatch::scheduler::{Ask, Scheduler, Started};
use tokio::time::{Instant, sleep, timeout_at};

use truth::Run;
use truth::case::{Case, Setting};
use truth::endpoint::Truth;
use truth::observer::{Followed, LIFE, Observed, Span, phases};
use truth::platform::Platform;
use truth::rules::Rule;
use truth::shown::{Outage, Shown};
use truth::tally::Tally;
use truth::world::{BEGIN, Condition, ENDPOINTS, PER_PLATFORM, Reply, Stretch, World};

/// So that every setting comes twice, with trouble of our own and without.
const SEEDS: std::ops::Range<u64> = 0..4 * Setting::COUNT as u64;

#[test]
fn the_truth_lies_within_the_bounds_of_every_window() {
    let mut tally = Tally::new();
    for seed in SEEDS {
        let run = Run::of(seed);
        let (setting, first) = (run.case.setting, run.wrong.first());
        assert_eq!(
            first, None,
            "{setting}; replay: cargo bench --bench truth -- --seed {seed}"
        );
        tally.add(&run);
    }
    assert!(tally.outages > 3_000, "{}", tally.outages);
    for is_troubled in [false, true] {
        let [ours, others @ ..] = tally.of(is_troubled, |_| true).endpoints;
        assert_eq!((ours.missed, ours.false_windows), (0, 0));
        assert!(ours.seen > 5_000, "{}", ours.seen);
        // or the runs with trouble would prove nothing
        let fooled = others.iter().all(|figures| figures.false_windows > 100);
        assert_eq!(fooled, is_troubled);
    }
    // few enough outages that the means are off by a tenth
    let usual = |s: Setting| s.interval == Millis::from_secs(60) && s.is_staggered;
    let cell = tally.of(false, usual);
    let (endpoints, platforms) = (&cell.endpoints[0], &cell.platforms);
    for (what, seconds, expected) in [
        ("start", endpoints.start.mean(), 27.0..33.0),
        ("end", endpoints.end.mean(), 27.0..33.0),
        // a third of the interval for one endpoint, an eighth for two of three
        ("duration", endpoints.duration.mean_size(), 18.0..22.0),
        (
            "duration of platforms",
            platforms.duration.mean_size(),
            5.0..8.0,
        ),
    ] {
        assert!(expected.contains(&seconds), "{what}: {seconds}");
    }
    let confirmed = |s: Setting| usual(s) && s.is_confirmed && s.failure_threshold == 2;
    let found = tally.of(false, confirmed).endpoints[0];
    let seconds = found.detection.mean() - found.requests.mean();
    assert!((29.0..36.0).contains(&seconds), "{seconds}");
}

#[test]
fn a_seed_replays_the_run() {
    for seed in [7, 7 + Setting::COUNT as u64] {
        let [once, again] = [Run::of(seed), Run::of(seed)];
        let told = truth::telling::all(&once);
        assert_eq!(told, truth::telling::all(&again));
        assert!(told.contains("everything holds"), "{told}");
        assert_ne!(told, truth::telling::all(&Run::of(seed + 1)));
    }
}

/// What the check says of a history that is made untrue.
fn complaints(seed: u64, falsify: impl FnOnce(&mut History, &Truth)) -> String {
    let run = Run::of(seed);
    let judged = &run.endpoints[0];
    let mut history = judged.history.clone();
    falsify(&mut history, &judged.truth);
    let mut wrong = Vec::new();
    judged.truth.check(&history, &mut wrong);
    wrong.join("\n")
}

#[test]
fn what_is_not_true_is_noticed() {
    type Falsify = fn(&mut History, &Truth);
    let cases: [(&str, Falsify); 9] = [
        ("", |_, _| {}),
        ("start_earliest does not hold", |history, truth| {
            history.windows[0].start_earliest = Some(truth.outages[0].period.from);
        }),
        ("a window without an outage", |history, truth| {
            history.windows[0].start = UnixMillis(truth.outages[0].period.from.0 - 1);
        }),
        ("end_latest does not hold", |history, truth| {
            history.windows[0].end_latest = Some(UnixMillis(truth.outages[0].period.to.0 - 1));
        }),
        ("end does not hold", |history, truth| {
            history.windows[0].end = UnixMillis(truth.outages[0].period.to.0 - 1);
        }),
        ("a window without an outage", |history, truth| {
            history.windows[0].end_earliest = truth.outages[0].period.to;
        }),
        ("duration_min does not hold", |history, truth| {
            history.windows[0].certain = truth.outages[0].period.length() + Millis(1);
        }),
        ("missed, though", |history, _| history.windows.clear()),
        ("a blip without an outage", |history, _| {
            history.blips.push(Blip {
                first: BEGIN,
                last: BEGIN,
                failures: 1,
                first_failure: None,
            });
        }),
    ];
    // an interval of 10 s, without trouble; the first outage of endpoint 0 has a window
    for (expected, falsify) in cases {
        let said = complaints(0, falsify);
        let is_expected = match expected {
            "" => said.is_empty(),
            expected => said.contains(expected),
        };
        assert!(is_expected, "expected `{expected}`, not `{said}`");
    }
}

#[test]
fn a_platform_that_is_not_as_its_endpoints_is_noticed() {
    let run = Run::of(0);
    let members = &run.endpoints[..PER_PLATFORM];
    let said = |falsify: fn(&mut Platform)| {
        let mut platform = Platform::of(&run.case, members);
        falsify(&mut platform);
        let mut wrong = Vec::new();
        platform.check(members, &run.world, &mut wrong);
        wrong.join("\n")
    };
    assert_eq!(said(|_| {}), "");
    let sure = said(|platform| {
        platform.track.certain = [Period::new(BEGIN, run_end())].into_iter().collect();
    });
    assert!(sure.contains("certain, and not true"), "{sure}");
    let cut = said(|platform| platform.track.possible.clear());
    assert!(cut.contains("true, and not possible"), "{cut}");
    let long = said(|platform| platform.track.windows[0].certain = Millis(1 << 40));
    assert!(long.contains("duration_min does not hold"), "{long}");
}

/// Later than any run.
fn run_end() -> UnixMillis {
    BEGIN + Millis(1 << 40)
}

fn seconds(from: i64, to: i64) -> Period {
    Period::new(BEGIN + Millis(from * 1000), BEGIN + Millis(to * 1000))
}

/// Seconds by the right clock in which each epoch ran, and how far its clock was ahead.
fn spans(all: &[(i64, i64, i64)]) -> Vec<Span> {
    (1..)
        .zip(all)
        .map(|(epoch, &(from, to, ahead))| Span {
            epoch: Epoch(epoch),
            real: seconds(from, to),
            shift: Millis(ahead * 1000),
        })
        .collect()
}

#[test]
fn the_truth_is_told_as_the_clock_showed_it() {
    for (what, epochs, down, shown) in [
        (
            "a right clock",
            &[(0, 100, 0)][..],
            (20, 40),
            &[(20, 40)][..],
        ),
        (
            "set forward",
            &[(0, 50, 0), (50, 100, 30)],
            (60, 70),
            &[(90, 100)],
        ),
        (
            "set forward in an outage",
            &[(0, 50, 0), (50, 100, 30)],
            (40, 60),
            &[(40, 90)],
        ),
        // from 20 to 50 is told again by the second epoch
        ("set back", &[(0, 50, 0), (50, 100, -30)], (25, 45), &[]),
        (
            "set back in an outage",
            &[(0, 50, 0), (50, 100, -30)],
            (10, 60),
            &[(10, 30)],
        ),
        (
            "set back after it began",
            &[(0, 50, 0), (50, 100, -30)],
            (40, 60),
            &[(20, 30)],
        ),
        (
            "one that goes on",
            &[(0, 50, 0), (50, 100, -30)],
            (90, 200),
            &[(60, 70)],
        ),
    ] {
        let stretch = Stretch {
            period: seconds(down.0, down.1),
            condition: Condition::Refuses,
            event: 0,
        };
        let outages = Shown::of(&spans(epochs)).outages(&[&stretch].into_iter());
        let expected: Vec<_> = shown
            .iter()
            .map(|&(from, to)| Outage {
                period: seconds(from, to),
                event: 0,
                is_open: down.1 > 100,
            })
            .collect();
        assert_eq!(outages, expected, "{what}");
    }
}

#[test]
fn other_rules_report_what_they_are_said_to() {
    let answers: Vec<_> = (0..)
        .zip("ooFFFooFo??o".chars())
        .map(|(nth, letter)| Sighting {
            ts: BEGIN + Millis(nth * 30_000),
            finished: BEGIN + Millis(nth * 30_000),
            outcome: match letter {
                'F' => Outcome::Fail(Failure::default()),
                '?' => Outcome::Inconclusive {
                    reason: Some(Reason::ObserverOffline),
                    detail: None,
                },
                _ => Outcome::Ok,
            },
            epoch: None,
            set_aside: false,
        })
        .collect();
    let setting = Setting {
        interval: Millis::from_secs(30),
        failure_threshold: 2,
        is_staggered: true,
        is_confirmed: true,
    };
    let case = Case::of(setting.index() as u64);
    let now = BEGIN + Millis::from_secs(360);
    let parameters = case.parameter_history();
    let history = outwatch::domain::history::reduce(answers.clone(), &parameters, &[LIFE], now);
    for (rule, expected) in [
        (Rule::Outwatch, &[(60, 150, 90)][..]),
        (Rule::ConfirmingFailure, &[(90, 150, 60), (300, 330, 30)]),
        (
            Rule::EveryFlip,
            &[(60, 150, 90), (210, 240, 30), (270, 330, 60)],
        ),
        (
            Rule::Beats,
            &[(60, 150, 90), (210, 240, 30), (270, 330, 60)],
        ),
    ] {
        let reported: Vec<_> = rule
            .report(&case, &answers, &history, now)
            .iter()
            .map(|window| {
                let since = |at: UnixMillis| (at - BEGIN).0 / 1000;
                (
                    since(window.period.from),
                    since(window.period.to),
                    window.down.0 / 1000,
                )
            })
            .collect();
        assert_eq!(reported, expected, "{rule:?}");
    }
}

/// Answers as the world does.
struct Scripted<'a> {
    case: &'a Case,
    world: &'a World,
    asked: [Cell<u64>; ENDPOINTS],
}

impl Ask for Scripted<'_> {
    type Probe = usize;
    type Answer = Reply;

    async fn ask(&self, endpoint: Rc<usize>, started: Started) -> Reply {
        let asked = &self.asked[*endpoint];
        asked.set(asked.get() + 1);
        let timeout = self.case.parameters().timeout;
        let reply = self
            .world
            .answer(*endpoint, asked.get(), started.ts, timeout);
        sleep(reply.takes.to_millis().to_duration()).await;
        reply
    }
}

/// Watches the world with the scheduler that the daemon runs, in tokio's virtual time.
async fn scheduled(case: &Case, world: &World) -> Observed {
    let clock = Clock::replay(BEGIN, Pace::REAL);
    let asker = Scripted {
        case,
        world,
        asked: Default::default(),
    };
    let limits = Limits {
        in_flight: ENDPOINTS,
        in_flight_per_host: ENDPOINTS,
    };
    let mut scheduler = Scheduler::new(clock.clone(), limits, &asker);
    let slots: Vec<_> = (0..)
        .zip(phases(case))
        .map(|(endpoint, phase)| scheduler.add(Rc::new(endpoint), case.timing(), "host", phase))
        .collect();
    let mut endpoints: Vec<Followed> = (0..ENDPOINTS).map(|_| Followed::default()).collect();
    let end = Instant::now() + (world.end - BEGIN).to_duration();
    while let Ok(finished) = timeout_at(end, scheduler.next()).await {
        let endpoint = slots
            .iter()
            .position(|slot| *slot == finished.slot)
            .unwrap();
        let sighting = Sighting {
            ts: finished.started.ts,
            finished: clock.now(),
            outcome: finished.answer.outcome,
            epoch: Some(Epoch(1)),
            set_aside: false,
        };
        endpoints[endpoint].take(sighting, &case.parameters());
        let undecided = endpoints[endpoint].reducer.is_undecided();
        scheduler.settle(finished.slot, undecided);
    }
    Observed {
        endpoints,
        spans: spans(&[(0, (world.end - BEGIN).0 / 1000 + 1, 0)]),
        now: world.end,
        askings: scheduler.agenda().tally().lateness.count(),
        resumed_otherwise: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_scheduler_of_the_daemon_sees_what_the_simulator_sees() {
    // without trouble, at 30 s: thresholds and confirmation each way
    for seed in [12, 16, 17, 18, 20] {
        let run = Run::of(seed);
        assert!(!run.case.is_troubled);
        let observed = scheduled(&run.case, &run.world).await;
        assert_eq!(observed.askings, run.observed.askings, "seed {seed}");
        let again = Run::judged(run.case, run.world.clone(), observed);
        assert_eq!(again.wrong, Vec::<String>::new(), "seed {seed}");
        for (ours, theirs) in run.endpoints.iter().zip(&again.endpoints) {
            let windows = &ours.history.windows;
            assert_eq!(windows.len(), theirs.history.windows.len(), "seed {seed}");
            for (a, b) in windows.iter().zip(&theirs.history.windows) {
                // a timer's grain is a millisecond
                let is_near = |a: UnixMillis, b: UnixMillis| (a - b).0.abs() <= 2;
                assert!(
                    is_near(a.start, b.start) && is_near(a.end, b.end),
                    "{a:?} {b:?}"
                );
                assert_eq!((a.failures, a.observations), (b.failures, b.observations));
            }
        }
    }
}
