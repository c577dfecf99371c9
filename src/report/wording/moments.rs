//! What happened when, in words.

use super::annotations::said;
use super::outages::failed;
use super::unobserved::{meaning, reasons};
use crate::domain::observation::Failure;
use crate::domain::outage::{EndKind, StartKind};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, UnixMillis};
use crate::report::document::{Concession, Grid, Text, Tone, left};
use crate::report::moment::{Moment, What};
use crate::report::text::{instant, instant_after, length, many};

/// One row a moment.
pub(super) fn timeline(moments: &[&Moment]) -> Grid {
    let mut grid = Grid::new(&[left("At (UTC)"), left("Of"), left("What")])
        .conceding(&[Concession::Brief("At (UTC)"), Concession::Below("What", "")]);
    let mut before: Option<UnixMillis> = None;
    for moment in moments {
        let at = match before {
            Some(before) => instant_after(before, moment.at),
            None => instant(moment.at).into(),
        };
        before = Some(moment.at);
        grid.row([at, whose(moment), what(moment)]);
    }
    grid
}

fn whose(moment: &Moment) -> Text {
    match (&moment.subject, &moment.what) {
        (Some(subject), _) => Text::quoted(subject.key()),
        (None, What::Unobserved { probes, .. }) => many(*probes as u64, "probe", "probes").into(),
        (None, _) => "the observer".into(),
    }
}

fn what(moment: &Moment) -> Text {
    let until = |words: &str, until: UnixMillis| {
        Text::from(format!("{words} until ")).then(instant_after(moment.at, until))
    };
    match &moment.what {
        What::LastSuccess => "the last success before it: it began later than this".into(),
        What::Failed { start, failure } => {
            let words = match start {
                StartKind::Seen => "first failure",
                StartKind::Unseen => "fails where observation begins",
                StartKind::Resumed => "still fails after the gap",
            };
            with_failure(Text::toned(Tone::Bad, words), failure.as_ref())
        }
        What::Opened { known } => {
            let opened = Text::from("failed often enough: an outage");
            match known {
                Some(known) => opened
                    .then(", known at ")
                    .then(instant_after(moment.at, *known)),
                None => opened,
            }
        }
        What::WentDown { start } => Text::toned(
            Tone::Bad,
            match start {
                StartKind::Seen => "down",
                StartKind::Unseen => "down where observation begins",
                StartKind::Resumed => "still down after the gap",
            },
        ),
        What::Ended { how, lasted } => ended(moment.subject.as_ref(), *how, *lasted),
        What::Closed => "succeeded often enough: the outage is over".into(),
        What::Flapped {
            until: to,
            failures,
            failure,
        } => {
            let words = Text::toned(Tone::Warn, "fails now and then").then(until("", *to));
            match failures {
                0 => words,
                _ => with_failure(
                    words.then(format!(", {}", many(*failures, "failure", "failures"))),
                    failure.as_ref(),
                ),
            }
        }
        What::Blipped(blip) => {
            let count = many(blip.failures, "failure", "failures");
            let words = format!("{count}, too few for an outage");
            with_failure(Text::toned(Tone::Warn, words), blip.first_failure.as_ref())
        }
        What::Maintained { until: to, note } => {
            let maintained = until("in maintenance", *to);
            match note {
                Some(note) => maintained.then(": ").then(Text::quoted(note)),
                None => maintained,
            }
        }
        What::Unobserved {
            until: to,
            reasons: why,
            ..
        } => Text::toned(Tone::Faint, "nobody watched")
            .then(until("", *to))
            .then(format!(": {}", reasons(why))),
        What::Hindered { until: to, reason } => Text::toned(Tone::Faint, reason.as_str())
            .then(until("", *to))
            .then(format!(": {}", meaning(*reason))),
        What::Said(one) => said(std::slice::from_ref(one)),
    }
}

fn with_failure(words: Text, failure: Option<&Failure>) -> Text {
    let Some(failure) = failure else {
        return words;
    };
    let words = match failure.cause {
        Some(cause) => words.then(format!(", {cause}")),
        None => words,
    };
    match failed(failure) {
        none if none.0.is_empty() => words,
        how => words.then(": ").then(how),
    }
}

fn ended(subject: Option<&Subject>, how: EndKind, lasted: Millis) -> Text {
    let after = format!(", after {}", length(lasted));
    let is_endpoint = subject.is_some_and(|subject| subject.scope() == Scope::Endpoint);
    let (tone, words) = match how {
        EndKind::Seen if is_endpoint => (Tone::Good, "first success"),
        EndKind::Seen => (Tone::Good, "no longer down"),
        EndKind::Unseen => (Tone::Faint, "last known down: nobody watched from here on"),
        EndKind::Removed => (Tone::Faint, "no longer configured"),
        EndKind::Open => (Tone::Bad, "still down"),
    };
    Text::toned(tone, words).then(after)
}
