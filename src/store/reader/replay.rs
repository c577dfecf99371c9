//! Where a probe stands, from as few of its observations as will do.

use super::Reader;
use super::catalog::StoredProbe;
use crate::domain::history::HistoryBuilder;
use crate::domain::outage::OutageWindow;
use crate::domain::reducer::Reducer;
use crate::domain::sync::SyncSearch;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::store::chunk::HOUR_MS;
use crate::store::error::StoreError;
use crate::store::pack::hour_of_key;

impl Reader {
    /// The reducer as the probe's observations up to `now` leave it, to be fed on.
    pub fn reducer(&self, stored: &StoredProbe, now: UnixMillis) -> Result<Reducer, StoreError> {
        // what was told before does not matter
        let (_, walk) = self.walk(stored, UnixMillis(i64::MAX), now)?;
        Ok(walk.into_reducer())
    }

    /// Which of the instants, at which there is evidence, lie in no window, nor in failures that
    /// may become one, of which `reducer` knows. Looks only as far back as it takes to know where
    /// the probe stands: a crash can leave none that are older.
    pub fn evidence_astray(
        &self,
        stored: &StoredProbe,
        reducer: &Reducer,
        instants: &[UnixMillis],
        now: UnixMillis,
    ) -> Result<Vec<UnixMillis>, StoreError> {
        let Some(newest) = instants.last() else {
            return Ok(Vec::new());
        };
        let resumption = self.resumption(stored.key, now)?;
        let begin = match &resumption {
            Some(resumption) => Some(resumption.at),
            None => self.sync_point(stored, now)?,
        };
        if begin.is_some_and(|begin| *newest < begin) {
            return Ok(Vec::new());
        }
        let is_removed = stored.lives.last().is_none_or(|life| life.to.is_some());
        let failing_since = reducer.failing_since().filter(|_| !is_removed);
        let (_, walk) = self.walk(stored, begin.unwrap_or(UnixMillis(i64::MIN)), now)?;
        let windows = walk.finish().windows;
        let belongs = |at: UnixMillis| {
            failing_since.is_some_and(|since| since <= at)
                || windows
                    .iter()
                    .any(|window| window.start <= at && at < window.end)
        };
        let instants = instants.iter().copied();
        let replayed = instants.filter(|at| begin.is_none_or(|begin| begin <= *at));
        Ok(replayed.filter(|at| !belongs(*at)).collect())
    }

    /// The probe's windows that reach to `since` or beyond it, as they stood at `now`.
    pub fn windows_since(
        &self,
        stored: &StoredProbe,
        since: UnixMillis,
        now: UnixMillis,
    ) -> Result<Vec<OutageWindow>, StoreError> {
        let (_, walk) = self.walk(stored, since, now)?;
        let mut windows = walk.finish().windows;
        windows.retain(|window| window.end >= since);
        Ok(windows)
    }

    /// What the probe's observations up to `now` say; complete from the instant on that is given
    /// with it, which is not after `since`. `None`: from the first on.
    fn walk<'a>(
        &self,
        stored: &'a StoredProbe,
        since: UnixMillis,
        now: UnixMillis,
    ) -> Result<(Option<UnixMillis>, HistoryBuilder<'a>), StoreError> {
        let Some(resumption) = self.resumption(stored.key, now)? else {
            let begin = self.sync_point(stored, since.min(now))?;
            return Ok((begin, self.replay(stored, begin, now)?));
        };
        let (begin, news) = self.told(stored.key, &resumption, since)?;
        let builder = HistoryBuilder::new(&stored.parameters, &stored.lives, now);
        let mut builder = resumption.checkpoint.go_on(builder, news.told);
        let rest = Period::new(resumption.from, now + Millis(1));
        self.sightings(stored.key, rest, |sighting| builder.push(sighting))?;
        Ok((Some(begin), builder))
    }

    /// From where on the observations up to `now` must be replayed; `None` if from the first.
    fn sync_point(
        &self,
        stored: &StoredProbe,
        now: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError> {
        SyncSearch::new(&stored.parameters, &stored.lives).walk_back(now + Millis(1), |end| {
            let Some(begin) = self.hour_before(stored.key, end)? else {
                return Ok::<_, StoreError>(None);
            };
            let mut hour = Vec::new();
            self.sightings(stored.key, Period::new(begin, end), |sighting| {
                hour.push(sighting);
            })?;
            Ok(Some((begin, hour)))
        })
    }

    fn replay<'a>(
        &self,
        stored: &'a StoredProbe,
        begin: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<HistoryBuilder<'a>, StoreError> {
        let mut builder = HistoryBuilder::new(&stored.parameters, &stored.lives, now);
        let from = begin.unwrap_or(UnixMillis(i64::MIN));
        let all = Period::new(from, now + Millis(1));
        self.sightings(stored.key, all, |sighting| builder.push(sighting))?;
        Ok(builder)
    }

    /// The hour of the newest observation of any probe, as its beginning. `None` if there is none.
    pub fn newest_hour(&self) -> Result<Option<UnixMillis>, StoreError> {
        let staged: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(ts_ms) FROM staging")?
            .query_row([], |row| row.get(0))?;
        let packed: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(key) FROM chunk")?
            .query_row([], |row| row.get(0))?;
        let packed = packed.map(|key| hour_of_key(key).saturating_mul(HOUR_MS));
        Ok(staged.max(packed).map(UnixMillis))
    }
}
