//! The charts of an outage report: what each shows, and in words.

use super::chart::days::{self, Days};
use super::chart::latency_bands::LatencyBands;
use super::chart::timelines::{self, Bounds, Timelines};
use super::chart::windowed_curves::{Curve, WindowedCurves};
use super::chart::{Chart, Drawing};
use super::days::Day;
use super::latency::{Figures, LatencyReport};
use super::model::{PlatformReport, Report, ServiceReport};
use super::outage_list::Outage;
use super::own::Own;
use super::post_mortem::PostMortem;
use super::text::{length, many};
use super::totals::Totals;
use crate::domain::availability::State;
use crate::domain::latency::LatencyPart;
use crate::domain::time::{Micros, Millis, Period};
use crate::domain::windowed::{Point, WindowedAvailability};

/// All of them, in the order in which a report shows them.
pub fn all(report: &Report) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(services(report));
    charts.extend(platforms(report));
    for service in &report.services {
        charts.extend(days_of(service));
        charts.extend(windowed(service));
    }
    charts.extend(latency(report));
    for (service, platform) in report.platforms() {
        charts.push(endpoints(report, service, platform));
        charts.extend(latency_of(report, service, platform));
    }
    charts
}

/// What each service was as such, over time. `None` if that is known of none.
pub fn services(report: &Report) -> Option<Chart> {
    let owns = report.services.iter().filter_map(|service| {
        let own = service.own.as_ref()?;
        Some(Subject::of(service.name.display().to_owned(), own))
    });
    over_time("timeline.services", "Services over time", owns, report)
}

/// What each platform was as such, over time. `None` if that is known of none.
pub fn platforms(report: &Report) -> Option<Chart> {
    let owns = report.platforms().filter_map(|(service, platform)| {
        let own = platform.own.as_ref()?;
        Some(Subject::of(full_name(service, platform), own))
    });
    over_time("timeline.platforms", "Platforms over time", owns, report)
}

/// What the endpoints of a platform were, over time.
pub fn endpoints(report: &Report, service: &ServiceReport, platform: &PlatformReport) -> Chart {
    let probes = platform.probes.iter();
    let subjects: Vec<_> = probes
        .map(|probe| Subject {
            label: probe.probe.endpoint.display().to_owned(),
            timeline: &probe.timeline,
            outages: &probe.outages,
            totals: &probe.totals,
            days: &probe.days,
            windowed: &probe.windowed,
        })
        .collect();
    let title = format!("Endpoints of {} over time", full_name(service, platform));
    let name = named_after("timeline", service, platform);
    timelines(name, title, &subjects, report.request.period)
}

/// Each day of a service and of its platforms as such. `None` if that is known of none.
pub fn days_of(service: &ServiceReport) -> Option<Chart> {
    let subjects = wholes(service);
    let rows: Vec<_> = subjects
        .iter()
        // one day is no calendar
        .filter(|one| one.days.len() > 1)
        .map(|one| days::Row {
            label: one.label.clone(),
            days: one.days.to_vec(),
        })
        .collect();
    let described: Vec<_> = rows.iter().map(worst_day).collect();
    (!rows.is_empty()).then(|| Chart {
        name: format!("days.{}", service.name.slug()),
        title: format!("{} day by day", service.name.display()),
        description: described.join(" "),
        drawing: Drawing::Days(Days { rows }),
    })
}

/// The worst windows of a service and of its platforms as such, of every length. `None` if they are
/// known of none.
pub fn windowed(service: &ServiceReport) -> Option<Chart> {
    let subjects = wholes(service);
    let curves: Vec<_> = subjects
        .iter()
        .filter(|one| !one.windowed.points.is_empty())
        .map(|one| Curve {
            label: one.label.clone(),
            windowed: one.windowed.clone(),
        })
        .collect();
    let described: Vec<_> = curves.iter().map(worst_windows).collect();
    (!curves.is_empty()).then(|| Chart {
        name: format!("windowed.{}", service.name.slug()),
        title: format!(
            "{}: availability of the worst window",
            service.name.display()
        ),
        description: described.join(" "),
        drawing: Drawing::Windowed(WindowedCurves { curves }),
    })
}

/// How long the answers of all probes took. `None` if there was none.
pub fn latency(report: &Report) -> Option<Chart> {
    bands(
        "latency".to_owned(),
        "Latency of all probes".to_owned(),
        &report.measured.latency,
        report.request.period,
    )
}

/// How long the answers of a platform's probes took. `None` if there was none, or if not all of its
/// probes were asked for.
pub fn latency_of(
    report: &Report,
    service: &ServiceReport,
    platform: &PlatformReport,
) -> Option<Chart> {
    bands(
        named_after("latency", service, platform),
        format!("Latency of {}", full_name(service, platform)),
        &platform.own.as_ref()?.measured.latency,
        report.request.period,
    )
}

/// What the service, its platforms and its endpoints were in an incident.
pub fn incident(post_mortem: &PostMortem) -> Chart {
    let period = post_mortem.request.period;
    let courses = post_mortem.courses.iter();
    let described = courses.clone().map(|course| {
        let times = match course.windows.len() {
            0 => "never down".to_owned(),
            1 => "down once".to_owned(),
            count => format!("down {count} times"),
        };
        format!("{}: {times}.", course.label)
    });
    let description: Vec<_> = described.collect();
    let rows = courses.map(|course| timelines::Row {
        label: course.label.clone(),
        stretches: course.timeline.clone(),
        bounds: course
            .windows
            .iter()
            .map(|window| Bounds::of(window, period))
            .collect(),
    });
    Chart {
        name: "timeline.incident".to_owned(),
        title: "What was down when".to_owned(),
        description: description.join(" "),
        drawing: Drawing::Timelines(Timelines {
            period,
            rows: rows.collect(),
        }),
    }
}

/// A row or a curve of a chart.
struct Subject<'r> {
    label: String,
    timeline: &'r [(Period, State)],
    outages: &'r [Outage],
    totals: &'r Totals,
    days: &'r [Day],
    windowed: &'r WindowedAvailability,
}

impl<'r> Subject<'r> {
    fn of(label: String, own: &'r Own) -> Self {
        Self {
            label,
            timeline: &own.timeline,
            outages: &own.outages,
            totals: &own.totals,
            days: &own.days,
            windowed: &own.windowed,
        }
    }
}

/// A service and its platforms, as far as they are known as such. A service of one platform is that
/// platform.
fn wholes(service: &ServiceReport) -> Vec<Subject<'_>> {
    let mut all = Vec::new();
    if let Some(own) = service.own.as_ref().filter(|_| service.platforms.len() > 1) {
        all.push(Subject::of(service.name.display().to_owned(), own));
    }
    for platform in &service.platforms {
        if let Some(own) = &platform.own {
            all.push(Subject::of(full_name(service, platform), own));
        }
    }
    all
}

fn over_time<'r>(
    name: &str,
    title: &str,
    subjects: impl Iterator<Item = Subject<'r>>,
    report: &Report,
) -> Option<Chart> {
    let subjects: Vec<_> = subjects.collect();
    let period = report.request.period;
    (!subjects.is_empty()).then(|| timelines(name.into(), title.into(), &subjects, period))
}

fn timelines(name: String, title: String, subjects: &[Subject<'_>], period: Period) -> Chart {
    let described = subjects
        .iter()
        .map(|one| times_down(&one.label, one.totals));
    let description: Vec<_> = described.collect();
    let rows = subjects.iter().map(|one| timelines::Row {
        label: one.label.clone(),
        stretches: one.timeline.to_vec(),
        bounds: one
            .outages
            .iter()
            .filter(|outage| outage.inside > Millis::ZERO)
            .map(|outage| Bounds::of(&outage.window, period))
            .collect(),
    });
    Chart {
        name,
        title,
        description: description.join(" "),
        drawing: Drawing::Timelines(Timelines {
            period,
            rows: rows.collect(),
        }),
    }
}

fn bands(name: String, title: String, latency: &LatencyReport, period: Period) -> Option<Chart> {
    let mut parts = latency.parts.iter();
    let (_, total) = parts.find(|(part, _)| *part == LatencyPart::Total)?;
    let has_steps = latency.over_time.iter().any(|(_, step)| step.is_some());
    has_steps.then(|| Chart {
        name,
        title,
        description: quantiles(total),
        drawing: Drawing::Latency(LatencyBands {
            period,
            steps: latency.over_time.clone(),
        }),
    })
}

/// No slug has a dot.
fn named_after(kind: &str, service: &ServiceReport, platform: &PlatformReport) -> String {
    let (service, platform) = (service.name.slug(), platform.name.slug());
    format!("{kind}.{service}.{platform}")
}

/// As in `Music web`.
fn full_name(service: &ServiceReport, platform: &PlatformReport) -> String {
    format!("{} {}", service.name.display(), platform.name.display())
}

/// As in `web: down 3 times, 1h 2m together; longest 40m.`
fn times_down(label: &str, totals: &Totals) -> String {
    let outages = &totals.outages;
    let mut parts = Vec::new();
    match (outages.count, outages.longest) {
        (0, _) => parts.push("never down".to_owned()),
        (1, Some(only)) => parts.push(format!("down once, for {}", length(only))),
        (count, longest) => {
            let times = many(count, "time", "times");
            let together = length(totals.availability.down);
            parts.push(format!("down {times}, {together} together"));
            parts.extend(longest.map(|longest| format!("longest {}", length(longest))));
        }
    }
    let availability = &totals.availability;
    for (time, what) in [
        (availability.degraded, "degraded"),
        (availability.unknown, "unobserved"),
        (availability.maintenance, "in maintenance"),
        (totals.not_configured, "not configured"),
    ] {
        if time > Millis::ZERO {
            parts.push(format!("{what} for {}", length(time)));
        }
    }
    format!("{label}: {}.", parts.join("; "))
}

/// As in `web: worst day 2024-09-29: 99.123 %, 1 outage, down 12m 38s.`
fn worst_day(row: &days::Row) -> String {
    let observed = row.days.iter().filter_map(|day| {
        let uptime = day.availability.uptime()?;
        Some((uptime, day))
    });
    match observed.min_by_key(|(uptime, _)| *uptime) {
        Some((_, day)) if day.availability.down > Millis::ZERO => {
            format!("{}: worst day {}.", row.label, days::in_words(day))
        }
        Some(_) => format!("{}: down on no day.", row.label),
        None => format!("{}: observed on no day.", row.label),
    }
}

/// As in `web: at worst 0.000 % over 1m, 83.333 % over 1h, 99.930 % over 30d.`
fn worst_windows(curve: &Curve) -> String {
    let points = &curve.windowed.points;
    let marks = [
        Millis::from_secs(60),
        Millis::from_secs(3600),
        Millis::from_secs(86_400),
    ];
    let at_marks = marks.into_iter().filter_map(|mark| {
        let mut points = points.iter();
        points.find(|point| point.length == mark)
    });
    let last = points.last();
    let mut told: Vec<&Point> = at_marks.collect();
    told.extend(last.filter(|last| !marks.contains(&last.length)));
    let told = told.iter().map(|point| {
        let Point {
            length: of,
            availability,
            ..
        } = point;
        format!("{availability} % over {}", length(*of))
    });
    let told: Vec<_> = told.collect();
    format!("{}: at worst {}.", curve.label, told.join(", "))
}

/// As in `Median 120 ms, p95 300 ms, p99 1200 ms, longest 4000 ms, of 480 answers.`, rounded up.
fn quantiles(figures: &Figures) -> String {
    let ms = |micros: Micros| format!("{} ms", micros.0.div_ceil(1000));
    format!(
        "Median {}, p95 {}, p99 {}, longest {}, of {}.",
        ms(figures.median),
        ms(figures.p95),
        ms(figures.p99),
        ms(figures.max),
        many(figures.count, "answer", "answers"),
    )
}
