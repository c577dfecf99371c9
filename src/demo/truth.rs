//! Holds the windows that the pipeline found against the script.

use super::script::{ACTS, Act, How};
use crate::domain::outage::OutageWindow;
use crate::domain::probe::ProbeId;
use crate::domain::time::{Millis, Period};

/// The script against the windows.
#[derive(Debug, Default)]
pub struct Check<'a> {
    /// A scripted outage each.
    pub findings: Vec<Finding<'a>>,
    /// Windows that no scripted outage explains.
    pub unexplained: Vec<(&'a ProbeId, &'a OutageWindow)>,
}

/// A scripted outage, and what the pipeline made of it.
#[derive(Debug)]
pub struct Finding<'a> {
    pub probe: &'a ProbeId,
    /// When it truly was down.
    pub truth: Period,
    pub window: Option<&'a OutageWindow>,
    /// Whether there is a window and its bounds hold the truth.
    pub holds: bool,
}

impl Check<'_> {
    /// Whether every outage was found within its bounds, and none was invented.
    pub fn holds(&self) -> bool {
        self.unexplained.is_empty() && self.findings.iter().all(|finding| finding.holds)
    }
}

/// A request is judged when it arrives, and counts from when it was sent: on its way the service
/// may change its mind. As much as this the truth may lie outside the bounds. Five seconds of the
/// replay are 14 ms.
pub const FLIGHT_MAX: Millis = Millis::from_secs(5);

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

/// Compares what was found of each probe with the script.
pub fn check<'a>(probes: impl IntoIterator<Item = (&'a ProbeId, &'a [OutageWindow])>) -> Check<'a> {
    let mut check = Check::default();
    for (probe, windows) in probes {
        let acts: Vec<&Act> = ACTS
            .iter()
            .filter(|act| act.probe == probe.as_str() && matches!(act.how, How::All(_)))
            .collect();
        check.findings.extend(acts.iter().map(|act| {
            let window = windows.iter().find(|w| w.period().overlaps(act.during));
            Finding {
                probe,
                truth: act.during,
                window,
                holds: window.is_some_and(|window| holds(window, act.during)),
            }
        }));
        let unexplained = windows
            .iter()
            .filter(|w| !acts.iter().any(|act| w.period().overlaps(act.during)));
        check
            .unexplained
            .extend(unexplained.map(|window| (probe, window)));
    }
    check
}
