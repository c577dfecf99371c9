//! Platforms and services as such, in the report of a period.

use super::grids::{FIGURES_CONCEDING, figures, percent_within};
use super::headline::severity;
use crate::domain::incident::{Incident, Severity, Share};
use crate::domain::maintenance::Origin;
use crate::domain::rollup::{RollupParameters, Weight};
use crate::domain::time::Millis;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::model::{Report, ServiceReport};
use crate::report::own::{InForce, Own, last};
use crate::report::text::{
    bounds, instant, instant_after, instant_utc, length, length_within, many,
};

/// Most stretches of maintenance that are told; the machine-readable formats have all.
const STRETCHES_MAX: usize = 20;

/// One sentence of each service.
pub(super) fn summary(report: &Report) -> Vec<Text> {
    let services = report.services.iter();
    services
        .map(|service| {
            let name = Text::from(service.name.display());
            let Some(own) = &service.own else {
                return name.then(" is told in part: not all of its probes were asked for");
            };
            name.then(" ")
                .then(was_down(own))
                .then("; uptime ")
                .then(percent_within(&own.totals.availability))
        })
        .chain(incidents_in_all(report))
        .collect()
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
    let incidents = || {
        report
            .services
            .iter()
            .filter_map(|service| service.incidents.as_ref())
            .flatten()
    };
    let count = incidents().count() as u64;
    let parts: Vec<_> = Severity::ALL
        .iter()
        .rev()
        .map(|&is| {
            (
                severity(is),
                incidents()
                    .filter(|incident| incident.severity == is)
                    .count(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    (count > 0).then(|| {
        format!(
            "{}: {}",
            many(count, "incident", "incidents"),
            parts.join(", ")
        )
        .into()
    })
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
            Some(own) => row(name, "all".into(), Text::default(), own, &service.policies),
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
    let mut grid = Grid::new(&[
        left("ID"),
        left("Service"),
        left("Started (UTC)"),
        left("Ended (UTC)"),
        right("Lasted"),
        right("At most"),
        left("Kind"),
        left("Severity"),
        left("Platforms"),
        right("Any down"),
        right("All down"),
        right("Weighted"),
        right("Unobserved"),
        right("Blips"),
    ])
    .conceding(&[
        Concession::Brief("Ended (UTC)"),
        Concession::Below("Platforms", ""),
        Concession::Below("Any down", "any down "),
        Concession::Below("All down", "all down "),
        Concession::Below("Weighted", "weighted down "),
        Concession::Below("Unobserved", "unobserved "),
        Concession::Below("Blips", "blips "),
        Concession::Below("At most", "at most "),
        Concession::Below("ID", ""),
    ]);
    for service in &report.services {
        for incident in service.incidents.iter().flatten() {
            let none_spare = |of: Millis| match length(of) {
                none if of == Millis::ZERO => Text::spare(none),
                some => some.into(),
            };
            let at_most = incident.start_earliest.zip(incident.end_latest);
            grid.row([
                Text::quoted(incident.id.to_string()),
                service.name.display().into(),
                instant(incident.period.from).into(),
                if incident.is_open {
                    Text::toned(Tone::Bad, "open")
                } else {
                    instant_after(incident.period.from, incident.period.to)
                },
                length(incident.duration()).into(),
                at_most.map_or_else(|| Text::spare("–"), |(from, to)| length(to - from).into()),
                incident.kind.as_str().into(),
                severity(incident.severity).into(),
                shares(service, incident).into(),
                none_spare(incident.any_down),
                none_spare(incident.all_down),
                none_spare(incident.weighted_down.cut_to_millis()),
                none_spare(incident.unknown),
                match incident.blips {
                    0 => Text::spare("0"),
                    blips => blips.to_string().into(),
                },
            ]);
        }
    }
    if grid.rows.is_empty() {
        document.paragraph("None.");
    } else {
        document.grid(grid);
    }
}

/// What each platform had of it.
fn shares(service: &ServiceReport, incident: &Incident) -> String {
    let shares = incident.platforms.iter().filter_map(|share| {
        let name = service.names.get(share.platform)?.display();
        Some(format!("{name} {}", part(share)))
    });
    shares.collect::<Vec<_>>().join(", ")
}

fn part(share: &Share) -> String {
    let mut told = Vec::new();
    if share.windows > 0 {
        let down = match share.possible {
            Some(most) => format!("{} ({})", length(share.down), bounds(share.certain, most)),
            None => length_within(share.down, share.certain, None),
        };
        told.push(match share.windows {
            1 => format!("down {down}"),
            times => format!("down {down} in {times} outages"),
        });
    }
    if share.flapping > Millis::ZERO {
        told.push(format!("flapping {}", length(share.flapping)));
    }
    match (told.is_empty(), share.blips) {
        (true, 0) => "in part".to_owned(),
        (true, blips) => many(blips, "blip", "blips"),
        (false, _) => told.join(" and "),
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
    for maintenance in report
        .services
        .iter()
        .flat_map(|service| &service.maintenance)
    {
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
