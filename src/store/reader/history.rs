//! The observations of a probe in order of time, hour by hour.

use std::cell::{OnceCell, Ref};
use std::collections::HashMap;
use std::ops::Range;

use rusqlite::Connection;

use super::Reader;
use crate::domain::observation::Observation;
use crate::domain::sighting::Sighting;
use crate::domain::time::{Period, UnixMillis};
use crate::store::ProbeKey;
use crate::store::chunk::{self, Depth, HOUR_MS, hour_of};
use crate::store::error::StoreError;
use crate::store::merge::{self, Repeat};
use crate::store::pack::{self, is_packable, key};
use crate::store::row::Row;
use crate::store::staging;
use crate::store::varint::Bytes;
use crate::store::{checkpoint, derive};

/// Where rows stand, of all probes.
#[derive(Debug)]
pub(super) struct Index {
    /// Hours that have chunks, ascending; as soon as any is asked for that is derived.
    ever: OnceCell<Vec<i64>>,
    /// Those that are not derived: with years of hours the others are many.
    lately: Vec<i64>,
    /// By probe the hour and `staging.id` of its rows, ascending: one pass over the table instead of
    /// one a probe, and 16 bytes a row.
    staged: HashMap<i64, Vec<(i64, i64)>>,
    /// Hours at whose beginning there are checkpoints, ascending.
    pub(super) checkpoints: Vec<i64>,
    /// The hour up to whose beginning they are complete.
    pub(super) derived_until: Option<i64>,
}

/// Rows that are not packed are read one by one for so many probes and hours.
const FEW: usize = 64;

/// All rows that are not packed, by probe, in order of arrival and in a few bytes each.
fn all_staged(connection: &Connection) -> Result<HashMap<i64, Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT probe, {} FROM staging ORDER BY id",
        staging::COLUMNS
    ))?;
    let mut found = statement.query([])?;
    let mut all = HashMap::<_, Vec<u8>>::new();
    while let Some(row) = found.next()? {
        staging::row(row, 1)?.put(all.entry(row.get(0)?).or_default());
    }
    Ok(all)
}

impl Index {
    fn new(connection: &Connection, has_derived: bool) -> Result<Self, StoreError> {
        let mut staged = HashMap::<_, Vec<_>>::new();
        let mut statement = connection.prepare_cached("SELECT probe, ts_ms, id FROM staging")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at = (hour_of(row.get(1)?), row.get(2)?);
            staged.entry(row.get(0)?).or_default().push(at);
        }
        for rows in staged.values_mut() {
            rows.sort_unstable();
        }
        let (mut checkpoints, mut derived_until) = (Vec::new(), None);
        if has_derived {
            checkpoints = checkpoint::hours(connection)?;
            derived_until = derive::derived_until(connection)?;
        }
        let lately = derived_until.unwrap_or(i64::MIN);
        Ok(Self {
            ever: OnceCell::new(),
            lately: pack::hours_since(connection, "chunk", lately)?,
            staged,
            checkpoints,
            derived_until,
        })
    }

    /// All hours from one on that have chunks, and perhaps some before, ascending.
    fn hours_since(&self, connection: &Connection, hour: i64) -> Result<&[i64], StoreError> {
        if self.derived_until.is_none_or(|derived| derived <= hour) {
            return Ok(&self.lately);
        }
        if self.ever.get().is_none() {
            // nobody fills it meanwhile
            let _ = self.ever.set(pack::hours(connection)?);
        }
        Ok(self.ever.get().map_or(&[], Vec::as_slice))
    }

    /// The hour of the earliest row of a probe that is not packed.
    pub(super) fn first_staged(&self, probe: ProbeKey) -> Option<i64> {
        self.staged(probe).first().map(|(hour, _)| *hour)
    }

    fn staged(&self, probe: ProbeKey) -> &[(i64, i64)] {
        self.staged.get(&probe.0).map_or(&[], Vec::as_slice)
    }
}

impl Reader {
    /// Shows `visit` what the reducer needs of the probe's observations in `period`, in order of
    /// ts. Holds one hour of them in memory.
    pub fn sightings(
        &self,
        probe: ProbeKey,
        period: Period,
        mut visit: impl FnMut(Sighting),
    ) -> Result<(), StoreError> {
        let texts = self.lookup.with(&self.connection);
        self.hours(probe, period, Depth::Sightings, |rows| {
            for row in rows {
                visit(row.sighting(&texts)?);
            }
            Ok::<_, StoreError>(())
        })
    }

    /// Shows `visit` the probe's observations in `period` in order of ts, and whether each is set
    /// aside. Ends with the first error of `visit`.
    pub fn observations<E: From<StoreError>>(
        &self,
        probe: ProbeKey,
        period: Period,
        mut visit: impl FnMut(Observation, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let texts = self.lookup.with(&self.connection);
        self.hours(probe, period, Depth::Everything, |rows| {
            for row in rows {
                let set_aside = row.sighting(&texts)?.set_aside;
                visit(row.observation(&texts)?, set_aside)?;
            }
            Ok(())
        })
    }

    /// The start of the last hour in which the probe has observations, of those that begin before
    /// `instant`. To walk back: ask for the hour that begins there, then for the one before it.
    pub fn hour_before(
        &self,
        probe: ProbeKey,
        instant: UnixMillis,
    ) -> Result<Option<UnixMillis>, StoreError> {
        let begins_before = |hour: i64| hour.saturating_mul(HOUR_MS) < instant.0;
        let index = self.index()?;
        let staged = index.staged(probe);
        let earlier = staged.partition_point(|(hour, _)| begins_before(*hour));
        let last_staged = staged[..earlier].last().map(|(hour, _)| *hour);
        let hours = index.hours_since(&self.connection, i64::MIN)?;
        let end = hours.partition_point(|hour| begins_before(*hour));
        let mut exists = self
            .connection
            .prepare_cached("SELECT 1 FROM chunk WHERE key = ?1")?;
        let mut last = last_staged;
        for hour in hours[..end].iter().rev() {
            if last_staged.is_some_and(|staged| staged >= *hour) {
                break;
            }
            if exists.exists([key(*hour, probe.0)])? {
                last = Some(*hour);
                break;
            }
        }
        Ok(last.map(|hour| UnixMillis(hour.saturating_mul(HOUR_MS))))
    }

    /// Calls `visit` with the rows of one hour after the other.
    pub(super) fn hours<E: From<StoreError>>(
        &self,
        probe: ProbeKey,
        period: Period,
        depth: Depth,
        mut visit: impl FnMut(&[Row]) -> Result<(), E>,
    ) -> Result<(), E> {
        if period.is_empty() {
            return Ok(());
        }
        let (first, last) = (hour_of(period.from.0), hour_of(period.to.0 - 1));
        let index = self.index()?;
        let hours = index.hours_since(&self.connection, first)?;
        let from = hours.partition_point(|hour| *hour < first);
        let to = hours.partition_point(|hour| *hour <= last);
        let mut hours = hours[from..to.max(from)].to_vec();
        let staged = index.staged(probe);
        let mut at = staged.partition_point(|(hour, _)| *hour < first);
        let end = staged.partition_point(|(hour, _)| *hour <= last);
        hours.extend(staged[at..end].iter().map(|(hour, _)| *hour));
        hours.sort_unstable();
        hours.dedup();

        let sql = |error: rusqlite::Error| E::from(StoreError::from(error));
        let mut read = self
            .connection
            .prepare_cached("SELECT data FROM chunk WHERE key = ?1")
            .map_err(sql)?;
        let mut rows = Vec::new();
        for hour in hours {
            rows.clear();
            let late = at..at + staged[at..end].partition_point(|(staged, _)| *staged == hour);
            at = late.end;
            let mut found = read.query([key(hour, probe.0)]).map_err(sql)?;
            if is_packable(hour)
                && let Some(row) = found.next().map_err(sql)?
            {
                let data = row
                    .get_ref(0)
                    .map_err(sql)?
                    .as_blob()
                    .map_err(|_| StoreError::corrupt("a chunk is no blob"))?;
                chunk::decode(data, hour, depth, &mut rows)?;
                let packed = rows.len();
                self.read_staged(probe, late.clone(), &mut rows)?;
                if !merge::is_ordered(&rows[packed.saturating_sub(1)..]) {
                    // exact repeats can only be told from whole rows
                    let staged = rows.split_off(packed);
                    rows.clear();
                    chunk::decode(data, hour, Depth::Everything, &mut rows)?;
                    rows.extend(staged);
                }
            } else {
                self.read_staged(probe, late.clone(), &mut rows)?;
            }
            if !late.is_empty() {
                merge::order(&mut rows, Repeat::Exact);
            }
            let from = rows.partition_point(|row| row.ts_ms < period.from.0);
            let to = rows.partition_point(|row| row.ts_ms < period.to.0);
            visit(&rows[from..to.max(from)])?;
        }
        Ok(())
    }

    /// Of a few probes one row after the other; who asks of more wants all of them.
    fn read_staged(
        &self,
        probe: ProbeKey,
        places: Range<usize>,
        rows: &mut Vec<Row>,
    ) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        let index = self.index()?;
        if let Some(all) = &*self.staged.borrow() {
            let mut bytes = Bytes(all.get(&probe.0).map_or(&[], Vec::as_slice));
            let mut of_probe = Vec::new();
            while !bytes.0.is_empty() {
                of_probe.push(Row::take(&mut bytes)?);
            }
            // stable: within an hour in order of arrival, as in the index
            of_probe.sort_by_key(|row| hour_of(row.ts_ms));
            rows.extend(of_probe.into_iter().skip(places.start).take(places.len()));
            return Ok(());
        }
        self.asked_staged.set(self.asked_staged.get() + 1);
        if self.asked_staged.get() > FEW {
            *self.staged.borrow_mut() = Some(all_staged(&self.connection)?);
            return self.read_staged(probe, places, rows);
        }
        let at = &index.staged(probe)[places];
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {} FROM staging WHERE id = ?1",
            staging::COLUMNS
        ))?;
        for (_, id) in at {
            rows.push(statement.query_row([id], |row| staging::row(row, 0))?);
        }
        Ok(())
    }

    pub(super) fn index(&self) -> Result<Ref<'_, Index>, StoreError> {
        if self.index.borrow().is_none() {
            *self.index.borrow_mut() = Some(Index::new(&self.connection, self.has_derived)?);
        }
        Ok(Ref::map(self.index.borrow(), |index| {
            index.as_ref().expect("was filled just now")
        }))
    }
}
