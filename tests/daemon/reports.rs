//! The reports that a daemon writes by itself, and what it tells the database of its configuration.

use std::fs;

use outwatch::config;
use outwatch::daemon::configured;
use outwatch::domain::time::UnixMillis;
use outwatch::store::{Reader, Store};
use serde_json::Value;

use crate::installation::{Installation, music};
use crate::service::{Service, WELL};
use crate::waiting::{pause, wait_for};

const DEFAULTS: &str = "interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10m";

const REPORTS: &str = "\
slo: { target: 99.9% }
reports:
  - { every: month, formats: [html, pdf, json, csv, xlsx, icalendar, svg], folder: reports }
  - { every: week, timezone: Asia/Kathmandu, formats: markdown, folder: reports/weeks }
";

/// One whose probe was configured long ago.
fn installation(service: &Service, head: &str) -> Installation {
    let place = Installation::new(&format!("{head}{}", music(DEFAULTS, &[("web", service)])));
    let configuration = config::load(&[place.path("probes.yaml")]).unwrap();
    // 2024-09-29T14:00:00Z
    let begin = UnixMillis(1_727_618_400_000);
    let mut store = Store::create_or_open(&place.database(), begin).unwrap();
    store.register(&configured(&configuration), begin).unwrap();
    store.close().unwrap();
    place
}

/// The names of the files in the folder for reports.
fn written(place: &Installation, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.path(folder)).into_iter().flatten();
    let files = entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<_> = files
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_periods_before_are_told_at_the_start_and_not_again() {
    let service = Service::start(WELL);
    let place = installation(&service, REPORTS);
    let mut daemon = place.daemon(&[]);
    let files = [(); 8].map(|()| daemon.line("report written"));
    assert_eq!(files[0]["report"], "monthly");
    let log = daemon.stop();
    assert!(!log.iter().any(|line| line.contains("cannot be made")));
    let months = written(&place, "reports");
    let weeks = written(&place, "reports/weeks");
    assert_eq!((months.len(), weeks.len()), (7, 1), "{months:?} {weeks:?}");

    let of_format = |extension: &str| {
        let mut names = months.iter();
        let name = names.find(|name| name.ends_with(extension)).unwrap();
        (
            name.clone(),
            fs::read(place.path("reports").join(name)).unwrap(),
        )
    };
    for (extension, begin) in [
        (".html", &b"<!"[..]),
        (".pdf", b"%PDF-"),
        (".xlsx", b"PK"),
        (".ics", b"BEGIN:VCALENDAR"),
        (".svg", b"<svg"),
    ] {
        let (name, bytes) = of_format(extension);
        assert!(bytes.starts_with(begin), "{name}");
    }
    let (name, json) = of_format(".json");
    let json: Value = serde_json::from_slice(&json).unwrap();
    let from = json["from"].as_str().unwrap();
    assert_eq!(name, format!("monthly-{}.json", &from[..7]));
    // what it is made by hand is the same
    let asked = [
        "report",
        "--format",
        "json",
        "--month",
        &from[..7],
        "--generated-at",
        json["generated_at"].as_str().unwrap(),
    ];
    let by_hand: Value = serde_json::from_str(&place.printed(&asked)).unwrap();
    assert_eq!(by_hand, json);

    let again = place.daemon(&[]);
    service.await_more_requests();
    let log = again.stop();
    assert!(!log.iter().any(|line| line.contains("report written")));
    assert_eq!(written(&place, "reports"), months);
}

#[test]
fn whenever_it_is_killed_no_report_is_left_half_written() {
    let service = Service::start(WELL);
    let place = installation(&service, REPORTS);
    let all_whole = || {
        for name in written(&place, "reports") {
            let bytes = fs::read(place.path("reports").join(&name)).unwrap();
            // where each of these formats ends
            let end = match name.rsplit_once('.').unwrap().1 {
                "json" => &b"}\n"[..],
                "html" => b"</html>\n",
                "pdf" => b"%%EOF",
                "csv" => b"\n",
                "ics" => b"END:VCALENDAR\r\n",
                "svg" => b"</svg>\n",
                _ => continue,
            };
            assert!(bytes.ends_with(end), "{name} is whole");
        }
    };
    for milliseconds in [0, 5, 10, 20, 40, 80] {
        // so that there is something to write each time
        let _ = fs::remove_dir_all(place.path("reports"));
        let daemon = place.daemon(&[]);
        pause(std::time::Duration::from_millis(milliseconds));
        daemon.kill();
        all_whole();
    }
    fs::create_dir_all(place.path("reports")).unwrap();
    fs::write(place.path("reports/monthly-2024-09.json.12.part"), "{").unwrap();
    let daemon = place.daemon(&[]);
    wait_for("all reports", || {
        let months = written(&place, "reports");
        let is_whole = months.iter().all(|name| !name.contains(".part"));
        (is_whole && months.len() == 7 && written(&place, "reports/weeks").len() == 1).then_some(())
    });
    daemon.stop();
    all_whole();
}

#[test]
fn a_reload_takes_over_reports_and_promises() {
    let service = Service::start(WELL);
    let place = installation(&service, "");
    let mut daemon = place.daemon(&[]);
    service.await_requests(1);
    let before = Reader::open(&place.database()).unwrap();
    assert!(before.promises().unwrap().is_empty());
    let hashes = |reader: &Reader| -> Vec<String> {
        let all = reader.configurations().unwrap();
        all.iter()
            .map(|in_force| in_force.hash.to_string())
            .collect()
    };
    let first = hashes(&before);
    assert_eq!(first.len(), 1);
    drop(before);

    place.configure(&format!(
        "{REPORTS}{}",
        music(DEFAULTS, &[("web", &service)])
    ));
    daemon.line("report written");
    daemon.stop();
    let reader = Reader::open(&place.database()).unwrap();
    let promises = reader.promises().unwrap();
    let [slo] = &promises[..] else {
        panic!("{promises:?} is one");
    };
    assert_eq!(&*slo.promise.terms, "99.9% over each month in UTC");
    assert_eq!(slo.to, None);
    let configuration = config::load(&[place.path("probes.yaml")]).unwrap();
    let second = configuration.hash.to_string();
    assert_eq!(hashes(&reader), [first[0].clone(), second]);
}
