//! What came of a soak, for people and for programs.

use std::fmt::Write as _;

use outwatch::domain::time::{Millis, Period};
use serde_json::{Value, json};

use super::Outcome;
use super::diary::{FaultKind, TroubleKind};
use super::figures::{Mean, Row};
use super::settings::Settings;

/// Mismatches are shown up to so many; JSON has all.
const SHOWN: usize = 40;

pub(crate) fn text(settings: &Settings, outcome: &Outcome) -> String {
    let mut text = String::new();
    // a String takes everything
    let _ = write(&mut text, settings, outcome);
    text
}

fn write(text: &mut String, settings: &Settings, outcome: &Outcome) -> std::fmt::Result {
    let Outcome { figures, diary, .. } = outcome;
    writeln!(
        text,
        "{} probes every {} for {} against {}; seed {}; full disk: {}\n",
        settings.probes,
        settings.interval,
        Millis::from_duration(outcome.lasted),
        outcome.service,
        settings.seed,
        outcome.disk
    )?;
    writeln!(
        text,
        "| fault | outages | long enough | found | windows | within bounds | start late by | end late by |\n|---|---|---|---|---|---|---|---|"
    )?;
    let slow = diary
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::Slow)
        .count();
    for kind in FaultKind::ALL {
        if let Some(found) = figures.rows.get(&kind) {
            row(text, kind.name(), found)?;
        }
    }
    row(text, "all", &figures.all())?;
    writeln!(
        text,
        "| (slow) | {slow} of none | | | | | | |\n\nHalf the interval is {}: so late are starts and ends on average if nothing disturbs.\n",
        Millis(settings.interval.0 / 2)
    )?;
    writeln!(text, "| trouble | times |\n|---|---|")?;
    for kind in TroubleKind::ALL {
        let times = diary.troubles.get(&kind).unwrap_or(&0);
        writeln!(text, "| {} | {times} |", kind.name())?;
    }
    for (command, runs) in &outcome.commands {
        writeln!(text, "| outwatch {command} | {runs} |")?;
    }
    writeln!(
        text,
        "\n| time that nobody watched, of all probes | of it unexpected | reason |\n|---|---|---|"
    )?;
    for (reason, length) in &figures.unwatched {
        writeln!(
            text,
            "| {} | {} | {reason} |",
            length.all, length.unexpected
        )?;
    }
    let held_up = &diary.held_up;
    let inconclusive: Vec<_> = figures
        .inconclusive
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    writeln!(text, "\n| what | |\n|---|---|")?;
    let mut line = |what: &str, value: String| writeln!(text, "| {what} | {value} |");
    line("comparisons", outcome.comparisons.to_string())?;
    line("observations", outcome.observed.count.to_string())?;
    line("inconclusive", inconclusive.join(", "))?;
    line("set aside", figures.set_aside.to_string())?;
    line(
        "committed before kills, and still there",
        outcome.committed.len().to_string(),
    )?;
    line("daemons", outcome.starts.to_string())?;
    line("longest start", format!("{:.2?}", outcome.start_max))?;
    line("database", format!("{} KiB", outcome.db_bytes / 1024))?;
    line("bytes an observation", bytes_each(outcome))?;
    let [first, last] = outcome
        .resident_kib
        .map(|kib| kib.map_or("?".to_owned(), |kib| kib.to_string()));
    line(
        "resident, first and last",
        format!("{first} KiB, {last} KiB"),
    )?;
    if let Some(late) = outcome.own.as_ref().and_then(late_p99) {
        line("late, p99", format!("{late} ms"))?;
    }
    line(
        "this process was held up",
        format!(
            "{} times, {}",
            held_up.len(),
            held_up.iter().map(Period::length).sum::<Millis>()
        ),
    )?;
    if outcome.wrong.is_empty() {
        return writeln!(text, "\nEverything holds.");
    }
    writeln!(text, "\n{} mismatches:", outcome.wrong.len())?;
    for wrong in outcome.wrong.iter().take(SHOWN) {
        writeln!(text, "- {wrong}")?;
    }
    if let Some(kept) = &outcome.kept {
        writeln!(text, "The database and the log are in {}.", kept.display())?;
    }
    Ok(())
}

fn row(text: &mut String, name: &str, found: &Row) -> std::fmt::Result {
    let mean = |mean: Mean| mean.get().map_or(String::new(), |mean| mean.to_string());
    let Row {
        outages,
        certain,
        windows,
        within,
        ..
    } = found;
    let (start, end) = (mean(found.start), mean(found.end));
    let found = found.found;
    writeln!(
        text,
        "| {name} | {outages} | {certain} | {found} | {windows} | {within} | {start} | {end} |"
    )
}

pub(crate) fn json(settings: &Settings, outcome: &Outcome) -> Value {
    let Outcome { figures, diary, .. } = outcome;
    let row = |row: &Row| {
        json!({
            "outages": row.outages,
            "long_enough": row.certain,
            "found": row.found,
            "windows": row.windows,
            "within_bounds": row.within,
            "start_late_ms": row.start.get().map(|mean| mean.0),
            "end_late_ms": row.end.get().map(|mean| mean.0),
        })
    };
    let rows: serde_json::Map<_, _> = figures
        .rows
        .iter()
        .map(|(kind, found)| (kind.name().to_owned(), row(found)))
        .collect();
    let troubles: serde_json::Map<_, _> = TroubleKind::ALL
        .iter()
        .map(|kind| {
            (
                kind.name().to_owned(),
                json!(diary.troubles.get(kind).unwrap_or(&0)),
            )
        })
        .collect();
    let unwatched: serde_json::Map<_, _> = figures
        .unwatched
        .iter()
        .map(|(reason, length)| {
            let lengths = json!({ "all_ms": length.all.0, "unexpected_ms": length.unexpected.0 });
            (reason.clone(), lengths)
        })
        .collect();
    json!({
        "probes": settings.probes,
        "interval_ms": settings.interval.0,
        "seed": settings.seed,
        "lasted_ms": Millis::from_duration(outcome.lasted).0,
        "service": outcome.service.to_string(),
        "full_disk": outcome.disk,
        "faults": rows,
        "all_faults": row(&figures.all()),
        "troubles": troubles,
        "commands": outcome.commands.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        "unwatched": unwatched,
        "comparisons": outcome.comparisons,
        "observations": outcome.observed.count,
        "inconclusive": figures.inconclusive,
        "set_aside": figures.set_aside,
        "committed_and_there": outcome.committed.len(),
        "daemons": outcome.starts,
        "longest_start_ms": Millis::from_duration(outcome.start_max).0,
        "db_bytes": outcome.db_bytes,
        "resident_kib_first": outcome.resident_kib[0],
        "resident_kib_last": outcome.resident_kib[1],
        "held_up": diary.held_up.len(),
        "self": outcome.own,
        "mismatches": outcome.wrong,
        "kept": outcome.kept,
    })
}

fn bytes_each(outcome: &Outcome) -> String {
    match outcome.db_bytes.checked_div(outcome.observed.count) {
        Some(bytes) => bytes.to_string(),
        None => "?".to_owned(),
    }
}

/// Since the last start, wherever it stands.
fn late_p99(own: &Value) -> Option<f64> {
    let told = own["since_start"]["lateness"]["p99_ms"].as_f64();
    let within = || own.as_object()?.values().find_map(late_p99);
    told.or_else(within)
}
