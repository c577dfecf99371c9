//! What `outages` lists besides the windows of endpoints: those of platforms and services,
//! incidents, time that nobody watched, and what a what-if changes.

use std::collections::BTreeSet;

use outwatch::domain::incident::Severity;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::rollup::DownWhen;
use outwatch::domain::trouble::Trouble;
use outwatch::report::difference::{Difference, Listed};
use outwatch::report::incident_list::IncidentList;
use outwatch::report::unobserved::{UnobservedList, Whom, Why};

use super::wholes::{circumstances, music, partial, probes};
use super::*;

fn whole() -> Request {
    request(period(), minute(10))
}

fn windows(scope: Scope, services: &[ServiceHistory]) -> OutageList {
    OutageList::new(whole(), scope, services, None)
}

/// In all of its formats, and no wider than a narrow terminal where it must not be.
fn goldens(
    name: &str,
    document: &Document,
    json: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    csv: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) {
    golden(&format!("{name}.table"), &on_terminal(document));
    golden(&format!("{name}.narrow"), &within(80, document));
    golden(&format!("{name}.json"), &text(json));
    golden(&format!("{name}.csv"), &text(csv));
    for width in [80, 100, 120] {
        for line in within(width, document).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn a_platforms_windows_tell_what_the_others_were_meanwhile() {
    let list = windows(Scope::Platform, &music());
    goldens(
        "platforms",
        &wording::outages(&list),
        |out| json::outages(&list, out),
        |out| csv::outages(&list, out),
    );
}

#[test]
fn a_services_windows_tell_which_platforms_were_down() {
    let list = windows(Scope::Service, &music());
    golden("services.table", &on_terminal(&wording::outages(&list)));
}

#[test]
fn incidents_tell_what_each_platform_had_of_them() {
    let list = IncidentList::new(whole(), &music(), None);
    goldens(
        "incidents",
        &wording::incidents(&list),
        |out| json::incidents(&list, out),
        |out| csv::incidents(&list, out),
    );
}

#[test]
fn what_fails_now_and_then_is_an_incident_without_a_platform_down() {
    let told = |endpoint, timeline| {
        let failure = failing(Cause::Reset, Phase::Headers, "connection reset");
        let probe = probe("Music", "web", endpoint);
        told(probe, timeline, &failure, Parameters::default())
    };
    let services = rolled_up(&[
        told("a", "oooFoFoFoooooooooooo"),
        told("b", "oooooFoFoFoooooooooo"),
        told("c", "oooooooooooooooooooo"),
    ]);
    let list = IncidentList::new(whole(), &services, None);
    let [incident] = &list.incidents[..] else {
        panic!("it is one: {list:?}")
    };
    assert_eq!(incident.incident.severity, Severity::IntermittentOnly);
    let shown = on_terminal(&wording::incidents(&list));
    for part in [
        "no platform down",
        "came and went",
        "2 of 3 endpoints of web fail now and then for 3m",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let none = windows(Scope::Platform, &services);
    assert_eq!(none.outages, []);
    let shown = on_terminal(&wording::outages(&none));
    assert!(shown.starts_with("No outages of platforms from"), "{shown}");
}

#[test]
fn what_a_filter_cuts_apart_is_said_to_be_untold() {
    let services = partial();
    for (scope, untold, told) in [
        (Scope::Endpoint, &[][..], 4),
        (Scope::Platform, &["music/mobile"], 2),
        (Scope::Service, &["music"], 0),
    ] {
        let list = windows(scope, &services);
        let partial: Vec<_> = list.partial.iter().map(Subject::key).collect();
        assert_eq!(partial, untold, "{scope}");
        assert_eq!(list.subjects, told, "{scope}");
        let json: serde_json::Value =
            serde_json::from_str(&text(|out| json::outages(&list, out))).expect("it is JSON");
        assert_eq!(json["partial"], serde_json::json!(untold), "{scope}");
        let shown = on_terminal(&wording::outages(&list));
        assert_eq!(shown.contains("observed of"), told > 0, "{scope}: {shown}");
        for subject in untold {
            let note = format!("Not told of {subject}: only some of the probes were asked for");
            assert!(shown.contains(&note), "{scope}: {shown}");
        }
    }
    let list = IncidentList::new(whole(), &services, None);
    assert_eq!((list.incidents.len(), list.subjects), (0, 0));
    let shown = on_terminal(&wording::incidents(&list));
    assert!(shown.contains("Not told of music:"), "{shown}");
}

/// Of all but one probe the network was lost from 03:00 on, and the daemon did not run from 07:00
/// to 09:00.
fn unobserved() -> (Vec<ServiceHistory>, Circumstances) {
    let timelines = [
        ("web", "player", "oooooo????oooo @09:05 oo"),
        ("web", "search", "oooooo???ooooo @09:10 oo"),
        ("mobile", "api", "oooooooooooooo @09:00 oo"),
        ("mobile", "later", "@09:15 oo"),
    ];
    let probes = timelines.map(|(platform, endpoint, timeline)| {
        let probe = probe("Music", platform, endpoint);
        told(probe, timeline, &Outcome::Ok, Parameters::default())
    });
    let circumstances = Circumstances {
        troubles: vec![Trouble {
            period: Period::new(minute(3), minute(5)),
            reason: Reason::Resolver,
        }],
        epochs: vec![START, minute(9)],
        ..Circumstances::default()
    };
    (rolled_up(&probes), circumstances)
}

#[test]
fn unobserved_time_is_told_with_its_reasons() {
    let (services, circumstances) = unobserved();
    let list = UnobservedList::new(whole(), &services, &circumstances);
    goldens(
        "unobserved",
        &wording::unobserved(&list),
        |out| json::unobserved(&list, out),
        |out| csv::unobserved(&list, out),
    );
    let sum: Millis = list.stretches.iter().map(|one| one.period.length()).sum();
    assert_eq!(sum, list.totals.availability.unknown);
}

#[test]
fn a_reason_is_what_is_known_of_the_whole_gap() {
    let trouble = |from, to, reason| Trouble {
        period: Period::new(minute(from), minute(to)),
        reason,
    };
    let why = |reason, observations| Why::Trouble {
        reason,
        observations,
    };
    let offline = Reason::ObserverOffline;
    for (timeline, troubles, epochs, expected) in [
        // nothing is known but that there is nothing
        ("oo @05:00 oo", vec![], &[][..], vec![]),
        ("oo", vec![], &[], vec![]),
        // a run began in it, or at its end
        (
            "oo @05:00 oo",
            vec![],
            &[4],
            vec![why(Reason::NotRunning, 0)],
        ),
        (
            "oo @05:00 oo",
            vec![],
            &[5],
            vec![why(Reason::NotRunning, 0)],
        ),
        ("oo @05:00 oo", vec![], &[0, 6], vec![]),
        // what the observer tells of itself explains it
        (
            "oo @05:00 oo",
            vec![trouble(1, 4, Reason::Suspended)],
            &[4],
            vec![why(Reason::Suspended, 0)],
        ),
        (
            "oo @05:00 oo",
            vec![trouble(6, 7, Reason::Suspended)],
            &[],
            vec![],
        ),
        // the last request of a run says no more than that it ended
        (
            "oo @05:00 oo",
            vec![trouble(1, 2, Reason::Shutdown)],
            &[4],
            vec![why(Reason::NotRunning, 0), why(Reason::Shutdown, 0)],
        ),
        // the most frequent first, and what was inconclusive while the last label was held
        ("oo???? @05:00 oo", vec![], &[], vec![why(offline, 4)]),
        ("oo @00:55 ? @05:00 oo", vec![], &[], vec![why(offline, 1)]),
        (
            "oo?? @05:00 oo",
            vec![
                trouble(1, 2, Reason::Stalled),
                trouble(2, 4, Reason::Suspended),
            ],
            &[],
            vec![
                why(offline, 2),
                why(Reason::Suspended, 0),
                why(Reason::Stalled, 0),
            ],
        ),
        // within grace of others it made nothing unobserved
        ("oo?oo?oo", vec![], &[], vec![]),
        ("@05:00 oo", vec![], &[0], vec![Why::NotYetAsked]),
        (
            "@02:00 ??? @05:00 oo",
            vec![],
            &[0],
            vec![Why::NotYetAsked, why(offline, 3)],
        ),
        (
            "@00:30 ???????? @05:00 oo",
            vec![],
            &[0],
            vec![why(offline, 8)],
        ),
        // what explains the lesser part of it comes last
        (
            "oo?? @09:00 oo",
            vec![],
            &[8],
            vec![why(Reason::NotRunning, 0), why(offline, 2)],
        ),
        ("", vec![], &[0], vec![Why::NotYetAsked]),
    ] {
        let probe = probe("Music", "web", "player");
        let services = rolled_up(&[told(probe, timeline, &Outcome::Ok, Parameters::default())]);
        let circumstances = Circumstances {
            troubles,
            epochs: epochs.iter().map(|at| minute(*at)).collect(),
            ..Circumstances::default()
        };
        let list = UnobservedList::new(whole(), &services, &circumstances);
        let first = list.stretches.first().expect("10 minutes are not observed");
        assert_eq!(first.reasons, expected, "{timeline}");
    }
}

#[test]
fn what_probes_missed_at_once_is_told_of_all_together() {
    let (services, circumstances) = unobserved();
    let list = UnobservedList::new(whole(), &services, &circumstances);
    let whom: Vec<_> = list.spans.iter().map(|span| &span.whom).collect();
    let name = |text: &str| Name::try_new(text).expect("it has a letter");
    assert_eq!(
        whom,
        [
            &Whom::One(probe("Music", "mobile", "later")),
            &Whom::Platform {
                service: name("Music"),
                platform: name("web"),
            },
            &Whom::Some,
        ]
    );
    // each stretch is in one of them
    let told: usize = list.spans.iter().map(|span| span.probes.len()).sum();
    assert_eq!(told, list.stretches.len());
}

fn all_platforms() -> (Request, Vec<ServiceHistory>, Vec<ServiceHistory>) {
    let mut circumstances = circumstances();
    for parameters in circumstances.rollups.values_mut() {
        *parameters = parameters
            .clone()
            .map(|parameters| parameters.down_when = DownWhen::Any);
    }
    let request = Request {
        what_if: vec!["platform.down_when=any".to_owned()],
        ..whole()
    };
    let changed = services(probes(), &circumstances, |_| true);
    (request, changed, music())
}

#[test]
fn a_difference_lists_what_is_otherwise_than_configured() {
    let (request, changed, configured) = all_platforms();
    let listed = Listed::Windows(Scope::Platform);
    let difference = Difference::new(request, listed, &changed, &configured);
    goldens(
        "difference",
        &wording::difference(&difference),
        |out| json::difference(&difference, out),
        |out| csv::difference(&difference, out),
    );
}

#[test]
fn nothing_differs_from_itself() {
    let (request, changed, _) = all_platforms();
    let count = |scope| windows(scope, &changed).outages.len() as u64;
    for (listed, same) in [
        (Listed::Windows(Scope::Endpoint), count(Scope::Endpoint)),
        (Listed::Windows(Scope::Platform), count(Scope::Platform)),
        (Listed::Windows(Scope::Service), count(Scope::Service)),
        (Listed::Incidents, 1),
    ] {
        assert!(same > 0);
        let difference = Difference::new(request.clone(), listed, &changed, &changed);
        assert_eq!(difference.differing, [], "{listed:?}");
        assert_eq!(difference.same, same, "{listed:?}");
        let shown = on_terminal(&wording::difference(&difference));
        assert!(shown.starts_with("No difference and"), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    /// Listed is what the roll-up says and no more, each part exists, and is inside.
    #[test]
    fn the_listed_windows_are_those_of_the_roll_up(
        timelines in proptest::collection::vec((timeline(), proptest::option::of(0i64..2_000_000)), 1..5),
        from in -100_000i64..1_000_000,
        length in 1i64..1_500_000,
        now in 0i64..1_500_000,
    ) {
        let now = START + Millis(now);
        let from = START + Millis(from);
        let period = Period::new(from, (from + Millis(length)).min(now));
        prop_assume!(!period.is_empty());
        let probes: Vec<_> = timelines
            .iter()
            .enumerate()
            .map(|(at, (timeline, removed))| random_probe(at, timeline, *removed, period, now))
            .collect();
        let services = rolled_up(&probes);
        let listed = |scope, period| OutageList::new(request(period, now), scope, &services, None);
        let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
        let mut below: BTreeSet<OutageId> = BTreeSet::new();
        for scope in [Scope::Endpoint, Scope::Platform, Scope::Service] {
            let tracks: Vec<&Track> = match scope {
                Scope::Endpoint => probes.iter().map(|probe| &probe.track).collect(),
                Scope::Platform => services
                    .iter()
                    .flat_map(|service| &service.platforms)
                    .filter_map(|platform| Some(&platform.rollup.as_ref()?.track))
                    .collect(),
                Scope::Service => services
                    .iter()
                    .filter_map(|service| Some(&service.whole.as_ref()?.rollup.track))
                    .collect(),
            };
            let mut expected: Vec<_> = tracks
                .iter()
                .flat_map(|track| &track.windows)
                .filter(|window| window.period().overlaps(period))
                .cloned()
                .collect();
            let list = listed(scope, period);
            let mut windows: Vec<_> = list.outages.iter().map(|one| one.window.clone()).collect();
            let starts: Vec<_> = windows.iter().map(|window| window.start).collect();
            prop_assert!(starts.is_sorted());
            let key = |window: &outwatch::domain::outage::OutageWindow| {
                (window.period(), window.failures, window.start_earliest, window.end_latest)
            };
            expected.sort_by_key(key);
            windows.sort_by_key(key);
            prop_assert_eq!(windows, expected);
            prop_assert_eq!(list.totals.outages.count, list.outages.len() as u64);
            let inside: Millis = list.outages.iter().map(|outage| outage.inside).sum();
            prop_assert_eq!(inside, list.totals.availability.down);
            let all = listed(scope, ever).outages;
            for outage in &all {
                prop_assert_eq!(outage.parts.is_empty(), scope == Scope::Endpoint);
                prop_assert!(outage.parts.iter().all(|part| below.contains(part)));
                if let Some(members) = outage.members {
                    prop_assert!(1 <= members.down && members.down <= members.all);
                }
                for other in &outage.meanwhile {
                    prop_assert!(Millis::ZERO < other.worst_for && other.worst_for <= other.of);
                    prop_assert!(other.of <= outage.window.duration());
                    prop_assert_eq!(other.down() > Millis::ZERO, other.worst == State::Down);
                }
            }
            below = all.iter().map(|outage| outage.id).collect();
        }
        let windows: BTreeSet<_> = listed(Scope::Endpoint, ever)
            .outages
            .iter()
            .map(|outage| outage.id)
            .collect();
        let incidents = IncidentList::new(request(ever, now), &services, None).incidents;
        let told: Vec<_> = incidents.iter().flat_map(|one| &one.windows).copied().collect();
        // each window is of one incident
        prop_assert_eq!(told.len(), windows.len());
        prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), windows);
        for one in &incidents {
            prop_assert!(one.duration_min() <= one.incident.duration());
            prop_assert!(one.duration_max().is_none_or(|most| one.incident.duration() <= most));
        }
    }
}
