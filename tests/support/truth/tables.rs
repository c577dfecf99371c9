//! The figures as tables in Markdown. Times in seconds.

use std::fmt::{self, Write};

use outwatch::domain::time::Millis;

use super::case::{FAILURE_THRESHOLDS, INTERVALS, Setting};
use super::figures::{Errors, Figures};
use super::rules::Rule;
use super::tally::Tally;

/// As an endpoint is usually watched.
const USUAL_THRESHOLD: u32 = 2;

pub(crate) fn all(tally: &Tally) -> String {
    let mut text = String::new();
    tell(tally, &mut text).expect("writing to a string");
    text
}

fn tell(tally: &Tally, text: &mut String) -> fmt::Result {
    let Tally {
        outages,
        runs,
        askings,
        wrong_runs,
        ..
    } = tally;
    writeln!(
        text,
        "{outages} outages of the service in {runs} runs, {askings} askings; \
         {wrong_runs} runs with anything that does not hold."
    )?;
    writeln!(text, "\n### Endpoints, without trouble of our own\n")?;
    endpoints(tally, text)?;
    writeln!(
        text,
        "\n### Platforms: two of three endpoints, without trouble of our own\n"
    )?;
    platforms(tally, text)?;
    writeln!(
        text,
        "\n### The same answers by other rules, without trouble of our own\n"
    )?;
    rules(tally, false, true, text)?;
    writeln!(text, "\n### The same without confirmation\n")?;
    rules(tally, false, false, text)?;
    writeln!(
        text,
        "\n### The same answers by other rules, with trouble of our own\n"
    )?;
    rules(tally, true, true, text)
}

fn row(text: &mut String, cells: &[String]) -> fmt::Result {
    writeln!(text, "| {} |", cells.join(" | "))
}

fn head(text: &mut String, names: &[&str]) -> fmt::Result {
    writeln!(text, "| {} |", names.join(" | "))?;
    writeln!(text, "|{}", "---|".repeat(names.len()))
}

/// Every interval with every threshold.
fn combinations() -> impl Iterator<Item = (Millis, u32)> {
    let intervals = INTERVALS.into_iter().map(Millis::from_secs);
    intervals.flat_map(|interval| FAILURE_THRESHOLDS.map(|threshold| (interval, threshold)))
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn signed(errors: Errors) -> String {
    format!("{:+.2}", errors.mean())
}

/// Mean of the sizes, and root of the mean square.
fn sizes(errors: Errors) -> String {
    format!("{:.1} / {:.1}", errors.mean_size(), errors.rms())
}

/// The mean size as a part of the interval.
fn part(errors: Errors, interval: Millis) -> String {
    format!("{:.3}", errors.mean_size() * 1000.0 / interval.0 as f64)
}

fn counts(figures: &Figures) -> [String; 4] {
    [
        figures.seen,
        figures.too_short,
        figures.missed,
        figures.false_windows,
    ]
    .map(|count| count.to_string())
}

fn errors(figures: &Figures, interval: Millis) -> [String; 6] {
    [
        sizes(figures.start),
        sizes(figures.end),
        signed(figures.duration),
        sizes(figures.duration),
        part(figures.duration, interval),
        part(figures.duration_of_all, interval),
    ]
}

/// As a share of the true down time.
fn share(length: Millis, figures: &Figures) -> String {
    let percent = length.0 as f64 * 100.0 / figures.true_down.0 as f64;
    format!("{percent:.1} %")
}

fn endpoints(tally: &Tally, text: &mut String) -> fmt::Result {
    head(
        text,
        &[
            "interval",
            "threshold",
            "confirmed",
            "seen",
            "too short",
            "missed",
            "false",
            "start MAE / RMS",
            "end MAE / RMS",
            "duration mean",
            "duration MAE / RMS",
            "÷ interval",
            "short ones too",
            "detected after",
            "in requests",
            "aim",
        ],
    )?;
    for (interval, threshold) in combinations() {
        for is_confirmed in [true, false] {
            let is_chosen = |s: Setting| {
                (s.interval, s.failure_threshold, s.is_confirmed)
                    == (interval, threshold, is_confirmed)
            };
            let figures = tally.of(false, is_chosen).endpoints[0];
            let mut cells = vec![
                interval.to_string(),
                threshold.to_string(),
                yes(is_confirmed),
            ];
            cells.extend(counts(&figures));
            cells.extend(errors(&figures, interval));
            let setting = Setting {
                interval,
                failure_threshold: threshold,
                is_confirmed,
                is_staggered: true,
            };
            let waits = f64::from(threshold - 1) * setting.retry().0 as f64 / 1000.0;
            let aim = interval.0 as f64 / 2000.0 + waits + figures.requests.mean();
            cells.extend(
                [figures.detection.mean(), figures.requests.mean(), aim]
                    .map(|seconds| format!("{seconds:.1}")),
            );
            row(text, &cells)?;
        }
    }
    Ok(())
}

fn platforms(tally: &Tally, text: &mut String) -> fmt::Result {
    head(
        text,
        &[
            "interval",
            "threshold",
            "staggered",
            "confirmed",
            "seen",
            "too short",
            "missed",
            "false",
            "start MAE / RMS",
            "end MAE / RMS",
            "duration mean",
            "duration MAE / RMS",
            "÷ interval",
            "short ones too",
            "detected after",
        ],
    )?;
    for (interval, threshold) in combinations() {
        for (is_staggered, is_confirmed) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let setting = Setting {
                interval,
                failure_threshold: threshold,
                is_staggered,
                is_confirmed,
            };
            let figures = tally.of(false, |s| s == setting).platforms;
            let mut cells = vec![
                interval.to_string(),
                threshold.to_string(),
                yes(is_staggered),
                yes(is_confirmed),
            ];
            cells.extend(counts(&figures));
            cells.extend(errors(&figures, interval));
            cells.push(format!("{:.1}", figures.detection.mean()));
            row(text, &cells)?;
        }
    }
    Ok(())
}

fn rules(tally: &Tally, is_troubled: bool, is_confirmed: bool, text: &mut String) -> fmt::Result {
    head(
        text,
        &[
            "interval",
            "rule",
            "windows",
            "false",
            "missed",
            "too short",
            "extra",
            "start mean",
            "end mean",
            "duration mean",
            "duration MAE / RMS",
            "down time counted",
            "in windows, not down",
            "down, in no window",
            "of it said unknown",
        ],
    )?;
    for interval in INTERVALS.map(Millis::from_secs) {
        let is_chosen = |s: Setting| {
            (s.interval, s.failure_threshold, s.is_confirmed)
                == (interval, USUAL_THRESHOLD, is_confirmed)
        };
        let cell = tally.of(is_troubled, is_chosen);
        for (rule, figures) in Rule::ALL.into_iter().zip(&cell.endpoints) {
            let mut cells = vec![interval.to_string(), rule.describe().to_owned()];
            cells.extend(
                [
                    figures.windows,
                    figures.false_windows,
                    figures.missed,
                    figures.too_short,
                    figures.extra_windows,
                ]
                .map(|count| count.to_string()),
            );
            cells.extend([
                signed(figures.start),
                signed(figures.end),
                signed(figures.duration),
                sizes(figures.duration),
                share(figures.reported_down, figures),
                share(figures.false_down, figures),
                share(figures.unreported_down, figures),
                share(figures.unknown_down, figures),
            ]);
            row(text, &cells)?;
        }
    }
    Ok(())
}
