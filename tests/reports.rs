//! Every format of one fixed set of histories, as files that a reader can check by eye; and what
//! must hold of the numbers of any.

#[path = "reports/fares.rs"]
mod fares;
#[path = "reports/lists.rs"]
mod lists;
#[path = "reports/measured.rs"]
mod measured;
mod notation;
#[path = "reports/pages.rs"]
mod pages;
#[path = "reports/papers.rs"]
mod papers;
#[path = "reports/parts.rs"]
mod parts;
#[path = "reports/post_mortem.rs"]
mod post_mortem;
#[path = "reports/schema.rs"]
mod schema;
#[path = "reports/tables.rs"]
mod tables;
#[path = "reports/wholes.rs"]
mod wholes;

use insta::assert_snapshot;
use notation::count;
use outwatch::domain::availability::State;
use outwatch::domain::history::Life;
use outwatch::domain::maintenance::{self, Declaration, Declared, MaintenanceId, Origin, Schedule};
use outwatch::domain::observation::{Cause, Failure, Outcome, Phase, Reason};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::past::PastBuilder;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::probe::{Name, Probe};
use outwatch::domain::rollup::{RollupHistory, RollupParameters, Weight};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::{Scope, Subject};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use outwatch::domain::versions::Versions;
use outwatch::domain::zone::Zone;
use outwatch::evidence::{self, Evidence};
use outwatch::report::accounting::Accounting;
use outwatch::report::circumstances::Circumstances;
use outwatch::report::document::Document;
use outwatch::report::measured::Measurements;
use outwatch::report::model::Report;
use outwatch::report::outage_evidence::{OutageEvidence, Seen};
use outwatch::report::outage_list::OutageList;
use outwatch::report::own::Own;
use outwatch::report::probe_history::ProbeHistory;
use outwatch::report::request::Request;
use outwatch::report::service_history::{ServiceHistory, services};
use outwatch::report::status::Status;
use outwatch::report::table::Page;
use outwatch::report::totals::Totals;
use outwatch::report::{csv, json, markdown, table, wording};
use proptest::prelude::*;

/// 2024-09-29T14:00:00Z: minute 00:00 of every timeline.
const START: UnixMillis = UnixMillis(1_727_618_400_000);

fn minute(minutes: i64) -> UnixMillis {
    START + Millis(minutes * 60_000)
}

/// The whole story: twelve minutes, of which the last two have not passed.
fn period() -> Period {
    Period::new(START, minute(10))
}

fn request(period: Period, now: UnixMillis) -> Request {
    Request {
        generated_at: now,
        period,
        before: None,
        zone: Zone::utc(),
        version: "1.2.3",
        what_if: Vec::new(),
    }
}

fn probe(service: &str, platform: &str, endpoint: &str) -> Probe {
    let name = |text: &str| Name::try_new(text).expect("it has a letter");
    Probe::named(name(service), name(platform), name(endpoint)).expect("it is short")
}

fn failing(cause: Cause, phase: Phase, detail: &str) -> Outcome {
    Outcome::Fail(Failure {
        cause: Some(cause),
        phase: Some(phase),
        detail: Some(detail.into()),
    })
}

/// A probe whose observations begin at [`START`]; its failures are `failure`.
fn told(probe: Probe, timeline: &str, failure: &Outcome, parameters: Parameters) -> ProbeHistory {
    let mut sightings = notation::sightings(timeline);
    for sighting in &mut sightings {
        let after_start = sighting.ts - UnixMillis(0);
        sighting.ts = START + after_start;
        sighting.finished = sighting.ts + Millis(250);
        match sighting.outcome {
            Outcome::Fail(_) => sighting.outcome = failure.clone(),
            Outcome::Inconclusive { .. } => {
                sighting.outcome = Outcome::Inconclusive {
                    reason: Some(Reason::ObserverOffline),
                    detail: None,
                };
            }
            Outcome::Ok | Outcome::Slow { .. } => {}
        }
    }
    let lives = vec![Life {
        from: START,
        to: None,
    }];
    judged(probe, sightings, parameters, lives, period(), minute(10))
}

fn judged(
    probe: Probe,
    mut sightings: Vec<Sighting>,
    parameters: Parameters,
    lives: Vec<Life>,
    period: Period,
    now: UnixMillis,
) -> ProbeHistory {
    sightings.sort_by_key(|sighting| sighting.ts);
    let parameter_history = ParameterHistory::constant(parameters);
    let mut past = PastBuilder::new(&parameter_history, &lives, period, now);
    for sighting in sightings {
        past.push(sighting);
    }
    let past = past.finish();
    ProbeHistory {
        url: format!("https://example.com/{}", probe.endpoint.slug()),
        probe,
        parameters,
        rollup: RollupHistory::constant(RollupParameters::default()),
        track: Track::of(&past.history, PeriodSet::default()),
        accounting: Accounting::default(),
        past,
        lives,
    }
}

/// Twenty observations each. Desktop is down once and recovers; mobile is down, unobserved for
/// longer than the grace and down again; web flaps, is slow, and is down at the end.
fn music(parameters: Parameters) -> Vec<ProbeHistory> {
    let told = |platform, endpoint, timeline, cause, phase, detail| {
        told(
            probe("Music", platform, endpoint),
            timeline,
            &failing(cause, phase, detail),
            parameters,
        )
    };
    vec![
        told(
            "web",
            "player",
            "oFoFoFoooo ssss oooFFF",
            Cause::Status,
            Phase::Verdict,
            "expected status 2xx, got 503 Service Unavailable",
        ),
        told(
            "web",
            "cover art",
            "oooooooooo oooooooooF",
            Cause::Timeout,
            Phase::Headers,
            "no answer within 10s",
        ),
        told(
            "mobile",
            "api",
            "ooooFFFF????????FFoo",
            Cause::Timeout,
            Phase::Connect,
            "no connection within 10s",
        ),
        told(
            "desktop",
            "login",
            "oooFFFFFooo ooooooooo",
            Cause::Json,
            Phase::Verdict,
            "`$.token` | \u{1b}[31mmissing\u{1b}[0m\n=1+1",
        ),
    ]
}

/// By the defaults, with all their probes.
fn rolled_up(probes: &[ProbeHistory]) -> Vec<ServiceHistory> {
    services(probes.to_vec(), &Circumstances::default(), |_| true)
}

fn what_if() -> (Request, Vec<ProbeHistory>, Vec<ProbeHistory>) {
    let patient = Parameters {
        failure_threshold: count(5),
        ..Parameters::default()
    };
    let request = Request {
        what_if: vec!["failure_threshold=5".to_owned()],
        ..request(period(), minute(10))
    };
    (request, music(patient), music(Parameters::default()))
}

fn text(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("writing to memory");
    String::from_utf8(out).expect("every format is text")
}

fn on_terminal(document: &Document) -> String {
    text(|out| table::render(document, Page::PLAIN, out))
}

/// As a terminal of this width shows it.
fn within(width: usize, document: &Document) -> String {
    let page = Page {
        width: Some(width),
        ..Page::PLAIN
    };
    text(|out| table::render(document, page, out))
}

fn golden(name: &str, shown: &str) {
    insta::with_settings!({
        snapshot_path => "reports",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!(name, shown);
    });
}

#[test]
fn every_format_shows_the_outages() {
    let probes = music(Parameters::default());
    let list = OutageList::new(
        request(period(), minute(10)),
        Scope::Endpoint,
        &rolled_up(&probes),
        None,
    );
    golden("outages.table", &on_terminal(&wording::outages(&list)));
    golden("outages.json", &text(|out| json::outages(&list, out)));
    golden("outages.csv", &text(|out| csv::outages(&list, out)));
}

/// Of the last window of [`music`], seen over TLS by a journey after a redirect.
fn outage_evidence() -> OutageEvidence {
    let seen = Evidence {
        step: Some("fetch playlist".to_owned()),
        cause: Some("status".to_owned()),
        phase: Some("verdict".to_owned()),
        detail: Some("expected status 2xx, got 503 Service Unavailable".to_owned()),
        method: "GET".to_owned(),
        url: "https://play.example/list?token=***".to_owned(),
        redirects: vec![evidence::Redirect {
            status: 302,
            to: "https://play.example/list?token=***".to_owned(),
        }],
        addresses: vec!["2001:db8::7".to_owned(), "203.0.113.7".to_owned()],
        peer: Some("203.0.113.7:443".to_owned()),
        tls: Some(evidence::Tls {
            version: Some("1.3".to_owned()),
            alpn: Some("h2".to_owned()),
        }),
        certificates: vec![
            certificate("CN=play.example", "2024-10-30", 105),
            certificate("CN=R3, O=Let's Encrypt, C=US", "2024-09-26", 0),
        ],
        status_line: Some("HTTP/2 503".to_owned()),
        headers: [
            ("content-type", "application/json"),
            ("strict-transport-security", "max-age=31536000"),
            ("a-name-that-is-longer-than-others-are", "and its value"),
            (
                "content-security-policy",
                &"script-src 'self' https://cdn.example; ".repeat(3),
            ),
            ("x-opaque", &"0123456789".repeat(9)),
            ("x-hostile", "\u{1b}[31mred\u{202e}"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        headers_left_out: 2,
        body: Some(evidence::Body {
            text: Some("{\n\t\"error\": \"maintenance\",\n\t\"token\": \"***\"\n}\n".to_owned()),
            hex: None,
            bytes: 44,
            cut: false,
        }),
        timings_us: evidence::Timings {
            dns: Some(1_234),
            connect: Some(9_800),
            tls: Some(14_100),
            first_byte: Some(15_050),
            body: None,
            total: Some(40_184),
        },
    };
    let later = Evidence {
        certificates: seen.certificates.clone(),
        headers: vec![("server".to_owned(), "nginx".to_owned())],
        body: Some(evidence::Body {
            text: None,
            hex: Some("00ff".repeat(20)),
            bytes: 5000,
            cut: true,
        }),
        method: "POST".to_owned(),
        url: "https://play.example/".to_owned(),
        ..Evidence::default()
    };
    let probes = music(Parameters::default());
    let mut list = OutageList::new(
        request(period(), minute(10)),
        Scope::Endpoint,
        &rolled_up(&probes),
        None,
    );
    let outage = list.outages.pop().expect("music has outages");
    let kept = vec![
        (outage.window.start, seen),
        (outage.window.end_earliest, later),
    ];
    OutageEvidence::new(outage, kept)
}

fn certificate(subject: &str, not_after: &str, names_left_out: u32) -> evidence::Certificate {
    evidence::Certificate {
        subject: subject.to_owned(),
        issuer: "CN=ISRG Root X1, O=Internet Security Research Group, C=US".to_owned(),
        not_before: "2024-08-01T00:00:00.000Z".to_owned(),
        not_after: format!("{not_after}T12:00:00.000Z"),
        names: vec!["play.example".to_owned(), "www.play.example".to_owned()],
        names_left_out,
        serial: "0a:1b:2c".to_owned(),
        key: "EC 256".to_owned(),
        sha256: "853a35c189e9adcd".repeat(4),
    }
}

#[test]
fn both_formats_show_the_evidence_of_an_outage() {
    let evidence = outage_evidence();
    let document = wording::evidence(&evidence);
    golden("evidence.table", &on_terminal(&document));
    golden("evidence.narrow", &within(80, &document));
    golden("evidence.json", &text(|out| json::evidence(&evidence, out)));
    for width in [66, 80, 100] {
        for line in within(width, &document).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn evidence_that_is_missing_is_missed() {
    let OutageEvidence {
        outage,
        first,
        last,
    } = outage_evidence();
    let row = |seen: &Option<Seen>| seen.clone().map(|seen| (seen.ts, seen.evidence));
    let shown = |kept: Vec<_>| {
        let evidence = OutageEvidence::new(outage.clone(), kept);
        let shown = on_terminal(&wording::evidence(&evidence));
        let headings = ["FIRST FAILURE", "LAST FAILURE"];
        let found = headings.map(|heading| shown.contains(heading));
        let said = shown.rsplit("\n\n").next().unwrap_or_default();
        (found, said.to_owned())
    };
    let (headings, said) = shown(Vec::new());
    assert_eq!(headings, [false, false]);
    assert!(said.starts_with("No evidence is kept"), "{said}");
    let (headings, said) = shown(row(&first).into_iter().collect());
    assert_eq!(headings, [true, false]);
    assert!(said.starts_with("Of the last failure so far"), "{said}");
    let (headings, said) = shown(row(&last).into_iter().collect());
    assert_eq!(headings, [false, true]);
    assert!(said.starts_with("Of the first failure no"), "{said}");
}

#[test]
fn every_format_shows_the_report() {
    let probes = music(Parameters::default());
    let report = Report::new(
        request(period(), minute(10)),
        &rolled_up(&probes),
        None,
        &Circumstances::default(),
        &Measurements::default(),
    );
    let document = wording::report(&report);
    golden("report.table", &on_terminal(&document));
    golden(
        "report.markdown",
        &text(|out| markdown::render(&document, out)),
    );
    golden("report.json", &text(|out| json::report(&report, out)));
    golden("report.csv", &text(|out| csv::report(&report, out)));
}

#[test]
fn every_format_shows_the_status() {
    let mut probes = music(Parameters::default());
    probes.push(told(
        probe("Video", "web", "player"),
        "oooFF",
        &failing(Cause::Refused, Phase::Connect, "connection refused"),
        Parameters::default(),
    ));
    let mut never = probes[0].clone();
    never.probe = probe("Video", "web", "never asked");
    let nothing = told(never.probe.clone(), "", &Outcome::Ok, Parameters::default());
    (never.past, never.track) = (nothing.past, nothing.track);
    probes.push(never);
    let status = Status::new(&rolled_up(&probes), minute(10));
    golden("status.table", &on_terminal(&wording::status(&status)));
    golden("status.json", &text(|out| json::status(&status, out)));
}

#[test]
fn all_that_people_read_fits_a_narrow_terminal() {
    let probes = music(Parameters::default());
    let request = request(period(), minute(10));
    let outages = wording::outages(&OutageList::new(
        request.clone(),
        Scope::Endpoint,
        &rolled_up(&probes),
        None,
    ));
    let report = wording::report(&Report::new(
        request,
        &rolled_up(&probes),
        None,
        &Circumstances::default(),
        &Measurements::default(),
    ));
    let status = wording::status(&Status::new(&rolled_up(&probes), minute(10)));
    for document in [&outages, &report, &status] {
        for width in [80, 100, 120, 200] {
            for line in within(width, document).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
    golden("outages.narrow", &within(80, &outages));
    golden("status.narrow", &within(80, &status));
}

#[test]
fn long_names_fit_a_narrow_terminal_too() {
    let name = "the access points that everybody asks for";
    let failure = failing(Cause::Timeout, Phase::Connect, "no connection within 10s");
    let probes = vec![told(
        probe("Music", "desktop", name),
        "ooooFFFF????????FFoo",
        &failure,
        Parameters::default(),
    )];
    let services = rolled_up(&probes);
    let request = request(period(), minute(10));
    let list = |scope| wording::outages(&OutageList::new(request.clone(), scope, &services, None));
    let circumstances = Circumstances::default();
    let report = Report::new(
        request.clone(),
        &services,
        None,
        &circumstances,
        &Measurements::default(),
    );
    for document in [
        list(Scope::Endpoint),
        list(Scope::Platform),
        wording::report(&report),
        wording::status(&Status::new(&services, minute(10))),
    ] {
        let shown = within(80, &document);
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{line}\n{shown}");
        }
    }
}

#[test]
fn a_what_if_tells_how_it_differs() {
    let (request, changed, configured) = what_if();
    let list = OutageList::new(
        request,
        Scope::Endpoint,
        &rolled_up(&changed),
        Some(&rolled_up(&configured)),
    );
    golden("what-if.table", &on_terminal(&wording::outages(&list)));
    let json = text(|out| json::outages(&list, out));
    let what_if: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        what_if["what_if"],
        serde_json::json!({
            "changes": ["failure_threshold=5"],
            "configured": {"outages": 4, "down_ms": 420_000},
            "changed": {"outages": 1, "down_ms": 150_000},
        })
    );
}

#[test]
fn without_outages_it_says_how_much_was_observed() {
    let quiet = |timeline| {
        let failure = failing(Cause::Dns, Phase::Dns, "none");
        vec![told(
            probe("Music", "web", "player"),
            timeline,
            &failure,
            Parameters::default(),
        )]
    };
    for (probes, expected) in [
        (
            quiet("oooooooooooooooooooo"),
            "No outages from 2024-09-29 14:00:00Z to 2024-09-29 14:10:00Z (10m).\n\n\
             10m observed of 10m (of 1 probe), coverage 100.000 %.\n",
        ),
        (
            quiet("oooo"),
            "No outages from 2024-09-29 14:00:00Z to 2024-09-29 14:10:00Z (10m).\n\n\
             2m observed of 10m (of 1 probe), coverage 20.000 %. 8m not observed.\n",
        ),
        (
            quiet(""),
            "Nothing was observed, and so no outages, from 2024-09-29 14:00:00Z to \
             2024-09-29 14:10:00Z (10m).\n\n\
             0s observed of 10m (of 1 probe), coverage 0.000 %. 10m not observed.\n",
        ),
        (
            Vec::new(),
            "Nothing was observed, and so no outages, from 2024-09-29 14:00:00Z to \
             2024-09-29 14:10:00Z (10m).\n\n\
             No probe was configured then.\n",
        ),
    ] {
        let list = OutageList::new(
            request(period(), minute(10)),
            Scope::Endpoint,
            &rolled_up(&probes),
            None,
        );
        assert_eq!(on_terminal(&wording::outages(&list)), expected);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_in_any_order_of_probes() {
    let probes = music(Parameters::default());
    let mut reversed = probes.clone();
    reversed.reverse();
    let all = |probes: &[ProbeHistory]| {
        let request = request(period(), minute(10));
        let report = Report::new(
            request.clone(),
            &rolled_up(probes),
            None,
            &Circumstances::default(),
            &Measurements::default(),
        );
        let list = OutageList::new(request, Scope::Endpoint, &rolled_up(probes), None);
        [
            text(|out| json::report(&report, out)),
            text(|out| csv::report(&report, out)),
            text(|out| markdown::render(&wording::report(&report), out)),
            text(|out| json::outages(&list, out)),
            text(|out| json::status(&Status::new(&rolled_up(probes), minute(10)), out)),
        ]
    };
    assert_eq!(all(&probes), all(&reversed));
}

/// A window half inside is listed whole, and counts with its half.
#[test]
fn totals_take_the_part_inside_the_period() {
    let probes = music(Parameters::default());
    // desktop is down from 01:30 to 04:00
    let inside = Period::new(minute(2), minute(3));
    let report = Report::new(
        request(inside, minute(10)),
        &rolled_up(&probes[3..]),
        None,
        &Circumstances::default(),
        &Measurements::default(),
    );
    let list = OutageList::new(
        request(inside, minute(10)),
        Scope::Endpoint,
        &rolled_up(&probes[3..]),
        None,
    );
    let shown = on_terminal(&wording::outages(&list));
    assert!(
        shown.contains("only the part inside is summed up"),
        "{shown}"
    );
    let outages = report.outages();
    assert_eq!(outages.len(), 1);
    assert_eq!(outages[0].window.start, START + Millis(90_000));
    assert_eq!(outages[0].window.duration(), Millis(150_000));
    assert_eq!(outages[0].inside, Millis(60_000));
    let totals = &report.totals;
    assert_eq!(totals.availability.down, Millis(60_000));
    assert_eq!(totals.outages.longest, Some(Millis(60_000)));
    assert_eq!(totals.outages.mean_time_to_restore(), Some(Millis(150_000)));
}

/// Every number that must be the sum of others.
fn check_sums(report: &Report) -> Result<(), TestCaseError> {
    let period = report.request.period;
    let mut all = Totals::default();
    for probe in report.probes() {
        let totals = &probe.totals;
        let times = &totals.availability;
        let sum = times.up + times.degraded + times.down + times.unknown + times.maintenance;
        prop_assert_eq!(sum + totals.not_configured, period.length());
        prop_assert_eq!(totals.whole, period.length());
        let of = |state| probe.stretches(state).map(|s| s.length()).sum::<Millis>();
        prop_assert_eq!(of(State::Up), times.up);
        prop_assert_eq!(of(State::Degraded), times.degraded);
        prop_assert_eq!(of(State::Down), times.down);
        prop_assert_eq!(of(State::Unknown), times.unknown);
        prop_assert_eq!(totals.unobserved.total, times.unknown);
        prop_assert_eq!(totals.degraded.total, times.degraded);
        let inside: Millis = probe.outages.iter().map(|outage| outage.inside).sum();
        prop_assert_eq!(inside, times.down);
        prop_assert_eq!(totals.outages.count, probe.outages.len() as u64);
        prop_assert!(totals.outages.restored <= totals.outages.count);
        prop_assert!(totals.outages.longest.unwrap_or_default() <= times.down);
        prop_assert!(times.down_certain <= times.down && times.down <= times.down_possible);
        prop_assert!(times.uptime_low() <= times.uptime());
        prop_assert!(times.uptime() <= times.uptime_high());
        if times.down > Millis::ZERO {
            prop_assert!(
                times
                    .uptime()
                    .is_none_or(|uptime| uptime.thousandths < 100_000)
            );
        }
        let causes: u64 = probe.causes.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(causes, totals.tally.fail);
        all += *totals;
    }
    for service in &report.services {
        let platforms = service.platforms.iter();
        let own = platforms.filter_map(|platform| platform.own.as_ref());
        for own in own.chain(&service.own) {
            check_own(own, period)?;
        }
        if let Some(own) = &service.own {
            prop_assert!(Millis::ZERO <= own.weighted_down.cut_to_millis());
            prop_assert!(own.weighted_down.cut_to_millis() <= own.totals.whole);
        }
    }
    prop_assert_eq!(&report.totals, &all);
    let sum = Totals::sum(report.services.iter().map(|service| &service.totals));
    prop_assert_eq!(&report.totals, &sum);
    let sum = Totals::sum(report.platforms().map(|(_, platform)| &platform.totals));
    prop_assert_eq!(&report.totals, &sum);
    Ok(())
}

/// A platform or service as such: its times add up like those of one probe.
fn check_own(own: &Own, period: Period) -> Result<(), TestCaseError> {
    let totals = &own.totals;
    let times = &totals.availability;
    let sum = times.up + times.degraded + times.down + times.unknown + times.maintenance;
    prop_assert_eq!(sum, times.covered);
    prop_assert_eq!(sum + totals.not_configured, period.length());
    let of = |state| {
        let stretches = own.timeline.iter().filter(|(_, is)| *is == state);
        stretches
            .map(|(stretch, _)| stretch.length())
            .sum::<Millis>()
    };
    for (state, time) in [
        (State::Up, times.up),
        (State::Degraded, times.degraded),
        (State::Down, times.down),
        (State::Unknown, times.unknown),
        (State::Maintenance, times.maintenance),
    ] {
        prop_assert_eq!(of(state), time, "{:?}", state);
    }
    prop_assert_eq!(totals.unobserved.total, times.unknown);
    prop_assert_eq!(totals.degraded.total, times.degraded);
    let inside: Millis = own.outages.iter().map(|outage| outage.inside).sum();
    prop_assert_eq!(inside, times.down);
    prop_assert!(times.down_certain <= times.down && times.down <= times.down_possible);
    prop_assert!(times.uptime_low() <= times.uptime());
    prop_assert!(times.uptime() <= times.uptime_high());
    if times.down > Millis::ZERO {
        prop_assert!(
            times
                .uptime()
                .is_none_or(|uptime| uptime.thousandths < 100_000)
        );
    }
    Ok(())
}

/// Timelines of random spacing, so that some of it is gaps.
fn timeline() -> impl Strategy<Value = Vec<(i64, char)>> {
    let letter = prop::sample::select(vec!['o', 'o', 'F', 'F', 's', '?']);
    proptest::collection::vec(
        (
            prop_oneof![4 => 1_000i64..40_000, 1 => 40_000i64..400_000],
            letter,
        ),
        0..30,
    )
}

fn random_probe(
    at: usize,
    timeline: &[(i64, char)],
    removed: Option<i64>,
    period: Period,
    now: UnixMillis,
) -> ProbeHistory {
    let mut ts = START;
    let sightings = timeline.iter().map(|&(gap, letter)| {
        ts = ts + Millis(gap);
        notation::sighting(ts, notation::outcome(letter))
    });
    let names = [
        ("A", "web", "x"),
        ("A", "web", "y"),
        ("A", "app", "x"),
        ("B", "web", "x"),
    ];
    let (service, platform, endpoint) = names[at % names.len()];
    let lives = vec![Life {
        from: START,
        to: removed.map(|after| START + Millis(after)),
    }];
    judged(
        probe(service, platform, endpoint),
        sightings.collect(),
        Parameters::default(),
        lives,
        period,
        now,
    )
}

/// Of which the probes of [`random_probe`] are part.
fn subject() -> impl Strategy<Value = Subject> {
    let endpoint = probe("A", "web", "y");
    prop::sample::select(vec![
        Subject::service_of(&endpoint),
        Subject::platform_of(&endpoint),
        Subject::platform_of(&probe("A", "app", "x")),
        Subject::Endpoint(endpoint.id),
    ])
}

/// Policies that change, and maintenance.
fn circumstances() -> impl Strategy<Value = Circumstances> {
    let policy = prop::sample::select(vec!["any", "all", "2", "50%"]);
    let parameters = (policy, 0u32..3_000).prop_map(|(policy, weight)| RollupParameters {
        down_when: policy.parse().expect("it is a policy"),
        weight: Weight(weight),
        ..RollupParameters::default()
    });
    let versions = proptest::collection::vec((0i64..1_000_000, parameters), 1..3);
    let rollups = proptest::collection::vec((subject(), versions), 0..4);
    let maintenance = proptest::collection::vec((subject(), 0i64..900_000, 1i64..400_000), 0..3);
    (rollups, maintenance).prop_map(|(rollups, maintenance)| Circumstances {
        rollups: rollups
            .into_iter()
            .filter_map(|(subject, versions)| {
                let versions = versions.into_iter();
                let versions = versions.map(|(at, parameters)| (START + Millis(at), parameters));
                Some((subject, Versions::from_changes(versions.collect())?))
            })
            .collect(),
        maintenance: maintenance.into_iter().map(declared).collect(),
        ..Circumstances::default()
    })
}

fn declared((subject, from, length): (Subject, i64, i64)) -> Declared {
    let from = START + Millis(from);
    Declared {
        id: MaintenanceId(1),
        declaration: Declaration {
            subject,
            schedule: Schedule::Once(Period::new(from, from + Millis(length))),
            note: None,
        },
        from: START,
        until: None,
        origin: Origin::Configured,
    }
}

fn maintained(probe: ProbeHistory, circumstances: &Circumstances) -> ProbeHistory {
    let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
    let maintenance = maintenance::maintained(&circumstances.maintenance, &probe.probe, ever);
    ProbeHistory {
        track: Track::of(&probe.past.history, maintenance),
        ..probe
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn all_numbers_reconcile(
        timelines in proptest::collection::vec((timeline(), proptest::option::of(0i64..2_000_000)), 1..5),
        from in -100_000i64..1_000_000,
        length in 1i64..1_500_000,
        now in 0i64..1_500_000,
        circumstances in circumstances(),
    ) {
        let now = START + Millis(now);
        let from = START + Millis(from);
        let period = Period::new(from, (from + Millis(length)).min(now));
        prop_assume!(!period.is_empty());
        let probes: Vec<_> = timelines
            .iter()
            .enumerate()
            .map(|(at, (timeline, removed))| random_probe(at, timeline, *removed, period, now))
            .map(|probe| maintained(probe, &circumstances))
            .collect();
        let services = services(probes, &circumstances, |_| true);
        let circumstances = Circumstances { promises: parts::promises(&services), ..circumstances };
        let request = Request {
            before: Some(Period::new(period.from.saturating_sub(period.length()), period.from)),
            // a day of which ends at the beginning of the timelines
            zone: "Australia/Brisbane".parse().expect("it is in the database"),
            ..request(period, now)
        };
        let report = Report::new(request, &services, None, &circumstances, &Measurements::default());
        check_sums(&report)?;
        parts::check(&report)?;
    }

    /// Two halves add up to the whole, but for what is counted once in each: windows, stretches.
    #[test]
    fn two_halves_add_up_to_the_whole(timeline in timeline(), cut in 1i64..999_999) {
        let (from, to) = (START, START + Millis(1_000_000));
        let of = |from, to| {
            let period = Period::new(from, to);
            let probe = random_probe(0, &timeline, None, period, to);
            // the same present for all: a half does not know less
            let known = random_probe(0, &timeline, None, period, START + Millis(1_000_000));
            let probe = ProbeHistory {
                past: known.past,
                track: known.track,
                ..probe
            };
            Report::new(request(period, START + Millis(1_000_000)), &rolled_up(&[probe]), None, &Circumstances::default(), &Measurements::default()).totals
        };
        let (whole, first, second) = (of(from, to), of(from, START + Millis(cut)), of(START + Millis(cut), to));
        prop_assert_eq!(first.availability + second.availability, whole.availability);
        let mut tally = first.tally;
        tally += second.tally;
        prop_assert_eq!(tally, whole.tally);
        prop_assert_eq!(first.blips + second.blips, whole.blips);
    }
}
