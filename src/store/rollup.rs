//! How the members of platforms and services make up their states, since when.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::rollup::RollupParameters;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::subject;

/// Makes `configured` what holds from `now` on. Only endpoints whose weight is not the built-in one
/// are named: that of any other is.
pub(super) fn configure(
    connection: &Connection,
    configured: &[(Subject, RollupParameters)],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let named: HashSet<_> = configured.iter().map(|(subject, _)| subject).collect();
    for endpoint in &weighted_endpoints(connection)? {
        if !named.contains(endpoint) {
            set(connection, endpoint, &RollupParameters::default(), now)?;
        }
    }
    for (subject, parameters) in configured {
        set(connection, subject, parameters, now)?;
    }
    Ok(())
}

/// Those that ever were.
fn weighted_endpoints(connection: &Connection) -> Result<Vec<Subject>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT scope, subject FROM rollup WHERE scope = ?1")?;
    let mut rows = statement.query([Scope::Endpoint as u8])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(subject::subject(row, 0)?);
    }
    Ok(all)
}

/// Writes them down if they differ from those in force.
fn set(
    connection: &Connection,
    subject: &Subject,
    parameters: &RollupParameters,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let (scope, key) = subject::columns(subject);
    let last: Option<(i64, String, i64, i64)> = connection
        .prepare_cached(
            "SELECT from_ts_ms, down_when, weight, merge_gap_ms FROM rollup \
             WHERE scope = ?1 AND subject = ?2 ORDER BY from_ts_ms DESC LIMIT 1",
        )?
        .query_row(params![scope, key], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let down_when = parameters.down_when.to_string();
    let (weight, merge_gap) = (i64::from(parameters.weight.0), parameters.merge_gap.0);
    let from = match last {
        Some((_, policy, old_weight, gap))
            if policy == down_when && old_weight == weight && gap == merge_gap =>
        {
            return Ok(());
        }
        // with the clock set back, the later decision is still the one in force
        Some((last, ..)) => now.0.max(last),
        None => now.0,
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO rollup \
                 (scope, subject, from_ts_ms, down_when, weight, merge_gap_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![scope, key, from, down_when, weight, merge_gap])?;
    Ok(())
}
