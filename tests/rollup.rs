//! What the members of a platform or service say together: examples worked by hand, and what must
//! hold for random members.

#![allow(clippy::unwrap_used, reason = "a test")]
mod notation;

use std::num::{NonZeroU8, NonZeroU32};

use notation::{at, clock, history, outcome, periods, sighting, sightings, window};
use outwatch::domain::availability::{Availability, State, availability, timeline};
use outwatch::domain::history::{History, Life, reduce};
use outwatch::domain::incident::{
    EndpointPast, Incident, IncidentKind, PlatformPast, Severity, incidents,
};
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::rollup::{DownWhen, Member, Rollup, RollupHistory, RollupParameters, Weight};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;

fn policy(down_when: DownWhen) -> RollupHistory {
    RollupHistory::constant(RollupParameters {
        down_when,
        ..RollupParameters::default()
    })
}

fn quorum(count: u32) -> DownWhen {
    DownWhen::Quorum(NonZeroU32::new(count).unwrap())
}

fn weighing(thousandths: u32) -> RollupHistory {
    RollupHistory::constant(RollupParameters {
        weight: Weight(thousandths),
        ..RollupParameters::default()
    })
}

/// The history of a timeline whose every observation comes `shift` later, up to `now`.
fn shifted(story: &str, shift: i64, now: UnixMillis) -> History {
    let shifted = sightings(story).into_iter().map(|sighting| Sighting {
        ts: sighting.ts + Millis(shift),
        ..sighting
    });
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let parameters = ParameterHistory::constant(Parameters::default());
    reduce(shifted.collect(), &parameters, &lives, now)
}

fn roll_up(tracks: &[Track], down_when: DownWhen) -> Rollup {
    let even = weighing(1000);
    let members: Vec<_> = tracks
        .iter()
        .map(|track| Member {
            track,
            parameters: &even,
        })
        .collect();
    Rollup::new(&members, &policy(down_when))
}

/// Desktop, mobile and web, ten seconds apart.
fn staggered() -> Vec<History> {
    ["oFFFFooo", "ooFFFFoo", "oooFFooo"]
        .into_iter()
        .zip([0, 10_000, 20_000])
        .map(|(story, shift)| shifted(story, shift, at("04:00")))
        .collect()
}

fn tracks(histories: &[History]) -> Vec<Track> {
    let plain = |history| Track::of(history, PeriodSet::default());
    histories.iter().map(plain).collect()
}

fn windows(track: &Track) -> String {
    let all: Vec<_> = track.windows.iter().map(window).collect();
    all.join("; ")
}

fn stretches(track: &Track, state: State) -> String {
    let all = timeline(track, Period::new(at("00:00"), at("04:00")));
    let of_state = all.iter().filter(|(_, s)| *s == state);
    periods(of_state.map(|(period, _)| period))
}

#[test]
fn the_same_members_are_down_by_policy() {
    let tracks = tracks(&staggered());
    for (down_when, expected, degraded, unknown) in [
        (
            DownWhen::Any,
            "00:30-03:10 start 00:00..00:30 end 02:40..03:10 lasts 160/130/190",
            "none",
            "00:00-00:20",
        ),
        (
            quorum(2),
            "01:10-02:50 start 00:40..01:10 end 02:20..02:50 lasts 100/70/130",
            "00:30-01:10 02:50-03:10",
            "00:00-00:10",
        ),
        (
            DownWhen::Share(NonZeroU8::new(50).unwrap()),
            "01:10-02:50 start 00:40..01:10 end 02:20..02:50 lasts 100/70/130",
            "00:30-01:10 02:50-03:10",
            "00:00-00:10",
        ),
        (
            DownWhen::All,
            "01:50-02:30 start 01:20..01:50 end 02:00..02:30 lasts 40/10/70",
            "00:30-01:50 02:30-03:10",
            "none",
        ),
    ] {
        let rollup = roll_up(&tracks, down_when);
        assert_eq!(windows(&rollup.track), expected, "{down_when}");
        assert_eq!(
            stretches(&rollup.track, State::Degraded),
            degraded,
            "{down_when}"
        );
        assert_eq!(
            stretches(&rollup.track, State::Unknown),
            unknown,
            "{down_when}"
        );
    }
}

#[test]
fn the_whole_opens_when_enough_members_are_confirmed_and_closes_with_the_last() {
    let tracks = tracks(&staggered());
    for (down_when, opened, closed) in [
        (DownWhen::Any, "01:00", "03:40"),
        (quorum(2), "01:40", "03:20"),
        (DownWhen::All, "02:20", "03:00"),
    ] {
        let rollup = roll_up(&tracks, down_when);
        let seen = &rollup.track.windows[0];
        assert_eq!(seen.opened_at.map(clock).as_deref(), Some(opened));
        assert_eq!(seen.closed_at.map(clock).as_deref(), Some(closed));
        assert_eq!(rollup.parts[0].len(), 3);
        assert_eq!((seen.failures, seen.observations), (10, 10));
    }
}

#[test]
fn weights_tell_how_much_of_the_service_was_down() {
    let tracks = tracks(&staggered());
    let weights = [300, 500, 200].map(weighing);
    let members: Vec<_> = tracks
        .iter()
        .zip(&weights)
        .map(|(track, parameters)| Member { track, parameters })
        .collect();
    let rollup = Rollup::new(&members, &policy(DownWhen::Any));
    let all = Period::new(at("00:00"), at("04:00"));
    assert_eq!(rollup.weighted_down(all), Micros(108_000_000));
    let none = Period::new(at("03:10"), at("04:00"));
    assert_eq!(rollup.weighted_down(none), Micros(0));
}

#[test]
fn members_in_maintenance_do_not_vote() {
    let histories = staggered();
    let maintained = PeriodSet::from_iter([Period::new(at("00:00"), at("04:00"))]);
    let of = |flags: [bool; 3]| -> Vec<_> {
        let with = |(history, is): (&History, bool)| {
            let set = if is {
                maintained.clone()
            } else {
                PeriodSet::default()
            };
            Track::of(history, set)
        };
        histories.iter().zip(flags).map(with).collect()
    };
    // web alone is left
    let web = roll_up(&of([true, true, false]), DownWhen::Any);
    assert!(windows(&web.track).starts_with("01:50-02:50 "));
    // nobody is left: the window goes on, and counts for nothing
    let none = roll_up(&of([true, true, true]), DownWhen::Any);
    assert!(windows(&none.track).starts_with("00:30-03:10 "));
    assert_eq!(stretches(&none.track, State::Maintenance), "00:00-04:00");
    assert_eq!(stretches(&none.track, State::Down), "none");
}

#[test]
fn a_member_that_nobody_watches_leaves_the_verdict_open_unless_the_others_decide() {
    let now = at("04:00");
    let down = shifted("oFFFFooo", 0, now);
    let dark = shifted("????????", 0, now);
    let fine = shifted("oooooooo", 0, now);
    for (members, down_when, expected, unknown) in [
        // the dark one may be down all the time
        (
            [&down, &dark],
            DownWhen::Any,
            "00:30-02:30",
            "00:00-00:30 02:30-04:00",
        ),
        ([&down, &dark], DownWhen::All, "", "00:30-02:30"),
        ([&fine, &dark], DownWhen::All, "", "none"),
    ] {
        let members = members.map(|history| Track::of(history, PeriodSet::default()));
        let rollup = roll_up(&members, down_when);
        assert!(windows(&rollup.track).starts_with(expected));
        assert_eq!(stretches(&rollup.track, State::Unknown), unknown);
    }
}

#[test]
fn a_window_between_unknown_time_may_reach_into_it() {
    let now = at("12:00");
    // both are away from 02:00 to 10:00; when they are back, the first is down, and again up
    let [first, second] = ["oooo @10:00 FFoo", "oooo @10:00 oooo"].map(|s| shifted(s, 0, now));
    let rollup = roll_up(&tracks(&[first, second]), DownWhen::Any);
    assert_eq!(
        windows(&rollup.track),
        "10:00-11:00 start 01:30..10:00 end 10:30..11:00 lasts 60/30/570"
    );
    let window = &rollup.track.windows[0];
    assert_eq!(window.start_kind.as_str(), "unseen");
    // down before and after
    let [first, second] = ["ooFF @10:00 FFoo", "oooo @10:00 oooo"].map(|s| shifted(s, 0, now));
    let rollup = roll_up(&tracks(&[first, second]), DownWhen::Any);
    assert_eq!(
        windows(&rollup.track),
        "01:00-02:00 start 00:30..01:00 end 01:30..10:00 lasts 60/30/570; \
         10:00-11:00 start 01:30..10:00 end 10:30..11:00 lasts 60/30/570"
    );
    let kinds = rollup.track.windows.iter();
    let kinds: Vec<_> = kinds
        .map(|w| (w.start_kind.as_str(), w.end_kind.as_str()))
        .collect();
    assert_eq!(kinds, [("seen", "unseen"), ("resumed", "seen")]);
}

#[test]
fn a_policy_counts_from_when_it_came_into_force() {
    let tracks = tracks(&staggered());
    let even = weighing(1000);
    let members: Vec<_> = tracks
        .iter()
        .map(|track| Member {
            track,
            parameters: &even,
        })
        .collect();
    let of = |down_when| RollupParameters {
        down_when,
        ..RollupParameters::default()
    };
    let changing = RollupHistory::from_changes(vec![
        (at("00:00"), of(DownWhen::Any)),
        (at("01:00"), of(DownWhen::All)),
    ])
    .unwrap();
    let rollup = Rollup::new(&members, &changing);
    let shown: Vec<_> = rollup
        .track
        .windows
        .iter()
        .map(|w| format!("{}-{}", clock(w.start), clock(w.end)))
        .collect();
    assert_eq!(shown, ["00:30-01:00", "01:50-02:30"]);
}

/// A service of platforms that have one endpoint each.
fn incidents_of(histories: &[History], merge_gap: Millis) -> Vec<Incident> {
    let plain = weighing(1000);
    let tracks = tracks(histories);
    let rollups: Vec<_> = tracks
        .iter()
        .map(|track| roll_up(std::slice::from_ref(track), DownWhen::Any))
        .collect();
    let members: Vec<_> = rollups
        .iter()
        .map(|rollup| Member {
            track: &rollup.track,
            parameters: &plain,
        })
        .collect();
    let whole = Rollup::new(&members, &policy(DownWhen::Any));
    let endpoints: Vec<_> = histories
        .iter()
        .zip(&tracks)
        .map(|(history, track)| {
            [EndpointPast {
                track,
                flapping: &history.flapping,
                blips: &history.blips,
            }]
        })
        .collect();
    let platforms: Vec<_> = rollups
        .iter()
        .zip(&endpoints)
        .map(|(rollup, endpoints)| PlatformPast {
            rollup,
            parameters: &plain,
            endpoints,
        })
        .collect();
    let parameters = RollupHistory::constant(RollupParameters {
        merge_gap,
        ..RollupParameters::default()
    });
    incidents(
        &Subject::Service("music".into()),
        &whole,
        &parameters,
        &platforms,
    )
}

const TEN_MINUTES: Millis = Millis::from_secs(600);

fn shown(incident: &Incident) -> String {
    let Period { from, to } = incident.period;
    format!(
        "{}-{} {} {}",
        clock(from),
        clock(to),
        incident.kind,
        incident.severity
    )
}

#[test]
fn windows_of_several_platforms_at_about_the_same_time_are_one_incident() {
    let all = incidents_of(&staggered(), TEN_MINUTES);
    assert_eq!(all.len(), 1);
    let incident = &all[0];
    assert_eq!(shown(incident), "00:30-03:10 continuous full");
    let down: Vec<_> = incident.platforms.iter().map(|p| p.down.0 / 1000).collect();
    assert_eq!(down, [120, 120, 60]);
    assert_eq!(incident.any_down, Millis::from_secs(160));
    assert_eq!(incident.all_down, Millis::from_secs(40));
    assert_eq!(incident.start_earliest, Some(at("00:00")));
    assert_eq!(incident.end_latest, Some(at("03:10")));
    // a third of the service for each
    assert_eq!(incident.weighted_down, Micros(100_000_000));
    assert_eq!(incident.windows.len(), 3);
    assert!(!incident.is_open);
}

#[test]
fn an_incident_says_whether_it_came_and_went_and_how_much_was_down() {
    for (stories, merge_gap, expected) in [
        (
            vec!["oFoFoFooooo"],
            600,
            vec!["00:30-02:30 intermittent intermittent_only"],
        ),
        (
            vec!["oFFooFFoo", "ooooooooo"],
            600,
            vec!["00:30-03:30 intermittent partial"],
        ),
        // the pause is longer than the gap that is merged over
        (
            vec!["oFFooooooooooFFoo", "ooooooooooooooooo"],
            299,
            vec![
                "00:30-01:30 continuous partial",
                "06:30-07:30 continuous partial",
            ],
        ),
        // one outage, of which a part was not seen, however long that was
        (
            vec!["oFFF @10:00 FFoo", "oooo @10:00 oooo"],
            60,
            vec!["00:30-11:00 continuous partial"],
        ),
        (vec!["oooooo", "ooFooo"], 600, vec![]),
    ] {
        let now = at("12:00");
        let histories: Vec<_> = stories.iter().map(|s| shifted(s, 0, now)).collect();
        let all = incidents_of(&histories, Millis::from_secs(merge_gap));
        assert_eq!(
            all.iter().map(shown).collect::<Vec<_>>(),
            expected,
            "{stories:?}"
        );
    }
    let blips = incidents_of(
        &[
            shifted("oFFFFFoo", 0, at("04:00")),
            shifted("oooFoooo", 0, at("04:00")),
        ],
        TEN_MINUTES,
    );
    assert_eq!((blips.len(), blips[0].blips), (1, 1));
    assert_eq!(blips[0].severity, Severity::Partial);
    assert_eq!(blips[0].kind, IncidentKind::Continuous);
    // the last failure of a stretch is where it ends
    let scattered = incidents_of(&[shifted("oFoFoFooooo", 0, at("06:00"))], TEN_MINUTES);
    assert_eq!(
        (scattered[0].blips, scattered[0].platforms[0].blips),
        (3, 3)
    );
    let unseen = incidents_of(&[history("oFFF @10:00 FFoo", None)], TEN_MINUTES);
    assert_eq!(unseen[0].unknown, Millis::from_secs(480));
}

/// Clocks and files of others can show anything.
#[test]
fn the_ends_of_time_are_times_like_all_others() {
    const EDGES: [i64; 8] = [
        i64::MIN,
        i64::MIN + 1,
        i64::MIN + 30_000,
        -1,
        0,
        i64::MAX - 30_000,
        i64::MAX - 1,
        i64::MAX,
    ];
    let now = UnixMillis(i64::MAX);
    let lives = [Life {
        from: UnixMillis(i64::MIN),
        to: None,
    }];
    let parameters = ParameterHistory::constant(Parameters::default());
    for letters in ["FFFFFFFF", "oFFoFFFo", "FFooFooF", "oooooooF"] {
        let sightings = EDGES.iter().zip(letters.chars());
        let sightings = sightings.map(|(ts, letter)| sighting(UnixMillis(*ts), outcome(letter)));
        let history = reduce(sightings.collect(), &parameters, &lives, now);
        let maintenance = PeriodSet::from_iter([Period::new(UnixMillis(i64::MAX - 10), now)]);
        let track = Track::of(&history, maintenance);
        let whole = roll_up(&[track.clone(), track], DownWhen::All).track;
        let ever = Period::new(UnixMillis(i64::MIN), now);
        let stretches = timeline(&whole, ever);
        assert_eq!(stretches[0].0.from, ever.from, "{letters}");
        assert_eq!(stretches[stretches.len() - 1].0.to, now, "{letters}");
        for incident in incidents_of(&[history.clone(), history], Millis(i64::MAX)) {
            assert!(!incident.period.is_empty(), "{letters}");
        }
    }
}

fn story() -> impl Strategy<Value = Vec<(i64, char)>> {
    let spacing = prop_oneof![
        6 => Just(30_000i64),
        2 => Just(5_000),
        2 => 1i64..70_000,
        1 => 70_000i64..400_000,
    ];
    let letter = prop_oneof![5 => Just('o'), 5 => Just('F'), 1 => Just('s'), 1 => Just('?')];
    proptest::collection::vec((spacing, letter), 0..30)
}

/// When a member was added and removed, and declared maintenance.
type Frame = (i64, Option<i64>, Vec<(i64, i64)>);

fn frame(maintenance: usize) -> impl Strategy<Value = Frame> {
    (
        prop_oneof![3 => Just(0i64), 1 => 0i64..500_000],
        prop_oneof![4 => Just(None), 1 => (400_000i64..900_000).prop_map(Some)],
        proptest::collection::vec((0i64..1_000_000, 1i64..200_000), 0..=maintenance),
    )
}

fn member((story, (from, to, maintenance)): (Vec<(i64, char)>, Frame)) -> Track {
    let mut ts = UnixMillis(from);
    let all = story.into_iter().map(|(spacing, letter)| {
        ts = ts + Millis(spacing);
        sighting(ts, outcome(letter))
    });
    let lives = [Life {
        from: UnixMillis(from),
        to: to.map(UnixMillis),
    }];
    let all: Vec<_> = all.collect();
    let now = UnixMillis(1_000_000).max(all.last().map_or(UnixMillis(0), |last| last.ts));
    let parameters = ParameterHistory::constant(Parameters::default());
    let history = reduce(all, &parameters, &lives, now);
    let maintenance = maintenance
        .into_iter()
        .map(|(from, length)| Period::new(UnixMillis(from), UnixMillis(from + length)));
    Track::of(&history, maintenance.collect())
}

fn members(maintenance: usize) -> impl Strategy<Value = Vec<Track>> {
    let one = (story(), frame(maintenance)).prop_map(member);
    proptest::collection::vec(one, 1..5)
}

/// Members that exist all the time, up to the same present.
fn steady_members() -> impl Strategy<Value = Vec<Track>> {
    proptest::collection::vec(story(), 1..5).prop_map(|stories| {
        stories
            .into_iter()
            .map(|story| {
                let story = story.into_iter().scan(0, |at, (spacing, letter)| {
                    *at += spacing;
                    Some((*at, letter))
                });
                let all = story
                    .take_while(|(at, _)| *at < 1_000_000)
                    .map(|(at, letter)| sighting(UnixMillis(at), outcome(letter)));
                let lives = [Life {
                    from: UnixMillis(0),
                    to: None,
                }];
                let parameters = ParameterHistory::constant(Parameters::default());
                let history = reduce(all.collect(), &parameters, &lives, UnixMillis(1_000_000));
                Track::of(&history, PeriodSet::default())
            })
            .collect()
    })
}

fn down_when() -> impl Strategy<Value = DownWhen> {
    prop_oneof![
        Just(DownWhen::Any),
        Just(DownWhen::All),
        (1u32..5).prop_map(quorum),
        (1u8..=100).prop_map(|percent| DownWhen::Share(NonZeroU8::new(percent).unwrap())),
    ]
}

const EVER: Period = Period::new(UnixMillis(-1_000_000), UnixMillis(10_000_000));

fn numbers(track: &Track) -> Availability {
    availability(track, EVER)
}

fn state_at(track: &Track, instant: UnixMillis) -> Option<State> {
    let all = timeline(track, EVER);
    let found = all
        .iter()
        .find(|(period, _)| period.from <= instant && instant < period.to);
    found.map(|(_, state)| *state)
}

/// The vote, as the rules put it.
fn vote(members: &[Track], down_when: DownWhen, instant: UnixMillis) -> Option<State> {
    let states: Vec<_> = members
        .iter()
        .filter_map(|track| state_at(track, instant))
        .collect();
    if states.is_empty() {
        return None;
    }
    let voters: Vec<_> = states
        .into_iter()
        .filter(|state| *state != State::Maintenance)
        .collect();
    let count = |state| voters.iter().filter(|s| **s == state).count();
    let (down, unknown) = (count(State::Down), count(State::Unknown));
    let voters_count = u32::try_from(voters.len()).unwrap();
    let needed = down_when.needed(voters_count) as usize;
    Some(if voters.is_empty() {
        State::Maintenance
    } else if down >= needed {
        State::Down
    } else if down + unknown >= needed {
        State::Unknown
    } else if down + count(State::Degraded) > 0 {
        State::Degraded
    } else {
        State::Up
    })
}

fn set(windows: &[OutageWindow], of: impl Fn(&OutageWindow) -> Period) -> PeriodSet {
    windows.iter().map(of).collect()
}

fn inside(inner: &PeriodSet, outer: &PeriodSet) -> bool {
    inner.difference(outer).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_state_of_the_whole_is_the_vote_of_its_members_at_every_instant(
        members in members(2),
        down_when in down_when(),
        instants in proptest::collection::vec(-10_000i64..1_100_000, 20),
    ) {
        let whole = roll_up(&members, down_when).track;
        for instant in instants.into_iter().map(UnixMillis) {
            prop_assert_eq!(state_at(&whole, instant), vote(&members, down_when, instant));
        }
        for (period, state) in timeline(&whole, EVER) {
            for instant in [period.from, UnixMillis(period.to.0 - 1)] {
                prop_assert_eq!(Some(state), vote(&members, down_when, instant));
            }
        }
    }

    #[test]
    fn a_whole_of_one_member_is_that_member(
        story in story(),
        frame in frame(2),
        down_when in down_when(),
    ) {
        let member = member((story, frame));
        let whole = roll_up(std::slice::from_ref(&member), down_when).track;
        prop_assert_eq!(&whole.windows, &member.windows);
        prop_assert_eq!(timeline(&whole, EVER), timeline(&member, EVER));
        prop_assert_eq!(numbers(&whole), numbers(&member));
    }

    #[test]
    fn windows_are_disjoint_ordered_and_bounded(
        members in members(2),
        down_when in down_when(),
    ) {
        let whole = roll_up(&members, down_when);
        for pair in whole.track.windows.windows(2) {
            prop_assert!(pair[0].end < pair[1].start);
        }
        for (window, parts) in whole.track.windows.iter().zip(&whole.parts) {
            prop_assert!(window.start < window.end);
            prop_assert!(!parts.is_empty());
            if let Some(earliest) = window.start_earliest {
                prop_assert!(earliest <= window.start);
            }
            prop_assert!(window.start <= window.end_earliest && window.end_earliest <= window.end);
            if let Some(latest) = window.end_latest {
                prop_assert!(window.end <= latest);
            }
            prop_assert!(window.duration_min() <= window.duration());
            if let Some(most) = window.duration_max() {
                prop_assert!(window.duration() <= most);
            }
        }
        // the five states partition what it existed
        let times = numbers(&whole.track);
        prop_assert_eq!(
            times.up + times.degraded + times.down + times.unknown + times.maintenance,
            times.covered
        );
        let durations: Millis = whole.track.windows.iter().map(OutageWindow::duration).sum();
        let declared = Track { maintenance: PeriodSet::default(), ..whole.track.clone() };
        prop_assert_eq!(durations, numbers(&declared).down);
    }

    #[test]
    fn certain_time_lies_in_the_windows_and_they_in_the_possible_time(
        members in members(2),
        down_when in down_when(),
    ) {
        let whole = roll_up(&members, down_when).track;
        let windows = set(&whole.windows, OutageWindow::period);
        let possible: PeriodSet = whole.possible.iter().map(|p| p.period).collect();
        prop_assert!(inside(&whole.certain, &windows));
        prop_assert!(inside(&windows, &possible));
        for pair in whole.possible.windows(2) {
            prop_assert!(pair[0].period.to <= pair[1].period.from);
        }
    }

    #[test]
    fn the_more_it_takes_the_less_it_is_down(members in steady_members()) {
        let down = |down_when| numbers(&roll_up(&members, down_when).track).down;
        let each: Vec<_> = members.iter().map(|member| numbers(member).down).collect();
        let voters = u32::try_from(members.len()).unwrap();
        let mut less = down(DownWhen::Any);
        prop_assert!(less <= each.iter().copied().sum());
        prop_assert!(each.iter().all(|one| less >= *one));
        prop_assert_eq!(less, down(quorum(1)));
        for count in 2..=voters {
            let more = down(quorum(count));
            prop_assert!(more <= less);
            less = more;
        }
        prop_assert_eq!(less, down(DownWhen::All));
        prop_assert!(each.iter().all(|one| less <= *one));
    }

    #[test]
    fn what_an_unknown_member_was_never_contradicts_a_verdict(
        members in steady_members(),
        other in steady_members(),
        down_when in down_when(),
    ) {
        let whole = roll_up(&members, down_when).track;
        // the unknown time of the first member is told after all
        let mut told = members.clone();
        let (first, other) = (&members[0], &other[0]);
        told[0].unknown = first.unknown.intersection(&other.unknown);
        let filled = first.unknown.difference(&other.unknown);
        let filled_windows = other
            .windows
            .iter()
            .flat_map(|window| {
                let parts = filled.clip(window.period());
                let parts = parts.periods().to_vec();
                parts.into_iter().map(|part| OutageWindow {
                    start: part.from,
                    end: part.to,
                    ..window.clone()
                })
            })
            .collect::<Vec<_>>();
        told[0].windows.extend(filled_windows);
        told[0].windows.sort_by_key(|window| window.start);
        told[0].degraded = first.degraded.union(&other.degraded.intersection(&filled));
        let after = roll_up(&told, down_when).track;
        for (period, state) in timeline(&whole, EVER) {
            for instant in [period.from, UnixMillis(period.to.0 - 1)] {
                let now = state_at(&after, instant);
                match state {
                    State::Down => prop_assert_eq!(now, Some(State::Down)),
                    // of what is up, degraded may come to light, but not down
                    State::Up | State::Degraded => {
                        prop_assert!(matches!(now, Some(State::Up | State::Degraded)));
                    }
                    State::Unknown | State::Maintenance => {}
                }
            }
        }
    }

    #[test]
    fn a_whole_split_anywhere_adds_up(
        members in members(2),
        down_when in down_when(),
        cut in 0i64..1_000_000,
    ) {
        let whole = roll_up(&members, down_when);
        let cut = UnixMillis(cut);
        let halves = [Period::new(EVER.from, cut), Period::new(cut, EVER.to)];
        let [first, second] = halves.map(|half| availability(&whole.track, half));
        prop_assert_eq!(first + second, numbers(&whole.track));
    }
}
