//! How long answers took, how failures came about, and each day.

use rust_xlsxwriter::XlsxError;

use super::sheet::{Book, COUNT, Cell, Column, INSTANT, LENGTH, NAME, WORD};
use crate::domain::latency::LatencyPart;
use crate::domain::observation::{Cause, Phase};
use crate::report::days::Day;
use crate::report::latency::Figures;
use crate::report::measured::Measured;
use crate::report::model::Report;

/// The whole, a service, a platform or a probe, and what was measured of it.
struct Of<'m> {
    names: [&'m str; 5],
    key: String,
    measured: Option<&'m Measured>,
    days: &'m [Day],
}

const WHOSE: [Column; 5] = [
    Column("Of", WORD),
    Column("Service", NAME),
    Column("Platform", NAME),
    Column("Endpoint", NAME),
    Column("Probe", 30.0),
];

/// From the whole down to the probes.
fn all(report: &Report) -> Vec<Of<'_>> {
    let mut all = vec![Of {
        names: ["all", "", "", "", ""],
        key: String::new(),
        measured: Some(&report.measured),
        days: &[],
    }];
    for service in &report.services {
        let name = service.name.display();
        let own = service.own.as_ref();
        all.push(Of {
            names: ["service", name, "", "", ""],
            key: service.name.slug().to_owned(),
            measured: own.map(|own| &own.measured),
            days: own.map_or(&[], |own| &own.days),
        });
        for platform in &service.platforms {
            let own = platform.own.as_ref();
            all.push(Of {
                names: ["platform", name, platform.name.display(), "", ""],
                key: format!("{}/{}", service.name.slug(), platform.name.slug()),
                measured: own.map(|own| &own.measured),
                days: own.map_or(&[], |own| &own.days),
            });
            all.extend(platform.probes.iter().map(|probe| Of {
                names: [
                    "endpoint",
                    name,
                    platform.name.display(),
                    probe.probe.endpoint.display(),
                    probe.probe.id.as_str(),
                ],
                key: probe.probe.id.as_str().to_owned(),
                measured: Some(&probe.measured),
                days: &probe.days,
            }));
        }
    }
    all
}

/// Of a sheet with so many columns.
fn columns<const ALL: usize>(
    whose: impl IntoIterator<Item = Column>,
    more: impl IntoIterator<Item = Column>,
) -> [Column; ALL] {
    let mut columns = whose.into_iter().chain(more);
    std::array::from_fn(|_| columns.next().unwrap_or(Column("", 0.0)))
}

fn row<const ALL: usize>(
    whose: impl IntoIterator<Item = Cell>,
    more: impl IntoIterator<Item = Cell>,
) -> [Cell; ALL] {
    let mut cells = whose.into_iter().chain(more);
    std::array::from_fn(|_| cells.next().unwrap_or(Cell::Nothing))
}

fn figures(figures: &Figures) -> [Cell; 6] {
    [
        figures.count.into(),
        figures.min.into(),
        figures.median.into(),
        figures.p95.into(),
        figures.p99.into(),
        figures.max.into(),
    ]
}

const FIGURES: [Column; 6] = [
    Column("Answers", COUNT),
    Column("Shortest, ms", COUNT),
    Column("Median, ms", COUNT),
    Column("95 %, ms", COUNT),
    Column("99 %, ms", COUNT),
    Column("Longest, ms", COUNT),
];

/// Of whole answers and of each phase.
pub(super) fn latency(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let phase = [Column("Phase", WORD)];
    let columns = columns::<12>(WHOSE, phase.into_iter().chain(FIGURES));
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        let parts = of.measured.iter().flat_map(|of| &of.latency.parts);
        parts.map(|(part, values)| {
            let part = Cell::from(named(*part));
            row(
                of.names.map(Cell::from),
                [part].into_iter().chain(figures(values)),
            )
        })
    });
    book.table(name, columns, rows)
}

const fn named(part: LatencyPart) -> &'static str {
    match part {
        LatencyPart::Total => "whole",
        LatencyPart::Dns => "DNS",
        LatencyPart::Connect => "connect",
        LatencyPart::Tls => "TLS",
        LatencyPart::FirstByte => "first byte",
        LatencyPart::Body => "body",
    }
}

/// Whose a row is, in the sheets that have most rows.
const OF: [Column; 2] = [Column("Of", WORD), Column("Name", 30.0)];

impl Of<'_> {
    /// In the words of [`OF`]: its key, as in `music/web`.
    fn cells(&self) -> [Cell; 2] {
        [self.names[0].into(), self.key.as_str().into()]
    }
}

/// Of whole answers, step by step.
pub(super) fn over_time(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let from = [Column("From (UTC)", INSTANT)];
    let columns = columns::<9>(OF, from.into_iter().chain(FIGURES));
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        let steps = of.measured.iter().flat_map(|of| &of.latency.over_time);
        let answered = steps.filter_map(|(step, values)| Some((step, values.as_ref()?)));
        answered.map(|(step, values)| {
            let from = [Cell::from(step.from)];
            row(of.cells(), from.into_iter().chain(figures(values)))
        })
    });
    book.table(name, columns, rows)
}

/// By cause and phase.
pub(super) fn failures(
    report: &Report,
    book: &mut Book,
    name: &'static str,
) -> Result<u64, XlsxError> {
    let more = [
        Column("Cause", NAME),
        Column("Phase", WORD),
        Column("Failures", COUNT),
    ];
    let columns = columns::<8>(WHOSE, more);
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        let ranked = of.measured.map(|of| of.failures.ranked());
        ranked.into_iter().flatten().map(|(cause, phase, count)| {
            let (cause, phase) = (cause.map(Cause::as_str), phase.map(Phase::as_str));
            row(
                of.names.map(Cell::from),
                [cause.into(), phase.into(), count.into()],
            )
        })
    });
    book.table(name, columns, rows)
}

/// Of services, platforms and endpoints as such.
pub(super) fn days(report: &Report, book: &mut Book, name: &'static str) -> Result<u64, XlsxError> {
    let more = [
        Column("Day", WORD),
        Column("Uptime", WORD),
        Column("Coverage", WORD),
        Column("Up", LENGTH),
        Column("Degraded", LENGTH),
        Column("Down", LENGTH),
        Column("Not observed", LENGTH),
        Column("Maintenance", LENGTH),
        Column("Outages", COUNT),
    ];
    let columns = columns::<11>(OF, more);
    let all = all(report);
    let rows = all.iter().flat_map(|of| {
        of.days.iter().map(|day| {
            let times = &day.availability;
            let cells = [
                day.date.as_str().into(),
                times.uptime().into(),
                times.coverage().into(),
                times.up.into(),
                times.degraded.into(),
                times.down.into(),
                times.unknown.into(),
                times.maintenance.into(),
                day.outages.into(),
            ];
            row(of.cells(), cells)
        })
    });
    book.table(name, columns, rows)
}
