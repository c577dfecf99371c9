//! Comma-separated values with a header, safe to open in a spreadsheet.

mod difference;
mod incidents;
mod outages;
mod unobserved;

use std::io::{self, Write};

use super::model::Report;
use super::text::harmless;
use super::totals::Totals;
use crate::domain::outage_id::OutageId;
use crate::domain::time::{Millis, UnixMillis};

pub use difference::difference;
pub use incidents::incidents;
pub use outages::outages;
pub use unobserved::unobserved;

const REPORT_COLUMNS: [&str; 37] = [
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
];

/// One row for the whole, each service, platform and probe. The windows themselves are
/// [`outages`].
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(REPORT_COLUMNS)?;
    let period = report.request.period;
    let mut row = |scope: [&str; 5], totals: &Totals| {
        let scope = scope.map(cell);
        let times = [period.from, period.to].map(|at| at.to_string());
        csv.write_record(scope.into_iter().chain(times).chain(figures(totals)))
    };
    row(["all", "", "", "", ""], &report.totals)?;
    for service in &report.services {
        let name = service.name.slug();
        row(["service", name, "", "", ""], &service.totals)?;
        for platform in &service.platforms {
            let platform_name = platform.name.slug();
            row(["platform", name, platform_name, "", ""], &platform.totals)?;
            for probe in &platform.probes {
                let (endpoint, id) = (probe.probe.endpoint.slug(), probe.probe.id.as_str());
                row(
                    ["endpoint", name, platform_name, endpoint, id],
                    &probe.totals,
                )?;
            }
        }
    }
    csv.flush()
}

fn figures(totals: &Totals) -> [String; 30] {
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
    ]
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
