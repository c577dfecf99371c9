//! Platforms and services as such, in the report of a period.

use super::grids::{AS_A_WHOLE, FIGURES_CONCEDING, figures, percent, percent_within};
use super::incidents::{grid, how_much};
use crate::domain::incident::Severity;
use crate::domain::maintenance::Origin;
use crate::domain::rollup::{RollupParameters, Weight};
use crate::domain::time::Millis;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::model::{Report, ServiceReport};
use crate::report::own::{InForce, Own, last};
use crate::report::text::{instant, instant_after, instant_utc, length, length_within, many};

/// Most services of which a sentence is told; the grid has all.
const SENTENCES_MAX: usize = 8;

/// Most stretches of maintenance that are told; the machine-readable formats have all.
const STRETCHES_MAX: usize = 20;

/// One sentence of each service; where they are many, of those that were down the longest.
pub(super) fn summary(report: &Report) -> Vec<Text> {
    let down = |service: &ServiceReport| {
        let own = service.own.as_ref();
        own.map(|own| own.totals.availability.down)
    };
    let mut services: Vec<_> = report.services.iter().collect();
    let more = services.len().saturating_sub(SENTENCES_MAX);
    if more > 0 {
        // stable: equal ones stay in order of their slugs
        services.sort_by_key(|service| std::cmp::Reverse(down(service)));
    }
    let others = services.split_off(services.len() - more);
    let sentences = services.into_iter().map(|service| {
        let name = Text::from(service.name.display());
        let Some(own) = &service.own else {
            return name.then(" is told in part: not all of its probes were asked for");
        };
        name.then(" ")
            .then(was_down(own))
            .then("; uptime ")
            .then(percent_within(&own.totals.availability))
            .then(as_observed(own, report.remarks.left_out))
    });
    let were_down = others.iter().filter(|one| down(one) > Some(Millis::ZERO));
    let were_down = were_down.count();
    let rest = (more > 0).then(|| {
        let others = many(more as u64, "other service", "other services");
        match were_down {
            0 => Text::from(format!("Of {others} none was seen down")),
            count => Text::from(format!("Of {others} {count} were down, for less time")),
        }
    });
    sentences
        .chain(rest)
        .chain(incidents_in_all(report))
        .collect()
}

/// What it would be without annotations, if that is not the same.
fn as_observed(own: &Own, left_out: u64) -> Text {
    let counting = own.totals.availability.down;
    let observed = own.totals.as_observed.as_ref();
    let Some(observed) = observed.filter(|observed| observed.down != counting) else {
        return Text::default();
    };
    Text::from("; ").then(Text::toned(
        Tone::Warn,
        format!(
            "uptime {} as observed, before {}",
            percent(observed.uptime()),
            many(left_out, "annotation", "annotations")
        ),
    ))
}

/// As in `was down for 3m (2m – 4m) in 2 outages`
fn was_down(own: &Own) -> Text {
    let (outages, times) = (&own.totals.outages, &own.totals.availability);
    if outages.count == 0 {
        return if times.observed() == Millis::ZERO {
            Text::toned(Tone::Faint, "was not observed")
        } else {
            Text::toned(Tone::Good, "was never seen down")
        };
    }
    let down = length_within(times.down, times.down_certain, Some(times.down_possible));
    let count = many(outages.count, "outage", "outages");
    let open = if outages.open > 0 { ", still open" } else { "" };
    Text::toned(Tone::Bad, format!("was down for {down} in {count}{open}"))
}

fn incidents_in_all(report: &Report) -> Option<Text> {
    let incidents: Vec<_> = report.incidents().collect();
    let of = |severity| {
        let incidents = incidents.iter();
        incidents
            .filter(|one| one.incident.severity == severity)
            .count()
    };
    let worst_first = Severity::ALL.iter().rev();
    let parts = worst_first.map(|severity| (how_much(*severity), of(*severity)));
    let parts = parts.filter(|(_, count)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(how_much, count)| match incidents.len() {
            1 => how_much.to_owned(),
            _ => format!("{count} {how_much}"),
        })
        .collect();
    let count = many(incidents.len() as u64, "incident", "incidents");
    (!incidents.is_empty()).then(|| format!("{count}: {}", parts.join(", ")).into())
}

/// Services and platforms, each as such.
pub(super) fn wholes(report: &Report, document: &mut Document) {
    let mut grid = Grid::new(&[
        left("Service"),
        left("Platform"),
        right("Outages"),
        right("Down"),
        right("Down low – high"),
        right("Longest"),
        right("MTTR"),
        right("Uptime"),
        right("Uptime low – high"),
        right("Coverage"),
        right("Weighted down"),
        right("Weight"),
        left("Down when"),
    ])
    .conceding(
        &[
            &[
                Concession::Below("Weight", "weight "),
                Concession::Below("Down when", "down when "),
                Concession::Below("Weighted down", "weighted down "),
            ],
            &FIGURES_CONCEDING[..],
        ]
        .concat(),
    );
    let mut partial = Vec::new();
    let mut row = |service: &str, platform: Text, weight: Text, own: &Own, policies: &[InForce]| {
        let names = [service.into(), platform];
        let weighted = own.weighted_down.cut_to_millis();
        let policy = last(policies).down_when.to_string();
        let policy = if policies.len() > 1 {
            format!("{policy} (changed)")
        } else {
            policy
        };
        let rest = [length(weighted).into(), weight, policy.into()];
        grid.row(names.into_iter().chain(figures(&own.totals)).chain(rest));
    };
    for service in &report.services {
        let name = service.name.display();
        match &service.own {
            Some(own) => row(
                name,
                AS_A_WHOLE.into(),
                Text::default(),
                own,
                &service.policies,
            ),
            None => partial.push(name.to_owned()),
        }
        for platform in &service.platforms {
            let platform_name = platform.name.display();
            match &platform.own {
                Some(own) => row(
                    name,
                    platform_name.into(),
                    weight(last(&platform.policies)),
                    own,
                    &platform.policies,
                ),
                None => partial.push(format!("{name} {platform_name}")),
            }
        }
    }
    if !grid.rows.is_empty() {
        document.grid(grid);
    }
    if !partial.is_empty() {
        document.paragraph(format!(
            "Not all probes were asked for of {}; so what that was as such is not told.",
            partial.join(", ")
        ));
    }
}

fn weight(parameters: RollupParameters) -> Text {
    let shown = parameters.weight.to_string();
    if parameters.weight == Weight::ONE {
        Text::spare(shown)
    } else {
        shown.into()
    }
}

pub(super) fn incidents(report: &Report, document: &mut Document) {
    let incidents: Vec<_> = report.incidents().collect();
    if incidents.is_empty() {
        document.paragraph("None.");
    } else {
        document.grid(grid(incidents));
    }
}

pub(super) fn maintenance(report: &Report, document: &mut Document) {
    let mut grid = Grid::new(&[
        left("Of"),
        left("From (UTC)"),
        left("To (UTC)"),
        right("Lasted"),
        left("Declared"),
        left("Note"),
    ])
    .conceding(&[
        Concession::Brief("To (UTC)"),
        Concession::Below("Note", ""),
        Concession::Below("Declared", "declared "),
    ]);
    let mut left_out = 0;
    for maintenance in &report.maintenance {
        let declaration = &maintenance.declared.declaration;
        let at = instant_utc(maintenance.declared.from);
        for stretch in maintenance.stretches.periods() {
            if grid.rows.len() == STRETCHES_MAX {
                left_out += 1;
                continue;
            }
            grid.row([
                Text::quoted(declaration.subject.key()),
                instant(stretch.from).into(),
                instant_after(stretch.from, stretch.to),
                length(stretch.length()).into(),
                match &maintenance.declared.origin {
                    Origin::Configured => format!("in the configuration, {at}").into(),
                    Origin::By(name) => Text::from("by ")
                        .then(Text::quoted(name.as_ref()))
                        .then(format!(", {at}")),
                },
                declaration
                    .note
                    .as_deref()
                    .map_or_else(Text::default, Text::quoted),
            ]);
        }
    }
    if grid.rows.is_empty() {
        document.paragraph("None was declared for the period.");
        return;
    }
    document.grid(grid);
    if left_out > 0 {
        document.paragraph(format!("{left_out} more stretches are left out here."));
    }
}
