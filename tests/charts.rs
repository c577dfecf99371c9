//! The drawings of charts, to the letter, and what hostile or odd contents do to them.

use outwatch::domain::availability::{Availability, Percent, State};
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};
use outwatch::domain::windowed::{Point, WindowedAvailability, Worst};
use outwatch::report::chart::days::{self, Days};
use outwatch::report::chart::latency_bands::LatencyBands;
use outwatch::report::chart::svg::{Palette, sheet, svg};
use outwatch::report::chart::timelines::{Bounds, Row, Timelines};
use outwatch::report::chart::windowed_curves::{Curve, WindowedCurves};
use outwatch::report::chart::{Chart, Drawing};
use outwatch::report::days::Day;
use outwatch::report::latency::Figures;

/// 2024-09-29T14:00:00Z
const START: i64 = 1_727_618_400_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn minutes(from: i64, to: i64) -> Period {
    let at = |minute| UnixMillis(START + minute * MINUTE);
    Period::new(at(from), at(to))
}

fn chart(name: &str, drawing: Drawing) -> Chart {
    Chart {
        name: name.to_owned(),
        title: "Music".to_owned(),
        description: "What it shows.".to_owned(),
        drawing,
    }
}

/// Four hours of all there is.
fn timelines() -> Chart {
    let row = Row {
        label: "Music web".to_owned(),
        stretches: vec![
            (minutes(0, 30), State::Up),
            (minutes(30, 50), State::Degraded),
            (minutes(50, 90), State::Down),
            (minutes(90, 120), State::Up),
            (minutes(120, 140), State::Unknown),
            (minutes(140, 150), State::Down),
            (minutes(150, 170), State::Unknown),
            (minutes(170, 200), State::Maintenance),
            (minutes(200, 220), State::Up),
        ],
        bounds: vec![
            Bounds {
                window: minutes(50, 90),
                start_earliest: Some(minutes(45, 0).from),
                end_earliest: minutes(85, 0).from,
                end_latest: Some(minutes(90, 0).from),
            },
            Bounds {
                window: minutes(140, 150),
                start_earliest: None,
                end_earliest: minutes(149, 0).from,
                end_latest: None,
            },
        ],
    };
    let well = Row {
        label: "Music mobile".to_owned(),
        stretches: vec![(minutes(0, 240), State::Up)],
        bounds: Vec::new(),
    };
    let period = minutes(0, 240);
    let rows = vec![row, well];
    chart(
        "timeline.platforms",
        Drawing::Timelines(Timelines { period, rows }),
    )
}

/// So many days from Sunday, 2024-09-01, one of them of each kind.
fn calendar(count: i64) -> Chart {
    let first = 1_725_148_800_000;
    let days = (0..count).map(|at| {
        let (from, to) = (first + at * DAY, first + (at + 1) * DAY);
        let mut availability = Availability {
            covered: Millis(DAY),
            ..Availability::default()
        };
        match at % 11 {
            3 => availability.down = Millis(MINUTE),
            4 => availability.down = Millis(14 * MINUTE),
            5 => availability.down = Millis(90 * MINUTE),
            6 => availability.unknown = Millis(DAY - MINUTE),
            7 => availability.maintenance = Millis(DAY),
            8 => availability.covered = Millis::ZERO,
            _ => {}
        }
        availability.up = availability.covered
            - availability.down
            - availability.unknown
            - availability.maintenance;
        Day {
            date: UnixMillis(from).to_string()[..10].to_owned(),
            period: Period::new(UnixMillis(from), UnixMillis(to)),
            outages: u64::from(availability.down > Millis::ZERO),
            availability,
        }
    });
    let rows = vec![days::Row {
        label: "Music".to_owned(),
        days: days.collect(),
    }];
    chart("days.music", Drawing::Days(Days { rows }))
}

fn figures(median: u64, largest: u64) -> Figures {
    Figures {
        count: 10,
        min: Micros(median / 2),
        median: Micros(median),
        p95: Micros(median + largest / 8),
        p99: Micros(median + largest / 3),
        max: Micros(median + largest),
    }
}

fn latency(largest: u64) -> Chart {
    let steps = (0..24).zip(0_u64..).map(|(at, odd)| {
        let some = figures(100_000 + 2_000 * (odd * 7 % 11), largest * (1 + odd % 3));
        let is_gap = (8..11).contains(&at) || at == 17;
        (minutes(at * 10, at * 10 + 10), (!is_gap).then_some(some))
    });
    let drawing = LatencyBands {
        period: minutes(0, 240),
        steps: steps.collect(),
    };
    chart("latency", Drawing::Latency(drawing))
}

/// One outage of an hour, or so many of as long together, over 30 days.
fn windowed(outages: i64) -> WindowedAvailability {
    let outage = 60 * MINUTE / outages;
    let every = 30 * DAY / outages;
    let lengths = [1, 5, 60, 360, 1440, 10_080, 43_200].map(|minutes| minutes * MINUTE);
    let share = |up: i64, of: i64| Percent::of(Millis(up), Millis(of)).expect("it is some time");
    let points = lengths.into_iter().map(|length| {
        let down = (length / every * outage + (length % every).min(outage)).min(length);
        Point {
            length: Millis(length),
            worst: Worst {
                window: Period::new(UnixMillis(START), UnixMillis(START + length)),
                down: Millis(down),
            },
            availability: share(length - down, length),
            low: share(length - (down + down / 10).min(length), length),
            high: share(length - down * 9 / 10, length),
        }
    });
    WindowedAvailability {
        points: points.collect(),
        is_complete: true,
    }
}

fn curves() -> Chart {
    let curve = |label: &str, outages| Curve {
        label: label.to_owned(),
        windowed: windowed(outages),
    };
    let curves = vec![
        curve("Music", 1),
        curve("Music desktop", 6),
        curve("Music mobile", 60),
    ];
    chart(
        "windowed.music",
        Drawing::Windowed(WindowedCurves { curves }),
    )
}

fn of_all_kinds() -> Vec<Chart> {
    vec![
        timelines(),
        calendar(7),
        calendar(30),
        calendar(365),
        latency(20_000),
        latency(4_000_000),
        curves(),
    ]
}

#[track_caller]
fn golden(name: &str, drawn: &str) {
    insta::with_settings!({
        snapshot_path => "charts",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        // one element a line, so that a change can be seen
        insta::assert_snapshot!(name, drawn.replace("><", ">\n<"));
    });
}

#[test]
fn each_chart_is_drawn_for_a_page_and_alone() {
    for (name, chart) in [
        ("timelines", timelines()),
        ("days", calendar(30)),
        ("latency", latency(4_000_000)),
        ("windowed", curves()),
    ] {
        golden(&format!("{name}.page"), &svg(&chart, Palette::Page, None));
        golden(
            &format!("{name}.alone"),
            &svg(&chart, Palette::Light, Some(600)),
        );
    }
    golden("sheet", &sheet(&of_all_kinds(), 960));
}

/// Elements and attributes of an SVG, well-formed: panics if it is not.
#[track_caller]
fn check_form(drawn: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = drawn;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        assert!(!text.contains('>'), "a loose > in {text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            assert!(
                ["amp", "lt", "gt", "quot", "#39"].contains(&name),
                "a loose & before {entity}"
            );
        }
        let end = tag.find('>').expect("a tag ends");
        let inside = &tag[1..end];
        assert_eq!(inside.matches('"').count() % 2, 0, "quotes in {inside}");
        match (inside.strip_prefix('/'), inside.strip_suffix('/')) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name)),
            (None, Some(_)) => {}
            (None, None) => open.push(inside.split(' ').next().unwrap_or_default()),
        }
        rest = &tag[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    for bad in ["NaN", "inf", "<script", "javascript"] {
        assert!(!drawn.contains(bad), "{bad} in {drawn}");
    }
}

#[test]
fn a_name_is_never_markup() {
    let hostile = "</title><script>alert(1)</script>\"' onload=x &amp; ]]>\u{202e}\u{0}\u{ffff}";
    for mut chart in of_all_kinds() {
        chart.name = hostile.to_owned();
        chart.title = hostile.to_owned();
        chart.description = hostile.to_owned();
        match &mut chart.drawing {
            Drawing::Timelines(all) => all.rows[0].label = hostile.to_owned(),
            Drawing::Days(all) => {
                all.rows[0].label = hostile.to_owned();
                all.rows[0].days[0].date = hostile.to_owned();
            }
            Drawing::Latency(_) => {}
            Drawing::Windowed(all) => all.curves[0].label = hostile.to_owned(),
        }
        for drawn in [
            svg(&chart, Palette::Page, None),
            svg(&chart, Palette::Light, Some(300)),
            sheet(&[chart.clone()], 500),
        ] {
            check_form(&drawn);
            for gone in ['\u{202e}', '\u{0}', '\u{ffff}'] {
                assert!(!drawn.contains(gone));
            }
        }
    }
}

#[test]
fn nothing_is_too_odd_to_be_drawn() {
    let period = |from, to| Period::new(UnixMillis(from), UnixMillis(to));
    for period in [
        period(START, START),
        period(START, START + 1),
        period(START + 1, START),
        period(i64::MIN, i64::MAX),
    ] {
        let row = Row {
            label: String::new(),
            stretches: vec![(period, State::Down)],
            bounds: vec![Bounds {
                window: period,
                start_earliest: None,
                end_earliest: UnixMillis(i64::MIN),
                end_latest: Some(UnixMillis(i64::MAX)),
            }],
        };
        for drawing in [
            Drawing::Timelines(Timelines {
                period,
                rows: vec![row],
            }),
            Drawing::Timelines(Timelines {
                period,
                rows: Vec::new(),
            }),
            Drawing::Latency(LatencyBands {
                period,
                steps: vec![
                    (period, Some(figures(0, 0))),
                    (period, Some(figures(u64::MAX / 2, 1))),
                ],
            }),
            Drawing::Latency(LatencyBands {
                period,
                steps: Vec::new(),
            }),
            Drawing::Days(Days { rows: Vec::new() }),
            Drawing::Windowed(WindowedCurves { curves: Vec::new() }),
            Drawing::Windowed(WindowedCurves {
                curves: vec![Curve {
                    label: String::new(),
                    windowed: WindowedAvailability {
                        points: [0, 1, i64::MAX].map(odd_point).to_vec(),
                        is_complete: false,
                    },
                }],
            }),
        ] {
            let odd = chart("odd", drawing);
            check_form(&svg(&odd, Palette::Page, None));
            check_form(&svg(&odd, Palette::Light, Some(0)));
            check_form(&svg(&odd, Palette::Light, Some(u32::MAX)));
        }
    }
}

fn odd_point(length: i64) -> Point {
    let percent = |thousandths| Percent { thousandths };
    Point {
        length: Millis(length),
        worst: Worst {
            window: Period::new(UnixMillis(0), UnixMillis(length)),
            down: Millis(length),
        },
        availability: percent(0),
        low: percent(u32::MAX),
        high: percent(100_000),
    }
}

/// A row of 30 days in which it went down so often, and at every tenth time was not observed.
fn restless(windows: i64) -> (Period, Row) {
    let part = 30 * DAY / (windows * 4);
    let period = |from: i64, to: i64| {
        let at = |number: i64| UnixMillis(START + number * part);
        Period::new(at(from), at(to))
    };
    let mut row = Row {
        label: "a platform".to_owned(),
        stretches: Vec::new(),
        bounds: Vec::new(),
    };
    for window in 0..windows {
        let at = window * 4;
        let after = if window % 10 == 0 {
            [State::Degraded, State::Unknown]
        } else {
            [State::Up, State::Up]
        };
        row.stretches.extend([
            (period(at, at + 1), State::Up),
            (period(at + 1, at + 2), State::Down),
            (period(at + 2, at + 3), after[0]),
            (period(at + 3, at + 4), after[1]),
        ]);
        row.bounds.push(Bounds {
            window: period(at + 1, at + 2),
            start_earliest: Some(period(at + 1, at).from + Millis(-MINUTE)),
            end_earliest: period(at + 2, at).from + Millis(-MINUTE),
            end_latest: (window % 2 == 0).then_some(period(at + 2, at).from),
        });
    }
    (period(0, windows * 4), row)
}

#[test]
fn many_windows_make_no_large_drawing() {
    for (rows, windows, most) in [(50, 100, 180_000), (1, 10_000, 60_000)] {
        let (period, row) = restless(windows);
        let drawing = Drawing::Timelines(Timelines {
            period,
            rows: vec![row; rows],
        });
        let size = svg(&chart("many", drawing), Palette::Page, None).len();
        assert!(
            size < most,
            "{rows} rows of {windows} windows: {size} bytes"
        );
    }
}
