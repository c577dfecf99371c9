//! Reports for other programs: calendars, spreadsheets, and what reads line by line.

use outwatch::domain::counted::Counted;
use outwatch::domain::latency::LatencyPart;
use outwatch::domain::observation::Timings;
use outwatch::domain::time::Micros;
use outwatch::report::latency_list::Bucket;
use outwatch::report::run_list::{RunKind, runs_of};
use outwatch::report::{ical, xlsx};
use serde_json::Value;

use super::wholes::{circumstances, music, partial};
use super::*;

fn report(services: &[ServiceHistory]) -> Report {
    let request = request(period(), minute(10));
    Report::new(
        request,
        services,
        None,
        &circumstances(),
        &Measurements::default(),
    )
}

/// With all that could break a line, a cell or a format in each text from outside.
fn hostile(detail: &str) -> Report {
    let failure = failing(Cause::Body, Phase::Verdict, detail);
    let name = |text: &str| Name::try_new(text).expect("it has a letter");
    let probe = Probe::named(name("=Music\u{202e}"), name("@web,;"), name("-player\\"))
        .expect("it is short");
    let mut told = told(
        probe,
        "ooFFFooooo oooooooooo",
        &failure,
        Parameters::default(),
    );
    "=HYPERLINK(\"https://evil.example\")".clone_into(&mut told.url);
    Report::new(
        request(period(), minute(10)),
        &rolled_up(&[told]),
        None,
        &Circumstances::default(),
        &Measurements::default(),
    )
}

/// What a server may send, or a person write.
const HOSTILE: [&str; 9] = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r\nEND:VEVENT\r\nBEGIN:VALARM",
    "\"quoted\", and; \\n more",
    "\u{0}nul\u{1b}[31m\u{202e}desrever\u{feff}",
    "</script><img src=x onerror=alert(1)>&amp;",
];

#[test]
fn a_calendar_has_the_outages_and_the_maintenance() {
    // git and editors spare files whose lines end as others do
    let shown = text(|out| ical::report(&report(&music()), out));
    assert!(shown.ends_with("END:VCALENDAR\r\n"));
    golden("wholes-report.icalendar", &shown.replace("\r\n", "\n"));
}

#[test]
fn of_what_is_known_in_part_the_calendar_has_the_endpoints() {
    let shown = text(|out| ical::report(&report(&partial()), out));
    let events: Vec<_> = shown
        .split("\r\n")
        .filter_map(|line| line.strip_prefix("CATEGORIES:"))
        .collect();
    let (desktop, alone) = ("Outage,Platform", "Outage,Endpoint");
    // those of web were not enough, and of mobile nobody can say
    assert_eq!(events, [desktop, alone, alone, desktop, "Maintenance"]);
}

#[test]
fn no_text_from_outside_breaks_a_calendar() {
    for detail in HOSTILE {
        let shown = text(|out| ical::report(&hostile(detail), out));
        let lines: Vec<_> = shown.split("\r\n").collect();
        let begins = lines.iter().filter(|line| **line == "BEGIN:VEVENT");
        let ends = lines.iter().filter(|line| **line == "END:VEVENT");
        // of the service and of the platform
        assert_eq!((begins.count(), ends.count()), (2, 2), "{shown}");
        assert!(!lines.iter().any(|line| line.starts_with("BEGIN:VALARM")));
        assert!(
            !shown.replace("\r\n", "").contains(char::is_control),
            "{shown}"
        );
    }
}

fn parsed(lines: &str) -> Vec<Value> {
    assert!(lines.ends_with('\n'));
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("it is an object"))
        .collect()
}

#[test]
fn the_lines_of_a_report_have_all_that_its_json_has() {
    let report = report(&music());
    let shown = text(|out| json::lines(&report, out));
    golden("wholes-report.ndjson", &shown);
    let lines = parsed(&shown);
    let whole: Value =
        serde_json::from_str(&text(|out| json::report(&report, out))).expect("it is JSON");
    let told = |kind: &str| -> Vec<Value> {
        let of_kind = lines.iter().filter(|line| line["type"] == kind);
        of_kind.cloned().collect()
    };
    let without = |mut line: Value, keys: &[&str]| {
        let fields = line.as_object_mut().expect("it is an object");
        for key in keys {
            fields.remove(*key);
        }
        line
    };
    let (mut outages, mut probes, mut blips) = (Vec::new(), Vec::new(), Vec::new());
    for service in whole["services"].as_array().expect("it is a list") {
        let windows = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
        outages.extend(windows(&service["own"], "windows"));
        for platform in service["platforms"].as_array().expect("it is a list") {
            outages.extend(windows(&platform["own"], "windows"));
            for probe in platform["probes"].as_array().expect("it is a list") {
                outages.extend(windows(probe, "outages"));
                blips.extend(windows(probe, "blips"));
                probes.push(without(probe.clone(), &["outages", "blips"]));
            }
        }
    }
    let lines_of = |kind: &str, keys: &[&str]| -> Vec<Value> {
        let lines = told(kind).into_iter();
        lines.map(|line| without(line, keys)).collect()
    };
    assert_eq!(lines_of("outage", &["type"]), outages);
    assert_eq!(lines_of("probe", &["type", "service", "platform"]), probes);
    assert_eq!(lines_of("blip", &["type", "probe_id"]), blips);
    let head = without(
        whole.clone(),
        &["services", "maintenance", "unobserved", "unobserved_spans"],
    );
    assert_eq!(lines_of("report", &["type"]), [head]);
    for (kind, key) in [
        ("maintenance", "maintenance"),
        ("unobserved", "unobserved"),
        ("unobserved_span", "unobserved_spans"),
    ] {
        assert_eq!(Value::from(lines_of(kind, &["type"])), whole[key], "{kind}");
    }
}

#[test]
fn no_text_from_outside_breaks_a_line_or_a_cell() {
    for detail in HOSTILE {
        let report = hostile(detail);
        let lines = parsed(&text(|out| json::lines(&report, out)));
        let outages: Vec<_> = lines
            .iter()
            .filter(|line| line["type"] == "outage")
            .collect();
        // of the service, the platform and the endpoint
        assert_eq!(outages.len(), 3);
        assert_eq!(outages[2]["first_failure"]["detail"], *detail);
        let list = OutageList::new(
            request(period(), minute(10)),
            Scope::Endpoint,
            &rolled_up(&[told(
                probe("Music", "web", "player"),
                "ooFFFooooo",
                &failing(Cause::Body, Phase::Verdict, detail),
                Parameters::default(),
            )]),
            None,
        );
        let csv = text(|out| csv::outages(&list, out));
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(
            !csv.trim_end()
                .contains(|c: char| c.is_control() && c != '\n'),
            "{csv}"
        );
        for cell in csv.split([',', '\n']) {
            let cell = cell.trim_matches('"');
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']), "{cell}");
        }
    }
}

#[test]
fn the_same_report_is_the_same_workbook() {
    let written = |report: &Report| {
        let mut bytes = Vec::new();
        xlsx::report(report, &mut bytes).expect("writing to memory");
        bytes
    };
    let bytes = written(&report(&music()));
    assert_eq!(bytes, written(&report(&music())));
    let archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("it is an archive");
    let sheets = archive
        .file_names()
        .flatten()
        .filter(|name| name.contains("sheets/sheet"));
    assert_eq!(sheets.count(), 16);
    for detail in HOSTILE {
        written(&hostile(detail));
    }
}

#[test]
fn runs_are_all_that_was_not_well() {
    let probes = super::music(Parameters::default());
    let mut kinds = Vec::new();
    let mut csv = text(|out| csv::runs_header(out));
    let mut ndjson = String::new();
    for probe in &probes {
        let runs = runs_of(probe, period());
        csv += &text(|out| csv::runs(&probe.probe, &runs, out));
        ndjson += &text(|out| json::run_lines(&probe.probe, &runs, out));
        kinds.extend(runs.iter().map(|run| run.kind));
        let outages = runs.iter().filter(|run| run.kind == RunKind::Outage);
        assert_eq!(outages.count(), probe.past.history.windows.len());
    }
    golden("runs.csv", &csv);
    golden("runs.ndjson", &ndjson);
    for kind in RunKind::ALL {
        assert!(kinds.contains(kind), "{kind}");
    }
    parsed(&ndjson);
}

#[test]
fn latencies_are_told_step_by_step_and_phase_by_phase() {
    let mut counted = Counted::default();
    for ms in 1..=100 {
        let (total, dns) = (Some(Micros(ms * 1000)), Some(Micros(ms)));
        let timings = Timings {
            dns,
            ..Timings::default()
        };
        counted.latency.add(total, &timings);
        counted.tally.ok += 1;
    }
    counted.tally.fail = 3;
    let buckets = [
        Bucket::new(Period::new(START, minute(60)), &counted, false),
        Bucket::new(
            Period::new(minute(60), minute(120)),
            &Counted::default(),
            true,
        ),
    ];
    assert_eq!(buckets[0].parts.iter().flatten().count(), 2);
    assert_eq!(LatencyPart::ALL.len(), 6);
    let probe = probe("Music", "web", "player");
    let csv = text(|out| {
        csv::latency_header(out)?;
        csv::latency(&probe, &buckets, out)
    });
    golden("latency.csv", &csv);
    golden(
        "latency.ndjson",
        &text(|out| json::latency_lines(&probe, &buckets, out)),
    );
}
