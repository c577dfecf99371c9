//! The tables that hold what was counted of each hour and each day.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::error::StoreError;
use super::pack::{HOUR_MAX, hour_of_key, key, probe_of_key};
use super::rounds::{DAY_HOURS, day_of};
use super::{failures, latency, prune, word_counts};
use crate::domain::counted::Counted;
use crate::domain::latency::{Latency, LatencyPart};
use crate::domain::tally::Tally;

/// Rows are keyed as chunks are: by the hour's number since 1970, or the day's, and the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Hourly,
    Daily,
}

/// How much of each row is wanted: histograms cost far more than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    Tally,
    /// Histograms of whole answers.
    Total,
    Everything,
}

impl Tier {
    /// The name of its table, and of itself in the table `pruned`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
        }
    }
}

impl Depth {
    /// For [`counted`], after the column `key`. A database that is older has no column of failures,
    /// and can be read all the same.
    fn columns(self, connection: &Connection, tier: Tier) -> Result<String, StoreError> {
        let has_failures = connection.column_exists(None, tier.as_str(), "failures")?;
        let failures = if has_failures { "failures" } else { "NULL" };
        let latency = match self {
            Self::Tally => "",
            Self::Total | Self::Everything => ", latency",
        };
        Ok(format!(
            "ok, slow, fail, inconclusive, set_aside, causes, reasons, {failures}{latency}"
        ))
    }
}

/// Puts the row in place of the one that may be there. Where nothing was counted there is none.
pub(super) fn put(
    connection: &Connection,
    tier: Tier,
    key: i64,
    counted: &Counted,
) -> Result<(), StoreError> {
    if counted.is_empty() {
        return delete(connection, tier, key);
    }
    let Counted {
        tally,
        latency,
        failures,
    } = counted;
    let total = latency.of(LatencyPart::Total);
    let us = |thousandths| total.quantile(thousandths).map(|value| stored(value.0));
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO {} (key, ok, slow, fail, inconclusive, set_aside, causes, \
             reasons, min_us, p50_us, p95_us, p99_us, max_us, latency, failures) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            tier.as_str()
        ))?
        .execute(params![
            key,
            stored(tally.ok),
            stored(tally.slow),
            stored(tally.fail),
            stored(tally.inconclusive),
            stored(tally.set_aside),
            word_counts::to_json(tally.causes())?,
            word_counts::to_json(tally.reasons())?,
            us(0),
            us(500),
            us(950),
            us(990),
            us(1000),
            latency::encode(latency),
            failures::to_json(failures)?,
        ])?;
    Ok(())
}

/// SQLite's numbers end at 2^63. No count gets there, and no time that means anything.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn delete(connection: &Connection, tier: Tier, key: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!("DELETE FROM {} WHERE key = ?1", tier.as_str()))?
        .execute([key])?;
    Ok(())
}

/// `None` where nothing was counted.
pub(super) fn get(
    connection: &Connection,
    tier: Tier,
    key: i64,
) -> Result<Option<Counted>, StoreError> {
    let depth = Depth::Everything;
    connection
        .prepare_cached(&format!(
            "SELECT key, {} FROM {} WHERE key = ?1",
            depth.columns(connection, tier)?,
            tier.as_str()
        ))?
        .query_row([key], |row| Ok(counted(row, depth)))
        .optional()?
        .transpose()
}

/// Whether the row tells nothing of the phases of its failures, since it is older than that column.
pub(super) fn lacks_phases(
    connection: &Connection,
    tier: Tier,
    key: i64,
) -> Result<bool, StoreError> {
    let tier = tier.as_str();
    if !connection.column_exists(None, tier, "failures")? {
        return Ok(true);
    }
    Ok(connection
        .prepare_cached(&format!(
            "SELECT 1 FROM {tier} WHERE key = ?1 AND failures IS NULL"
        ))?
        .exists([key])?)
}

/// Whether the row is that of `expected`; one that [lacks phases](lacks_phases), as far as it goes.
pub(super) fn is(
    connection: &Connection,
    tier: Tier,
    key: i64,
    expected: &Counted,
) -> Result<bool, StoreError> {
    let stored = match get(connection, tier, key) {
        Ok(Some(stored)) => stored,
        Ok(None) | Err(StoreError::Corrupt { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if stored == *expected {
        return Ok(true);
    }
    let failures = expected.failures.without_phases();
    let by_cause = Counted {
        failures,
        ..expected.clone()
    };
    Ok(stored == by_cause && lacks_phases(connection, tier, key)?)
}

/// Shows `see` the probe's rows of these hours or days, in order, with the number of each.
pub(super) fn visit(
    connection: &Connection,
    tier: Tier,
    probe: i64,
    numbers: Range<i64>,
    depth: Depth,
    mut see: impl FnMut(i64, Counted) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    walk(
        connection,
        tier,
        probe,
        numbers,
        &depth.columns(connection, tier)?,
        |number, row| see(number, counted(row, depth)?),
    )
}

/// Deletes the probe's rows from that hour or day on. Days whose hours are pruned stay, since nothing
/// can make them again.
pub(super) fn forget_from(
    connection: &Connection,
    tier: Tier,
    probe: i64,
    number: i64,
) -> Result<(), StoreError> {
    let number = match (tier, hours_pruned_before(connection)?) {
        (Tier::Daily, Some(hour)) => number.max(day_of(hour)),
        _ => number,
    };
    let mut keys = Vec::new();
    walk(
        connection,
        tier,
        probe,
        number..HOUR_MAX,
        "key",
        |number, _| {
            keys.push(key(number, probe));
            Ok(())
        },
    )?;
    for key in keys {
        delete(connection, tier, key)?;
    }
    Ok(())
}

/// Makes the row of the day from those of its hours. If these are pruned, the row stays as it is: it
/// would lose what they counted.
pub(super) fn finish_day(connection: &Connection, probe: i64, day: i64) -> Result<(), StoreError> {
    let pruned = hours_pruned_before(connection)?;
    if pruned.is_some_and(|hour| day < day_of(hour)) {
        return Ok(());
    }
    sum_day(connection, probe, day)
}

/// As [`finish_day`], before the first of these hours is pruned. A day that has a row stays as it is.
pub(super) fn keep_day(connection: &Connection, probe: i64, day: i64) -> Result<(), StoreError> {
    let is_there = connection
        .prepare_cached("SELECT 1 FROM daily WHERE key = ?1")?
        .exists([key(day, probe)])?;
    if is_there {
        return Ok(());
    }
    sum_day(connection, probe, day)
}

/// The beginning of a day.
fn hours_pruned_before(connection: &Connection) -> Result<Option<i64>, StoreError> {
    prune::before_of(connection, Tier::Hourly.as_str())
}

fn sum_day(connection: &Connection, probe: i64, day: i64) -> Result<(), StoreError> {
    let mut whole = Counted::default();
    let hours = hours_of_days(day..day + 1);
    visit(
        connection,
        Tier::Hourly,
        probe,
        hours,
        Depth::Everything,
        |_, counted| {
            whole.merge(&counted);
            Ok(())
        },
    )?;
    put(connection, Tier::Daily, key(day, probe), &whole)
}

/// The hours that make up the days.
pub(super) fn hours_of_days(days: Range<i64>) -> Range<i64> {
    days.start * DAY_HOURS..days.end * DAY_HOURS
}

/// From each of the probe's rows to its next. What lies between two, of other probes in the same
/// hour or of nobody for years, is leapt over.
fn walk(
    connection: &Connection,
    tier: Tier,
    probe: i64,
    numbers: Range<i64>,
    columns: &str,
    mut found: impl FnMut(i64, &SqlRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, {columns} FROM {} WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT 1",
        tier.as_str()
    ))?;
    let Range { mut start, end } = numbers;
    while start < end {
        let mut rows = statement.query([key(start, probe), key(end, 0)])?;
        let Some(row) = rows.next()? else {
            break;
        };
        let at = row.get(0)?;
        let (number, owner) = (hour_of_key(at), probe_of_key(at));
        if owner == probe {
            found(number, row)?;
        }
        start = if owner < probe { number } else { number + 1 };
    }
    Ok(())
}

/// Reads the columns of `depth`, after the key.
fn counted(row: &SqlRow, depth: Depth) -> Result<Counted, StoreError> {
    let count = |column: usize| {
        let count = u64::try_from(row.get::<_, i64>(column)?);
        count.map_err(|_| StoreError::corrupt("a count is below zero"))
    };
    let words = |column: usize| {
        let json = row.get_ref(column)?.as_str_or_null();
        json.map_err(|_| StoreError::corrupt("counts of words are no text"))
    };
    let mut tally = Tally::default();
    tally.add_causes(word_counts::from_json(words(6)?)?);
    tally.add_reasons(word_counts::from_json(words(7)?)?);
    tally.ok = count(1)?;
    tally.slow = count(2)?;
    tally.fail = count(3)?;
    tally.inconclusive = count(4)?;
    tally.set_aside = count(5)?;
    let histograms = match depth {
        Depth::Tally => None,
        Depth::Total | Depth::Everything => row
            .get_ref(9)?
            .as_blob_or_null()
            .map_err(|_| StoreError::corrupt("histograms are no blob"))?,
    };
    let failures = match words(8)? {
        Some(json) => failures::from_json(json)?,
        None => failures::of_tally(&tally),
    };
    Ok(Counted {
        tally,
        failures,
        latency: match histograms {
            Some(data) if depth == Depth::Total => latency::decode_total(data)?,
            Some(data) => latency::decode(data)?,
            None => Latency::default(),
        },
    })
}

#[cfg(test)]
#[path = "counted_tests.rs"]
mod tests;
