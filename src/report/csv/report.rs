//! The figures of a report.

use std::io::{self, Write};

use super::{cell, count, figures_of, length};
use crate::domain::availability::Percent;
use crate::domain::latency::LatencyPart;
use crate::domain::rollup::RollupParameters;
use crate::report::measured::Measured;
use crate::report::model::Report;
use crate::report::own::{Own, last};
use crate::report::totals::Totals;

const REPORT_COLUMNS: [&str; SUM_COLUMNS + OWN_COLUMNS + 2 * AS_OBSERVED_COLUMNS + MORE_COLUMNS] = [
    "scope",
    "service",
    "platform",
    "endpoint",
    "probe_id",
    "from",
    "to",
    "probes",
    "period_ms",
    "up_ms",
    "degraded_ms",
    "down_ms",
    "unknown_ms",
    "maintenance_ms",
    "not_configured_ms",
    "down_min_ms",
    "down_max_ms",
    "unknown_possibly_down_ms",
    "uptime_percent",
    "uptime_low_percent",
    "uptime_high_percent",
    "coverage_percent",
    "outages",
    "outages_open",
    "outages_resumed",
    "longest_ms",
    "mean_time_to_restore_ms",
    "restored",
    "left_out_of_restore",
    "blips",
    "blip_failures",
    "unobserved_stretches",
    "longest_unobserved_ms",
    "observations",
    "failures",
    "slow",
    "inconclusive",
    "flapping_ms",
    "own_up_ms",
    "own_degraded_ms",
    "own_down_ms",
    "own_unknown_ms",
    "own_maintenance_ms",
    "own_not_configured_ms",
    "own_down_min_ms",
    "own_down_max_ms",
    "own_unknown_possibly_down_ms",
    "own_uptime_percent",
    "own_uptime_low_percent",
    "own_uptime_high_percent",
    "own_coverage_percent",
    "own_outages",
    "own_outages_open",
    "own_outages_resumed",
    "own_longest_ms",
    "own_mean_time_to_restore_ms",
    "weighted_down_us",
    "down_when",
    "weight",
    "incidents",
    "as_observed_down_ms",
    "as_observed_uptime_percent",
    "own_as_observed_down_ms",
    "own_as_observed_uptime_percent",
    "mean_time_between_outages_ms",
    "own_mean_time_between_outages_ms",
    "latency_count",
    "latency_min_us",
    "latency_median_us",
    "latency_p95_us",
    "latency_p99_us",
    "latency_max_us",
];

/// So many of a row's figures are those that a platform or service also has of its own.
const OWN_FIGURES: std::ops::Range<usize> = 2..20;

const SUM_COLUMNS: usize = 38;

/// With the weighted downtime, the policy, the weight and the count of incidents.
const OWN_COLUMNS: usize = OWN_FIGURES.end - OWN_FIGURES.start + 4;
/// Without annotations; of a row's figures, and of its own.
const AS_OBSERVED_COLUMNS: usize = 2;
/// Between outages, and of whole answers.
const MORE_COLUMNS: usize = 8;

const WEIGHTED: usize = OWN_COLUMNS - 4;
const POLICY: usize = OWN_COLUMNS - 3;
const WEIGHT: usize = OWN_COLUMNS - 2;
const INCIDENTS: usize = OWN_COLUMNS - 1;

/// One row for the whole, each service, platform and probe. The windows themselves are
/// [`super::outages`].
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(REPORT_COLUMNS)?;
    let period = report.request.period;
    let mut row = |scope: [&str; 5],
                   totals: &Totals,
                   own: [String; OWN_COLUMNS],
                   own_totals: Option<&Totals>,
                   measured: Option<&Measured>| {
        let scope = scope.map(cell);
        let times = [period.from, period.to].map(|at| at.to_string());
        let sums = times.into_iter().chain(figures(totals));
        let observed = as_observed(Some(totals)).into_iter();
        let observed = observed.chain(as_observed(own_totals));
        let more = more(totals, own_totals, measured);
        let row = scope.into_iter().chain(sums).chain(own);
        csv.write_record(row.chain(observed).chain(more))
    };
    let nothing = || std::array::from_fn(|_| String::new());
    let (all, measured) = (["all", "", "", "", ""], Some(&report.measured));
    row(all, &report.totals, nothing(), None, measured)?;
    for service in &report.services {
        let name = service.name.slug();
        let service_own = service.own.as_ref().map(|own| &own.totals);
        let mut own = own(service.own.as_ref(), last(&service.policies));
        own[WEIGHT] = String::new();
        own[INCIDENTS] = count(service.incidents.as_ref().map(Vec::len));
        row(
            ["service", name, "", "", ""],
            &service.totals,
            own,
            service_own,
            service.own.as_ref().map(|own| &own.measured),
        )?;
        for platform in &service.platforms {
            let platform_name = platform.name.slug();
            let scope = ["platform", name, platform_name, "", ""];
            let own = self::own(platform.own.as_ref(), last(&platform.policies));
            let platform_own = platform.own.as_ref().map(|own| &own.totals);
            let measured = platform.own.as_ref().map(|own| &own.measured);
            row(scope, &platform.totals, own, platform_own, measured)?;
            for probe in &platform.probes {
                let (endpoint, id) = (probe.probe.endpoint.slug(), probe.probe.id.as_str());
                let mut own = nothing();
                fill(&mut own, &probe.totals);
                own[WEIGHT] = probe.weight.to_string();
                let scope = ["endpoint", name, platform_name, endpoint, id];
                let totals = &probe.totals;
                row(scope, totals, own, Some(totals), Some(&probe.measured))?;
            }
        }
    }
    csv.flush()
}

/// What a platform or service has of its own; empty where it is not known.
fn own(own: Option<&Own>, parameters: RollupParameters) -> [String; OWN_COLUMNS] {
    let mut cells = std::array::from_fn(|_| String::new());
    if let Some(own) = own {
        fill(&mut cells, &own.totals);
        cells[WEIGHTED] = own.weighted_down.0.to_string();
    }
    cells[POLICY] = parameters.down_when.to_string();
    cells[WEIGHT] = parameters.weight.to_string();
    cells
}

fn more(
    totals: &Totals,
    own: Option<&Totals>,
    measured: Option<&Measured>,
) -> [String; MORE_COLUMNS] {
    let between = |totals: &Totals| totals.mean_time_between_outages();
    let parts = measured.map(|of| &of.latency.parts);
    let mut parts = parts.into_iter().flatten();
    let total = parts.find(|(part, _)| *part == LatencyPart::Total);
    let [count, min, median, p95, p99, max] = figures_of(total.map(|(_, figures)| figures));
    [
        length(between(totals)),
        length(own.and_then(between)),
        count,
        min,
        median,
        p95,
        p99,
        max,
    ]
}

fn as_observed(totals: Option<&Totals>) -> [String; AS_OBSERVED_COLUMNS] {
    let Some(totals) = totals else {
        return Default::default();
    };
    let times = totals.as_observed.as_ref().unwrap_or(&totals.availability);
    [times.down.0.to_string(), percent(times.uptime())]
}

fn percent(share: Option<Percent>) -> String {
    share.map(|share| share.to_string()).unwrap_or_default()
}

fn fill(cells: &mut [String; OWN_COLUMNS], totals: &Totals) {
    let figures = figures(totals).into_iter();
    let own = figures.skip(OWN_FIGURES.start).take(OWN_FIGURES.len());
    for (cell, figure) in cells.iter_mut().zip(own) {
        *cell = figure;
    }
}

fn figures(totals: &Totals) -> [String; 31] {
    let (times, outages, tally) = (&totals.availability, &totals.outages, &totals.tally);
    [
        totals.probes.to_string(),
        totals.whole.0.to_string(),
        times.up.0.to_string(),
        times.degraded.0.to_string(),
        times.down.0.to_string(),
        times.unknown.0.to_string(),
        times.maintenance.0.to_string(),
        totals.not_configured.0.to_string(),
        times.down_certain.0.to_string(),
        times.down_possible.0.to_string(),
        times.unknown_possible.0.to_string(),
        percent(times.uptime()),
        percent(times.uptime_low()),
        percent(times.uptime_high()),
        percent(times.coverage()),
        outages.count.to_string(),
        outages.open.to_string(),
        outages.resumed.to_string(),
        length(outages.longest),
        length(outages.mean_time_to_restore()),
        outages.restored.to_string(),
        outages.without_restore_time().to_string(),
        totals.blips.to_string(),
        totals.blip_failures.to_string(),
        totals.unobserved.count.to_string(),
        length(totals.unobserved.longest),
        tally.observations().to_string(),
        tally.fail.to_string(),
        tally.slow.to_string(),
        tally.inconclusive.to_string(),
        totals.flapping.total.0.to_string(),
    ]
}
