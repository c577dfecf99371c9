//! From where on observations must be replayed to know a period: not from the beginning.

use super::history::Life;
use super::observation::Outcome;
use super::parameters::ParameterHistory;
use super::sighting::Sighting;
use super::time::UnixMillis;

/// Walks back over one probe's observations, and finds some after which nothing earlier matters.
///
/// Successes in a row without a gap, none of them slow, leave the probe up, with no undecided run,
/// no window open and no failure near enough to count as flapping, whatever was before; if there
/// are as many as a recovery takes, and as many as flapping is looked for among. A replay that
/// begins with them and one from the beginning agree on all that comes after them.
#[derive(Clone, Debug)]
pub struct SyncSearch<'a> {
    parameters: &'a ParameterHistory,
    lives: &'a [Life],
    needed: u32,
    /// Instants of the run of successes so far.
    run: u32,
    /// The earliest observation taken.
    earliest: Option<UnixMillis>,
}

impl<'a> SyncSearch<'a> {
    /// `lives` in order of time.
    pub fn new(parameters: &'a ParameterHistory, lives: &'a [Life]) -> Self {
        let needed = parameters
            .values()
            .map(|set| set.recovery_threshold.max(set.flap_of).get())
            .max();
        Self {
            parameters,
            lives,
            needed: needed.unwrap_or(u32::MAX),
            run: 0,
            earliest: None,
        }
    }

    /// Takes an observation not later than the one taken before. The instant to replay from, once
    /// it is found.
    pub fn push(&mut self, sighting: &Sighting) -> Option<UnixMillis> {
        if !sighting.counts() || self.is_outside_lives(sighting.ts) {
            return None;
        }
        let later = self.earliest.replace(sighting.ts);
        if !matches!(sighting.outcome, Outcome::Ok) {
            self.run = 0;
            return None;
        }
        match later {
            // of one instant the worst counts, and the others of it may be failures
            Some(later) if later == sighting.ts => return None,
            Some(later) if self.run > 0 && self.is_gap(sighting.ts, later) => self.run = 1,
            _ => self.run = self.run.saturating_add(1),
        }
        // one more than needed: of the earliest instant there may be more to come
        (self.run > self.needed).then_some(sighting.ts)
    }

    /// Walks back from `from`. `before` gives the stretch of observations before an instant, with
    /// where it begins; `None` when there are none left. Returns from where on to replay; `None`
    /// if from the first observation there is.
    pub fn walk_back<E>(
        mut self,
        from: UnixMillis,
        mut before: impl FnMut(UnixMillis) -> Result<Option<(UnixMillis, Vec<Sighting>)>, E>,
    ) -> Result<Option<UnixMillis>, E> {
        let mut end = from;
        while let Some((begin, stretch)) = before(end)? {
            let found = stretch
                .iter()
                .rev()
                .find_map(|sighting| self.push(sighting));
            if found.is_some() {
                return Ok(found);
            }
            end = begin;
        }
        Ok(None)
    }

    /// Those before the first life make it longer.
    fn is_outside_lives(&self, ts: UnixMillis) -> bool {
        let begun = self.lives.partition_point(|life| life.from <= ts);
        let current = begun.checked_sub(1).and_then(|at| self.lives.get(at));
        current.is_some_and(|life| life.to.is_some_and(|to| to <= ts))
    }

    fn is_gap(&self, earlier: UnixMillis, later: UnixMillis) -> bool {
        let [a, b] = [earlier, later].map(|at| self.parameters.at(at).grace);
        later - earlier > a.max(b)
    }
}
