//! What was measured, the period before, and the worst, in the report that people read.

use outwatch::domain::configured::{ConfigHash, InForceFrom};
use outwatch::domain::counted::Counted;
use outwatch::domain::failures::Failures;
use outwatch::domain::latency::Latency;
use outwatch::domain::observation::Timings;
use outwatch::domain::time::Micros;
use outwatch::report::measured::{CountedSteps, Measuring};

use super::wholes::{circumstances, music, probes};
use super::*;

/// Answers of each probe, slower from one to the next, and half as slow before.
fn measurements(period: Period, is_rounded: bool) -> Measurements {
    let mut measuring = Measuring::new(&[period]);
    for (at, one) in (1..).zip(&probes()) {
        let mut counted = CountedSteps {
            is_rounded,
            ..CountedSteps::default()
        };
        let (mut latency, mut failures) = (Latency::default(), Failures::default());
        for answer in 1..=20 {
            let total = Micros(at * answer * 3_500);
            let timings = Timings {
                connect: Some(Micros(total.0 / 4)),
                first_byte: Some(Micros(total.0 / 2)),
                ..Timings::default()
            };
            latency.add(Some(total), &timings);
            let half = Some(Micros(total.0 / 2));
            counted.before.add(half, &Timings::default());
        }
        failures.add(Some(Cause::Status), Some(Phase::Verdict), 3);
        failures.add(Some(Cause::Timeout), Some(Phase::Connect), at);
        failures.add(None, None, 1);
        counted.whole = Counted {
            latency,
            failures,
            ..Counted::default()
        };
        counted.steps = vec![counted.whole.clone()];
        measuring.add(&one.probe, counted);
    }
    measuring.finish()
}

fn report(period: Period, before: Period, is_rounded: bool) -> Report {
    let request = Request {
        before: Some(before),
        ..request(period, minute(10))
    };
    let circumstances = Circumstances {
        configurations: [0, 7].map(configuration).into(),
        ..circumstances()
    };
    let measurements = measurements(period, is_rounded);
    Report::new(request, &music(), None, &circumstances, &measurements)
}

fn configuration(minutes: i64) -> InForceFrom {
    InForceFrom {
        from: minute(minutes),
        hash: ConfigHash([u8::try_from(minutes).expect("it is short"); 32]),
    }
}

#[test]
fn the_report_begins_with_the_verdict_and_compares() {
    let (period, before) = (
        Period::new(minute(5), minute(10)),
        Period::new(START, minute(5)),
    );
    let document = wording::report(&report(period, before, true));
    let shown = on_terminal(&document);
    for part in ["95 % of answers within", "p95 before", "timeout   connect"] {
        assert!(shown.to_lowercase().contains(part), "{part}: {shown}");
    }
    golden("measured-report.table", &shown);
    golden("measured-report.narrow", &within(80, &document));
    golden(
        "measured-report.markdown",
        &text(|out| markdown::render(&document, out)),
    );
    for width in [80, 100, 120, 160] {
        for line in within(width, &document).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn a_period_before_that_nobody_observed_is_no_comparison() {
    let before = Period::new(minute(-10), START);
    let report = report(period(), before, false);
    let shown = on_terminal(&wording::report(&report));
    assert!(
        shown.contains("Nothing was observed in the period before, from 2024-09-29 13:50:00Z"),
        "{shown}"
    );
    for absent in ["; before", "Down before", "nothing finer is"] {
        assert!(!shown.contains(absent), "{absent}: {shown}");
    }
    let told = text(|out| json::report(&report, out));
    for change in ["down_change_ms", "outages_change", "blips_change"] {
        assert!(told.contains(&format!("\"{change}\": null")), "{change}");
        assert!(!told.contains(&format!("\"{change}\": 1")), "{change}");
    }
}

#[test]
fn a_period_that_nobody_observed_is_no_better_than_the_one_before() {
    let (before, period) = (
        Period::new(minute(2), minute(5)),
        Period::new(minute(5), minute(8)),
    );
    let request = Request {
        before: Some(before),
        ..request(period, minute(10))
    };
    let mut probes = super::music(Parameters::default());
    probes.retain(|history| history.probe.platform.slug() == "mobile");
    let report = Report::new(
        request,
        &rolled_up(&probes),
        None,
        &Circumstances::default(),
        &Measurements::default(),
    );
    let whole = report.comparison.as_ref().expect("it was asked for");
    assert!(whole.before.availability.down > Millis::ZERO);
    assert_eq!((whole.down, whole.outages, whole.blips), (None, None, None));
    let shown = on_terminal(&wording::report(&report));
    assert!(
        shown.contains("Down                     no data"),
        "{shown}"
    );
    assert!(!shown.contains("(-"), "{shown}");
}

#[test]
fn days_are_told_where_the_period_has_more_than_one() {
    let midnight = START + Millis(10 * 3_600_000);
    let now = midnight + Millis(26 * 3_600_000);
    // down for a minute before midnight and two after it, and then hardly watched
    let mut sightings = notation::sightings("@58:00 ooFFFFFFoo");
    for sighting in &mut sightings {
        sighting.ts = midnight + (sighting.ts - notation::at("60:00"));
        sighting.finished = sighting.ts;
    }
    let life = Life {
        from: START,
        to: None,
    };
    let period = Period::new(START, now);
    let probe = probe("Music", "web", "player");
    let history = judged(
        probe,
        sightings,
        Parameters::default(),
        vec![life],
        period,
        now,
    );
    let services = rolled_up(&[history]);
    let report = Report::new(
        request(period, now),
        &services,
        None,
        &Circumstances::default(),
        &Measurements::default(),
    );
    let shown = text(|out| markdown::render(&wording::report(&report), out));
    assert!(shown.contains("### Day by day"), "{shown}");
    let rows: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with("| 2024-") && line.contains("| `music` |"))
        .collect();
    assert_eq!(rows.len(), 3, "{shown}");
}

#[test]
fn of_many_services_those_come_first_that_were_down_the_longest() {
    let told = |at: usize| {
        let probe = probe(&format!("Music {at}"), "web", "player");
        let timeline = match at {
            3 => "oFFoooooo",
            8 => "oFFFFoooo",
            _ => "ooooooooo",
        };
        let failure = failing(Cause::Timeout, Phase::Connect, "no connection");
        super::told(probe, timeline, &failure, Parameters::default())
    };
    let shown = |count: usize| {
        let probes: Vec<_> = (0..count).map(told).collect();
        let report = Report::new(
            request(period(), minute(10)),
            &rolled_up(&probes),
            None,
            &Circumstances::default(),
            &Measurements::default(),
        );
        on_terminal(&wording::report(&report))
    };
    let (few, many) = (shown(8), shown(12));
    let first = |shown: &str| {
        let line = shown.lines().find(|line| line.starts_with("- Music"));
        line.unwrap_or_default()
            .chars()
            .take(16)
            .collect::<String>()
    };
    assert_eq!(first(&few), "- Music 0 was ne");
    assert_eq!(first(&many), "- Music 8 was do");
    assert!(!few.contains("other service"), "{few}");
    assert!(
        many.contains("- Of 4 other services none was seen down"),
        "{many}"
    );
}
