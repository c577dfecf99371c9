//! Time that nobody watched, in words.

use super::outages::{between, watched};
use crate::domain::time::Millis;
use crate::report::document::{Concession, Document, Grid, Text, left, right};
use crate::report::text::{instant, instant_after, length, many};
use crate::report::unobserved::{UnobservedList, UnobservedSpan, Whom, Why};

/// The stretches of a period that nobody watched.
pub fn unobserved(list: &UnobservedList) -> Document {
    let mut document = Document::default();
    let totals = &list.totals;
    if !list.spans.is_empty() {
        document.grid(unobserved_grid(&list.spans));
    }
    let count = list.stretches.len() as u64;
    let told = if totals.probes == 0 {
        "Nothing to observe".to_owned()
    } else if count == 0 {
        "Nothing unobserved".to_owned()
    } else {
        format!(
            "{}, {} in all",
            many(count, "unobserved stretch", "unobserved stretches"),
            length(totals.availability.unknown)
        )
    };
    document.paragraph(format!("{told} {}", between(list.request.period)));
    document.paragraph(watched(totals));
    document
}

/// One row for what probes missed together.
pub(super) fn unobserved_grid<'m>(spans: impl IntoIterator<Item = &'m UnobservedSpan>) -> Grid {
    let mut grid = Grid::new(&[
        left("From (UTC)"),
        left("To (UTC)"),
        right("Lasted"),
        left("Probes"),
        left("Reason"),
    ])
    .conceding(&[
        Concession::Brief("To (UTC)"),
        Concession::Below("Reason", ""),
        Concession::Below("Probes", ""),
    ]);
    for span in spans {
        grid.row([
            instant(span.period.from).into(),
            instant_after(span.period.from, span.period.to),
            lasted(span.shortest, span.longest).into(),
            whom(span),
            reasons(&span.reasons).into(),
        ]);
    }
    grid
}

/// As in `2m`, or `1m 50s – 2m` of several that did not miss the same.
fn lasted(shortest: Millis, longest: Millis) -> String {
    match (length(shortest), length(longest)) {
        (shortest, longest) if shortest == longest => longest,
        (shortest, longest) => format!("{shortest} – {longest}"),
    }
}

fn whom(span: &UnobservedSpan) -> Text {
    let count = span.probes.len();
    match &span.whom {
        Whom::One(probe) => Text::quoted(probe.id.as_str()),
        Whom::All => format!("all {count} probes").into(),
        Whom::Service(service) => format!("all {count} of {}", service.display()).into(),
        Whom::Platform { service, platform } => format!(
            "all {count} of {} {}",
            service.display(),
            platform.display()
        )
        .into(),
        Whom::Some => format!("{count} probes").into(),
    }
}

/// As in `observer_offline 12, resolver 1`.
fn reasons(reasons: &[Why]) -> String {
    let told: Vec<_> = reasons
        .iter()
        .map(|why| match (why, why.observations()) {
            (Why::NotYetAsked, _) => "not yet asked".to_owned(),
            (Why::Trouble { reason, .. }, 0) => reason.to_string(),
            (Why::Trouble { reason, .. }, count) => format!("{reason} {count}"),
        })
        .collect();
    match &told[..] {
        [] => "no observation".to_owned(),
        _ => told.join(", "),
    }
}
