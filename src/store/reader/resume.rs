//! Where a probe stood lately, so that nothing before has to be read again.

use super::Reader;
use crate::domain::checkpoint::{Checkpoint, News};
use crate::domain::time::{Millis, UnixMillis};
use crate::store::ProbeKey;
use crate::store::chunk::hour_of;
use crate::store::derive::start_of;
use crate::store::error::StoreError;
use crate::store::{checkpoint, told};

/// All that the observations before an instant say.
#[derive(Clone, Debug)]
pub struct Resumption {
    /// When the checkpoint was.
    pub(super) at: UnixMillis,
    pub checkpoint: Checkpoint,
    /// Observations from here on are still to be taken; not before `at`.
    pub from: UnixMillis,
}

impl Reader {
    /// From where to go on with a probe, to know how it was at `now`. `None` if its observations
    /// have to be read from the first on.
    pub fn resumption(
        &self,
        probe: ProbeKey,
        now: UnixMillis,
    ) -> Result<Option<Resumption>, StoreError> {
        if !self.has_derived {
            return Ok(None);
        }
        let index = self.index()?;
        // what came late is not known to any checkpoint after it
        let first_staged = index.first_staged(probe).unwrap_or(i64::MAX);
        let known = hour_of(now.0).min(first_staged);
        let hours = &index.checkpoints;
        let usable = &hours[..hours.partition_point(|hour| *hour <= known)];
        let latest = checkpoint::latest(&self.connection, usable, probe.0);
        let Some((hour, found)) = (match latest {
            // it can be made again: as long as that is not done, the observations will do
            Err(StoreError::Corrupt { .. }) if self.pruned_before()?.is_none() => None,
            latest => latest?,
        }) else {
            return Ok(None);
        };
        let at = start_of(hour);
        // between its latest checkpoint and that of others nothing was observed
        let is_latest = usable.len() == hours.len();
        let derived = index.derived_until.filter(|_| is_latest);
        let derived = derived.map_or(at, |hour| start_of(hour.min(first_staged)));
        Ok(Some(Resumption {
            at,
            checkpoint: found,
            from: derived.max(at).min(now + Millis(1)),
        }))
    }

    /// Up to here all observations of the probe are counted, whatever the present is that somebody
    /// looks back from: the beginning of an hour, or of time if none are.
    pub fn counted_until(&self, probe: ProbeKey) -> Result<UnixMillis, StoreError> {
        let latest = self.resumption(probe, UnixMillis(i64::MAX))?;
        Ok(latest.map_or(UnixMillis(i64::MIN), |latest| latest.from))
    }

    /// What was told of the probe up to there that reaches to `since` or beyond, with the instant
    /// from which on it is complete: what reaches there began after it.
    pub fn told(
        &self,
        probe: ProbeKey,
        resumption: &Resumption,
        since: UnixMillis,
    ) -> Result<(UnixMillis, News), StoreError> {
        let reaches_to = resumption.checkpoint.told_until();
        // what is not told yet may have begun before
        let untold = resumption.checkpoint.reducer().untold_since();
        let mut since = match untold {
            Some(begins) if begins <= since => begins.saturating_sub(Millis(1)),
            _ => since,
        };
        loop {
            if reaches_to.is_none_or(|reaches_to| reaches_to < since) {
                return Ok((since, News::default()));
            }
            let news = told::read(&self.connection, probe.0, since, resumption.at)?;
            match news.begins() {
                Some(begins) if begins <= since => since = begins.saturating_sub(Millis(1)),
                _ => return Ok((since, news)),
            }
        }
    }

    /// Observations before this instant were pruned. `None`: all are there.
    pub fn pruned_before(&self) -> Result<Option<UnixMillis>, StoreError> {
        if !self.has_derived {
            return Ok(None);
        }
        Ok(crate::store::prune::before(&self.connection)?.map(start_of))
    }
}
