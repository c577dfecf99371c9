//! The outage report in words and grids.

use super::grids::{bare, observations, percent, platforms, probes, times, unobserved};
use super::outages::{between, difference, in_all, watched, windows};
use crate::domain::availability::Availability;
use crate::domain::subject::Scope;
use crate::report::document::{Document, Text, Tone};
use crate::report::method::UPTIME_FORMULA;
use crate::report::model::Report;
use crate::report::text::{instant_utc, length, many};
use crate::report::totals::Totals;

/// The whole report.
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
    document.heading("Summary");
    document.list(summary(report));
    document.heading("Platforms");
    document
        .paragraph("Sums and means over the probes of each, not outages of the platform as such.");
    document.grid(platforms(report));
    document.heading("Probes");
    document.grid(probes(report));
    document.heading("Time in each state");
    document.grid(times(report));
    document.heading("Outages");
    let outages = report.outages();
    if outages.is_empty() {
        document.paragraph("None.");
    } else {
        document.grid(windows(Scope::Endpoint, &outages));
    }
    document.heading("Observations");
    document.grid(observations(report));
    document.heading("Not observed");
    unobserved(report, &mut document);
    document.heading("Method");
    document.list(
        report
            .method
            .iter()
            .map(|line| line.as_str().into())
            .collect(),
    );
    document
}

fn summary(report: &Report) -> Vec<Text> {
    let totals = &report.totals;
    let (outages, availability) = (&totals.outages, &totals.availability);
    let mut lines = vec![Text::from(format!(
        "{} on {} of {}",
        many(totals.probes as u64, "probe", "probes"),
        many(report.platforms().count() as u64, "platform", "platforms"),
        many(report.services.len() as u64, "service", "services"),
    ))];
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
    lines.push(uptime(availability).into());
    lines.push(watched(totals).into());
    lines.push(
        format!(
            "{}, {} of them in {}; degraded for {}",
            many(totals.tally.fail, "failure", "failures"),
            totals.blip_failures,
            many(totals.blips, "blip", "blips"),
            length(availability.degraded)
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

fn uptime(availability: &Availability) -> String {
    match availability.uptime() {
        None => format!("{UPTIME_FORMULA}: no data"),
        Some(uptime) => format!(
            "{UPTIME_FORMULA}: {uptime} % ({} – {} %), coverage {}",
            bare(availability.uptime_low()),
            bare(availability.uptime_high()),
            percent(availability.coverage()),
        ),
    }
}
