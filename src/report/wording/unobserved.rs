//! Time that nobody watched, in words.

use std::collections::BTreeSet;

use super::outages::{between, watched};
use crate::domain::observation::Reason;
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
    if let Some(legend) = legend(&list.spans) {
        document.paragraph(legend);
    }
    let count = list.stretches.len() as u64;
    let probes: BTreeSet<_> = list.stretches.iter().map(|one| &one.probe.id).collect();
    let probes = probes.len();
    let told = if totals.probes == 0 {
        "Nothing to observe".to_owned()
    } else if count == 0 {
        "Nothing unobserved".to_owned()
    } else {
        format!(
            "{} of {}",
            many(count, "unobserved stretch", "unobserved stretches"),
            many(probes as u64, "probe", "probes")
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

/// What the reasons mean that stand in the grid of these.
pub(super) fn legend<'m>(spans: impl IntoIterator<Item = &'m UnobservedSpan>) -> Option<String> {
    let whys = spans.into_iter().flat_map(|span| &span.reasons);
    let (mut reasons, mut counted) = (Vec::new(), false);
    for why in whys {
        if let Why::Trouble {
            reason,
            observations,
        } = why
        {
            counted |= *observations > 0;
            if !reasons.contains(reason) {
                reasons.push(*reason);
            }
        }
    }
    let told = reasons.iter();
    let told: Vec<_> = told
        .map(|reason| format!("{reason}: {}", meaning(*reason)))
        .collect();
    let number = if counted {
        " A number tells how many requests were inconclusive for it."
    } else {
        ""
    };
    (!told.is_empty()).then(|| format!("{}.{number}", told.join("; ")))
}

pub(super) const fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::ObserverOffline => "the network of the machine that probes did not work",
        Reason::LocalResources => "that machine had no descriptors or memory left to ask with",
        Reason::Stalled => "the prober itself was held up",
        Reason::Suspended => "the machine that probes slept",
        Reason::Shutdown => "the prober was stopped while it asked",
        Reason::ClockUntrusted => "the clock of the machine that probes was wrong",
        Reason::StorageFull => "what was seen could not be written",
        Reason::Resolver => "the name servers of the machine that probes did not answer",
        Reason::ClockStep => "the clock was set forward over this time",
        Reason::NotRunning => "the prober was not running",
    }
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
pub(super) fn reasons(reasons: &[Why]) -> String {
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
