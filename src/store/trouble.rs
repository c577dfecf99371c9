//! The observer's own trouble. Rows are only added: what goes on is told again and again, and
//! readers put it together.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::domain::observation::Reason;
use crate::domain::period_set::PeriodSet;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::trouble::Trouble;

use super::error::StoreError;
use super::row::numbered;

/// Does nothing for one of no length, or that is there already.
pub(super) fn insert(connection: &Connection, trouble: &Trouble) -> Result<(), StoreError> {
    let Trouble { period, reason } = trouble;
    if !period.is_empty() {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO trouble (from_ts_ms, to_ts_ms, reason) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![period.from.0, period.to.0, *reason as u8])?;
    }
    Ok(())
}

/// What of it lies in `range`, in order of time; of one reason none touches another.
pub(super) fn within(connection: &Connection, range: Period) -> Result<Vec<Trouble>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT from_ts_ms, to_ts_ms, reason FROM trouble WHERE from_ts_ms < ?2 AND to_ts_ms > ?1",
    )?;
    let mut rows = statement.query(params![range.from.0, range.to.0])?;
    let mut by_reason = BTreeMap::<Reason, Vec<Period>>::new();
    while let Some(row) = rows.next()? {
        let reason = numbered(Reason::ALL, row.get::<_, u32>(2)?.into())?;
        let period = Period::new(UnixMillis(row.get(0)?), UnixMillis(row.get(1)?));
        by_reason
            .entry(reason)
            .or_default()
            .push(period.clip(range));
    }
    let mut troubles = Vec::new();
    for (reason, periods) in by_reason {
        let merged = PeriodSet::from_iter(periods);
        let each = merged.periods().iter();
        troubles.extend(each.map(|&period| Trouble { period, reason }));
    }
    troubles.sort_unstable();
    Ok(troubles)
}
