//! What was seen of one outage.

use std::io::{self, Write};

use serde::Serialize;

use super::outage::OutageJson;
use super::{Instant, write};
use crate::evidence::Evidence;
use crate::report::outage_evidence::{OutageEvidence, Seen};

#[derive(Serialize)]
struct OutageEvidenceJson<'m> {
    outage: OutageJson<'m>,
    first_failure: Option<SeenJson<'m>>,
    last_failure: Option<SeenJson<'m>>,
}

#[derive(Serialize)]
pub(super) struct SeenJson<'m> {
    ts: Instant,
    #[serde(flatten)]
    evidence: &'m Evidence,
}

/// The window as in the list, with what is kept of its first and last failure; `null` of which
/// nothing is.
pub fn evidence(evidence: &OutageEvidence, out: &mut dyn Write) -> io::Result<()> {
    let json = OutageEvidenceJson {
        outage: (&evidence.outage).into(),
        first_failure: evidence.first.as_ref().map(Into::into),
        last_failure: evidence.last.as_ref().map(Into::into),
    };
    write(&json, out)
}

impl<'m> From<&'m Seen> for SeenJson<'m> {
    fn from(seen: &'m Seen) -> Self {
        Self {
            ts: Instant(seen.ts),
            evidence: &seen.evidence,
        }
    }
}
