//! Where every service, platform and endpoint stands, in words.

use super::grids::{AS_A_WHOLE, coverage, percent};
use super::headline::{headline, is_well, states, toned, why};
use crate::domain::observation::{Failure, Outcome};
use crate::domain::time::UnixMillis;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::status::{
    ProbeStatus, ServiceStatus, Signs, Since, StateCounts, Status, UPTIME_SPAN,
};
use crate::report::text::{instant, instant_utc, length, many};
use crate::report::whole_status::WholeStatus;

/// Narrower, the last observation says less than a line of its own is worth.
const LAST_WIDTH_MIN: usize = 26;

/// First a sentence of each service; then each with its platforms, and the endpoints below them.
pub fn status(status: &Status) -> Document {
    let mut document = Document::default();
    let now = status.generated_at;
    for service in &status.services {
        document.paragraph(headline(service, now));
    }
    for service in &status.services {
        if status.services.len() > 1 {
            document.heading(service.name.display());
        }
        document.grid(wholes(service, now));
        document.grid(endpoints(service, now));
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
        let all = states(&status.counts, "probe", "probes");
        sentences.push(format!("All together: {all}."));
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

/// The service and its platforms as such.
fn wholes(service: &ServiceStatus, now: UnixMillis) -> Grid {
    let mut grid = Grid::new(&[
        left("Platform"),
        left("State"),
        left("Since (UTC)"),
        right("For"),
        left("Why"),
        right("Uptime"),
        right("Coverage"),
    ])
    .conceding(&[
        // how long tells as much
        Concession::Drop("Since (UTC)"),
        Concession::Below("Why", ""),
        Concession::Below("Coverage", "coverage "),
    ]);
    let mut row = |name: &str, whole: Option<&WholeStatus>, signs: Signs, why: String| match whole {
        Some(whole) => grid.row([
            name.into(),
            own_state(whole, signs),
            since(whole.since).into(),
            how_long(whole.since, now).into(),
            why.into(),
            percent(whole.availability.uptime()).into(),
            coverage(&whole.availability),
        ]),
        None => grid.row([
            name.into(),
            Text::toned(Tone::Faint, "not told"),
            Text::default(),
            Text::default(),
            why.into(),
            Text::default(),
            Text::default(),
        ]),
    };
    let in_part = |counts: &StateCounts| {
        let told = states(counts, "probe", "probes");
        format!("{told}; the others were not asked for")
    };
    for platform in &service.platforms {
        let whole = platform.whole.as_ref();
        let because = whole.map(|whole| why(whole, platform.signs, "endpoint", "endpoints"));
        let because = because.unwrap_or_else(|| in_part(&platform.counts));
        row(platform.name.display(), whole, platform.signs, because);
    }
    let whole = service.whole.as_ref();
    let because = whole.map(|whole| why(whole, Signs::default(), "platform", "platforms"));
    let because = because.unwrap_or_else(|| in_part(&service.counts));
    row(AS_A_WHOLE, whole, service.signs, because);
    grid
}

fn own_state(whole: &WholeStatus, signs: Signs) -> Text {
    let mut text = toned(whole.state);
    if signs.flapping > 0 && is_well(whole.state) {
        text = text.then(", ").then(Text::toned(Tone::Warn, "flapping"));
    }
    match whole.last_seen {
        Some(seen) if seen.down => text.then(", last seen down"),
        Some(_) => text.then(", last seen not down"),
        None => text,
    }
}

fn endpoints(service: &ServiceStatus, now: UnixMillis) -> Grid {
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
                platform.name.display().into()
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

fn state(probe: &ProbeStatus) -> Text {
    let mut text = toned(probe.state);
    if probe.flapping {
        text = text.then(", ").then(Text::toned(Tone::Warn, "flapping"));
    }
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
