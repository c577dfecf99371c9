//! What a report comes to: the verdict, the figures that are looked for first, what became of them
//! since the period before, and what was worst.

use super::annotations::changed;
use super::grids::{bare, percent};
use super::outages::between;
use super::promises::short;
use super::wholes;
use crate::domain::availability::Availability;
use crate::domain::time::{Micros, Millis};
use crate::report::comparison::{Before, Comparison};
use crate::report::document::{Concession, Document, Figure, Grid, Text, Tone, left, right};
use crate::report::latency::Figures;
use crate::report::measured::Measured;
use crate::report::method::UPTIME_FORMULA;
use crate::report::model::Report;
use crate::report::text::{bounds, length, length_of_answer, many, signed_length};
use crate::report::totals::Totals;

/// The first page.
pub(super) fn summary(report: &Report, document: &mut Document) {
    document.heading("Summary");
    match &report.services[..] {
        [] => document.paragraph("Nothing was configured then."),
        // the verdict of one need be no list
        [_] => wholes::summary(report)
            .into_iter()
            .for_each(|sentence| document.paragraph(sentence.then("."))),
        _ => document.list(wholes::summary(report)),
    }
    let headline = Headline::of(report);
    document.figures(headline.figures(report));
    if let Some(note) = headline.whose(report) {
        document.paragraph(note);
    }
    for line in changed(&report.totals, &report.remarks) {
        document.paragraph(line);
    }
}

/// Whose figures stand first.
struct Headline<'r> {
    totals: &'r Totals,
    comparison: Option<&'r Comparison>,
    latency: Option<&'r Figures>,
    /// Whether they are those of the only service as such, and not sums over probes.
    is_service: bool,
}

impl<'r> Headline<'r> {
    fn of(report: &'r Report) -> Self {
        let latency = report.measured.latency.total();
        match &report.services[..] {
            [only] if only.own.is_some() => {
                let own = only.own.as_ref();
                Self {
                    totals: own.map_or(&report.totals, |own| &own.totals),
                    comparison: own.and_then(|own| own.comparison.as_ref()),
                    latency,
                    is_service: true,
                }
            }
            _ => Self {
                totals: &report.totals,
                comparison: report.comparison.as_ref(),
                latency,
                is_service: false,
            },
        }
    }

    /// Whom the figures are of, where they are not of one service.
    fn whose(&self, report: &Report) -> Option<String> {
        (!self.is_service && self.totals.probes > 0).then(|| {
            format!(
                "These are sums and means over {} on {} of {}; those of each platform and service \
                 as such stand below.",
                many(report.totals.probes as u64, "probe", "probes"),
                many(report.platforms().count() as u64, "platform", "platforms"),
                many(report.services.len() as u64, "service", "services"),
            )
        })
    }

    fn figures(&self, report: &Report) -> Vec<Figure> {
        let (outages, times) = (&self.totals.outages, &self.totals.availability);
        let before = self.comparison.map(|comparison| &comparison.before);
        let before = before.filter(|before| before.is_observed());
        let was =
            |of: &dyn Fn(&Before) -> String| before.map(|before| format!("before {}", of(before)));
        let incidents = report.incidents().count() as u64;
        let restored = (outages.restored > 0)
            .then(|| format!("mean over {}", many(outages.restored, "outage", "outages")));
        let left_out = match outages.without_restore_time() {
            0 => None,
            more => Some(format!("{more} left out, as start or end was not seen")),
        };
        let down_tone = match (times.down, times.observed()) {
            (_, Millis::ZERO) => Tone::Faint,
            (Millis::ZERO, _) => Tone::Good,
            _ => Tone::Bad,
        };
        let mut figures = vec![
            figure(
                UPTIME_FORMULA,
                percent(times.uptime()).into(),
                [
                    times.uptime().map(|_| {
                        format!(
                            "{} – {} %",
                            bare(times.uptime_low()),
                            bare(times.uptime_high())
                        )
                    }),
                    was(&|before| percent(before.availability.uptime())),
                ],
            ),
            figure(
                "Down",
                Text::toned(down_tone, seen_down(times)),
                [
                    (times.down_possible > Millis::ZERO)
                        .then(|| bounds(times.down_certain, times.down_possible)),
                    was(&|before| seen_down(&before.availability)),
                ],
            ),
            figure(
                "Outages",
                outages.count.to_string().into(),
                [
                    (incidents > 0)
                        .then(|| format!("in {}", many(incidents, "incident", "incidents"))),
                    (outages.open > 0).then(|| format!("{} still open", outages.open)),
                    was(&|before| before.outages.count.to_string()),
                ],
            ),
        ];
        if let Some(longest) = outages.longest {
            figures.push(figure("Longest outage", length(longest).into(), []));
            figures.push(figure(
                "Time to restore (MTTR)",
                optional(outages.mean_time_to_restore()).into(),
                [restored, left_out],
            ));
        }
        if let Some(mean) = self.totals.mean_time_between_outages() {
            figures.push(figure(
                "Time between outages",
                length(mean).into(),
                [Some(format!("mean over {} that began", outages.began))],
            ));
        }
        figures.push(figure(
            "Coverage",
            percent(times.coverage()).into(),
            [
                (times.unknown > Millis::ZERO)
                    .then(|| format!("{} not observed", length(times.unknown))),
                was(&|before| percent(before.availability.coverage())),
            ],
        ));
        if let Some(latency) = self.latency {
            figures.push(figure(
                "95 % of answers within",
                length_of_answer(latency.p95).into(),
                [
                    Some(format!("half within {}", length_of_answer(latency.median))),
                    before
                        .and_then(|before| before.latency)
                        .map(|was| format!("before {}", length_of_answer(was.p95))),
                ],
            ));
        }
        figures.extend(credit_due(report));
        figures
    }
}

/// The highest of all agreements and months of which anything was observed. `None` without any.
fn credit_due(report: &Report) -> Option<Figure> {
    let agreements = report.agreements();
    let all = agreements.iter().flat_map(|(subject, one)| {
        let settlements = one.settlements.iter();
        let settlements = settlements.filter(|settlement| settlement.is_observed());
        settlements.map(move |settlement| (subject, &one.name, settlement.reckonings))
    });
    let (subject, name, of) = all.max_by_key(|(.., of)| of.reported.credit)?;
    let (reported, least, most) = (of.reported.credit?, of.least.credit?, of.most.credit?);
    let tone = match reported.thousandths {
        0 => Tone::Good,
        _ => Tone::Bad,
    };
    Some(figure(
        "Credit due",
        Text::toned(tone, short(reported)),
        [
            (least < most).then(|| format!("{} – {}", short(least), short(most))),
            Some(format!("{subject}, {name}")),
            (agreements.len() > 1).then(|| "the highest".to_owned()),
        ],
    ))
}

fn figure<const N: usize>(label: &str, value: Text, notes: [Option<String>; N]) -> Figure {
    let notes: Vec<_> = notes.into_iter().flatten().collect();
    Figure {
        label: label.to_owned(),
        value,
        note: notes.join("; ").into(),
    }
}

fn optional(of: Option<Millis>) -> String {
    of.map_or_else(|| "no data".to_owned(), length)
}

/// The endpoints that fared worst.
pub(super) fn worst(report: &Report, document: &mut Document) {
    if report.worst.is_empty() {
        document.paragraph("Nothing was the matter with any endpoint.");
        return;
    }
    let mut grid = Grid::new(&[
        left("Probe"),
        right("Down"),
        right("Share of down"),
        right("Outages"),
        right("Blips"),
        right("Degraded"),
        right("Uptime"),
        left("Most often"),
    ])
    .conceding(&[
        Concession::Below("Degraded", "degraded "),
        Concession::Below("Blips", "blips "),
        Concession::Below("Most often", ""),
        Concession::Below("Share of down", "share of all time down "),
    ]);
    let time = |time: Millis| match time {
        Millis::ZERO => Text::spare("–"),
        time => length(time).into(),
    };
    for one in &report.worst {
        let times = &one.totals.availability;
        let share = one.share_of_down.filter(|_| times.down > Millis::ZERO);
        grid.row([
            Text::quoted(one.probe.id.as_str()),
            time(times.down),
            share.map_or_else(|| Text::spare("–"), |share| format!("{share} %").into()),
            one.totals.outages.count.to_string().into(),
            match one.totals.blips {
                0 => Text::spare("–"),
                blips => blips.to_string().into(),
            },
            time(times.degraded),
            percent(times.uptime()).into(),
            one.cause
                .map(|cause| cause.to_string())
                .unwrap_or_default()
                .into(),
        ]);
    }
    document.grid(grid);
}

/// What became of each since the period before. Nothing if it was not asked for.
pub(super) fn compared(report: &Report, document: &mut Document) {
    let Some(whole) = &report.comparison else {
        return;
    };
    document.heading("Beside the period before");
    if !whole.before.is_observed() {
        document.paragraph(format!(
            "Nothing was observed in the period before, {}",
            between(whole.before.period)
        ));
        return;
    }
    document.paragraph(format!(
        "The period before runs {}{}",
        between(whole.before.period),
        partly_configured(whole, report.totals.probes).unwrap_or_default()
    ));
    let mut grid = Grid::new(&[
        left("Of"),
        right("Uptime"),
        right("Before"),
        right("Change"),
        right("Down"),
        right("Down before"),
        right("Outages"),
        right("Outages before"),
        right("p95"),
        right("p95 before"),
    ])
    .conceding(&[
        Concession::Below("p95 before", "p95 before "),
        Concession::Below("p95", "p95 "),
        Concession::Below("Outages before", "outages before "),
        Concession::Below("Down before", "down before "),
    ]);
    let mut row = |of: Text, totals: &Totals, p95: Option<Micros>, one: &Comparison| {
        let before = &one.before;
        grid.row([
            of,
            percent(totals.availability.uptime()).into(),
            percent(before.availability.uptime()).into(),
            one.uptime.map_or_else(|| Text::spare("–"), change),
            with_change(
                seen_down(&totals.availability),
                one.down.filter(|by| *by != Millis::ZERO).map(signed_length),
            ),
            seen_down(&before.availability).into(),
            with_change(
                totals.outages.count.to_string(),
                one.outages
                    .filter(|by| *by != 0)
                    .map(|by| format!("{by:+}")),
            ),
            before.outages.count.to_string().into(),
            took(p95),
            took(before.latency.map(|of| of.p95)),
        ]);
    };
    let p95 = |measured: &Measured| measured.latency.total().map(|figures| figures.p95);
    for service in &report.services {
        let platforms = service.platforms.iter();
        let owns = platforms.map(|platform| {
            let key = format!("{}/{}", service.name.slug(), platform.name.slug());
            (key, platform.own.as_ref())
        });
        let all = std::iter::once((service.name.slug().to_owned(), service.own.as_ref()));
        for (key, own) in all.chain(owns) {
            if let Some(own) = own
                && let Some(comparison) = &own.comparison
            {
                row(
                    Text::quoted(key),
                    &own.totals,
                    p95(&own.measured),
                    comparison,
                );
            }
        }
    }
    row(
        "sum of the probes".into(),
        &report.totals,
        p95(&report.measured),
        whole,
    );
    document.grid(grid);
}

/// As in `3m (+1m)`; without the change if it is none.
fn with_change(now: String, change: Option<String>) -> Text {
    match change {
        None => now.into(),
        Some(change) => format!("{now} ({change})").into(),
    }
}

/// A period in which probes were added is not as long as it looks.
fn partly_configured(whole: &Comparison, probes: usize) -> Option<String> {
    let covered = whole.before.availability.covered;
    let all = Millis(whole.before.period.length().0 * i64::try_from(probes).ok()?);
    (covered < all).then(|| {
        format!(
            " Of the probes' time in it, {} of {} was configured.",
            length(covered),
            length(all)
        )
    })
}

/// Where nobody watched, it was not seen down for no time at all.
fn seen_down(times: &Availability) -> String {
    if times.observed() == Millis::ZERO {
        "no data".to_owned()
    } else {
        length(times.down)
    }
}

/// Of a percentage, in its points.
fn change(thousandths: i64) -> Text {
    let sign = if thousandths < 0 { "-" } else { "+" };
    let amount = thousandths.unsigned_abs();
    let words = format!("{sign}{}.{:03}", amount / 1000, amount % 1000);
    match thousandths {
        0 => Text::spare("0.000"),
        ..0 => Text::toned(Tone::Bad, words),
        1.. => Text::toned(Tone::Good, words),
    }
}

fn took(of: Option<Micros>) -> Text {
    of.map_or_else(|| Text::spare("–"), |of| length_of_answer(of).into())
}
