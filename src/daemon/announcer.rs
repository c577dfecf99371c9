//! The log line for each outage that opens or closes.

use tracing::{info, warn};

use crate::domain::outage::{EndKind, OutageWindow, StartKind};
use crate::domain::probe::ProbeId;
use crate::domain::reducer::Sink;

/// Says in the log what the reducer finds.
pub(super) struct Announcer<'a>(pub(super) &'a ProbeId);

impl Sink for Announcer<'_> {
    fn opened(&mut self, window: &OutageWindow) {
        let first = window.first_failure.as_ref();
        let message = match window.start_kind {
            StartKind::Resumed => "outage goes on",
            StartKind::Seen | StartKind::Unseen => "outage opened",
        };
        warn!(
            probe = %self.0,
            started_at = %window.start,
            start_earliest = window.start_earliest.map(tracing::field::display),
            cause = first.and_then(|failure| failure.cause).map(tracing::field::display),
            detail = first.and_then(|failure| failure.detail.as_deref()),
            "{message}"
        );
    }

    fn window(&mut self, window: OutageWindow) {
        let message = match window.end_kind {
            EndKind::Seen => "outage closed",
            EndKind::Removed => "outage ended: the probe was removed",
            EndKind::Unseen | EndKind::Open => "outage lost from sight",
        };
        info!(
            probe = %self.0,
            started_at = %window.start,
            ended_at = %window.end,
            lasted = %window.duration(),
            at_least = %window.duration_min(),
            at_most = window.duration_max().map(tracing::field::display),
            failures = window.failures,
            "{message}"
        );
    }
}
