//! A run told in full, for who has to find out why something does not hold.

use std::fmt::{self, Write};

use outwatch::domain::observation::Outcome;
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Period, UnixMillis};

use super::Run;
use super::world::{BEGIN, PER_PLATFORM, PLATFORMS};

/// Since the beginning, as `h:mm:ss.mmm`.
struct Since(UnixMillis);

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = (self.0 - BEGIN).0;
        let (sign, ms) = if ms < 0 { ("-", -ms) } else { ("", ms) };
        write!(
            f,
            "{sign}{}:{:02}:{:02}.{:03}",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    }
}

fn since(period: Period) -> String {
    format!("{}-{}", Since(period.from), Since(period.to))
}

fn bounds(earliest: Option<UnixMillis>, latest: Option<UnixMillis>) -> String {
    let side =
        |bound: Option<UnixMillis>| bound.map_or("none".to_owned(), |at| Since(at).to_string());
    format!("{}..{}", side(earliest), side(latest))
}

pub(crate) fn all(run: &Run) -> String {
    let mut text = String::new();
    tell(run, &mut text).expect("writing to a string");
    text
}

fn tell(run: &Run, text: &mut String) -> fmt::Result {
    let case = &run.case;
    writeln!(
        text,
        "seed {}: {}, recovery_threshold {}",
        case.seed, case.setting, case.recovery_threshold
    )?;
    writeln!(text, "\nby the right clock, h:mm:ss since the beginning:")?;
    for (nth, event) in run.world.events.iter().enumerate() {
        writeln!(
            text,
            "  event {nth} {:?} {}",
            event.shape,
            since(event.period)
        )?;
    }
    for offline in &run.world.troubles.offline {
        writeln!(text, "  offline {}", since(*offline))?;
    }
    for interruption in &run.world.troubles.interruptions {
        writeln!(
            text,
            "  {:?} {}",
            interruption.kind,
            since(interruption.period)
        )?;
    }
    writeln!(text, "  the present {}", Since(run.world.end))?;
    writeln!(text, "\nas the observer's clock shows it:")?;
    for span in &run.observed.spans {
        writeln!(text, "  epoch {} {}", span.epoch.0, since(span.shown()))?;
    }
    writeln!(text, "  the present {}", Since(run.observed.now))?;
    for (index, (judged, followed)) in run
        .endpoints
        .iter()
        .zip(&run.observed.endpoints)
        .enumerate()
    {
        let platform = PLATFORMS[index / PER_PLATFORM];
        writeln!(text, "\nendpoint {index}, {platform}")?;
        for (outage, is_certain) in judged.truth.outages.iter().zip(&judged.truth.is_certain) {
            let certain = if *is_certain { ", certain" } else { "" };
            writeln!(
                text,
                "  true   {} event {}{certain}",
                since(outage.period),
                outage.event
            )?;
        }
        for window in &judged.history.windows {
            tell_window(window, text)?;
        }
        tell_answers(&followed.stored, text)?;
    }
    if run.wrong.is_empty() {
        writeln!(text, "\neverything holds")?;
    }
    for what in &run.wrong {
        writeln!(text, "\nwrong: {what}")?;
    }
    Ok(())
}

fn tell_window(window: &OutageWindow, text: &mut String) -> fmt::Result {
    writeln!(
        text,
        "  window {} start {} ({}) end {} ({}), {} failures",
        since(window.period()),
        bounds(window.start_earliest, Some(window.start)),
        window.start_kind.as_str(),
        bounds(Some(window.end_earliest), window.end_latest),
        window.end_kind.as_str(),
        window.failures,
    )
}

/// All but the successes in the midst of others.
fn tell_answers(stored: &[Sighting], text: &mut String) -> fmt::Result {
    let is_dull = |at: usize| {
        stored
            .get(at)
            .is_none_or(|answer| answer.outcome == Outcome::Ok)
    };
    for (at, answer) in stored.iter().enumerate() {
        if is_dull(at) && at > 0 && is_dull(at - 1) && is_dull(at + 1) {
            continue;
        }
        let aside = if answer.set_aside { ", set aside" } else { "" };
        let reason = match answer.outcome {
            Outcome::Inconclusive {
                reason: Some(reason),
                ..
            } => reason.as_str(),
            _ => "",
        };
        writeln!(
            text,
            "  {} {} {reason}{aside}",
            Since(answer.ts),
            answer.outcome.kind().as_str(),
        )?;
    }
    Ok(())
}
