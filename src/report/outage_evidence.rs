//! What was seen of one outage.

use super::outage_list::Outage;
use crate::domain::time::UnixMillis;
use crate::evidence::Evidence;

/// A window, with what is kept of its first and its last failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutageEvidence {
    pub outage: Outage,
    pub first: Option<Seen>,
    /// `None` also if the first is the last of which anything is kept.
    pub last: Option<Seen>,
}

/// A failure at its instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub ts: UnixMillis,
    pub evidence: Evidence,
}

impl OutageEvidence {
    /// `kept`: what there is inside the window, in order of time.
    pub fn new(outage: Outage, kept: Vec<(UnixMillis, Evidence)>) -> Self {
        let window = &outage.window;
        let mut kept = kept.into_iter().map(|(ts, evidence)| Seen { ts, evidence });
        let mut first = kept.next();
        let mut last = kept.next_back();
        // that of the first can have been lost, and then the only one is that of the last
        let is_first = |seen: &Seen| seen.ts == window.start || seen.ts != window.end_earliest;
        if last.is_none() && !first.as_ref().is_none_or(is_first) {
            (first, last) = (None, first);
        }
        Self {
            outage,
            first,
            last,
        }
    }
}
