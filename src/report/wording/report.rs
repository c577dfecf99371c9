//! The outage report in words and grids.

use super::days::days;
use super::grids::{degraded, observations, percent_within, probes, sums, times, unobserved};
use super::measured::{failures, latency};
use super::outages::{between, difference, in_all, watched, windows};
use super::promises::promises;
use super::summary::{compared, summary, worst};
use super::wholes::{incidents, maintenance, wholes};
use super::windowed::windowed;
use crate::domain::subject::Scope;
use crate::report::chart::Chart;
use crate::report::charts;
use crate::report::document::{Document, Text, Tone};
use crate::report::method::UPTIME_FORMULA;
use crate::report::model::Report;
use crate::report::outage_list::Outage;
use crate::report::text::{instant_utc, length, many};
use crate::report::totals::Totals;

/// The whole report: the verdict, then what it rests on, from the coarse to the fine.
pub fn report(report: &Report) -> Document {
    let mut document = Document::default();
    document.title("Outage report");
    document.paragraph(format!(
        "All times are UTC. The period runs {} Generated at {} by outwatch {}.",
        between(report.request.period),
        instant_utc(report.request.generated_at),
        report.request.version,
    ));
    if let Some(what_if) = &report.what_if {
        document.paragraph(difference(what_if));
    }
    summary(report, &mut document);
    document.heading("Worst first");
    worst(report, &mut document);
    compared(report, &mut document);
    promises(report, &mut document);
    wholes_and_endpoints(report, &mut document);
    document.heading("Latency");
    show(charts::latency(report), &mut document);
    for (service, platform) in report.platforms() {
        show(charts::latency_of(report, service, platform), &mut document);
    }
    latency(report, &mut document);
    document.heading("Failures");
    failures(report, &mut document);
    document.grid(observations(report));
    document.heading("Degraded");
    degraded(report, &mut document);
    document.heading("Maintenance");
    maintenance(report, &mut document);
    if report.remarks.left_out > 0 {
        document.paragraph(
            "Outages that annotations leave out count as maintenance, too; what was said of them \
             stands beside them.",
        );
    }
    document.heading("Not observed");
    unobserved(report, &mut document);
    document.heading("Time in each state");
    document.grid(times(report));
    document.heading("Sums over probes");
    document
        .paragraph("Sums and means over the probes of each, not outages of the platform as such.");
    document.list(sums_in_words(&report.totals));
    document.grid(sums(report));
    document.heading("Method");
    document.list(
        report
            .method
            .iter()
            .map(|line| line.as_str().into())
            .collect(),
    );
    document.heading("Configuration");
    configuration(report, &mut document);
    document
}

/// What platforms, services and endpoints were.
fn wholes_and_endpoints(report: &Report, document: &mut Document) {
    document.heading("Platforms and services");
    show(charts::services(report), document);
    show(charts::platforms(report), document);
    wholes(report, document);
    days(report, document);
    document.heading("Incidents");
    incidents(report, document);
    document.heading("Outages of services");
    list(Scope::Service, &report.outages_of_services(), document);
    document.heading("Outages of platforms");
    list(Scope::Platform, &report.outages_of_platforms(), document);
    document.heading("Worst windows");
    for service in &report.services {
        show(charts::windowed(service), document);
    }
    windowed(report, document);
    document.heading("Outages of endpoints");
    for (service, platform) in report.platforms() {
        document.chart(charts::endpoints(report, service, platform));
    }
    list(Scope::Endpoint, &report.outages(), document);
    document.heading("Probes");
    document.grid(probes(report));
}

/// If there is one.
fn show(chart: Option<Chart>, document: &mut Document) {
    if let Some(chart) = chart {
        document.chart(chart);
    }
}

/// By which it was judged.
fn configuration(report: &Report, document: &mut Document) {
    if report.configurations.is_empty() {
        document.paragraph("It is not known which configuration was in force.");
        return;
    }
    document.paragraph("SHA-256 of the configuration in force:");
    let configurations = report.configurations.iter();
    document.list(
        configurations
            .map(|one| {
                Text::from(format!("from {}: ", instant_utc(one.from)))
                    .then(Text::quoted(one.hash.to_string()))
            })
            .collect(),
    );
}

fn list(scope: Scope, outages: &[&Outage], document: &mut Document) {
    if outages.is_empty() {
        document.paragraph("None.");
    } else {
        document.grid(windows(scope, outages));
    }
}

fn sums_in_words(totals: &Totals) -> Vec<Text> {
    let (outages, availability) = (&totals.outages, &totals.availability);
    let mut lines = Vec::new();
    let tone = if outages.count > 0 {
        Tone::Bad
    } else {
        Tone::Good
    };
    lines.push(Text::toned(tone, in_all(totals)).then(details(totals)));
    if let Some(longest) = outages.longest {
        lines.push(format!("Longest outage: {}", length(longest)).into());
        lines.push(restore(totals).into());
    }
    let uptime = percent_within(availability);
    lines.push(format!("{UPTIME_FORMULA}: {uptime}").into());
    lines.push(watched(totals).into());
    lines.push(
        format!(
            "{}, {} of them in {}; degraded for {}, flapping for {}",
            many(totals.tally.fail, "failure", "failures"),
            totals.blip_failures,
            many(totals.blips, "blip", "blips"),
            length(availability.degraded),
            length(totals.flapping.total)
        )
        .into(),
    );
    lines
}

/// What is peculiar to some of the windows.
fn details(totals: &Totals) -> String {
    let outages = &totals.outages;
    let parts: Vec<_> = [
        (outages.open, "still open"),
        (outages.resumed, "resumed after a gap"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("; {}", parts.join(", "))
    }
}

fn restore(totals: &Totals) -> String {
    let outages = &totals.outages;
    let left_out = outages.without_restore_time();
    let of = match outages.mean_time_to_restore() {
        Some(mean) => format!(
            "Mean time to restore (MTTR): {} over {}",
            length(mean),
            many(outages.restored, "outage", "outages")
        ),
        None => "Mean time to restore (MTTR): no data".to_owned(),
    };
    match left_out {
        0 => of,
        1 => format!("{of}; 1 left out, its start or end was not seen"),
        _ => format!("{of}; {left_out} left out, their start or end was not seen"),
    }
}
