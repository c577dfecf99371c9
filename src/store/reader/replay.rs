//! Where a probe stands, from as few of its observations as will do.

use super::Reader;
use super::catalog::StoredProbe;
use crate::domain::history::HistoryBuilder;
use crate::domain::reducer::Reducer;
use crate::domain::sync::SyncSearch;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::store::chunk::HOUR_MS;
use crate::store::error::StoreError;

impl Reader {
    /// The reducer as the probe's observations up to `now` leave it, to be fed on.
    pub fn reducer(&self, stored: &StoredProbe, now: UnixMillis) -> Result<Reducer, StoreError> {
        let parameters = &stored.parameters;
        let end = now + Millis(1);
        let begin = SyncSearch::new(parameters, &stored.lives).walk_back(end, |end| {
            let Some(begin) = self.hour_before(stored.key, end)? else {
                return Ok::<_, StoreError>(None);
            };
            let mut hour = Vec::new();
            self.sightings(stored.key, Period::new(begin, end), |sighting| {
                hour.push(sighting);
            })?;
            Ok(Some((begin, hour)))
        })?;
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
