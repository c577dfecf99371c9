//! Where every probe stands, in words.

use super::grids::{coverage, percent};
use crate::domain::availability::State;
use crate::domain::observation::{Failure, Outcome};
use crate::domain::time::UnixMillis;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::status::{
    PlatformStatus, ProbeStatus, ServiceStatus, Since, StateCounts, Status, UPTIME_SPAN,
};
use crate::report::text::{instant, instant_utc, length, many};

/// Narrower, the last observation says less than a line of its own is worth.
const LAST_WIDTH_MIN: usize = 26;

/// Every service with its platforms, the probes below them.
pub fn status(status: &Status) -> Document {
    let mut document = Document::default();
    let now = status.generated_at;
    for service in &status.services {
        document.paragraph(
            Text::from(service.name.display())
                .then(": ")
                .then(summary(&service.counts)),
        );
        document.grid(grid(service, now));
    }
    if status.services.is_empty() {
        document.paragraph("There is no probe to tell of.");
    }
    document.paragraph(footer(status));
    document
}

fn footer(status: &Status) -> String {
    let mut sentences = Vec::new();
    if status.services.len() > 1 {
        sentences.push(format!("All together: {}.", in_words(&status.counts)));
    }
    if !status.services.is_empty() {
        sentences.push(format!(
            "Uptime is that of the observed time of the last {UPTIME_SPAN}, and coverage the share \
             observed."
        ));
    }
    if status.removed > 0 {
        sentences.push(format!(
            "{} with a history but configured no more not shown.",
            many(status.removed as u64, "probe", "probes")
        ));
    }
    sentences.push(format!("As of {}.", instant_utc(status.generated_at)));
    sentences.join(" ")
}

/// All states that occur, the worst first, in the tone of the worst.
fn summary(counts: &StateCounts) -> Text {
    let tone = counts.worst().map_or(Tone::Faint, Tone::of);
    Text::toned(tone, in_words(counts))
}

fn in_words(counts: &StateCounts) -> String {
    let probes = counts.probes();
    let states: Vec<_> = counts
        .worst_first()
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", state.as_str()))
        .collect();
    match (states.as_slice(), probes) {
        ([only], 1) => only.clone(),
        (several, _) => format!("{} of {probes} probes", several.join(", ")),
    }
}

fn grid(service: &ServiceStatus, now: UnixMillis) -> Grid {
    let mut grid = Grid::new(&[
        left("Platform"),
        left("Endpoint"),
        left("State"),
        left("Since (UTC)"),
        right("For"),
        left("Last observation"),
        right("Uptime"),
        right("Coverage"),
    ])
    .conceding(&[
        // how long tells as much
        Concession::Drop("Since (UTC)"),
        Concession::Cut("Last observation", LAST_WIDTH_MIN),
        Concession::Below("Last observation", ""),
        Concession::Below("Coverage", "coverage "),
    ]);
    for platform in &service.platforms {
        for (at, probe) in platform.probes.iter().enumerate() {
            let name = if at == 0 {
                platform_name(platform)
            } else {
                Text::default()
            };
            grid.row([
                name,
                probe.probe.endpoint.display().into(),
                state(probe),
                since(probe.since).into(),
                how_long(probe.since, now).into(),
                last(probe),
                percent(probe.availability.uptime()).into(),
                coverage(&probe.availability),
            ]);
        }
    }
    grid
}

/// With how many of its probes are in the worst state, so that a bad platform stands out.
fn platform_name(platform: &PlatformStatus) -> Text {
    let name = Text::from(platform.name.display());
    let counts = &platform.counts;
    let worst = counts
        .worst_first()
        .into_iter()
        .find(|&(_, count)| count > 0);
    match worst {
        Some((state, count)) if state != State::Up => {
            let told = format!("{count} of {} {}", counts.probes(), state.as_str());
            name.then(" ").then(Text::toned(Tone::of(state), told))
        }
        _ => name,
    }
}

fn state(probe: &ProbeStatus) -> Text {
    let mut text = Text::toned(Tone::of(probe.state), probe.state.as_str());
    if let Some(pending) = probe.pending {
        let what = if pending.failing {
            "failing"
        } else {
            "recovering"
        };
        text = text.then(format!(", {} of {} {what}", pending.count, pending.of));
    }
    if let Some(seen) = probe.last_seen {
        let what = if seen.down { "down" } else { "up" };
        text = text.then(format!(", last seen {what}"));
    } else if probe.last.is_none() {
        text = text.then(", never asked");
    }
    text
}

fn since(since: Option<Since>) -> String {
    match since {
        None => String::new(),
        Some(Since::At(at)) => instant(at),
        Some(Since::Before(at)) => format!("before {}", instant(at)),
    }
}

fn how_long(since: Option<Since>, now: UnixMillis) -> String {
    match since {
        None => String::new(),
        Some(Since::At(at)) => length(now - at),
        Some(Since::Before(at)) => format!("> {}", length(now - at)),
    }
}

fn last(probe: &ProbeStatus) -> Text {
    let Some(last) = &probe.last else {
        return Text::default();
    };
    let age = length(last.age);
    let outcome = match &last.outcome {
        // what is as it should be need not take a line
        Outcome::Ok => return Text::spare(format!("{age} ago ok")),
        Outcome::Slow { .. } => Text::toned(Tone::Warn, "slow"),
        Outcome::Fail(Failure { cause, .. }) => {
            let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
            Text::toned(Tone::Bad, format!("fail{cause}"))
        }
        Outcome::Inconclusive { reason, .. } => {
            let reason = reason
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            Text::toned(Tone::Faint, format!("inconclusive{reason}"))
        }
    };
    let text = Text::from(format!("{age} ago ")).then(outcome);
    match last.outcome.detail() {
        Some(detail) => text.then(": ").then(Text::quoted(detail.as_ref())),
        None => text,
    }
}
