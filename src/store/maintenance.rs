//! Declarations of maintenance, and their ends. Rows are only added.

use std::sync::Arc;

use rusqlite::{Connection, Row as SqlRow, params};

use crate::domain::maintenance::{Declaration, Declared, MaintenanceId, Origin, Schedule};
use crate::domain::time::{Millis, Period, UnixMillis};

use super::error::StoreError;
use super::renames::Renames;
use super::subject;

pub(super) fn declare(
    connection: &Connection,
    declaration: &Declaration,
    by: Option<&str>,
    now: UnixMillis,
) -> Result<MaintenanceId, StoreError> {
    let (scope, key) = subject::columns(&declaration.subject);
    let (once, recurring) = match &declaration.schedule {
        Schedule::Once(period) => (Some(period), None),
        Schedule::Recurring {
            cron,
            duration,
            zone,
        } => (None, Some((cron.to_string(), zone.to_string(), duration.0))),
    };
    let (cron, zone, duration) = match recurring {
        Some((cron, zone, duration)) => (Some(cron), Some(zone), Some(duration)),
        None => (None, None, None),
    };
    let id = connection
        .prepare_cached(
            "INSERT INTO maintenance (scope, subject, from_ms, to_ms, cron, zone, duration_ms, \
                 note, by, declared_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .insert(params![
            scope,
            key,
            once.map(|period| period.from.0),
            once.map(|period| period.to.0),
            cron,
            zone,
            duration,
            declaration.note,
            by,
            now.0
        ])?;
    to_id(id)
}

/// `by` is `None` if it is configured no longer. It never ends before it was declared, wherever the
/// clock was set.
pub(super) fn end(
    connection: &Connection,
    declared: &Declared,
    by: Option<&str>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO maintenance_end (maintenance, at_ms, by) VALUES (?1, ?2, ?3)")?
        .execute(params![declared.id.0, now.max(declared.from).0, by])?;
    Ok(())
}

/// Makes `configured` the declarations that the configuration holds from `now` on: what is there
/// already stays, what is there no longer ends.
pub(super) fn configure(
    connection: &Connection,
    configured: &[Declaration],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let mut missing: Vec<&Declaration> = Vec::new();
    for declaration in configured {
        if !missing.contains(&declaration) {
            missing.push(declaration);
        }
    }
    for declared in all(connection)? {
        if declared.until.is_some() || declared.origin != Origin::Configured {
            continue;
        }
        let at = missing
            .iter()
            .position(|declaration| **declaration == declared.declaration);
        match at {
            Some(at) => drop(missing.remove(at)),
            None => end(connection, &declared, None, now)?,
        }
    }
    for declaration in missing {
        declare(connection, declaration, None, now)?;
    }
    Ok(())
}

/// In the order in which they were declared; subjects as they are called now.
pub(super) fn all(connection: &Connection) -> Result<Vec<Declared>, StoreError> {
    let renames = Renames::read(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT maintenance.id, scope, subject, from_ms, to_ms, cron, zone, duration_ms, note, \
                maintenance.by, declared_at_ms, maintenance_end.at_ms \
         FROM maintenance \
         LEFT JOIN maintenance_end ON maintenance_end.maintenance = maintenance.id \
         ORDER BY declared_at_ms, maintenance.id",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        all.push(Declared {
            id: to_id(id)?,
            declaration: Declaration {
                subject: renames.of_maintenance(id, subject::subject(row, 1)?),
                schedule: schedule(row)?,
                note: row.get(8)?,
            },
            from: UnixMillis(row.get(10)?),
            until: row.get::<_, Option<i64>>(11)?.map(UnixMillis),
            origin: match row.get::<_, Option<Arc<str>>>(9)? {
                Some(by) => Origin::By(by),
                None => Origin::Configured,
            },
        });
    }
    Ok(all)
}

fn schedule(row: &SqlRow) -> Result<Schedule, StoreError> {
    if let Some(from) = row.get::<_, Option<i64>>(3)? {
        let (from, to) = (UnixMillis(from), UnixMillis(row.get(4)?));
        return Ok(Schedule::Once(Period::new(from, to)));
    }
    let (cron, zone): (String, String) = (row.get(5)?, row.get(6)?);
    Ok(Schedule::Recurring {
        cron: read(&cron)?,
        duration: Millis(row.get(7)?),
        zone: read(&zone)?,
    })
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error| StoreError::corrupt(format!("maintenance `{text}`: {error}")))
}

fn to_id(id: i64) -> Result<MaintenanceId, StoreError> {
    u32::try_from(id)
        .map(MaintenanceId)
        .map_err(|_| StoreError::corrupt(format!("there is no maintenance {id}")))
}
