//! The charts of an outage report: what each shows, and in words.

use super::chart::timelines::{Bounds, Row, Timelines};
use super::chart::{Chart, Drawing};
use super::model::{PlatformReport, Report, ServiceReport};
use super::outage_list::Outage;
use super::text::{length, many};
use super::totals::Totals;
use crate::domain::availability::State;
use crate::domain::time::{Millis, Period};

/// All of them, in the order in which a report shows them.
pub fn all(report: &Report) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(services(report));
    charts.extend(platforms(report));
    let period = report.request.period;
    for (service, platform) in report.platforms() {
        charts.push(endpoints(service, platform, period));
    }
    charts
}

/// What each service was as such. `None` if there is none of which that is known.
pub fn services(report: &Report) -> Option<Chart> {
    let owns = report.services.iter().filter_map(|service| {
        let own = service.own.as_ref()?;
        Some(Subject {
            label: service.name.display().to_owned(),
            timeline: &own.timeline,
            outages: &own.outages,
            totals: &own.totals,
        })
    });
    let subjects: Vec<_> = owns.collect();
    let chart = || {
        timelines(
            "timeline.services".to_owned(),
            "Services over time".to_owned(),
            &subjects,
            report.request.period,
        )
    };
    (!subjects.is_empty()).then(chart)
}

/// What each platform was as such. `None` if there is none of which that is known.
pub fn platforms(report: &Report) -> Option<Chart> {
    let owns = report.platforms().filter_map(|(service, platform)| {
        let own = platform.own.as_ref()?;
        Some(Subject {
            label: of_service(service, platform),
            timeline: &own.timeline,
            outages: &own.outages,
            totals: &own.totals,
        })
    });
    let subjects: Vec<_> = owns.collect();
    let chart = || {
        timelines(
            "timeline.platforms".to_owned(),
            "Platforms over time".to_owned(),
            &subjects,
            report.request.period,
        )
    };
    (!subjects.is_empty()).then(chart)
}

/// What the endpoints of a platform were.
pub fn endpoints(service: &ServiceReport, platform: &PlatformReport, period: Period) -> Chart {
    let probes = platform.probes.iter();
    let subjects: Vec<_> = probes
        .map(|probe| Subject {
            label: probe.probe.endpoint.display().to_owned(),
            timeline: &probe.timeline,
            outages: &probe.outages,
            totals: &probe.totals,
        })
        .collect();
    timelines(
        // no slug has a dot
        format!("timeline.{}.{}", service.name.slug(), platform.name.slug()),
        format!("Endpoints of {} over time", of_service(service, platform)),
        &subjects,
        period,
    )
}

/// One row of a chart.
struct Subject<'r> {
    label: String,
    timeline: &'r [(Period, State)],
    outages: &'r [Outage],
    totals: &'r Totals,
}

fn timelines(name: String, title: String, subjects: &[Subject<'_>], period: Period) -> Chart {
    let described = subjects.iter().map(|one| down(&one.label, one.totals));
    let description: Vec<_> = described.collect();
    let rows = subjects.iter().map(|one| Row {
        label: one.label.clone(),
        stretches: one.timeline.to_vec(),
        bounds: one
            .outages
            .iter()
            .filter_map(|outage| Bounds::of(outage, period))
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

/// As in `Music web`.
fn of_service(service: &ServiceReport, platform: &PlatformReport) -> String {
    format!("{} {}", service.name.display(), platform.name.display())
}

/// As in `web: down 3 times, 1h 2m together; longest 40m.`
fn down(label: &str, totals: &Totals) -> String {
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

impl Bounds {
    /// `None` if nothing of it counts inside the period.
    fn of(outage: &Outage, period: Period) -> Option<Self> {
        let window = &outage.window;
        let clip = |at| period.from.max(at).min(period.to);
        (outage.inside > Millis::ZERO).then(|| Self {
            window: window.period().clip(period),
            start_earliest: if window.start < period.from {
                Some(period.from)
            } else {
                window.start_earliest.map(clip)
            },
            end_earliest: clip(window.end_earliest),
            end_latest: if window.end > period.to {
                Some(period.to)
            } else {
                window.end_latest.map(clip)
            },
            length: window.duration(),
        })
    }
}
