//! From where on a history must be read to know everything after an instant.

use super::observation::Outcome;
use super::parameters::ParameterHistory;
use super::sighting::Sighting;
use super::time::UnixMillis;

/// Looks for a place from which reading on gives the same as reading everything.
///
/// So many plain successes in a row, without a gap, leave nothing of what was before: the probe is
/// confirmed up, nothing is pending, and no failure is near enough to count as flapping. To be fed
/// backwards in time.
#[derive(Debug)]
pub struct SyncSearch<'a> {
    parameters: &'a ParameterHistory,
    /// Only what comes before is of use: after it, everything is wanted.
    wanted_from: UnixMillis,
    /// Successes in a row, seen backwards.
    row: u32,
    /// How many it takes, by the parameters in force within the row.
    needed: u32,
    /// The earliest observation of the row.
    earliest: Option<UnixMillis>,
}

impl<'a> SyncSearch<'a> {
    pub fn new(parameters: &'a ParameterHistory, wanted_from: UnixMillis) -> Self {
        Self {
            parameters,
            wanted_from,
            row: 0,
            needed: 0,
            earliest: None,
        }
    }

    /// Takes the observation before the one before. `Some` when reading may begin at its `ts`.
    pub fn step_back(&mut self, sighting: &Sighting) -> Option<UnixMillis> {
        if !sighting.counts() || sighting.ts >= self.wanted_from {
            return None;
        }
        if !matches!(sighting.outcome, Outcome::Ok) {
            (self.row, self.needed, self.earliest) = (0, 0, None);
            return None;
        }
        let here = self.parameters.at(sighting.ts);
        if let Some(next) = self.earliest {
            let grace = here.grace.max(self.parameters.at(next).grace);
            if next - sighting.ts > grace {
                (self.row, self.needed) = (0, 0);
            } else if next == sighting.ts {
                // one of several at one instant, and perhaps not the worst: start over
                (self.row, self.needed, self.earliest) = (0, 0, None);
                return None;
            }
        }
        self.row += 1;
        self.needed = self
            .needed
            .max(here.recovery_threshold.get())
            .max(here.flap_of.get());
        self.earliest = Some(sighting.ts);
        // one more than needed: the earliest may share its instant with a worse one not yet seen
        (self.row > self.needed).then_some(sighting.ts)
    }
}
