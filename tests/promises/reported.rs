//! What a report tells of promises.

use std::collections::HashMap;

use outwatch::domain::annotation::{Annotation, Remark};
use outwatch::domain::history::Life;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::past::PastBuilder;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::probe::{Name, Probe};
use outwatch::domain::promise::{Promise, PromiseKind, Promised};
use outwatch::domain::rollup::{DownWhen, RollupHistory, RollupParameters};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Period};
use outwatch::domain::track::Track;
use outwatch::domain::zone::Zone;
use outwatch::report::accounting::Accounting;
use outwatch::report::circumstances::Circumstances;
use outwatch::report::document::{Block, Column};
use outwatch::report::measured::Measurements;
use outwatch::report::model::Report;
use outwatch::report::probe_history::ProbeHistory;
use outwatch::report::request::Request;
use outwatch::report::service_history::services;
use outwatch::report::table::{self, Page};
use outwatch::report::wording;
use proptest::prelude::*;

use crate::drawn::{MINUTE, at, period, september};
use crate::notation::{outcome, sighting};

const HOUR: i64 = 60 * MINUTE;

/// One letter an hour from the first of July on.
const STORY_FROM: &str = "2024-07-01T00:00:00Z";

fn probe(platform: &str, endpoint: &str) -> Probe {
    let name = |text: &str| Name::try_new(text).unwrap();
    Probe::named(name("Music"), name(platform), name(endpoint)).unwrap()
}

fn told(probe: Probe, story: &str, maintenance: PeriodSet) -> ProbeHistory {
    let from = at(STORY_FROM);
    let hourly = Parameters {
        interval: Millis(HOUR),
        grace: Millis(2 * HOUR + 10_000),
        ..Parameters::default()
    };
    let parameters = ParameterHistory::constant(hourly);
    let lives = vec![Life { from, to: None }];
    let sightings = story.chars().zip(0i64..);
    let sightings =
        sightings.map(|(letter, hour)| sighting(from + Millis(hour * HOUR), outcome(letter)));
    let sightings: Vec<Sighting> = sightings.collect();
    let now = sightings.last().unwrap().ts + Millis(HOUR);
    let mut past = PastBuilder::new(&parameters, &lives, Period::new(from, now), now);
    for sighting in sightings {
        past.push(sighting);
    }
    let past = past.finish();
    ProbeHistory {
        url: "https://example.com/".to_owned(),
        probe,
        parameters: hourly,
        rollup: RollupHistory::constant(RollupParameters::default()),
        track: Track::of(&past.history, maintenance),
        accounting: Accounting::default(),
        past,
        lives,
    }
}

/// `hours` of `o`, with failures at some: from an hour on, so many.
fn story(hours: usize, failures: &[(usize, usize)]) -> String {
    let mut letters = vec!['o'; hours];
    for &(from, count) in failures {
        letters[from..from + count].fill('F');
    }
    letters.into_iter().collect()
}

fn promise(subject: &Subject, kind: PromiseKind, name: &str, terms: &str) -> Promise {
    Promise {
        subject: subject.clone(),
        kind,
        name: name.into(),
        terms: terms.into(),
    }
}

fn always(promise: Promise) -> Promised {
    Promised {
        promise,
        from: at(STORY_FROM),
        to: None,
    }
}

fn by(promises: Vec<Promised>, down_when: DownWhen) -> Circumstances {
    let parameters = RollupParameters {
        down_when,
        ..RollupParameters::default()
    };
    let subjects = [music(), web(), Subject::platform_of(&probe("app", "e0"))];
    let rollups: HashMap<_, _> = subjects
        .into_iter()
        .map(|subject| (subject, RollupHistory::constant(parameters)))
        .collect();
    Circumstances {
        rollups,
        promises,
        ..Circumstances::default()
    }
}

fn music() -> Subject {
    Subject::Service("music".into())
}

fn web() -> Subject {
    Subject::platform_of(&probe("web", "e0"))
}

fn report(probes: &[ProbeHistory], circumstances: &Circumstances, period: Period) -> Report {
    let judged = services(probes.to_vec(), circumstances, |_| true);
    let request = Request {
        generated_at: period.to,
        period,
        before: None,
        zone: Zone::utc(),
        version: "1.2.3",
        what_if: Vec::new(),
    };
    Report::new(
        request,
        &judged,
        None,
        circumstances,
        &Measurements::default(),
    )
}

const SIGNED: &str = "each month in UTC; outages from 0m; partial minutes exact; maintenance \
                      excluded; credit 10% below 99.9%, 25% below 99%";

fn signed(part: &str, otherwise: &str) -> String {
    let terms = SIGNED.replace(part, otherwise);
    assert_ne!(terms, SIGNED);
    terms
}

/// Hours down by the first agreement of the service, of its last month: least, reported, most.
fn hours_down(report: &Report) -> [i64; 3] {
    let agreement = &report.services[0].agreements[0];
    let reckonings = agreement.settlements.last().unwrap().reckonings;
    let all = [reckonings.least, reckonings.reported, reckonings.most];
    all.map(|reckoning| reckoning.down.0 / HOUR)
}

fn shown(report: &Report) -> String {
    let mut shown = Vec::new();
    table::render(&wording::report(report), Page::PLAIN, &mut shown).unwrap();
    String::from_utf8(shown).unwrap()
}

/// Hours since the story began, in September.
const IN_SEPTEMBER: usize = 24 * (31 + 31 + 10);

#[test]
fn the_members_are_counted_by_the_agreement() {
    let hours = 24 * (31 + 31 + 30);
    // two hours both, and two one alone
    let both = (IN_SEPTEMBER, 2);
    let probes = [
        told(
            probe("web", "e0"),
            &story(hours, &[both, (IN_SEPTEMBER + 10, 2)]),
            PeriodSet::default(),
        ),
        told(
            probe("app", "e0"),
            &story(hours, &[both]),
            PeriodSet::default(),
        ),
    ];
    for (terms, expected) in [
        (SIGNED.to_owned(), [2, 4, 6]),
        (signed("excluded; ", "excluded; down when all; "), [1, 2, 3]),
        (signed("excluded; ", "excluded; down when any; "), [2, 4, 6]),
    ] {
        let sla = promise(&music(), PromiseKind::Sla, "gold", &terms);
        let report = report(&probes, &by(vec![always(sla)], DownWhen::Any), september());
        assert_eq!(hours_down(&report), expected, "{terms}");
    }
}

#[test]
fn maintenance_counts_where_it_is_agreed_and_what_is_left_out_never() {
    let hours = 24 * (31 + 31 + 30);
    let from = at(STORY_FROM);
    let hour = |hour: usize| from + Millis(i64::try_from(hour).unwrap() * HOUR);
    let declared = PeriodSet::from_iter([period(hour(IN_SEPTEMBER), HOUR)]);
    let failures = story(hours, &[(IN_SEPTEMBER, 4), (IN_SEPTEMBER + 100, 5)]);
    let probes = [told(probe("web", "e0"), &failures, declared)];
    let ignored = hour(IN_SEPTEMBER + 100);
    let subject = Subject::Endpoint(probes[0].probe.id.clone());
    let annotation = Annotation {
        outage: OutageId::of(&subject, ignored),
        subject,
        started_at: ignored,
        ended_at: Some(ignored + Millis(5 * HOUR)),
        remark: Remark::Ignore,
        by: "ann".into(),
        at: september().to,
    };
    for (maintenance, expected) in [("excluded", 3), ("counted", 4)] {
        let terms = SIGNED.replace("excluded", maintenance);
        let sla = promise(&music(), PromiseKind::Sla, "gold", &terms);
        let circumstances = Circumstances {
            annotations: vec![annotation.clone()],
            ..by(vec![always(sla)], DownWhen::Any)
        };
        let report = report(&probes, &circumstances, september());
        assert_eq!(hours_down(&report)[1], expected, "{maintenance}");
    }
}

#[test]
fn each_month_is_judged_by_the_terms_at_its_end() {
    let hours = 24 * (31 + 31 + 30);
    let probes = [told(
        probe("web", "e0"),
        &story(hours, &[(10, 2), (1000, 2)]),
        PeriodSet::default(),
    )];
    let (slo, sla) = (PromiseKind::Slo, PromiseKind::Sla);
    let monthly = promise(&music(), slo, "slo", "99% over each month in UTC");
    let stricter = promise(&music(), slo, "slo", "99.9% over each month in UTC");
    let unknown = promise(&music(), slo, "newer", "99.9% over each full moon");
    let rolling = promise(&web(), slo, "rolling", "99% over 30 days");
    let dropped = promise(&web(), slo, "dropped", "99% over 30 days");
    let gold = promise(&web(), sla, "gold", SIGNED);
    let promised = |promise, from: &str, to: Option<&str>| Promised {
        promise,
        from: at(from),
        to: to.map(at),
    };
    let circumstances = by(
        vec![
            // what was first promised holds for July, too
            promised(
                monthly,
                "2024-08-15T00:00:00Z",
                Some("2024-09-15T00:00:00Z"),
            ),
            promised(
                dropped,
                "2024-08-15T00:00:00Z",
                Some("2024-09-15T00:00:00Z"),
            ),
            promised(unknown, "2024-08-15T00:00:00Z", None),
            promised(gold, "2024-08-15T00:00:00Z", None),
            promised(stricter, "2024-09-15T00:00:00Z", None),
            promised(rolling, "2024-09-15T00:00:00Z", None),
        ],
        DownWhen::Any,
    );
    let from_july = Period::new(at("2024-07-10T00:00:00Z"), at("2024-09-20T00:00:00Z"));
    let told = report(&probes, &circumstances, from_july);
    let objectives = told.objectives().into_iter().map(|(of, report)| {
        let spans = report.kept.iter().map(|kept| kept.span.to.to_string());
        let spans: Vec<_> = spans.map(|to| to[..10].to_owned()).collect();
        format!(
            "{of} {}: {} to {}",
            report.name,
            report.objective,
            spans.join(", ")
        )
    });
    assert_eq!(
        objectives.collect::<Vec<_>>(),
        [
            "music slo: 99% over each month in UTC to 2024-08-01, 2024-09-01",
            "music slo: 99.9% over each month in UTC to 2024-10-01",
            "music/web rolling: 99% over 30 days to 2024-09-20",
        ]
    );
    let agreements = told.agreements();
    let [(of, gold)] = &agreements[..] else {
        panic!("{agreements:?}")
    };
    assert_eq!((of.as_str(), &*gold.name), ("music/web", "gold"));
    let credits = gold.settlements.iter().map(wording::credit);
    assert_eq!(
        credits.collect::<Vec<_>>(),
        [
            "credit due: 10 % (10 % even at the lower bound)",
            "credit due: 10 % (10 % even at the lower bound)",
            "no credit due (not even at the upper bound), if nothing more goes wrong in the month",
        ]
    );
    assert_eq!(
        circumstances.promises_look_back_to("music", from_july),
        Some(at("2024-07-01T00:00:00Z"))
    );
    assert_eq!(circumstances.promises_look_back_to("film", from_july), None);
    // judged otherwise, nothing is read from before the period
    let mut request = told.request.clone();
    request.what_if = vec!["grace=1m".to_owned()];
    let judged = services(probes.to_vec(), &circumstances, |_| true);
    let otherwise = Report::new(
        request,
        &judged,
        None,
        &circumstances,
        &Measurements::default(),
    );
    let spans = otherwise
        .objectives()
        .into_iter()
        .flat_map(|(_, report)| &report.kept);
    assert_eq!(spans.count(), 3);
    let months = otherwise.agreements()[0].1.settlements.len();
    assert_eq!(months, 2);
}

#[test]
fn the_report_tells_it_in_words_and_how_it_comes_about() {
    let hours = 24 * (31 + 31 + 30);
    let probes = [told(
        probe("web", "e0"),
        &story(hours, &[(IN_SEPTEMBER, 2)]),
        PeriodSet::default(),
    )];
    let circumstances = by(
        vec![
            always(promise(
                &music(),
                PromiseKind::Slo,
                "slo",
                "99.9% over each month in Europe/Berlin",
            )),
            always(promise(
                &web(),
                PromiseKind::Slo,
                "fortnight",
                "99% over 21 days, degraded counts",
            )),
            always(promise(&music(), PromiseKind::Sla, "gold", SIGNED)),
        ],
        DownWhen::Any,
    );
    let report = report(&probes, &circumstances, september());
    for block in &wording::report(&report).blocks {
        if let Block::Grid(grid) = block {
            let is_named = |column: &Column| !column.title.is_empty();
            assert!(grid.columns.iter().all(is_named), "{:?}", grid.columns);
        }
    }
    let shown = shown(&report);
    let from = shown.find("OBJECTIVES\n").unwrap();
    let part = &shown[from..];
    let part = &part[..part.find("\nPLATFORMS AND SERVICES").unwrap()];
    insta::assert_snapshot!("promises", part);
    let method: Vec<_> = report
        .method
        .iter()
        .filter(|line| line.contains("slo `") || line.contains("sla `"))
        .collect();
    assert_eq!(
        method,
        [
            "In force for music/web: slo `fortnight`: 99% over 21 days, degraded counts.",
            "In force for music: slo `slo`: 99.9% over each month in Europe/Berlin.",
            &format!("In force for music: sla `gold`: {SIGNED}."),
        ]
    );
}

#[test]
fn a_month_that_nobody_watched_is_no_month_without_credit() {
    let day = 24;
    // seen in July, and once more on the last two days of September
    let story = format!("{}{}", "o".repeat(31 * day), "?".repeat((31 + 28) * day));
    let agreed = vec![always(promise(&music(), PromiseKind::Sla, "gold", SIGNED))];
    let circumstances = by(agreed, DownWhen::Any);
    let settled = |story: &str| {
        let probes = [told(probe("web", "e0"), story, PeriodSet::default())];
        let report = report(&probes, &circumstances, september());
        let agreements = report.agreements();
        let settlements = &agreements[0].1.settlements;
        let unobserved: Vec<_> = settlements
            .iter()
            .map(|one| one.unobserved.0 / HOUR)
            .collect();
        (unobserved, shown(&report))
    };
    let (unobserved, shown) = settled(&format!("{story}{}", "?".repeat(2 * day)));
    assert_eq!(unobserved, [30 * 24]);
    assert!(
        shown.contains(
            "- music, gold, 2024-09: cannot be told: nothing was observed of the month\n"
        ),
        "{shown}"
    );
    assert!(
        !shown.contains("no credit due") && !shown.contains("Credit due"),
        "{shown}"
    );
    let (unobserved, shown) = settled(&format!("{story}{}", "o".repeat(2 * day)));
    assert_eq!(unobserved, [28 * 24]);
    let told =
        "- music, gold, 2024-09: no credit due (not even at the upper bound); 28d not observed,";
    assert!(shown.contains(told), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_agreement_on_the_policy_that_is_configured_changes_nothing(
        stories in proptest::collection::vec("[oooFFs?]{30,60}", 3..=3),
        maintained in proptest::collection::vec((0i64..50, 1i64..8), 0..3),
        quorum in prop::sample::select(vec!["any", "all", "2"]),
    ) {
        let from = at(STORY_FROM);
        let maintained = maintained.into_iter();
        let maintenance: PeriodSet = maintained
            .map(|(after, length)| period(from + Millis(after * HOUR), length * HOUR))
            .collect();
        let names = [("web", "e0"), ("web", "e1"), ("app", "e0")];
        let probes: Vec<_> = names
            .into_iter()
            .zip(&stories)
            .map(|((platform, endpoint), story)| {
                told(probe(platform, endpoint), story, maintenance.clone())
            })
            .collect();
        let of = [music(), web()];
        let promised = |terms: &str| {
            let of = of.iter();
            let promises = of.map(|of| always(promise(of, PromiseKind::Sla, "gold", terms)));
            by(promises.collect(), quorum.parse().unwrap())
        };
        let july = Period::new(from, at("2024-07-04T00:00:00Z"));
        let plain = report(&probes, &promised(SIGNED), july);
        let again = signed("excluded; ", &format!("excluded; down when {quorum}; "));
        let again = report(&probes, &promised(&again), july);
        let settled = |report: &Report| -> Vec<_> {
            let agreements = report.agreements();
            agreements.into_iter().map(|(_, agreement)| agreement.settlements.clone()).collect()
        };
        prop_assert_eq!(settled(&plain).len(), 2);
        prop_assert_eq!(settled(&plain), settled(&again));
        let down = plain.services[0].own.as_ref().unwrap().totals.availability.down;
        prop_assert_eq!(settled(&plain)[0][0].reckonings.reported.down, down);
    }
}

#[test]
fn nothing_is_told_where_nothing_is_promised() {
    let probes = [told(
        probe("web", "e0"),
        &story(100, &[]),
        PeriodSet::default(),
    )];
    let plain = report(
        &probes,
        &by(Vec::new(), DownWhen::Any),
        period(at(STORY_FROM), 50 * HOUR),
    );
    let shown = shown(&plain);
    assert!(!shown.contains("OBJECTIVES") && !shown.contains("AGREEMENTS"));
    assert!(
        !plain
            .method
            .iter()
            .any(|line| line.contains("(slo)") || line.contains("(sla)"))
    );
}
