//! Platforms and services followed live come to what all observations together say of them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod notation;

use std::num::NonZeroU32;

use notation::{outcome, sighting};
use outwatch::domain::history::{Life, reduce};
use outwatch::domain::outage::{CauseCounts, OutageWindow, StartKind};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::{Reducer, Until};
use outwatch::domain::rollup::{
    DownWhen, LiveMember, LiveService, Member, Pieces, Rollup, RollupHistory, RollupParameters,
    Turn,
};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;

fn policy(down_when: DownWhen) -> RollupHistory {
    RollupHistory::constant(RollupParameters {
        down_when,
        ..RollupParameters::default()
    })
}

fn platform(name: &str) -> Subject {
    Subject::Platform {
        service: "music".into(),
        platform: name.into(),
    }
}

fn service() -> Subject {
    Subject::Service("music".into())
}

const PLATFORMS: [&str; 2] = ["mobile", "web"];

/// Probes of two platforms in turn, as a daemon follows them.
struct Followed {
    reducers: Vec<Reducer>,
    pieces: Vec<Pieces>,
    service: LiveService<usize>,
    turns: Vec<(Subject, Turn)>,
}

impl Followed {
    fn new(probes: usize, of_platforms: DownWhen, of_service: DownWhen) -> Self {
        let start = UnixMillis(0);
        let mut service = LiveService::new(service(), policy(of_service), start);
        for probe in 0..probes {
            let member = LiveMember {
                probe,
                parameters: RollupHistory::constant(RollupParameters::default()),
                is_gone: false,
            };
            let platform = platform(PLATFORMS[probe % 2]);
            service.add(&platform, &policy(of_platforms), member, start);
        }
        Self {
            reducers: vec![Reducer::default(); probes],
            pieces: vec![Pieces::since(start); probes],
            service,
            turns: Vec::new(),
        }
    }

    fn settled(&self, now: UnixMillis) -> UnixMillis {
        let reducers = self.reducers.iter();
        reducers.map(|reducer| reducer.settled(now)).min().unwrap()
    }

    fn observe(&mut self, probe: usize, sighting: &Sighting) {
        let (reducer, pieces) = (&mut self.reducers[probe], &mut self.pieces[probe]);
        if reducer.last_ts().is_none() && sighting.counts() {
            pieces.first_observed(sighting.ts);
        }
        let parameters = Parameters::default();
        reducer.push(sighting, &parameters, pieces).unwrap();
        self.look(sighting.ts);
    }

    fn look(&mut self, now: UnixMillis) {
        let settled = self.settled(now);
        let (reducers, pieces) = (&self.reducers, &self.pieces);
        let track = |probe: usize| pieces[probe].track(&reducers[probe], PeriodSet::default(), now);
        self.turns.extend(self.service.turns(settled, track));
    }

    /// As a daemon does that has followed for long. Not while anything is unknown.
    fn forget(&mut self, now: UnixMillis) -> bool {
        let settled = self.settled(now);
        let (reducers, pieces) = (&self.reducers, &self.pieces);
        let track = |probe: usize| pieces[probe].track(&reducers[probe], PeriodSet::default(), now);
        let unknown = (0..reducers.len()).any(|probe| {
            let unknown = track(probe).unknown;
            unknown
                .periods()
                .last()
                .is_some_and(|last| last.to >= settled)
        });
        if !unknown {
            let before = self.service.carry(settled, track);
            for pieces in &mut self.pieces {
                pieces.forget_before(before);
            }
        }
        !unknown
    }
}

/// What all observations up to `now` say: the windows of each platform, then of the service.
fn batch(
    told: &[Vec<Sighting>],
    of_platforms: DownWhen,
    of_service: DownWhen,
    now: UnixMillis,
) -> Vec<(Subject, Vec<OutageWindow>)> {
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let even = RollupHistory::constant(RollupParameters::default());
    let parameters = ParameterHistory::constant(Parameters::default());
    let tracks: Vec<_> = told
        .iter()
        .map(|all| {
            let history = reduce(all.clone(), &parameters, &lives, now);
            Track::of(&history, PeriodSet::default())
        })
        .collect();
    let vote = |tracks: &[&Track], down_when| {
        let members = tracks.iter().map(|track| Member {
            track,
            parameters: &even,
        });
        Rollup::new(&members.collect::<Vec<_>>(), &policy(down_when))
    };
    let mut all = Vec::new();
    let mut platforms = Vec::new();
    for (at, name) in PLATFORMS.iter().enumerate() {
        let members: Vec<_> = tracks.iter().skip(at).step_by(2).collect();
        if !members.is_empty() {
            let rollup = vote(&members, of_platforms);
            all.push((platform(name), rollup.track.windows.clone()));
            platforms.push(rollup.track);
        }
    }
    let whole = vote(&platforms.iter().collect::<Vec<_>>(), of_service);
    all.push((service(), whole.track.windows));
    all
}

/// Whoever tells it when it happens cannot know how much more fails in windows of members that
/// outlast it, nor how much wider its bounds become by outages of members of which only a later
/// one is seen, after a gap; and so whether it goes on an outage from before that.
fn when_told(window: &OutageWindow) -> OutageWindow {
    OutageWindow {
        start_earliest: None,
        start_kind: match window.start_kind {
            StartKind::Resumed => StartKind::Unseen,
            kind => kind,
        },
        end_latest: None,
        failures: 0,
        observations: 0,
        causes: CauseCounts::default(),
        ..window.clone()
    }
}

fn down_when() -> impl Strategy<Value = DownWhen> {
    prop_oneof![
        Just(DownWhen::Any),
        Just(DownWhen::All),
        (1u32..4).prop_map(|count| DownWhen::Quorum(NonZeroU32::new(count).unwrap())),
    ]
}

/// Which probe is observed, how long after the observation before, and what came of it.
fn story() -> impl Strategy<Value = (usize, Vec<(usize, i64, char)>)> {
    (1usize..6).prop_flat_map(|probes| {
        let spacing = prop_oneof![8 => 1i64..15_000, 1 => Just(70_001), 1 => 30_000i64..200_000];
        let letter = prop::sample::select(vec!['o', 'o', 'o', 'F', 'F', 'F', 's', '?']);
        let one = (0..probes, spacing, letter);
        (Just(probes), proptest::collection::vec(one, 0..80))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_told_live_is_what_all_observations_say(
        (probes, story) in story(),
        of_platforms in down_when(),
        of_service in down_when(),
        forgetful in proptest::collection::vec(any::<bool>(), 80),
    ) {
        let mut followed = Followed::new(probes, of_platforms, of_service);
        let mut told = vec![Vec::new(); probes];
        let (mut now, mut settled) = (UnixMillis(0), UnixMillis(0));
        for ((probe, spacing, letter), forget) in story.into_iter().zip(forgetful) {
            now = now + Millis(spacing);
            let sighting = sighting(now, outcome(letter));
            followed.observe(probe, &sighting);
            told[probe].push(sighting);
            if forget {
                followed.forget(now);
            }
            let all = batch(&told, of_platforms, of_service, now);
            // after a gap, less is settled again of what begins there
            settled = settled.max(followed.settled(now));
            for (subject, windows) in all {
                let mine = followed.turns.iter().filter(|(of, _)| *of == subject);
                let mine: Vec<_> = mine.map(|(_, turn)| turn).collect();
                let closed: Vec<_> = mine
                    .iter()
                    .filter_map(|turn| match turn {
                        Turn::Closed(window) => Some(when_told(window)),
                        _ => None,
                    })
                    .collect();
                let over = windows.iter().filter(|w| !w.is_open() && w.end <= settled);
                prop_assert_eq!(closed, over.map(when_told).collect::<Vec<_>>());
                let opened = mine.iter().filter(|turn| matches!(turn, Turn::Opened(..))).count();
                let ended = mine.len() - opened;
                if windows.iter().any(OutageWindow::is_open) {
                    prop_assert!(opened > 0 && opened + windows.len() > ended, "{:?}", mine);
                }
            }
        }
    }
}

#[test]
fn the_log_of_a_service_is_short_and_memory_does_not_grow() {
    // one probe is down for ever, another comes and goes
    let mut followed = Followed::new(4, DownWhen::Any, DownWhen::All);
    let mut most = 0;
    for round in 0..600i64 {
        for probe in 0..4usize {
            let flapping = probe == 1 && round % 6 < 3;
            let down = probe == 0 || flapping;
            let ts = UnixMillis(round * 30_000 + i64::try_from(probe).unwrap() * 7_000);
            let letter = if down { 'F' } else { 'o' };
            followed.observe(probe, &sighting(ts, outcome(letter)));
            if followed.pieces.iter().map(Pieces::count).sum::<usize>() > 64 {
                assert!(followed.forget(ts));
            }
            most = most.max(followed.pieces.iter().map(Pieces::count).sum());
        }
    }
    assert!(most <= 80, "{most} pieces");
    let of = |subject: &Subject| {
        let turns = followed.turns.iter().filter(|(of, _)| of == subject);
        turns.map(|(_, turn)| turn).collect::<Vec<_>>()
    };
    // mobile is down all the time, web comes and goes, and with it all of the service
    assert!(matches!(of(&platform("mobile"))[..], [Turn::Opened(..)]));
    let web = of(&platform("web"));
    assert_eq!(web.len(), of(&service()).len());
    let durations = web.iter().filter_map(|turn| match turn {
        Turn::Closed(window) => Some(window.duration()),
        _ => None,
    });
    assert!(durations.clone().all(|length| length == Millis(90_000)));
    assert_eq!(durations.count(), 100);
    let now = UnixMillis(600 * 30_000);
    let open = Period::new(UnixMillis(0), now);
    let track = followed.pieces[0].track(&followed.reducers[0], PeriodSet::default(), now);
    assert_eq!(track.windows.last().unwrap().period(), open);
}

#[test]
fn a_window_keeps_its_start_when_the_probe_that_began_it_is_removed_and_forgotten() {
    let start = UnixMillis(0);
    let at = |second: i64| UnixMillis(second * 1000);
    let parameters = Parameters::default();
    let none = PeriodSet::default;
    let [mut first, mut second] = [(); 2].map(|()| (Reducer::default(), Pieces::since(start)));
    let observe = |(reducer, pieces): &mut (Reducer, Pieces), from: i64, story: &str| {
        for (ts, letter) in (from..).step_by(30).map(at).zip(story.chars()) {
            if reducer.last_ts().is_none() {
                pieces.first_observed(ts);
            }
            let sighting = sighting(ts, outcome(letter));
            reducer.push(&sighting, &parameters, pieces).unwrap();
        }
    };
    // removed at 02:10, when the other is down since 01:30
    observe(&mut first, 0, "oFFFF");
    observe(&mut second, 0, "oooFF");
    let removed = at(130);
    let (reducer, mut gone) = first;
    reducer.until(Until::Removed(removed), &mut gone);

    let mut service = LiveService::new(service(), policy(DownWhen::Any), start);
    for (probe, is_gone) in [(0, true), (1, false)] {
        let member = LiveMember {
            probe,
            parameters: RollupHistory::constant(RollupParameters::default()),
            is_gone,
        };
        service.add(&platform("web"), &policy(DownWhen::Any), member, start);
    }
    let (reducer, pieces) = &second;
    let both = |probe: usize| match probe {
        0 => gone.clone().into_track(none(), removed),
        _ => pieces.track(reducer, none(), removed),
    };
    let opened = service.turns(reducer.settled(removed), both);
    let Some((_, Turn::Opened(window, standing))) = opened.first() else {
        panic!("{opened:?} begins with the platform that is down");
    };
    assert_eq!(window.start, at(30));
    assert_eq!((standing.down, standing.members), (1, 1));

    observe(&mut second, 150, "FF");
    let settled = second.0.settled(at(190));
    let (reducer, pieces) = &second;
    let both = |probe: usize| match probe {
        0 => gone.clone().into_track(none(), removed),
        _ => pieces.track(reducer, none(), at(190)),
    };
    let before = service.carry(settled, both);
    assert!(removed <= before, "it may be forgotten: {before}");
    second.1.forget_before(before);
    observe(&mut second, 210, "oo");
    let (reducer, pieces) = &second;
    let now = at(250);
    let left = |probe: usize| match probe {
        0 => Track::default(),
        _ => pieces.track(reducer, none(), now),
    };
    let turns = service.turns(reducer.settled(now), left);
    let closed: Vec<_> = turns
        .iter()
        .map(|(subject, turn)| match turn {
            Turn::Closed(window) => (subject.clone(), window.start, window.end),
            other => panic!("{other:?}"),
        })
        .collect();
    let times = |subject| (subject, at(30), at(210));
    assert_eq!(closed, [times(platform("web")), times(self::service())]);
}
