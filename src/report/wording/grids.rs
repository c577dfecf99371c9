//! The grids of the report.

use super::unobserved::{legend, unobserved_grid};
use crate::domain::availability::{Availability, Percent, State};
use crate::domain::time::{Millis, Period};
use crate::report::document::{Column, Concession, Document, Grid, Text, left, right};
use crate::report::model::{Degradation, ProbeReport, Report};
use crate::report::own::Own;
use crate::report::text::{self, instant, instant_after, length, length_exact, many};
use crate::report::totals::Totals;

/// Most stretches in one state that are told; the machine-readable formats have all.
const STRETCHES_MAX: usize = 20;

pub(super) fn bare(share: Option<Percent>) -> String {
    share.map_or_else(|| "no data".to_owned(), |share| share.to_string())
}

pub(super) fn percent(share: Option<Percent>) -> String {
    share.map_or_else(|| "no data".to_owned(), |share| format!("{share} %"))
}

/// With its bounds, and the coverage.
pub(super) fn percent_within(availability: &Availability) -> String {
    match availability.uptime() {
        None => "no data".to_owned(),
        Some(uptime) => format!(
            "{uptime} % ({} – {} %), coverage {}",
            bare(availability.uptime_low()),
            bare(availability.uptime_high()),
            percent(availability.coverage()),
        ),
    }
}

/// Spare where there is nothing between them.
fn bounds(availability: &Availability) -> Text {
    match (availability.uptime_low(), availability.uptime_high()) {
        (Some(low), Some(high)) if low == high => Text::spare(format!("{low} – {high} %")),
        (Some(low), Some(high)) => format!("{low} – {high} %").into(),
        _ => Text::default(),
    }
}

/// Spare unless something is missing.
pub(super) fn coverage(availability: &Availability) -> Text {
    let shown = percent(availability.coverage());
    if availability.unknown == Millis::ZERO {
        Text::spare(shown)
    } else {
        shown.into()
    }
}

/// The columns that every grid of figures has, and their cells.
pub(super) fn figures(totals: &Totals) -> [Text; 8] {
    let (outages, availability) = (&totals.outages, &totals.availability);
    let was_down = outages.count > 0;
    let optional = |of: Option<Millis>| of.map_or_else(|| Text::spare("–"), |of| length(of).into());
    [
        outages.count.to_string().into(),
        optional(was_down.then_some(availability.down)),
        if was_down {
            text::bounds(availability.down_certain, availability.down_possible).into()
        } else {
            Text::spare("–")
        },
        optional(outages.longest),
        optional(outages.mean_time_to_restore()),
        uptime(totals),
        bounds(availability),
        coverage(availability),
    ]
}

/// With what it was as observed, where annotations leave something out.
fn uptime(totals: &Totals) -> Text {
    let counting = totals.availability.uptime();
    match totals.as_observed.map(|observed| observed.uptime()) {
        Some(observed) if observed != counting => {
            format!("{} (observed {})", percent(counting), percent(observed)).into()
        }
        _ => percent(counting).into(),
    }
}

/// Among platforms, the service itself. Not `all`, which would read as if all of them were down.
pub(super) const AS_A_WHOLE: &str = "the service";

/// How the columns of figures give way.
pub(super) const FIGURES_CONCEDING: [Concession; 5] = [
    Concession::Below("Down low – high", "down "),
    Concession::Below("Uptime low – high", "uptime "),
    Concession::Below("MTTR", "MTTR "),
    Concession::Below("Longest", "longest "),
    Concession::Below("Coverage", "coverage "),
];

/// Sums over the probes of each.
pub(super) fn sums(report: &Report) -> Grid {
    let mut grid = Grid::new(&[
        left("Service"),
        left("Platform"),
        right("Probes"),
        right("Outages"),
        right("Down"),
        right("Down low – high"),
        right("Longest"),
        right("MTTR"),
        right("Uptime"),
        right("Uptime low – high"),
        right("Coverage"),
    ])
    .conceding(&FIGURES_CONCEDING);
    let mut row = |service: Text, platform: &str, totals: &Totals| {
        let names = [service, platform.into(), totals.probes.to_string().into()];
        grid.row(names.into_iter().chain(figures(totals)));
    };
    for service in &report.services {
        for platform in &service.platforms {
            row(
                service.name.display().into(),
                platform.name.display(),
                &platform.totals,
            );
        }
        row(service.name.display().into(), "all", &service.totals);
    }
    if report.services.len() > 1 {
        row("all".into(), "all", &report.totals);
    }
    grid
}

pub(super) fn probes(report: &Report) -> Grid {
    let mut grid = Grid::new(&[
        left("Probe"),
        right("Outages"),
        right("Down"),
        right("Down low – high"),
        right("Longest"),
        right("MTTR"),
        right("Uptime"),
        right("Uptime low – high"),
        right("Coverage"),
        left("URL"),
    ])
    .conceding(&[&[Concession::Below("URL", "")], &FIGURES_CONCEDING[..]].concat());
    for probe in report.probes() {
        let url = Text::quoted(&probe.url);
        grid.row(
            [id(probe)]
                .into_iter()
                .chain(figures(&probe.totals))
                .chain([url]),
        );
    }
    grid
}

fn id(probe: &ProbeReport) -> Text {
    Text::quoted(probe.probe.id.as_str())
}

/// To the millisecond, so that a reader can add them up.
pub(super) fn times(report: &Report) -> Grid {
    let mut grid = Grid::new(&[
        left("Of"),
        right("Up"),
        right("Degraded"),
        right("Down"),
        right("Unobserved"),
        right("Maintenance"),
        right("Not configured"),
        right("Sum"),
    ])
    .conceding(&[
        Concession::Below("Not configured", "not configured "),
        Concession::Below("Maintenance", "maintenance "),
        Concession::Below("Degraded", "degraded "),
        Concession::Below("Unobserved", "unobserved "),
    ]);
    let mut row = |of: Text, totals: &Totals| {
        let times = &totals.availability;
        let cell = |time: Millis| match length_exact(time) {
            none if time == Millis::ZERO => Text::spare(none),
            some => some.into(),
        };
        grid.row([
            of,
            cell(times.up),
            cell(times.degraded),
            cell(times.down),
            cell(times.unknown),
            cell(times.maintenance),
            cell(totals.not_configured),
            cell(totals.whole),
        ]);
    };
    for service in &report.services {
        let name = service.name.slug();
        let of_service = own_totals(name.to_owned(), service.own.as_ref());
        let platforms = service.platforms.iter();
        let of_platforms = platforms.filter_map(|platform| {
            let key = format!("{name}/{}", platform.name.slug());
            own_totals(key, platform.own.as_ref())
        });
        for (of, totals) in of_service.into_iter().chain(of_platforms) {
            row(of, totals);
        }
    }
    for probe in report.probes() {
        row(id(probe), &probe.totals);
    }
    if report.totals.probes > 1 {
        row("sum of the probes".into(), &report.totals);
    }
    grid
}

fn own_totals(key: String, own: Option<&Own>) -> Option<(Text, &Totals)> {
    Some((Text::quoted(key), &own?.totals))
}

pub(super) fn observations(report: &Report) -> Grid {
    let mut grid = Grid::new(&[
        left("Probe"),
        right("Ok"),
        right("Slow"),
        right("Fail"),
        right("Inconclusive"),
        right("Blips"),
        left("Failures by cause"),
    ])
    .conceding(&[Concession::Below("Failures by cause", "")]);
    for probe in report.probes() {
        let (totals, tally) = (&probe.totals, &probe.totals.tally);
        let causes = probe.causes.iter();
        let causes: Vec<_> = causes
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect();
        grid.row([
            id(probe),
            tally.ok.to_string().into(),
            tally.slow.to_string().into(),
            tally.fail.to_string().into(),
            tally.inconclusive.to_string().into(),
            totals.blips.to_string().into(),
            causes.join(", ").into(),
        ]);
    }
    grid
}

pub(super) fn unobserved(report: &Report, document: &mut Document) {
    let tally = &report.totals.tally;
    if tally.inconclusive > 0 {
        let reasons = tally.reasons().into_iter();
        let reasons: Vec<_> = reasons.map(|(r, count)| format!("{r} {count}")).collect();
        let told = if reasons.is_empty() {
            String::new()
        } else {
            format!(": {}", reasons.join(", "))
        };
        document.paragraph(format!(
            "{} inconclusive, through the observer's own fault{told}.",
            many(tally.inconclusive, "request was", "requests were")
        ));
    }
    if report.totals.unobserved.count == 0 {
        document.paragraph("Every probe was observed for as long as it was configured.");
        return;
    }
    let spans = &report.unobserved.spans;
    let longest = report.unobserved.longest(STRETCHES_MAX);
    document.grid(unobserved_grid(longest.iter().copied()));
    more(spans.len() as u64, longest.len(), document);
    if let Some(legend) = legend(longest) {
        document.paragraph(legend);
    }
}

/// Where endpoints answered, but slowly or with scattered failures.
pub(super) fn degraded(report: &Report, document: &mut Document) {
    let longest = report.longest(State::Degraded, STRETCHES_MAX);
    if longest.is_empty() {
        document.paragraph("No endpoint was.");
        return;
    }
    let mut grid = stretches(&[left("How")]);
    for (probe, stretch) in &longest {
        let how = match probe.degradation(*stretch) {
            Degradation::Slow => "slow",
            Degradation::Flapping => "flapping",
            Degradation::Both => "slow and flapping",
        };
        grid.row(stretch_of(probe, *stretch).into_iter().chain([how.into()]));
    }
    document.grid(grid);
    more(report.totals.degraded.count, longest.len(), document);
}

fn stretches(besides: &[Column]) -> Grid {
    let columns = [
        left("Probe"),
        left("From (UTC)"),
        left("To (UTC)"),
        right("Lasted"),
    ];
    Grid::new(&[&columns, besides].concat()).conceding(&[Concession::Brief("To (UTC)")])
}

fn stretch_of(probe: &ProbeReport, stretch: Period) -> [Text; 4] {
    [
        id(probe),
        instant(stretch.from).into(),
        instant_after(stretch.from, stretch.to),
        length(stretch.length()).into(),
    ]
}

fn more(count: u64, told: usize, document: &mut Document) {
    let more = count - told as u64;
    if more > 0 {
        document.paragraph(format!(
            "The longest of {count}; {more} shorter ones are left out here."
        ));
    }
}
