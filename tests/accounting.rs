//! What annotations leave out of the figures, and what they leave alone.

#![allow(clippy::unwrap_used, reason = "a test")]
mod notation;

use std::collections::HashMap;

use notation::{at, outcome, sighting, sightings};
use outwatch::domain::annotation::{Annotation, Remark};
use outwatch::domain::availability::{Availability, State, availability, timeline};
use outwatch::domain::history::Life;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::past::PastBuilder;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::probe::{Name, Probe};
use outwatch::domain::rollup::{DownWhen, RollupHistory, RollupParameters};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::{Scope, Subject};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use outwatch::domain::zone::Zone;
use outwatch::report::accounting::Accounting;
use outwatch::report::annotated::{Annotated, annotated};
use outwatch::report::circumstances::Circumstances;
use outwatch::report::measured::Measurements;
use outwatch::report::model::Report;
use outwatch::report::outage_list::OutageList;
use outwatch::report::probe_history::ProbeHistory;
use outwatch::report::request::Request;
use outwatch::report::service_history::{ServiceHistory, services};
use outwatch::report::table::{self, Page};
use outwatch::report::wording;
use proptest::prelude::*;

const NOW: UnixMillis = UnixMillis(1_000_000);
const ALL: Period = Period::new(UnixMillis(0), NOW);

fn probe(platform: &str, endpoint: &str) -> Probe {
    let name = |text: &str| Name::try_new(text).unwrap();
    Probe::named(name("Music"), name(platform), name(endpoint)).unwrap()
}

fn told(
    probe: Probe,
    story: Vec<Sighting>,
    maintenance: PeriodSet,
    now: UnixMillis,
) -> ProbeHistory {
    let parameters = ParameterHistory::constant(Parameters::default());
    let lives = vec![Life {
        from: UnixMillis(0),
        to: None,
    }];
    let mut past = PastBuilder::new(&parameters, &lives, ALL, now);
    for sighting in story {
        past.push(sighting);
    }
    let past = past.finish();
    ProbeHistory {
        url: "https://example.com/".to_owned(),
        probe,
        parameters: Parameters::default(),
        rollup: RollupHistory::constant(RollupParameters::default()),
        track: Track::of(&past.history, maintenance),
        accounting: Accounting::default(),
        past,
        lives,
    }
}

fn music(platforms: &[(&str, &[&str])], now: &str) -> Vec<ProbeHistory> {
    let platforms = platforms.iter();
    let probes = platforms.flat_map(|(platform, stories)| {
        let stories = stories.iter().enumerate();
        stories.map(|(n, story)| {
            let probe = probe(platform, &format!("e{n}"));
            told(probe, sightings(story), PeriodSet::default(), at(now))
        })
    });
    probes.collect()
}

fn by(annotations: &[Annotation], down_when: DownWhen) -> Circumstances {
    let parameters = RollupParameters {
        down_when,
        ..RollupParameters::default()
    };
    let subjects = ["web", "mobile"].map(|platform| Subject::platform_of(&probe(platform, "e0")));
    let subjects = subjects
        .into_iter()
        .chain([Subject::Service("music".into())]);
    let rollups: HashMap<_, _> = subjects
        .map(|subject| (subject, RollupHistory::constant(parameters)))
        .collect();
    Circumstances {
        rollups,
        annotations: annotations.to_vec(),
        ..Circumstances::default()
    }
}

fn accounted(probes: &[ProbeHistory], annotations: &[Annotation]) -> Vec<ServiceHistory> {
    services(probes.to_vec(), &by(annotations, DownWhen::Any), |_| true)
}

fn say(of: &Annotated, remark: Remark) -> Annotation {
    Annotation {
        outage: of.id,
        subject: of.subject.clone(),
        started_at: of.period.from,
        ended_at: (!of.is_open).then_some(of.period.to),
        remark,
        by: "ann".into(),
        at: NOW,
    }
}

/// The one of that kind; by its number in order of listing.
fn window(probes: &[ProbeHistory], kind: &str, number: usize) -> Annotated {
    let all = annotated(&accounted(probes, &[]), ALL);
    let mut of_kind = all.into_iter().filter(|one| one.kind() == kind);
    of_kind.nth(number).unwrap()
}

fn report(services: &[ServiceHistory]) -> Report {
    let request = Request {
        generated_at: NOW,
        period: ALL,
        before: None,
        zone: Zone::utc(),
        version: "1.2.3",
        what_if: Vec::new(),
    };
    Report::new(
        request,
        services,
        None,
        &Circumstances::default(),
        &Measurements::default(),
    )
}

fn list(services: &[ServiceHistory], scope: Scope) -> OutageList {
    let request = report(services).request;
    OutageList::new(request, scope, services, None)
}

/// Seconds down of every endpoint, platform and service, as they count.
fn down(services: &[ServiceHistory]) -> Vec<String> {
    let shown = |subject: String, track: &Track| {
        let down = availability(track, ALL).down.0 / 1000;
        format!("{subject} {down}")
    };
    let mut all = Vec::new();
    for service in services {
        for platform in &service.platforms {
            for probe in &platform.probes {
                all.push(shown(probe.probe.id.to_string(), probe.counted()));
            }
            all.push(shown(
                platform.subject.key(),
                &platform.counted().unwrap().track,
            ));
        }
        all.push(shown(
            service.subject.key(),
            &service.counted().unwrap().track,
        ));
    }
    all
}

#[test]
fn a_window_is_left_out_of_what_it_is_of_and_of_all_below_it() {
    // web is down from 0:30 to 3:00, as one endpoint after the other is; so is music, and to 6:00
    let probes = music(
        &[
            ("mobile", &["oooooooooFFoo"]),
            ("web", &["oFFFoooooo", "oooFFFoooo"]),
        ],
        "16:40",
    );
    for (kind, number, expected) in [
        ("endpoint", 0, [0, 0, 90, 90, 150, 150]),
        // the other endpoint was down meanwhile: web as well
        ("endpoint", 1, [60, 60, 0, 90, 90, 150]),
        ("endpoint", 2, [60, 60, 90, 0, 90, 150]),
        ("platform", 0, [0, 0, 90, 90, 150, 150]),
        ("platform", 1, [60, 60, 0, 0, 0, 60]),
        ("service", 0, [60, 60, 0, 0, 0, 60]),
        ("service", 1, [0, 0, 90, 90, 150, 150]),
        ("incident", 0, [0, 0, 0, 0, 0, 0]),
    ] {
        let one = window(&probes, kind, number);
        let shown = down(&accounted(&probes, &[say(&one, Remark::Planned)]));
        let subjects = [
            "music/mobile/e0",
            "music/mobile",
            "music/web/e0",
            "music/web/e1",
            "music/web",
            "music",
        ];
        let expected: Vec<_> = subjects
            .iter()
            .zip(expected)
            .map(|(subject, seconds)| format!("{subject} {seconds}"))
            .collect();
        assert_eq!(shown, expected, "{kind} {number}");
    }
}

#[test]
fn an_open_window_is_left_out_as_far_as_it_goes_on() {
    let story = "ooFFFFFFFF";
    let annotation = say(
        &window(&music(&[("web", &[story])], "03:00"), "endpoint", 0),
        Remark::Ignore,
    );
    assert_eq!(annotation.ended_at, None);
    for now in ["03:00", "04:00", "05:00"] {
        let probes = music(&[("web", &[story])], now);
        let all = down(&accounted(&probes, std::slice::from_ref(&annotation)));
        assert_eq!(all[0], "music/web/e0 0", "{now}");
    }
}

#[test]
fn what_is_left_out_as_a_whole_is_not_possibly_down_before_and_after() {
    let probes = music(&[("web", &["ooFFFooo", "oooooooo"])], "04:00");
    let one = window(&probes, "endpoint", 0);
    for (remark, possible) in [
        (Remark::Note("slow disk".into()), 120_000),
        (Remark::Planned, 0),
    ] {
        let services = accounted(&probes, &[say(&one, remark)]);
        for (subject, observed, counted) in tracks(&services) {
            let of = |track| availability(track, ALL).down_possible;
            if subject.to_string() != "music/web/e1" {
                assert_eq!(of(observed), Millis(120_000), "{subject}");
                assert_eq!(of(counted), Millis(possible), "{subject}");
            }
        }
    }
}

#[test]
fn an_annotation_keeps_to_what_it_was_told_of_where_windows_became_others() {
    // what was imported later made the window begin earlier, fall apart, or vanish
    let before = window(
        &music(&[("web", &["ooooFFFFFFoo"])], "16:40"),
        "endpoint",
        0,
    );
    let annotation = say(&before, Remark::Planned);
    for (story, counts, lost, noted) in [
        ("ooooFFFFFFoo", 0, 0, 1),
        ("ooFFFFFFFFoo", 60, 0, 1),
        ("oooooFFFFFoo", 0, 0, 1),
        ("ooooFFooFFoo", 0, 0, 1),
        // it goes on
        ("ooooFFFFFFFF", 0, 0, 1),
        ("oooooooooooo", 0, 1, 0),
        ("oFFooooooooo", 60, 1, 0),
    ] {
        let probes = music(&[("web", &[story])], "06:00");
        let services = accounted(&probes, std::slice::from_ref(&annotation));
        let list = list(&services, Scope::Endpoint);
        assert_eq!(
            list.totals.availability.down,
            Millis(counts * 1000),
            "{story}"
        );
        assert_eq!(list.remarks.lost.len(), lost, "{story}");
        let with_remarks = list.outages.iter();
        let with_remarks = with_remarks.filter(|outage| !outage.annotations.is_empty());
        assert!(with_remarks.count() >= noted, "{story}");
    }
    let elsewhere = Period::new(UnixMillis(0), at("01:00"));
    let services = accounted(
        &music(&[("web", &["oooooooooooo"])], "06:00"),
        &[annotation],
    );
    let request = Request {
        period: elsewhere,
        ..report(&services).request
    };
    let list = OutageList::new(request, Scope::Endpoint, &services, None);
    assert_eq!(list.remarks.lost, [], "it was told of another time");
}

#[test]
fn what_is_said_is_shown_with_the_window_in_the_order_in_which_it_was() {
    let probes = music(&[("web", &["oFFFoooooo"])], "16:40");
    let one = window(&probes, "endpoint", 0);
    let said: Vec<_> = [
        Remark::Cause("a cable".into()),
        Remark::Planned,
        Remark::Note("it was not".into()),
        Remark::Counted,
    ]
    .into_iter()
    .map(|remark| say(&one, remark))
    .collect();
    let services = accounted(&probes, &said);
    let list = list(&services, Scope::Endpoint);
    assert_eq!(list.outages[0].annotations, said);
    assert_eq!(list.outages[0].left_out, Millis::ZERO);
    assert_eq!(list.remarks.left_out, 0);
}

#[test]
fn people_read_what_counts_beside_what_was_observed_and_what_was_said_of_both() {
    let probes = music(&[("web", &["oFFFooooooFFoo"])], "16:40");
    let one = window(&probes, "endpoint", 0);
    let gone = Annotation {
        outage: OutageId(1),
        started_at: at("04:00"),
        ended_at: Some(at("04:30")),
        ..say(&one, Remark::Note("it was there".into()))
    };
    let said = [
        say(&one, Remark::Planned),
        say(&one, Remark::Cause("an | upgrade".into())),
        gone,
    ];
    let list = list(&accounted(&probes, &said), Scope::Endpoint);
    let mut shown = Vec::new();
    table::render(&wording::outages(&list), Page::PLAIN, &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "1m 30s not counted: planned (ann, 1970-01-01 00:16:40); cause an | upgrade (ann, \
         1970-01-01 00:16:40)",
        "2 outages, down for 1m",
        "1 outage left out by annotation: 2m 30s down were observed, of which 1m count; uptime \
         64.285 % as observed, 81.818 % as it counts.",
        "An annotation is of an outage that is no longer there: music/web/e0, 1970-01-01 \
         00:04:00Z: note it was there (ann, 1970-01-01 00:16:40)",
    ] {
        assert!(words.contains(told), "{told}\n{shown}");
    }
}

#[test]
fn what_annotations_do_not_change_is_not_told_twice() {
    let probes = music(&[("web", &["oFFFooo"]), ("mobile", &["ooooooo"])], "03:30");
    let said = [say(&window(&probes, "platform", 0), Remark::Planned)];
    let services = services(probes.clone(), &by(&said, DownWhen::All), |_| true);
    let mut shown = Vec::new();
    let list = list(&services, Scope::Service);
    table::render(&wording::outages(&list), Page::PLAIN, &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        "1 outage left out by annotation; the time down here is the same with it and without.";
    assert!(words.contains(told), "{shown}");
}

fn story() -> impl Strategy<Value = Vec<Sighting>> {
    let spacing = prop_oneof![6 => Just(30_000i64), 2 => 1i64..70_000, 1 => 70_000i64..200_000];
    let letter = prop_oneof![5 => Just('o'), 5 => Just('F'), 1 => Just('s'), 1 => Just('?')];
    proptest::collection::vec((spacing, letter), 0..30).prop_map(|story| {
        let mut ts = UnixMillis(0);
        let all = story.into_iter().map(|(spacing, letter)| {
            ts = ts + Millis(spacing);
            sighting(ts, outcome(letter))
        });
        all.take_while(|sighting| sighting.ts < NOW).collect()
    })
}

fn maintenance() -> impl Strategy<Value = PeriodSet> {
    let one = (0i64..1_000_000, 1i64..100_000);
    proptest::collection::vec(one, 0..2).prop_map(|all| {
        let periods = all.into_iter();
        periods
            .map(|(from, length)| Period::new(UnixMillis(from), UnixMillis(from + length)))
            .collect()
    })
}

/// Endpoints of two platforms.
fn probes() -> impl Strategy<Value = Vec<ProbeHistory>> {
    let one = (story(), maintenance());
    proptest::collection::vec(one, 1..6).prop_map(|all| {
        let all = all.into_iter().enumerate();
        all.map(|(n, (story, maintenance))| {
            let platform = ["web", "mobile"][n % 2];
            told(probe(platform, &format!("e{n}")), story, maintenance, NOW)
        })
        .collect()
    })
}

fn down_when() -> impl Strategy<Value = DownWhen> {
    prop::sample::select(vec!["any", "all", "2", "60%"]).prop_map(|text| text.parse().unwrap())
}

/// Each endpoint, platform and service: observed, and as it counts.
fn tracks(services: &[ServiceHistory]) -> Vec<(Subject, &Track, &Track)> {
    let mut all = Vec::new();
    for service in services {
        for platform in &service.platforms {
            for probe in &platform.probes {
                let subject = Subject::Endpoint(probe.probe.id.clone());
                all.push((subject, &probe.track, probe.counted()));
            }
            let observed = &platform.rollup.as_ref().unwrap().track;
            let counted = &platform.counted().unwrap().track;
            all.push((platform.subject.clone(), observed, counted));
        }
        let observed = &service.whole.as_ref().unwrap().rollup.track;
        let counted = &service.counted().unwrap().track;
        all.push((service.subject.clone(), observed, counted));
    }
    all
}

/// Whether `above` is it, or what it is part of.
fn holds(above: &Subject, subject: &Subject) -> bool {
    let (above, subject) = (above.key(), subject.key());
    subject == above || subject.starts_with(&format!("{above}/"))
}

fn sum(times: &Availability) -> Millis {
    times.up + times.degraded + times.down + times.unknown + times.maintenance
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn leaving_a_window_out_changes_no_window_and_lowers_no_uptime_of_what_it_is_of(
        probes in probes(),
        down_when in down_when(),
        number in any::<prop::sample::Index>(),
    ) {
        let judged = |annotations: &[Annotation]| {
            services(probes.clone(), &by(annotations, down_when), |_| true)
        };
        let observed = judged(&[]);
        let all = annotated(&observed, ALL);
        prop_assume!(!all.is_empty());
        let one = &all[number.index(all.len())];
        let annotation = say(one, Remark::Planned);
        let counted = judged(std::slice::from_ref(&annotation));

        for ((subject, before, _), (_, same, now)) in
            tracks(&observed).into_iter().zip(tracks(&counted))
        {
            prop_assert_eq!(before, same, "what was observed stays");
            let (before, after) = (availability(before, ALL), availability(now, ALL));
            prop_assert_eq!(sum(&after), after.covered);
            prop_assert_eq!(after.covered, before.covered);
            prop_assert!(after.down_certain <= after.down && after.down <= after.down_possible);
            prop_assert!(after.down <= before.down);
            if holds(&subject, &one.subject) && !one.is_incident {
                prop_assert!(after.uptime().is_none() || before.uptime() <= after.uptime());
            }
            if holds(&one.subject, &subject) {
                let inside = timeline(now, one.period);
                let rest = inside.iter().find(|(_, state)| *state != State::Maintenance);
                prop_assert_eq!(rest, None);
            }
        }
        let left = annotated(&counted, ALL);
        let times = |of: &[Annotated]| -> Vec<_> {
            of.iter().map(|one| (one.id, one.period, one.counted + one.left_out)).collect()
        };
        prop_assert_eq!(times(&left), times(&all));
        let report = report(&counted);
        for probe in report.probes() {
            let inside: Millis = probe.outages.iter().map(|outage| outage.inside).sum();
            prop_assert_eq!(inside, probe.totals.availability.down);
        }
        for service in &report.services {
            let platforms = service.platforms.iter().filter_map(|platform| platform.own.as_ref());
            for own in platforms.chain(&service.own) {
                let inside: Millis = own.outages.iter().map(|outage| outage.inside).sum();
                prop_assert_eq!(inside, own.totals.availability.down);
            }
        }
        // it counts again, to the last figure, and what was observed is told meanwhile
        let again = judged(&[annotation, say(one, Remark::Counted)]);
        let (again, before) = (self::report(&again), self::report(&observed));
        prop_assert_eq!(again.totals, before.totals);
        prop_assert_eq!(again.remarks.left_out, 0);
        for (again, before) in again.services.iter().zip(&before.services) {
            prop_assert_eq!(&again.totals, &before.totals);
            prop_assert_eq!(
                again.own.as_ref().map(|own| own.totals),
                before.own.as_ref().map(|own| own.totals)
            );
        }
        let observed = report.totals.as_observed.unwrap_or(report.totals.availability);
        prop_assert_eq!(observed, before.totals.availability);
    }

    #[test]
    fn what_is_said_of_others_changes_nothing(probes in probes(), from in 0i64..1_000_000) {
        let subject = Subject::Service("film".into());
        let of_another = Annotation {
            outage: OutageId::of(&subject, UnixMillis(from)),
            subject,
            started_at: UnixMillis(from),
            ended_at: None,
            remark: Remark::Planned,
            by: "ann".into(),
            at: NOW,
        };
        prop_assert_eq!(accounted(&probes, &[of_another]), accounted(&probes, &[]));
    }
}
