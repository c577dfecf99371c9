//! A period day by day, in words.

use std::cmp::Reverse;

use super::grids::percent;
use crate::domain::availability::State;
use crate::domain::time::Millis;
use crate::report::charts;
use crate::report::days::Day;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::model::Report;
use crate::report::text::{length, many};

/// Most days that are told, those with the longest time down; the machine-readable formats have
/// all.
const DAYS_MAX: usize = 31;

/// Of services as such, the days on which something was the matter. Nothing of a single day.
pub(super) fn days(report: &Report, document: &mut Document) {
    let mut owns = report
        .platforms()
        .filter_map(|(_, platform)| platform.own.as_ref());
    if owns.all(|own| own.days.len() < 2) {
        return;
    }
    document.subheading("Day by day");
    for service in &report.services {
        if let Some(chart) = charts::days_of(service) {
            document.chart(chart);
        }
    }
    let services = report.services.iter();
    let owns = services.filter_map(|service| Some((service.name.slug(), service.own.as_ref()?)));
    let days = owns.flat_map(|(name, own)| own.days.iter().map(move |day| (name, day)));
    let mut days: Vec<_> = days.collect();
    let count = days.len();
    days.retain(|(_, day)| is_told(day));
    let told = days.len();
    // stable: equal ones, and those of one day, stay in order of services
    days.sort_by_key(|(_, day)| Reverse((day.availability.down, day.availability.degraded)));
    days.truncate(DAYS_MAX);
    days.sort_by(|(_, a), (_, b)| a.date.cmp(&b.date));
    let mut grid = Grid::new(&[
        left("Day"),
        left("Service"),
        left("Worst"),
        right("Outages"),
        right("Down"),
        right("Degraded"),
        right("Unobserved"),
        right("Uptime"),
    ])
    .conceding(&[
        Concession::Below("Degraded", "degraded "),
        Concession::Below("Unobserved", "unobserved "),
    ]);
    let time = |time: Millis| match time {
        Millis::ZERO => Text::spare("–"),
        time => length(time).into(),
    };
    for (name, day) in &days {
        let times = &day.availability;
        grid.row([
            day.date.clone().into(),
            Text::quoted(*name),
            day.worst().map_or_else(Text::default, |state| {
                Text::toned(Tone::of(state), state.as_str())
            }),
            day.outages.to_string().into(),
            time(times.down),
            time(times.degraded),
            time(times.unknown),
            percent(times.uptime()).into(),
        ]);
    }
    if !grid.rows.is_empty() {
        document.grid(grid);
    }
    let calm = count - told;
    if calm > 0 {
        document.paragraph(format!(
            "{} of a service {} observed throughout, and it was up or in maintenance.",
            many(calm as u64, "day", "days"),
            if calm == 1 { "was" } else { "were" },
        ));
    }
    let more = told - days.len();
    if more > 0 {
        document.paragraph(format!(
            "{more} more with less time down are left out here; JSON has all."
        ));
    }
}

fn is_told(day: &Day) -> bool {
    let worst = day.worst();
    worst.is_some_and(|worst| !matches!(worst, State::Up | State::Maintenance))
}
