//! What observations say about outages, as examples worked by hand.

mod notation;

use std::fs;
use std::path::Path;

use notation::{at, clock, count, describe, history, judged, periods, sightings, windows};
use outwatch::domain::availability::{State, availability, counted, state_now};
use outwatch::domain::epoch::EpochStarts;
use outwatch::domain::history::History;
use outwatch::domain::observation::Epoch;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::Pending;
use outwatch::domain::time::{Millis, Period};
use outwatch::domain::track::Track;

/// Two failures in a row open, two successes close, interval 30 s, timeout 10 s, grace 70 s.
fn track(history: &History) -> Track {
    Track::of(history, PeriodSet::default())
}

#[track_caller]
fn check(timeline: &str, expected: &str) {
    assert_eq!(windows(&history(timeline, None)), expected, "{timeline}");
}

#[test]
fn a_window_runs_from_the_first_failure_to_the_first_success() {
    check(
        "oFFFooo",
        "00:30-02:00 start 00:00..00:30 end 01:30..02:00 lasts 90/60/120",
    );
    let seen = &history("oFFFooo", None).windows[0];
    assert_eq!(seen.opened_at.map(clock).as_deref(), Some("01:00"));
    assert_eq!(seen.closed_at.map(clock).as_deref(), Some("02:30"));
}

#[test]
fn a_failure_alone_is_a_blip() {
    let history = history("oFooo", None);
    assert_eq!(windows(&history), "none");
    assert_eq!(history.blips.len(), 1);
    assert_eq!(clock(history.blips[0].first), "00:30");
}

#[test]
fn one_success_is_no_recovery() {
    check(
        "oFFoFFoo",
        "00:30-03:00 start 00:00..00:30 end 02:30..03:00 lasts 150/120/180",
    );
}

#[test]
fn a_window_ends_where_nobody_watched_and_resumes_after_it() {
    let timeline = "oFFF @10:00 FFoo";
    check(
        timeline,
        "00:30-02:00 start 00:00..00:30 end 01:30..10:00 lasts 90/60/600; \
         10:00-11:00 start 01:30..10:00 end 10:30..11:00 lasts 60/30/570",
    );
    let history = history(timeline, None);
    let kinds: Vec<_> = history
        .windows
        .iter()
        .map(|w| (w.start_kind.as_str(), w.end_kind.as_str()))
        .collect();
    assert_eq!(kinds, [("seen", "unseen"), ("resumed", "seen")]);
    assert_eq!(periods(history.unknown.periods()), "02:00-10:00");
}

#[test]
fn a_success_between_two_gaps_is_no_outage_though_it_is_no_recovery() {
    let timeline = "oFFF @10:00 o @20:00 oo";
    check(
        timeline,
        "00:30-02:00 start 00:00..00:30 end 01:30..10:00 lasts 90/60/600",
    );
    let seen = history(timeline, None);
    assert_eq!(periods(seen.unknown.periods()), "02:00-20:00");
    // it was down before, and may have been all the time but then
    check(
        "oFFF @10:00 o @20:00 Foo",
        "00:30-02:00 start 00:00..00:30 end 01:30..10:00 lasts 90/60/600; \
         20:00-20:30 start 10:00..20:00 end 20:00..20:30 lasts 30/0/630",
    );
}

#[test]
fn a_recovery_in_a_gap_is_bounded_by_the_gap() {
    let timeline = "oFFF @10:00 oo";
    check(
        timeline,
        "00:30-02:00 start 00:00..00:30 end 01:30..10:00 lasts 90/60/600",
    );
    assert_eq!(
        periods(history(timeline, None).unknown.periods()),
        "02:00-10:00"
    );
}

#[test]
fn a_gap_cuts_a_run_of_failures() {
    let history = history("ooF @10:00 Foo", None);
    assert_eq!(windows(&history), "none");
    let blips: Vec<_> = history.blips.iter().map(|b| clock(b.first)).collect();
    assert_eq!(blips, ["01:00", "10:00"]);
    assert_eq!(periods(history.unknown.periods()), "01:30-10:00");
}

#[test]
fn an_outage_that_began_in_a_gap_has_an_unseen_start() {
    let timeline = "oo @10:00 FFoo";
    check(
        timeline,
        "10:00-11:00 start 00:30..10:00 end 10:30..11:00 lasts 60/30/630",
    );
    let history = history(timeline, None);
    assert_eq!(history.windows[0].start_kind.as_str(), "unseen");
    assert_eq!(periods(history.unknown.periods()), "01:00-10:00");
}

#[test]
fn confirming_tries_decide_whether_and_never_when() {
    let timeline = "o @00:30F @00:35F @01:05F @01:35o @01:40o";
    check(
        timeline,
        "00:30-01:35 start 00:00..00:30 end 01:05..01:35 lasts 65/35/95",
    );
    let window = &history(timeline, None).windows[0];
    assert_eq!(window.opened_at, Some(at("00:35")));
    assert_eq!(window.closed_at, Some(at("01:40")));
}

#[test]
fn inconclusive_observations_are_no_observations() {
    check(
        "oF?Foo",
        "00:30-02:00 start 00:00..00:30 end 01:30..02:00 lasts 90/60/120",
    );
    let history = history("oo????oo", None);
    assert_eq!(windows(&history), "none");
    assert_eq!(periods(history.unknown.periods()), "01:00-03:00");
}

#[test]
fn an_open_window_reaches_to_the_present_while_somebody_watches() {
    let open = history("oFFF", Some("02:30"));
    assert_eq!(
        windows(&open),
        "00:30-open start 00:00..00:30 end 01:30..none lasts 120/60/none"
    );
    let lost = history("oFFF", Some("05:00"));
    assert_eq!(
        windows(&lost),
        "00:30-02:00 start 00:00..00:30 end 01:30..none lasts 90/60/none"
    );
    assert_eq!(lost.windows[0].end_kind.as_str(), "unseen");
    assert_eq!(
        state_now(&track(&lost), at("05:00")),
        Some((Period::new(at("02:00"), at("05:00")), State::Unknown))
    );
    let (_, standing) = lost.last.unwrap();
    assert_eq!(standing.confirmed_down, Some(true), "last seen down");
}

#[test]
fn failures_from_the_very_first_have_an_unseen_start() {
    check(
        "FFoo",
        "00:00-01:00 start none..00:00 end 00:30..01:00 lasts 60/30/none",
    );
}

#[test]
fn scattered_failures_degrade_without_an_outage() {
    let history = history("oFoFoFooooo", None);
    assert_eq!(windows(&history), "none");
    assert_eq!(periods(history.degraded.periods()), "00:30-02:30");
    assert_eq!(history.blips.len(), 3);
    let all = Period::new(at("00:00"), at("05:30"));
    let numbers = availability(&track(&history), all);
    assert_eq!(numbers.uptime().unwrap().to_string(), "100.000");
    assert_eq!(numbers.degraded, Millis::from_secs(120));
}

#[test]
fn maintenance_is_not_counted_and_does_not_move_the_window() {
    let history = history("oFFFFFoo", None);
    assert_eq!(
        windows(&history),
        "00:30-03:00 start 00:00..00:30 end 02:30..03:00 lasts 150/120/180"
    );
    let maintenance = PeriodSet::from_iter([Period::new(at("01:00"), at("02:00"))]);
    let window = history.windows[0].period();
    let track = Track::of(&history, maintenance);
    assert_eq!(counted(window, &track), Millis::from_secs(90));
    let all = Period::new(at("00:00"), at("04:00"));
    assert_eq!(counted(all, &track), Millis::from_secs(90));
    let numbers = availability(&track, all);
    assert_eq!(numbers.maintenance, Millis::from_secs(60));
    assert_eq!(numbers.down, Millis::from_secs(90));
}

#[test]
fn slow_answers_degrade_and_count_as_successes() {
    let history = history("ossFFsso", None);
    assert_eq!(
        windows(&history),
        "01:30-02:30 start 01:00..01:30 end 02:00..02:30 lasts 60/30/90"
    );
    let timeline = outwatch::domain::availability::timeline(
        &track(&history),
        Period::new(at("00:00"), at("04:00")),
    );
    let shown: Vec<_> = timeline
        .iter()
        .map(|(period, state)| format!("{} {}", periods([period]), state.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            "00:00-00:30 up",
            "00:30-01:30 degraded",
            "01:30-02:30 down",
            "02:30-04:00 degraded"
        ]
    );
}

#[test]
fn of_observations_at_one_instant_the_worst_counts_in_any_order() {
    for timeline in [
        "o @00:30o @00:30F @01:00F @01:30oo",
        "o @00:30F @00:30o @01:00F @01:30oo",
        "@01:30oo @01:00F @00:30F @00:30o @00:00o",
    ] {
        check(
            timeline,
            "00:30-01:30 start 00:00..00:30 end 01:00..01:30 lasts 60/30/90",
        );
    }
}

#[test]
fn an_undecided_run_is_provisional() {
    let history = history("ooF", Some("01:20"));
    assert_eq!(windows(&history), "none");
    assert_eq!(
        state_now(&track(&history), at("01:20")).map(|(_, state)| state),
        Some(State::Up)
    );
    let (_, standing) = history.last.unwrap();
    assert_eq!(
        standing.pending,
        Some(Pending {
            count: 1,
            of: 2,
            failing: true
        })
    );
    assert!(history.blips.is_empty(), "it may yet become an outage");
}

#[test]
fn a_run_is_judged_with_the_threshold_in_force_at_its_latest_member() {
    let three = Parameters {
        failure_threshold: count(3),
        ..Parameters::default()
    };
    let changed = ParameterHistory::from_changes(vec![
        (at("00:00"), three),
        (at("01:15"), Parameters::default()),
    ])
    .unwrap();
    let opened = judged(sightings("oFFF"), None, &changed);
    assert_eq!(opened.windows[0].start, at("00:30"));
    assert_eq!(opened.windows[0].opened_at, Some(at("01:30")));

    let closed = judged(sightings("oFFo"), None, &changed);
    assert_eq!(windows(&closed), "none");
    assert_eq!(closed.blips[0].failures, 2);
}

#[test]
fn what_a_clock_ahead_told_is_set_aside() {
    let starts = EpochStarts::new(vec![(Epoch(1), at("00:00")), (Epoch(2), at("00:50"))]);
    let mut all = sightings("ooFF @00:50oo");
    for (i, sighting) in all.iter_mut().enumerate() {
        let epoch = Epoch(if i < 4 { 1 } else { 2 });
        sighting.epoch = Some(epoch);
        sighting.set_aside = starts.sets_aside(epoch, sighting.ts);
    }
    assert_eq!(all.iter().filter(|s| s.set_aside).count(), 2);
    let history = judged(
        all,
        None,
        &ParameterHistory::constant(Parameters::default()),
    );
    assert_eq!(describe(&history), "up throughout\n");
}

#[test]
fn the_formula_of_a_day() {
    use outwatch::domain::availability::Availability;
    let day = Availability {
        covered: Millis::from_secs(86_400),
        maintenance: Millis::from_secs(3_600),
        unknown: Millis::from_secs(480),
        down: Millis::from_secs(150),
        up: Millis::from_secs(86_400 - 3_600 - 480 - 150),
        ..Availability::default()
    };
    assert_eq!(day.observed(), Millis::from_secs(82_320));
    assert_eq!(day.uptime().unwrap().to_string(), "99.817");
    assert_eq!(day.coverage().unwrap().to_string(), "99.420");
    assert_eq!(
        Availability::default().uptime(),
        None,
        "no data is no 100 %"
    );
}

#[test]
fn a_removed_probe_ends_its_window_and_its_time() {
    use outwatch::domain::history::{Life, reduce};
    let parameters = ParameterHistory::constant(Parameters::default());
    let now = at("30:00");
    for (removed, window, covered, unknown) in [
        // within an interval: the window ends with the probe
        ("01:40", "00:30-01:40", "00:00-01:40", "none"),
        // later: it ends an interval after the last observation
        ("02:20", "00:30-02:00", "00:00-02:20", "02:00-02:20"),
    ] {
        let life = [Life {
            from: at("00:00"),
            to: Some(at(removed)),
        }];
        let history = reduce(sightings("oFFF"), &parameters, &life, now);
        assert_eq!(periods([&history.windows[0].period()]), window);
        assert_eq!(history.windows[0].end_kind.as_str(), "removed");
        assert_eq!(periods(&history.covered), covered);
        assert_eq!(periods(history.unknown.periods()), unknown);
    }
    // configured again, it starts afresh
    let lives = [
        Life {
            from: at("00:00"),
            to: Some(at("01:40")),
        },
        Life {
            from: at("10:00"),
            to: None,
        },
    ];
    let history = reduce(
        sightings("oFFF @10:00 FFoo"),
        &parameters,
        &lives,
        at("12:00"),
    );
    let kinds: Vec<_> = history
        .windows
        .iter()
        .map(|w| (w.end_kind.as_str(), w.start_kind.as_str()))
        .collect();
    assert_eq!(kinds, [("removed", "seen"), ("seen", "unseen")]);
    assert_eq!(periods(&history.covered), "00:00-01:40 10:00-12:00");
    assert_eq!(history.windows[1].start_earliest, None);
}

/// Every file in `tests/scenarios` tells a story: a timeline, and below the line what comes of it.
#[test]
fn scenarios_tell_what_they_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut told = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (story, expected) = text.split_once("---\n").expect("a line `---`");
        let mut parameters = Parameters::default();
        let (mut timeline, mut now) = (String::new(), None);
        for line in story.lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(": ") {
                Some(("now", value)) => now = Some(value.to_owned()),
                Some(("failure_threshold", value)) => {
                    parameters.failure_threshold = value.parse().unwrap();
                }
                Some(("recovery_threshold", value)) => {
                    parameters.recovery_threshold = value.parse().unwrap();
                }
                Some((other, _)) => panic!("{}: `{other}`", path.display()),
                None => timeline += line,
            }
        }
        let history = judged(
            sightings(&timeline),
            now.as_deref(),
            &ParameterHistory::constant(parameters),
        );
        assert_eq!(describe(&history), expected, "{}", path.display());
        told += 1;
    }
    assert!(told >= 6, "only {told} scenarios found");
}
