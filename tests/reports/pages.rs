//! The page that people open in a browser. Larger ones are kept in `target/tmp`, for
//! `docs/reports/check-accessibility.mjs` and for eyes.

use std::fs;
use std::path::Path;

use outwatch::report::document::{Fields, Figure, Text, Tone};
use outwatch::report::html;
use outwatch::report::meta::Meta;

use super::*;

const MINUTES_OF_A_MONTH: i64 = 30 * 24 * 60;

/// Largest page of a month of fifty endpoints, in bytes.
const MONTH_MAX: usize = 500_000;

fn page(report: &Report, document: &Document) -> String {
    text(|out| html::render(document, &Meta::of(report), out))
}

/// Without the style sheet that all pages have.
fn without_sheet(page: &str) -> String {
    let (head, rest) = page.split_once("<style>\n").expect("it has style");
    let (_, rest) = rest.split_once("</style>\n").expect("style ends");
    format!("{head}{rest}")
}

pub(super) fn keep(name: &str, page: impl AsRef<[u8]>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join(name), page).expect("the folder of tests can be written");
}

fn report_of(period: Period, services: &[ServiceHistory], circumstances: &Circumstances) -> Report {
    let request = request(period, period.to);
    let measured = Measurements::default();
    Report::new(request, services, None, circumstances, &measured)
}

#[test]
fn a_page_shows_the_report() {
    let probes = music(Parameters::default());
    let report = report_of(period(), &rolled_up(&probes), &Circumstances::default());
    let document = wording::report(&report);
    let shown = page(&report, &document);
    golden("report.html", &without_sheet(&shown));
    assert_eq!(page(&report, &wording::report(&report)), shown);
}

/// A probe that is asked every five minutes for a month, and now and then is down, slow, flaps, or
/// is not asked. The numbers come from its place alone.
fn month_of(place: u64) -> ProbeHistory {
    let (service, platforms) = ["Melody", "Cinema", "Shop", "Maps", "Mail"]
        .iter()
        .zip([["web", "mobile"]; 5])
        .nth(usize::try_from(place % 5).expect("it is below five"))
        .expect("there are five");
    let platform = platforms[usize::from(place.is_multiple_of(2))];
    let parameters = Parameters {
        interval: Millis::from_secs(300),
        grace: Parameters::default_grace(Millis::from_secs(300), Millis::from_secs(10)),
        ..Parameters::default()
    };
    let mut sightings = Vec::new();
    let (mut state, mut left, mut seed) = ('o', 0_u64, place + 1);
    for at in (0..MINUTES_OF_A_MONTH).step_by(5) {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let drawn = seed >> 33;
        (state, left) = match left {
            0 if drawn % 4400 == 0 => ('F', 3 + drawn % 20),
            0 if drawn % 1900 == 1 => ('s', 2 + drawn % 9),
            0 if drawn % 2500 == 2 => ('-', 4 + drawn % 30),
            0 => ('o', 0),
            left => (state, left - 1),
        };
        let outcome = match state {
            'F' => failing(Cause::Status, Phase::Verdict, "503 Service Unavailable"),
            '-' => continue,
            letter => notation::outcome(letter),
        };
        sightings.push(notation::sighting(minute(at), outcome));
    }
    let lives = vec![Life {
        from: START,
        to: None,
    }];
    let period = Period::new(START, minute(MINUTES_OF_A_MONTH));
    let probe = probe(service, platform, &format!("endpoint number {place}"));
    judged(probe, sightings, parameters, lives, period, period.to)
}

/// Of fifty endpoints.
pub(super) fn month() -> Report {
    let probes: Vec<_> = (0..50).map(month_of).collect();
    let period = Period::new(START, minute(MINUTES_OF_A_MONTH));
    report_of(period, &rolled_up(&probes), &Circumstances::default())
}

#[test]
fn a_month_of_fifty_endpoints_is_a_page_of_half_a_megabyte_at_most() {
    let report = month();
    assert!(report.outages().len() >= 90, "{}", report.outages().len());
    let shown = page(&report, &wording::report(&report));
    keep("month.html", &shown);
    assert!(shown.len() <= MONTH_MAX, "{} bytes", shown.len());
}

/// What a report of today has not, beside what it has.
#[test]
fn a_page_shows_whatever_a_document_has() {
    let report = report_of(period(), &wholes::music(), &wholes::circumstances());
    let mut document = Document::default();
    document.title("Report of <everything>");
    document.paragraph(
        Text::toned(Tone::Bad, "Music was down for 2m 30s").then(" in 1 outage; uptime 97.5 %."),
    );
    document.paragraph("All times are UTC.");
    document.figures(
        [
            ("Uptime", "97.500 %"),
            ("Down", "2m 30s"),
            ("Outages", "3"),
            ("Longest", "1m 30s"),
        ]
        .map(|(label, value)| Figure {
            label: label.to_owned(),
            value: value.into(),
            note: "97.100 – 97.900 %".into(),
        })
        .into(),
    );
    document.heading("Evidence");
    document.subheading("First failure");
    let mut fields = Fields::titled("Answer");
    fields.add("status", Text::toned(Tone::Bad, "503"));
    fields.add(
        "url",
        Text::quoted(format!("https://example.com/?{}", "q=1&".repeat(40))),
    );
    document.fields(fields);
    document.verbatim("Body", vec!["<html>".to_owned(), "x".repeat(400)]);
    document.list(vec![
        Text::toned(Tone::Good, "good").then(", "),
        Text::toned(Tone::Warn, "a warning"),
        Text::spare("spare").then(" and not"),
    ]);
    document.blocks.extend(wording::report(&report).blocks);
    let shown = page(&report, &document);
    keep("everything.html", &shown);
    for expected in [
        "Report of &lt;everything&gt;",
        "class=\"v\"",
        "<pre>&lt;html&gt;",
        "<dl",
    ] {
        assert!(shown.contains(expected), "{expected}");
    }
}
