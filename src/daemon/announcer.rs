//! Who hears of outages as they open and close: the log, unless told otherwise.

use tracing::{info, warn};

use super::keeper::Ended;
use crate::domain::outage::{Blip, EndKind, OutageWindow, StartKind};
use crate::domain::probe::ProbeId;
use crate::domain::reducer::Sink;
use crate::domain::time::Period;

/// Hears of every outage when it opens and when it is over.
pub trait Announcer {
    /// The threshold was reached; how it ends is not known yet.
    fn opened(&self, probe: &ProbeId, window: &OutageWindow);
    /// It is over, or went out of sight.
    fn closed(&self, probe: &ProbeId, window: &OutageWindow);
    /// It was told of, but the clock was wrong: what it was made of is set aside.
    fn taken_back(&self, probe: &ProbeId, window: &OutageWindow);
}

/// A line each.
pub struct Log;

impl Announcer for Log {
    fn opened(&self, probe: &ProbeId, window: &OutageWindow) {
        let first = window.first_failure.as_ref();
        let message = match window.start_kind {
            StartKind::Resumed => "outage goes on",
            StartKind::Seen | StartKind::Unseen => "outage opened",
        };
        warn!(
            probe = %probe,
            started_at = %window.start,
            start_earliest = window.start_earliest.map(tracing::field::display),
            cause = first.and_then(|failure| failure.cause).map(tracing::field::display),
            detail = first.and_then(|failure| failure.detail.as_deref()),
            "{message}"
        );
    }

    fn closed(&self, probe: &ProbeId, window: &OutageWindow) {
        let message = match window.end_kind {
            EndKind::Seen => "outage closed",
            EndKind::Removed => "outage ended: the probe was removed",
            EndKind::Unseen | EndKind::Open => "outage lost from sight",
        };
        info!(
            probe = %probe,
            started_at = %window.start,
            ended_at = %window.end,
            lasted = %window.duration(),
            at_least = %window.duration_min(),
            at_most = window.duration_max().map(tracing::field::display),
            failures = window.failures,
            "{message}"
        );
    }

    fn taken_back(&self, probe: &ProbeId, window: &OutageWindow) {
        warn!(
            probe = %probe,
            started_at = %window.start,
            "outage taken back: the clock that showed it was set back"
        );
    }
}

/// Passes on what the reducer of one probe tells, and notes what came to its end.
pub(super) struct Announcing<'a> {
    probe: &'a ProbeId,
    to: &'a dyn Announcer,
    pub(super) ended: Option<Ended>,
}

impl<'a> Announcing<'a> {
    pub(super) fn new(probe: &'a ProbeId, to: &'a dyn Announcer) -> Self {
        Self {
            probe,
            to,
            ended: None,
        }
    }
}

impl Sink for Announcing<'_> {
    fn opened(&mut self, window: &OutageWindow) {
        self.to.opened(self.probe, window);
    }

    fn window(&mut self, window: OutageWindow) {
        self.to.closed(self.probe, &window);
        self.ended = Some(Ended::Window);
    }

    fn blip(&mut self, _: Blip) {
        self.ended.get_or_insert(Ended::Nothing);
    }

    fn unknown(&mut self, _: Period) {
        // also after a window that it cuts off
        self.ended.get_or_insert(Ended::Nothing);
    }
}
