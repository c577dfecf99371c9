//! Comma-separated values with a header, safe to open in a spreadsheet.

use std::io::{self, Write};

use super::model::Report;
use super::outage_list::{Outage, OutageList};
use super::own::{Own, last};
use super::text::harmless;
use super::totals::Totals;
use crate::domain::outage_id::OutageId;
use crate::domain::probe::Name;
use crate::domain::rollup::RollupParameters;
use crate::domain::time::{Millis, UnixMillis};

const OUTAGE_COLUMNS: [&str; 29] = [
    "id",
    "scope",
    "service",
    "platform",
    "endpoint",
    "probe_id",
    "state",
    "started_at",
    "ended_at",
    "start_earliest",
    "end_earliest",
    "end_latest",
    "start_kind",
    "end_kind",
    "duration_ms",
    "duration_min_ms",
    "duration_max_ms",
    "counted_ms",
    "failures",
    "observations",
    "causes",
    "first_failure_cause",
    "first_failure_phase",
    "first_failure_detail",
    "opened_at",
    "closed_at",
    "detected_at",
    "in_period_ms",
    "parts",
];

/// One row a window. `causes` is `status=350 timeout=10`; what isn't known is empty.
pub fn outages(list: &OutageList, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(OUTAGE_COLUMNS)?;
    for outage in &list.outages {
        csv.write_record(outage_row(outage))?;
    }
    csv.flush()
}

fn outage_row(outage: &Outage) -> [String; 29] {
    let (window, probe) = (&outage.window, outage.probe.as_ref());
    let failure = window.first_failure.as_ref();
    let ended = (!window.is_open()).then_some(window.end);
    let causes = window.causes.ranked();
    let causes: Vec<_> = causes
        .iter()
        .map(|(cause, count)| format!("{cause}={count}"))
        .collect();
    [
        outage.id.to_string(),
        outage.subject.scope().to_string(),
        cell(outage.service.slug()),
        optional(outage.platform.as_ref().map(Name::slug)),
        optional(probe.map(|probe| probe.endpoint.slug())),
        optional(probe.map(|probe| probe.id.as_str())),
        if window.is_open() { "open" } else { "closed" }.to_owned(),
        window.start.to_string(),
        instant(ended),
        instant(window.start_earliest),
        window.end_earliest.to_string(),
        instant(window.end_latest),
        window.start_kind.as_str().to_owned(),
        window.end_kind.as_str().to_owned(),
        window.duration().0.to_string(),
        window.duration_min().0.to_string(),
        length(window.duration_max()),
        outage.counted.0.to_string(),
        window.failures.to_string(),
        window.observations.to_string(),
        causes.join(" "),
        failure
            .and_then(|f| f.cause)
            .map(|c| c.to_string())
            .unwrap_or_default(),
        failure
            .and_then(|f| f.phase)
            .map(|p| p.to_string())
            .unwrap_or_default(),
        optional(failure.and_then(|f| f.detail.as_deref())),
        instant(window.opened_at),
        instant(window.closed_at),
        instant(window.detected_at),
        outage.inside.0.to_string(),
        ids(&outage.parts),
    ]
}

const REPORT_COLUMNS: [&str; SUM_COLUMNS + OWN_COLUMNS] = [
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
    "weighted_down_ms",
    "down_when",
    "weight",
    "incidents",
];

/// So many of a row's figures are those that a platform or service also has of its own.
const OWN_FIGURES: std::ops::Range<usize> = 2..20;

const SUM_COLUMNS: usize = 38;

/// With the weighted downtime, the policy, the weight and the count of incidents.
const OWN_COLUMNS: usize = OWN_FIGURES.end - OWN_FIGURES.start + 4;
const WEIGHTED: usize = OWN_COLUMNS - 4;
const POLICY: usize = OWN_COLUMNS - 3;
const WEIGHT: usize = OWN_COLUMNS - 2;
const INCIDENTS: usize = OWN_COLUMNS - 1;

/// One row for the whole, each service, platform and probe. The windows themselves are
/// [`outages`].
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(REPORT_COLUMNS)?;
    let period = report.request.period;
    let mut row = |scope: [&str; 5], totals: &Totals, own: [String; OWN_COLUMNS]| {
        let scope = scope.map(cell);
        let times = [period.from, period.to].map(|at| at.to_string());
        let sums = times.into_iter().chain(figures(totals));
        csv.write_record(scope.into_iter().chain(sums).chain(own))
    };
    let nothing = || std::array::from_fn(|_| String::new());
    row(["all", "", "", "", ""], &report.totals, nothing())?;
    for service in &report.services {
        let name = service.name.slug();
        let mut own = own(service.own.as_ref(), last(&service.policies));
        own[WEIGHT] = String::new();
        own[INCIDENTS] = count(service.incidents.as_ref().map(Vec::len));
        row(["service", name, "", "", ""], &service.totals, own)?;
        for platform in &service.platforms {
            let platform_name = platform.name.slug();
            let scope = ["platform", name, platform_name, "", ""];
            let own = self::own(platform.own.as_ref(), last(&platform.policies));
            row(scope, &platform.totals, own)?;
            for probe in &platform.probes {
                let (endpoint, id) = (probe.probe.endpoint.slug(), probe.probe.id.as_str());
                let mut own = nothing();
                fill(&mut own, &probe.totals);
                own[WEIGHT] = probe.weight.to_string();
                let scope = ["endpoint", name, platform_name, endpoint, id];
                row(scope, &probe.totals, own)?;
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
        cells[WEIGHTED] = own.weighted_down.cut_to_millis().0.to_string();
    }
    cells[POLICY] = parameters.down_when.to_string();
    cells[WEIGHT] = parameters.weight.to_string();
    cells
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
    let percent = |share: Option<crate::domain::availability::Percent>| {
        share.map(|share| share.to_string()).unwrap_or_default()
    };
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

fn count(of: Option<usize>) -> String {
    of.map(|of| of.to_string()).unwrap_or_default()
}

fn instant(at: Option<UnixMillis>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

fn length(of: Option<Millis>) -> String {
    of.map(|of| of.0.to_string()).unwrap_or_default()
}

/// With a blank between them.
fn ids(ids: &[OutageId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(" ")
}

fn optional(text: Option<&str>) -> String {
    text.map(cell).unwrap_or_default()
}

/// Text from outside. A spreadsheet takes a cell that begins with one of these for a formula; an
/// apostrophe before it makes it text.
fn cell(text: &str) -> String {
    let text = harmless(text);
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    if text.trim_start().starts_with(formula) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (hostile, shown) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r\n=1", "'  =1"),
            ("＝1", "'＝1"),
            ("503 = bad", "503 = bad"),
        ] {
            assert_eq!(cell(hostile), shown);
        }
    }
}
