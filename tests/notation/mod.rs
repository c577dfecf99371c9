//! A notation for timelines that a reader can check by eye, and for what comes of them.
//!
//! `o` ok, `F` fail, `s` slow, `?` inconclusive; one letter per 30 s from 00:00; `@mm:ss` starts
//! again at that time. Times print as `mm:ss`.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fmt::Write;
use std::num::NonZeroU32;

use outwatch::domain::history::{History, Life, reduce};
use outwatch::domain::observation::{Cause, Failure, Outcome, Phase};
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Period, UnixMillis};

pub(crate) const STEP: Millis = Millis::from_secs(30);

pub(crate) fn count(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("a threshold is at least 1")
}

pub(crate) fn at(text: &str) -> UnixMillis {
    let (minutes, seconds) = text.split_once(':').expect("a time is mm:ss");
    let number = |digits: &str| digits.parse::<i64>().expect("a time is mm:ss");
    UnixMillis((number(minutes) * 60 + number(seconds)) * 1000)
}

pub(crate) fn clock(instant: UnixMillis) -> String {
    let seconds = instant.0.div_euclid(1000);
    format!(
        "{:02}:{:02}",
        seconds.div_euclid(60),
        seconds.rem_euclid(60)
    )
}

pub(crate) fn outcome(letter: char) -> Outcome {
    match letter {
        'o' => Outcome::Ok,
        's' => Outcome::Slow { detail: None },
        'F' => Outcome::Fail(Failure {
            cause: Some(Cause::Status),
            phase: Some(Phase::Verdict),
            detail: None,
        }),
        '?' => Outcome::Inconclusive {
            reason: None,
            detail: None,
        },
        other => panic!("`{other}` is no outcome"),
    }
}

pub(crate) fn sighting(ts: UnixMillis, outcome: Outcome) -> Sighting {
    Sighting {
        ts,
        finished: ts,
        outcome,
        epoch: None,
        set_aside: false,
    }
}

pub(crate) fn sightings(timeline: &str) -> Vec<Sighting> {
    let mut ts = UnixMillis(0);
    let mut all = Vec::new();
    let mut rest = timeline.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '@' {
            ts = at(&rest[1..6]);
            rest = &rest[6..];
        } else {
            if !first.is_whitespace() {
                all.push(sighting(ts, outcome(first)));
                ts = ts + STEP;
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    all
}

/// The history up to 30 s after the last observation, or to `now`.
pub(crate) fn history(timeline: &str, now: Option<&str>) -> History {
    judged(
        sightings(timeline),
        now,
        &ParameterHistory::constant(Parameters::default()),
    )
}

pub(crate) fn judged(
    sightings: Vec<Sighting>,
    now: Option<&str>,
    parameters: &ParameterHistory,
) -> History {
    let last = sightings.iter().map(|sighting| sighting.ts).max();
    let now = now.map_or_else(|| last.unwrap_or(UnixMillis(0)) + STEP, at);
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    reduce(sightings, parameters, &lives, now)
}

pub(crate) fn bounds(earliest: Option<UnixMillis>, latest: Option<UnixMillis>) -> String {
    let side = |instant: Option<UnixMillis>| instant.map_or_else(|| "none".to_owned(), clock);
    format!("{}..{}", side(earliest), side(latest))
}

/// As in `00:30-02:00 start 00:00..00:30 end 01:30..02:00 lasts 90/60/120`.
pub(crate) fn window(window: &OutageWindow) -> String {
    let seconds = |length: Millis| (length.0 / 1000).to_string();
    let end = if window.is_open() {
        "open".to_owned()
    } else {
        clock(window.end)
    };
    format!(
        "{}-{end} start {} end {} lasts {}/{}/{}",
        clock(window.start),
        bounds(window.start_earliest, Some(window.start)),
        bounds(Some(window.end_earliest), window.end_latest),
        seconds(window.duration()),
        seconds(window.duration_min()),
        window
            .duration_max()
            .map_or_else(|| "none".to_owned(), seconds),
    )
}

pub(crate) fn windows(history: &History) -> String {
    let all: Vec<_> = history.windows.iter().map(window).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join("; ")
    }
}

pub(crate) fn periods<'a>(periods: impl IntoIterator<Item = &'a Period>) -> String {
    let all: Vec<_> = periods
        .into_iter()
        .map(|period| format!("{}-{}", clock(period.from), clock(period.to)))
        .collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(" ")
    }
}

/// Everything that a scenario file shows of a history.
pub(crate) fn describe(history: &History) -> String {
    let mut text = String::new();
    for outage in &history.windows {
        let instant = |i: Option<UnixMillis>| i.map_or_else(|| "-".to_owned(), clock);
        writeln!(
            text,
            "window {} ({} to {}, opened {}, closed {}, {} failures in {} observations)",
            window(outage),
            outage.start_kind.as_str(),
            outage.end_kind.as_str(),
            instant(outage.opened_at),
            instant(outage.closed_at),
            outage.failures,
            outage.observations,
        )
        .expect("writing to a string");
    }
    for (name, set) in [
        ("degraded", &history.degraded),
        ("unknown", &history.unknown),
    ] {
        for period in set.periods() {
            writeln!(text, "{name} {}-{}", clock(period.from), clock(period.to))
                .expect("writing to a string");
        }
    }
    for blip in &history.blips {
        let (first, last) = (clock(blip.first), clock(blip.last));
        writeln!(text, "blip {first}..{last} of {}", blip.failures).expect("writing to a string");
    }
    if text.is_empty() {
        text.push_str("up throughout\n");
    }
    text
}
