//! Holds the windows that the pipeline found against the script.

use super::script::{ACTS, Act, How};
use crate::domain::outage::OutageWindow;
use crate::domain::time::{Millis, Period};

/// A scripted outage, and what the pipeline made of it.
pub(super) struct Finding<'a> {
    pub(super) act: &'a Act,
    /// The window that overlaps it; its bounds hold the truth, or the demo has failed.
    pub(super) window: Option<&'a OutageWindow>,
    pub(super) holds: bool,
}

/// A request is judged when it arrives, and counts from when it was sent: on its way the service
/// may change its mind. As much as this the truth may lie outside the bounds.
pub(super) const FLIGHT_MAX: Millis = Millis::from_secs(5);

/// Whether the true begin and end lie within the window's bounds.
fn holds(window: &OutageWindow, truth: Period) -> bool {
    let begin = window
        .start_earliest
        .is_some_and(|earliest| earliest - truth.from <= FLIGHT_MAX)
        && truth.from - window.start <= FLIGHT_MAX;
    let end = window.end_earliest - truth.to <= FLIGHT_MAX
        && window
            .end_latest
            .is_some_and(|latest| truth.to - latest <= FLIGHT_MAX);
    begin && end
}

/// The scripted outages of one endpoint, each with its window; and windows that no act explains.
pub(super) fn compare<'a>(
    platform: &str,
    path: &str,
    windows: &'a [OutageWindow],
) -> (Vec<Finding<'a>>, Vec<&'a OutageWindow>) {
    let acts: Vec<&Act> = ACTS
        .iter()
        .filter(|act| act.platform == platform && act.path == path)
        .filter(|act| matches!(act.how, How::All(_)))
        .collect();
    let findings = acts
        .iter()
        .map(|act| {
            let window = windows.iter().find(|w| w.period().overlaps(act.during));
            Finding {
                act,
                window,
                holds: window.is_some_and(|window| holds(window, act.during)),
            }
        })
        .collect();
    let unexplained = windows
        .iter()
        .filter(|w| !acts.iter().any(|act| w.period().overlaps(act.during)))
        .collect();
    (findings, unexplained)
}
