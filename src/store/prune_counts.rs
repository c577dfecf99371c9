//! Counts that are old go, those of hours and those of days: after the observations that they are of.

use rusqlite::{Connection, TransactionBehavior};

use crate::domain::retention::Retention;
use crate::domain::time::{Millis, UnixMillis};

use super::Store;
use super::chunk::hour_of;
use super::counted::{self, Tier, hours_of_days};
use super::error::StoreError;
use super::pack::{hour_of_key, key, probe_of_key};
use super::prune;
use super::rounds::day_of;

/// A few hundredths of a second.
const STEP_ROWS: usize = 2_000;

/// Rows that are due.
struct Due {
    tier: Tier,
    /// Nothing before this day is kept.
    before_day: i64,
    keys: Vec<i64>,
}

impl Store {
    /// Drops some of the counts that `retention` does not keep at `now`. Whether there are none left.
    pub(super) fn prune_counts_step(
        &mut self,
        retention: Retention,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        for (tier, kept) in [
            (Tier::Hourly, retention.hourly),
            (Tier::Daily, retention.daily),
        ] {
            let Some(kept) = kept else {
                continue;
            };
            if let Some(due) = due(&self.connection, tier, kept, now)? {
                let transaction = self
                    .connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)?;
                drop_rows(&transaction, &due)?;
                transaction.commit()?;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whole days only: so the hours of a day that may be derived again are all there.
fn due(
    connection: &Connection,
    tier: Tier,
    kept: Millis,
    now: UnixMillis,
) -> Result<Option<Due>, StoreError> {
    let Some(observed) = prune::before(connection)? else {
        return Ok(None);
    };
    let before_day = day_of(hour_of(now.saturating_sub(kept).0).min(observed));
    let before = match tier {
        Tier::Hourly => hours_of_days(before_day..before_day).start,
        Tier::Daily => before_day,
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key FROM {} WHERE key < ?1 ORDER BY key LIMIT {STEP_ROWS}",
        tier.as_str()
    ))?;
    let keys = statement.query_map([key(before, 0)], |row| row.get(0))?;
    let keys: Vec<i64> = keys.collect::<Result<_, _>>()?;
    Ok((!keys.is_empty()).then_some(Due {
        tier,
        before_day,
        keys,
    }))
}

fn drop_rows(connection: &Connection, due: &Due) -> Result<(), StoreError> {
    let Due {
        tier,
        before_day,
        keys,
    } = due;
    let before_hour = hours_of_days(*before_day..*before_day).start;
    let days_pruned = prune::before_of(connection, Tier::Daily.as_str())?;
    for at in keys {
        let day = day_of(hour_of_key(*at));
        if *tier == Tier::Hourly && days_pruned.is_none_or(|hour| day_of(hour) <= day) {
            // the last day of a probe that nobody observed since has no row yet
            counted::keep_day(connection, probe_of_key(*at), day)?;
        }
        counted::delete(connection, *tier, *at)?;
    }
    prune::set_before(connection, tier.as_str(), before_hour)
}

#[cfg(test)]
#[path = "prune_counts_tests.rs"]
mod tests;
