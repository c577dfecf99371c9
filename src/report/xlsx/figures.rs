//! The figures of a report.

use rust_xlsxwriter::XlsxError;

use super::sheet::{Book, COUNT, Cell, Column, LENGTH, NAME, TEXT, WORD};
use crate::report::model::{PlatformReport, ProbeReport, Report, ServiceReport};
use crate::report::own::{InForce, Own, last};
use crate::report::text::instant_utc;
use crate::report::totals::Totals;

const COLUMNS: [Column; NAMES + FIGURES] = [
    Column("Of", WORD),
    Column("Reckoned", 16.0),
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Endpoint", NAME),
    Column("Probe", 30.0),
    Column("URL", TEXT),
    Column("Down when", WORD),
    Column("Weight", WORD),
    Column("Uptime", WORD),
    Column("Uptime, lowest", WORD),
    Column("Uptime, highest", WORD),
    Column("Coverage", WORD),
    Column("Period", LENGTH),
    Column("Up", LENGTH),
    Column("Degraded", LENGTH),
    Column("Down", LENGTH),
    Column("Not observed", LENGTH),
    Column("Maintenance", LENGTH),
    Column("Not configured", LENGTH),
    Column("Down, at least", LENGTH),
    Column("Down, at most", LENGTH),
    Column("Not observed, possibly down", LENGTH),
    Column("Flapping", LENGTH),
    Column("Outages", COUNT),
    Column("Outages open", COUNT),
    Column("Outages resumed", COUNT),
    Column("Longest outage", LENGTH),
    Column("Mean time to restore", LENGTH),
    Column("Outages it is the mean of", COUNT),
    Column("Mean time between outages", LENGTH),
    Column("Blips", COUNT),
    Column("Observations", COUNT),
    Column("Failures", COUNT),
    Column("Slow", COUNT),
    Column("Inconclusive", COUNT),
    Column("Uptime without annotations", WORD),
    Column("Down without annotations", LENGTH),
];

const NAMES: usize = 9;
const FIGURES: usize = 29;

/// Over which a row was reckoned.
const AS_SUCH: &str = "as such";
const SUM: &str = "sum over probes";

/// One row for the whole, each service, platform and probe: two for services and platforms, which
/// have figures of their own beside the sums over their probes.
pub(super) fn all(report: &Report, book: &mut Book, name: &'static str) -> Result<u64, XlsxError> {
    let whole = row(["all", SUM, "", "", "", "", ""], None, &report.totals);
    let services = report.services.iter().flat_map(|service| {
        let platforms = service.platforms.iter().flat_map(|platform| {
            let probes = platform.probes.iter();
            let probes = probes.map(|probe| of_probe(service, platform, probe));
            of_platform(service, platform).into_iter().chain(probes)
        });
        of_service(service).into_iter().chain(platforms)
    });
    book.table(name, COLUMNS, [whole].into_iter().chain(services))
}

fn of_service(service: &ServiceReport) -> Vec<[Cell; NAMES + FIGURES]> {
    let names = ["service", "", service.name.display(), "", "", "", ""];
    whole(
        names,
        service.own.as_ref(),
        &service.policies,
        &service.totals,
    )
}

fn of_platform(service: &ServiceReport, platform: &PlatformReport) -> Vec<[Cell; NAMES + FIGURES]> {
    let (service, name) = (service.name.display(), platform.name.display());
    let names = ["platform", "", service, name, "", "", ""];
    whole(
        names,
        platform.own.as_ref(),
        &platform.policies,
        &platform.totals,
    )
}

/// As such, if that is known, and the sum.
fn whole(
    mut names: [&str; 7],
    own: Option<&Own>,
    policies: &[InForce],
    sums: &Totals,
) -> Vec<[Cell; NAMES + FIGURES]> {
    let mut rows = Vec::new();
    if let Some(own) = own {
        names[1] = AS_SUCH;
        let mut row = row(names, None, &own.totals);
        let parameters = last(policies);
        row[7] = parameters.down_when.to_string().into();
        // a service is weighed in nothing
        if names[0] == "platform" {
            row[8] = Cell::Weight(parameters.weight.0);
        }
        rows.push(row);
    }
    names[1] = SUM;
    rows.push(row(names, None, sums));
    rows
}

fn of_probe(
    service: &ServiceReport,
    platform: &PlatformReport,
    probe: &ProbeReport,
) -> [Cell; NAMES + FIGURES] {
    let names = [
        "endpoint",
        AS_SUCH,
        service.name.display(),
        platform.name.display(),
        probe.probe.endpoint.display(),
        probe.probe.id.as_str(),
        &probe.url,
    ];
    row(names, Some(probe.weight.0), &probe.totals)
}

fn row(names: [&str; 7], weight: Option<u32>, totals: &Totals) -> [Cell; NAMES + FIGURES] {
    let (times, outages, tally) = (&totals.availability, &totals.outages, &totals.tally);
    let [of, reckoned, service, platform, endpoint, probe, url] = names.map(Cell::from);
    let observed = totals.as_observed.as_ref().unwrap_or(times);
    [
        of,
        reckoned,
        service,
        platform,
        endpoint,
        probe,
        url,
        Cell::Nothing,
        weight.map_or(Cell::Nothing, Cell::Weight),
        times.uptime().into(),
        times.uptime_low().into(),
        times.uptime_high().into(),
        times.coverage().into(),
        totals.whole.into(),
        times.up.into(),
        times.degraded.into(),
        times.down.into(),
        times.unknown.into(),
        times.maintenance.into(),
        totals.not_configured.into(),
        times.down_certain.into(),
        times.down_possible.into(),
        times.unknown_possible.into(),
        totals.flapping.total.into(),
        outages.count.into(),
        outages.open.into(),
        outages.resumed.into(),
        outages.longest.into(),
        outages.mean_time_to_restore().into(),
        outages.restored.into(),
        totals.mean_time_between_outages().into(),
        totals.blips.into(),
        tally.observations().into(),
        tally.fail.into(),
        tally.slow.into(),
        tally.inconclusive.into(),
        observed.uptime().into(),
        observed.down.into(),
    ]
}

/// What the report is of.
pub(super) fn about(report: &Report) -> Vec<(&'static str, Cell)> {
    let request = &report.request;
    let mut facts = vec![
        ("From (UTC)", request.period.from.into()),
        ("To (UTC)", request.period.to.into()),
        ("Length", request.period.length().into()),
        ("Generated at (UTC)", request.generated_at.into()),
        ("Made by", format!("Outwatch {}", request.version).into()),
        ("Services", report.services.len().into()),
        ("Platforms", report.platforms().count().into()),
        ("Probes", report.totals.probes.into()),
    ];
    let configurations = report.configurations.iter();
    facts.extend(configurations.map(|in_force| {
        let told = format!("{} from {}", in_force.hash, instant_utc(in_force.from));
        ("Configuration (SHA-256)", told.into())
    }));
    if let Some(what_if) = &report.what_if {
        facts.extend([
            ("What if", what_if.changes.join(", ").into()),
            ("Outages as configured", what_if.configured.outages.into()),
            ("Down as configured", what_if.configured.down.into()),
        ]);
    }
    facts
}

/// What it says of all probes together.
pub(super) fn key(report: &Report) -> Vec<(&'static str, Cell)> {
    let totals = &report.totals;
    let (times, outages) = (&totals.availability, &totals.outages);
    let mut facts = vec![
        ("Uptime", times.uptime().into()),
        ("Uptime, lowest", times.uptime_low().into()),
        ("Uptime, highest", times.uptime_high().into()),
        ("Coverage", times.coverage().into()),
        ("Up", times.up.into()),
        ("Degraded", times.degraded.into()),
        ("Down", times.down.into()),
        ("Down, at least", times.down_certain.into()),
        ("Down, at most", times.down_possible.into()),
        ("Not observed", times.unknown.into()),
        ("Not observed, possibly down", times.unknown_possible.into()),
        ("Maintenance", times.maintenance.into()),
        ("Not configured", totals.not_configured.into()),
        ("Outages", outages.count.into()),
        ("Outages open", outages.open.into()),
        ("Longest outage", outages.longest.into()),
        (
            "Mean time to restore",
            outages.mean_time_to_restore().into(),
        ),
        (
            "Mean time between outages",
            totals.mean_time_between_outages().into(),
        ),
        ("Observations", totals.tally.observations().into()),
        ("Failures", totals.tally.fail.into()),
    ];
    if let Some(observed) = &totals.as_observed {
        facts.extend([
            ("Uptime without annotations", observed.uptime().into()),
            ("Down without annotations", observed.down.into()),
            ("Left out by annotations", report.remarks.left_out.into()),
        ]);
    }
    facts
}
