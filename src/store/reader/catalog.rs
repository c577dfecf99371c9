//! Which probes and epochs there are.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::domain::history::Life;
use crate::domain::observation::Epoch;
use crate::domain::parameters::{ParameterHistory, Parameters};
use crate::domain::probe::{Name, Probe};
use crate::domain::time::{Millis, UnixMillis};

use super::Reader;
use crate::store::ProbeKey;
use crate::store::error::StoreError;
use crate::store::register::probe_id;

/// A probe with all that is known of it besides its observations.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredProbe {
    pub key: ProbeKey,
    pub probe: Probe,
    /// As it may be shown.
    pub url: Arc<str>,
    /// Ascending. Only the last can go on.
    pub lives: Vec<Life>,
    pub parameters: ParameterHistory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredEpoch {
    pub epoch: Epoch,
    pub started: UnixMillis,
    /// The process that began it.
    pub pid: u32,
}

impl Reader {
    /// All that were ever configured, in order of their ids.
    pub fn probes(&self) -> Result<Vec<StoredProbe>, StoreError> {
        let mut lives = self.lives()?;
        let mut parameters = self.parameters()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT id, probe_id, service, platform, endpoint, url FROM probe ORDER BY probe_id",
        )?;
        let mut rows = statement.query([])?;
        let mut probes = Vec::new();
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            let id: String = row.get(1)?;
            let parameters = parameters
                .remove(&key)
                .and_then(ParameterHistory::from_changes)
                .ok_or_else(|| StoreError::corrupt(format!("probe {id} has no parameters")))?;
            probes.push(StoredProbe {
                key: ProbeKey(key),
                probe: Probe {
                    id: probe_id(&id)?,
                    service: name(&row.get::<_, String>(2)?)?,
                    platform: name(&row.get::<_, String>(3)?)?,
                    endpoint: name(&row.get::<_, String>(4)?)?,
                },
                url: row.get::<_, String>(5)?.into(),
                lives: lives.remove(&key).unwrap_or_default(),
                parameters,
            });
        }
        Ok(probes)
    }

    /// In order of time.
    pub fn epochs(&self) -> Result<Vec<StoredEpoch>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, started_at_ms, pid FROM epoch ORDER BY id")?;
        let epochs = statement.query_map([], |row| {
            Ok(StoredEpoch {
                epoch: Epoch(row.get(0)?),
                started: UnixMillis(row.get(1)?),
                pid: row.get(2)?,
            })
        })?;
        Ok(epochs.collect::<Result<_, _>>()?)
    }

    fn lives(&self) -> Result<HashMap<i64, Vec<Life>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT probe, added_at_ms, removed_at_ms FROM life ORDER BY probe, added_at_ms",
        )?;
        let mut rows = statement.query([])?;
        let mut lives = HashMap::<_, Vec<Life>>::new();
        while let Some(row) = rows.next()? {
            lives.entry(row.get(0)?).or_default().push(life(row, 1)?);
        }
        Ok(lives)
    }

    fn parameters(&self) -> Result<HashMap<i64, Vec<(UnixMillis, Parameters)>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT probe, from_ts_ms, interval_ms, timeout_ms, confirm_interval_ms, \
                    failure_threshold, recovery_threshold, grace_ms, flap_failures, flap_of \
             FROM parameters ORDER BY probe, from_ts_ms",
        )?;
        let mut rows = statement.query([])?;
        let mut parameters = HashMap::<_, Vec<_>>::new();
        while let Some(row) = rows.next()? {
            let change = parameters_from(row, 1)?;
            parameters.entry(row.get(0)?).or_default().push(change);
        }
        Ok(parameters)
    }
}

/// What the observations of one probe are judged with, and when it was configured.
pub(in crate::store) fn judged_with(
    connection: &Connection,
    probe: i64,
) -> Result<Option<(ParameterHistory, Vec<Life>)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT added_at_ms, removed_at_ms FROM life WHERE probe = ?1 ORDER BY added_at_ms",
    )?;
    let lives = statement
        .query_map([probe], |row| life(row, 0))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut statement = connection.prepare_cached(
        "SELECT from_ts_ms, interval_ms, timeout_ms, confirm_interval_ms, \
                failure_threshold, recovery_threshold, grace_ms, flap_failures, flap_of \
         FROM parameters WHERE probe = ?1 ORDER BY from_ts_ms",
    )?;
    let mut rows = statement.query([probe])?;
    let mut changes = Vec::new();
    while let Some(row) = rows.next()? {
        changes.push(parameters_from(row, 0)?);
    }
    let parameters = ParameterHistory::from_changes(changes);
    Ok(parameters
        .filter(|_| !lives.is_empty())
        .map(|parameters| (parameters, lives)))
}

/// From two columns that begin at column `at`.
fn life(row: &Row, at: usize) -> rusqlite::Result<Life> {
    Ok(Life {
        from: UnixMillis(row.get(at)?),
        to: row.get::<_, Option<i64>>(at + 1)?.map(UnixMillis),
    })
}

/// From nine columns that begin at column `at`; since when they are in force, too.
fn parameters_from(row: &Row, at: usize) -> Result<(UnixMillis, Parameters), StoreError> {
    let count = |column: usize| -> Result<NonZeroU32, StoreError> {
        NonZeroU32::new(row.get(at + column)?)
            .ok_or_else(|| StoreError::corrupt("a threshold is 0"))
    };
    let parameters = Parameters {
        interval: Millis(row.get(at + 1)?),
        timeout: Millis(row.get(at + 2)?),
        confirm_interval: Millis(row.get(at + 3)?),
        failure_threshold: count(4)?,
        recovery_threshold: count(5)?,
        grace: Millis(row.get(at + 6)?),
        flap_failures: count(7)?,
        flap_of: count(8)?,
    };
    Ok((UnixMillis(row.get(at)?), parameters))
}

fn name(display: &str) -> Result<Name, StoreError> {
    Name::try_new(display).map_err(|error| StoreError::corrupt(format!("{error}")))
}
