//! Where a probe stands, from as few of its observations as will do.

use super::Reader;
use super::catalog::StoredProbe;
use crate::domain::history::{HistoryBuilder, Life};
use crate::domain::parameters::ParameterHistory;
use crate::domain::reducer::Reducer;
use crate::domain::sync::SyncSearch;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::store::ProbeKey;
use crate::store::chunk::HOUR_MS;
use crate::store::error::StoreError;

impl Reader {
    /// From which of its observations on the probe must be read to know all that is not before
    /// `wanted`. `None`: from the first there is.
    pub fn sync_point(
        &self,
        probe: ProbeKey,
        lives: &[Life],
        parameters: &ParameterHistory,
        wanted: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let mut search = SyncSearch::new(parameters, lives);
        let mut end = wanted;
        while let Some(begin) = self.hour_before(probe, end)? {
            let mut hour = Vec::new();
            self.sightings(probe, Period::new(begin, end), |sighting| {
                hour.push(sighting)
            })?;
            if let Some(found) = hour.iter().rev().find_map(|sighting| search.push(sighting)) {
                return Ok(Some(found));
            }
            end = begin;
        }
        Ok(None)
    }

    /// The reducer as the probe's observations up to `now` leave it, to be fed on.
    pub fn reducer(&self, stored: &StoredProbe, now: UnixMillis) -> Result<Reducer, StoreError> {
        let parameters = &stored.parameters;
        let end = now + Millis(1);
        let begin = self.sync_point(stored.key, &stored.lives, parameters, end)?;
        let mut builder = HistoryBuilder::new(parameters, &stored.lives, now);
        let all = Period::new(begin.unwrap_or(UnixMillis(i64::MIN)), end);
        self.sightings(stored.key, all, |sighting| builder.push(sighting))?;
        Ok(builder.into_reducer())
    }

    /// The hour of the newest observation of any probe, as its beginning. `None` if there is none.
    pub fn newest_hour(&self) -> Result<Option<UnixMillis>, StoreError> {
        let staged: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(ts_ms) FROM staging")?
            .query_row([], |row| row.get(0))?;
        let packed = self
            .index()?
            .hours
            .last()
            .map(|hour| hour.saturating_mul(HOUR_MS));
        Ok(staged.max(packed).map(UnixMillis))
    }
}
