//! Windowed availability in words: the worst minute, hour and day of each.

use super::grids::percent;
use crate::domain::time::Millis;
use crate::domain::windowed::{Point, WindowedAvailability};
use crate::report::document::{Column, Concession, Document, Grid, Text, Tone, left, right};
use crate::report::model::Report;
use crate::report::text::{instant, instant_after, length};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Lengths that people know.
const LENGTHS: [(&str, Millis); 7] = [
    ("1 minute", Millis(MINUTE)),
    ("5 minutes", Millis(5 * MINUTE)),
    ("1 hour", Millis(HOUR)),
    ("6 hours", Millis(6 * HOUR)),
    ("1 day", Millis(DAY)),
    ("7 days", Millis(7 * DAY)),
    ("30 days", Millis(30 * DAY)),
];

/// Where the worst window is told in a sentence, the first that there is.
const TOLD: [(&str, Millis); 3] = [
    ("hour was", Millis(HOUR)),
    ("5 minutes were", Millis(5 * MINUTE)),
    ("minute was", Millis(MINUTE)),
];

/// Most subjects of which a sentence is told.
const SENTENCES_MAX: usize = 12;

/// The worst window of each length: of services, platforms, and the worst endpoints.
pub(super) fn windowed(report: &Report, document: &mut Document) {
    let all = subjects(report);
    let sentences: Vec<_> = all.iter().filter_map(worst).collect();
    if sentences.is_empty() {
        document.paragraph("No window of any length holds time down.");
        return;
    }
    let more = sentences.len().saturating_sub(SENTENCES_MAX);
    document.list(sentences.into_iter().take(SENTENCES_MAX).collect());
    if more > 0 {
        document.paragraph(format!("{more} more are told by the grid alone."));
    }
    let lengths = LENGTHS.iter().filter(|(_, length)| {
        let mut all = all.iter();
        all.any(|one| point(one.windowed, *length).is_some())
    });
    let lengths: Vec<_> = lengths.collect();
    let columns: Vec<Column> = lengths.iter().map(|(title, _)| right(title)).collect();
    let columns = [
        &[left("Worst window of")],
        &columns[..],
        &[right("The period")],
    ]
    .concat();
    let conceding = [
        Concession::Below("5 minutes", "5 minutes "),
        Concession::Below("6 hours", "6 hours "),
        Concession::Below("30 days", "30 days "),
        Concession::Below("7 days", "7 days "),
        Concession::Below("1 minute", "1 minute "),
    ];
    let mut grid = Grid::new(&columns).conceding(&conceding);
    for one in all.iter().filter(|one| worst(one).is_some()) {
        let cells = lengths
            .iter()
            .map(|(_, length)| point(one.windowed, *length));
        let whole = one.windowed.points.last();
        let cells = cells.chain([whole]).map(|point| match point {
            Some(point) => percent(Some(point.availability)).into(),
            None => Text::spare("–"),
        });
        grid.row([Text::quoted(one.key.clone())].into_iter().chain(cells));
    }
    document.grid(grid);
}

struct Subject<'r> {
    key: String,
    windowed: &'r WindowedAvailability,
}

fn subjects(report: &Report) -> Vec<Subject<'_>> {
    let mut all = Vec::new();
    for service in &report.services {
        let name = service.name.slug();
        all.extend(service.own.as_ref().map(|own| Subject {
            key: name.to_owned(),
            windowed: &own.windowed,
        }));
        for platform in &service.platforms {
            all.extend(platform.own.as_ref().map(|own| Subject {
                key: format!("{name}/{}", platform.name.slug()),
                windowed: &own.windowed,
            }));
        }
    }
    let worst = report.worst.iter();
    let worst: Vec<_> = worst.map(|one| &one.probe.id).collect();
    let probes = report.probes();
    let probes = probes.filter(|probe| worst.contains(&&probe.probe.id));
    all.extend(probes.map(|probe| Subject {
        key: probe.probe.id.as_str().to_owned(),
        windowed: &probe.windowed,
    }));
    all
}

fn point(windowed: &WindowedAvailability, length: Millis) -> Option<&Point> {
    windowed.points.iter().find(|point| point.length == length)
}

/// As in `music/web: the worst hour was 14:12:00 – 15:12:00: 48.333 %`. `None` if it was not down.
fn worst(one: &Subject<'_>) -> Option<Text> {
    let known = TOLD.iter();
    let mut known = known.filter_map(|(word, length)| Some((*word, point(one.windowed, *length)?)));
    let (word, point) = known.next()?;
    let window = point.worst.window;
    let is_down = point.worst.down > Millis::ZERO;
    is_down.then(|| {
        let mut text = Text::quoted(one.key.clone())
            .then(format!(": the worst {word} {} – ", instant(window.from)))
            .then(instant_after(window.from, window.to))
            .then(": ")
            .then(Text::toned(Tone::Bad, format!("{} %", point.availability)));
        if point.low != point.high {
            text = text.then(format!(" ({} – {} %)", point.low, point.high));
        }
        text.then(format!(", {} down", length(point.worst.down)))
    })
}
