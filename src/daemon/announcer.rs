//! Who hears of outages as they open and close: the log, unless told otherwise.

use tracing::{info, warn};

use super::keeper::Ended;
use crate::domain::outage::{Blip, EndKind, OutageWindow, StartKind};
use crate::domain::probe::ProbeId;
use crate::domain::reducer::Sink;
use crate::domain::rollup::{Pieces, Standing, Turn};
use crate::domain::subject::Subject;
use crate::domain::time::Period;

/// Hears of every outage when it opens and when it is over.
pub trait Announcer {
    /// The threshold was reached; how it ends is not known yet. `is_maintained`: that was declared.
    fn opened(&self, probe: &ProbeId, window: &OutageWindow, is_maintained: bool);
    /// It is over, or went out of sight.
    fn closed(&self, probe: &ProbeId, window: &OutageWindow);
    /// It was told of, but the clock was wrong: what it was made of is set aside.
    fn taken_back(&self, probe: &ProbeId, window: &OutageWindow);
    /// A platform or service went down, or is back.
    fn turned(&self, subject: &Subject, turn: &Turn);
}

/// A line each.
pub struct Log;

impl Announcer for Log {
    fn opened(&self, probe: &ProbeId, window: &OutageWindow, is_maintained: bool) {
        let first = window.first_failure.as_ref();
        let message = match window.start_kind {
            StartKind::Resumed => "outage goes on",
            StartKind::Seen | StartKind::Unseen => "outage opened",
        };
        if is_maintained {
            info!(probe = %probe, started_at = %window.start, "{message}, in maintenance");
            return;
        }
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

    fn turned(&self, subject: &Subject, turn: &Turn) {
        let scope = subject.scope();
        match turn {
            Turn::Opened(window, standing) if standing.is_maintained => {
                info!(subject = %subject, started_at = %window.start, "{scope} down, in maintenance");
            }
            Turn::Opened(window, standing) => {
                let Standing { down, members, .. } = standing;
                let first = window.first_failure.as_ref();
                let message = match window.start_kind {
                    StartKind::Resumed => "still down",
                    StartKind::Seen | StartKind::Unseen => "down",
                };
                warn!(
                    subject = %subject,
                    started_at = %window.start,
                    start_earliest = window.start_earliest.map(tracing::field::display),
                    members_down = format!("{down} of {members}"),
                    cause = first.and_then(|failure| failure.cause).map(tracing::field::display),
                    detail = first.and_then(|failure| failure.detail.as_deref()),
                    "{scope} {message}"
                );
            }
            Turn::Closed(window) => {
                let message = match window.end_kind {
                    EndKind::Seen => "no longer down",
                    EndKind::Removed => "down no longer: what was down was removed",
                    EndKind::Unseen | EndKind::Open => "lost from sight while down",
                };
                info!(
                    subject = %subject,
                    started_at = %window.start,
                    ended_at = %window.end,
                    lasted = %window.duration(),
                    at_least = %window.duration_min(),
                    at_most = window.duration_max().map(tracing::field::display),
                    "{scope} {message}"
                );
            }
            Turn::TakenBack(start) => {
                info!(subject = %subject, started_at = %start, "{scope} down after all not: taken back");
            }
        }
    }
}

/// Passes on what the reducer of one probe tells, and notes what came to its end.
pub(super) struct Announcing<'a> {
    probe: &'a ProbeId,
    to: &'a dyn Announcer,
    is_maintained: bool,
    /// Keeps what the platform and the service need of it.
    pieces: &'a mut Pieces,
    pub(super) ended: Option<Ended>,
    /// It went down or came back, or was lost from sight.
    pub(super) turned: bool,
}

impl<'a> Announcing<'a> {
    pub(super) fn new(
        probe: &'a ProbeId,
        to: &'a dyn Announcer,
        is_maintained: bool,
        pieces: &'a mut Pieces,
    ) -> Self {
        Self {
            probe,
            to,
            is_maintained,
            pieces,
            ended: None,
            turned: false,
        }
    }
}

impl Sink for Announcing<'_> {
    fn opened(&mut self, window: &OutageWindow) {
        self.to.opened(self.probe, window, self.is_maintained);
        self.turned = true;
    }

    fn window(&mut self, window: OutageWindow) {
        self.to.closed(self.probe, &window);
        self.pieces.window(window);
        self.ended = Some(Ended::Window);
        self.turned = true;
    }

    fn blip(&mut self, _: Blip) {
        self.ended.get_or_insert(Ended::Nothing);
    }

    fn unknown(&mut self, stretch: Period) {
        self.pieces.unknown(stretch);
        // also after a window that it cuts off
        self.ended.get_or_insert(Ended::Nothing);
        self.turned = true;
    }

    fn slow(&mut self, stretch: Period) {
        self.pieces.slow(stretch);
    }

    fn flapping(&mut self, stretch: Period) {
        self.pieces.flapping(stretch);
    }
}
