//! Reports for other programs: calendars, spreadsheets, and what reads line by line.

use outwatch::report::ical;

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
    told.url = "=HYPERLINK(\"https://evil.example\")".to_owned();
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
