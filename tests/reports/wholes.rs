//! Platforms and services as such: a service of which mobile is down by its quorum, web fails now
//! and then, desktop is maintained, and the policy of web changed.

use std::num::NonZeroU32;

use outwatch::domain::rollup::DownWhen;

use super::*;

pub(super) fn platform(name: &str) -> Subject {
    Subject::Platform {
        service: "music".into(),
        platform: name.into(),
    }
}

pub(super) fn down_when(down_when: DownWhen) -> RollupParameters {
    RollupParameters {
        down_when,
        ..RollupParameters::default()
    }
}

pub(super) fn circumstances() -> Circumstances {
    let two = NonZeroU32::new(2).expect("it is two");
    let mobile = RollupParameters {
        weight: Weight(2500),
        ..down_when(DownWhen::Quorum(two))
    };
    let web = vec![
        (START, down_when(DownWhen::All)),
        (minute(5), down_when(DownWhen::Any)),
    ];
    Circumstances {
        rollups: [
            (platform("mobile"), RollupHistory::constant(mobile)),
            (
                platform("web"),
                Versions::from_changes(web).expect("it has two"),
            ),
        ]
        .into(),
        maintenance: vec![Declared {
            id: MaintenanceId(7),
            declaration: Declaration {
                subject: platform("desktop"),
                schedule: Schedule::Once(Period::new(minute(6), minute(12))),
                note: Some("new certificates".into()),
            },
            from: minute(4),
            until: None,
            origin: Origin::By("ann".into()),
        }],
        ..Circumstances::default()
    }
}

pub(super) fn probes() -> Vec<ProbeHistory> {
    let timelines = [
        ("desktop", "login", "ooFFFFoooo oooooFFooo"),
        ("mobile", "api", "oooooooooo ooooFFFFFF"),
        ("mobile", "feed", "oooooooooo oooooFFFFF"),
        ("mobile", "push", "oooooooooo oooooooooo"),
        ("web", "player", "oooFFFoooo oooFoFoFoF"),
        ("web", "search", "oooooooooo oooooooooo"),
    ];
    let told = timelines.map(|(platform, endpoint, timeline)| {
        let failure = failing(
            Cause::Status,
            Phase::Verdict,
            "expected status 2xx, got 503 Service Unavailable",
        );
        let probe = probe("Music", platform, endpoint);
        let told = told(probe, timeline, &failure, Parameters::default());
        maintained(told, &circumstances())
    });
    told.into()
}

pub(super) fn music() -> Vec<ServiceHistory> {
    services(probes(), &circumstances(), |_| true)
}

/// Of mobile only one probe is asked for.
pub(super) fn partial() -> Vec<ServiceHistory> {
    let mut probes = probes();
    probes.retain(|probe| !["feed", "push"].contains(&probe.probe.endpoint.slug()));
    services(probes, &circumstances(), |subject| {
        subject.scope() == Scope::Platform && *subject != platform("mobile")
    })
}

fn status(services: &[ServiceHistory]) -> Status {
    Status::new(services, minute(10))
}

pub(super) fn report(services: &[ServiceHistory]) -> Report {
    Report::new(
        request(period(), minute(10)),
        services,
        None,
        &circumstances(),
        &Measurements::default(),
    )
}

#[test]
fn the_status_begins_with_what_is_down() {
    let shown = on_terminal(&wording::status(&status(&music())));
    golden("wholes-status.table", &shown);
    let json = text(|out| json::status(&status(&music()), out));
    golden("wholes-status.json", &json);
    let document = wording::status(&status(&music()));
    let markdown = text(|out| markdown::render(&document, out));
    for shown in [&shown, &markdown] {
        assert!(shown.contains("flapping"), "{shown}");
    }
}

#[test]
fn what_is_known_in_part_is_not_told_as_such() {
    let services = partial();
    golden(
        "partial-status.table",
        &on_terminal(&wording::status(&status(&services))),
    );
    let json = text(|out| json::status(&status(&services), out));
    let status: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let service = &status["services"][0];
    assert_eq!(service["partial"], true);
    assert_eq!(service["state"], serde_json::Value::Null);
    assert_eq!(service["platforms"][1]["partial"], true);
    assert_eq!(service["platforms"][2]["state"], "up");

    let json = text(|out| json::report(&report(&services), out));
    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let service = &report["services"][0];
    assert_eq!(service["own"], serde_json::Value::Null);
    assert_eq!(service["incidents"], serde_json::Value::Null);
    assert_eq!(service["platforms"][1]["own"], serde_json::Value::Null);
    assert_eq!(service["platforms"][2]["own"]["down_ms"], 0);
    let shown = on_terminal(&wording::report(&self::report(&services)));
    assert!(
        shown.contains("Not all probes were asked for of Music, Music mobile;"),
        "{shown}"
    );
}

#[test]
fn every_format_of_the_report_tells_of_wholes() {
    let report = report(&music());
    let document = wording::report(&report);
    golden("wholes-report.table", &on_terminal(&document));
    golden("wholes-report.narrow", &within(80, &document));
    golden(
        "wholes-report.markdown",
        &text(|out| markdown::render(&document, out)),
    );
    golden(
        "wholes-report.json",
        &text(|out| json::report(&report, out)),
    );
    golden("wholes-report.csv", &text(|out| csv::report(&report, out)));
    for width in [80, 100, 120, 160] {
        for document in [&document, &wording::status(&status(&music()))] {
            for line in within(width, document).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

/// One probe with a timeline that ends half a minute before `now`.
pub(super) fn alone(timeline: &str, now: UnixMillis) -> Vec<ServiceHistory> {
    let mut sightings = notation::sightings(timeline);
    for sighting in &mut sightings {
        sighting.ts = START + (sighting.ts - UnixMillis(0));
        sighting.finished = sighting.ts;
    }
    let lives = vec![Life {
        from: START,
        to: None,
    }];
    let period = Period::new(START, now);
    let probe = probe("Music", "web", "player");
    rolled_up(&[judged(
        probe,
        sightings,
        Parameters::default(),
        lives,
        period,
        now,
    )])
}

#[test]
fn an_incident_is_told_until_nothing_could_join_it_any_more() {
    // down from 00:30 to 02:00
    for (minutes, calm) in [(3, Some(1)), (12, Some(10)), (13, None)] {
        let now = minute(minutes);
        let observed = usize::try_from(2 * minutes).expect("it is later");
        let status = Status::new(&alone(&format!("{:o<observed$}", "oFFF"), now), now);
        let ongoing = status.services[0].incident.as_ref();
        let told = ongoing.map(|ongoing| ongoing.calm);
        assert_eq!(
            told,
            calm.map(|calm| Some(Millis(calm * 60_000))),
            "{minutes}"
        );
    }
    // what fails now and then has not calmed down
    let status = status(&music());
    let ongoing = status.services[0].incident.as_ref();
    assert_eq!(ongoing.map(|ongoing| ongoing.calm), Some(None));
}

#[test]
fn a_vote_counts_those_that_are_not_in_maintenance() {
    let status = status(&music());
    let service = status.services[0].whole.as_ref().expect("it is whole");
    assert_eq!(service.state, State::Down);
    assert_eq!(service.vote.needed, 1);
    assert_eq!(service.vote.members.maintenance, 1);
    let needed = |platform: usize| {
        let whole = status.services[0].platforms[platform].whole.as_ref();
        whole.map(|whole| (whole.vote.down_when.to_string(), whole.vote.needed))
    };
    // desktop is all in maintenance, and its only endpoint would do
    assert_eq!(needed(0), Some(("any".to_owned(), 1)));
    assert_eq!(needed(1), Some(("2".to_owned(), 2)));
    assert_eq!(needed(2), Some(("any".to_owned(), 1)));
}

#[test]
fn an_outage_that_is_over_is_no_flapping() {
    for (timeline, flapping) in [
        ("oFFFoo", false),
        ("oFFFFFFooo", false),
        ("oFFFooF", true),
        ("oFoFoFoo", true),
        ("oFoFoFoFF", false),
        ("oFoFFoo", false),
        ("oFoFoFoooooooooo", false),
    ] {
        let observed = i64::try_from(timeline.len()).expect("it is short");
        let now = START + Millis(30_000 * observed);
        let status = Status::new(&alone(timeline, now), now);
        let probe = &status.services[0].platforms[0].probes[0];
        assert_eq!(probe.flapping, flapping, "{timeline}");
    }
}
