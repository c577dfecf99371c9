//! What was promised of platforms and services, since when.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use crate::domain::promise::{Promise, PromiseKind, Promised};
use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::row::numbered;
use super::subject;

/// What a promise goes on under when its terms change.
type Key = (Subject, PromiseKind, Arc<str>);

/// A row of the table.
struct Change {
    key: Key,
    from: UnixMillis,
    /// `None`: from then on it was not promised any more.
    terms: Option<Arc<str>>,
}

/// Makes `configured` what is promised from `now` on.
pub(super) fn configure(
    connection: &Connection,
    configured: &[Promise],
    now: UnixMillis,
) -> Result<(), StoreError> {
    let named: HashSet<Key> = configured.iter().map(key).collect();
    for promised in all(connection)? {
        let key = key(&promised.promise);
        if promised.to.is_none() && !named.contains(&key) {
            set(connection, &key, None, now)?;
        }
    }
    for promise in configured {
        set(connection, &key(promise), Some(&promise.terms), now)?;
    }
    Ok(())
}

fn key(promise: &Promise) -> Key {
    let Promise {
        subject,
        kind,
        name,
        terms: _,
    } = promise;
    (subject.clone(), *kind, Arc::clone(name))
}

/// Writes them down if they differ from those in force.
fn set(
    connection: &Connection,
    (subject, kind, name): &Key,
    terms: Option<&str>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let ((scope, subject), kind) = (subject::columns(subject), *kind as u8);
    let last: Option<(i64, Option<String>)> = connection
        .prepare_cached(
            "SELECT from_ts_ms, terms FROM promise \
             WHERE scope = ?1 AND subject = ?2 AND kind = ?3 AND name = ?4 \
             ORDER BY from_ts_ms DESC LIMIT 1",
        )?
        .query_row(params![scope, subject, kind, name], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let from = match last {
        Some((_, last)) if last.as_deref() == terms => return Ok(()),
        // with the clock set back, the later decision is still the one in force
        Some((last, _)) => now.0.max(last),
        None => now.0,
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO promise (scope, subject, kind, name, from_ts_ms, terms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![scope, subject, kind, name, from, terms])?;
    Ok(())
}

/// By subject, kind and name, each in order of time.
pub(super) fn all(connection: &Connection) -> Result<Vec<Promised>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT scope, subject, kind, name, from_ts_ms, terms FROM promise \
         ORDER BY scope, subject, kind, name, from_ts_ms",
    )?;
    let mut rows = statement.query([])?;
    let mut all: Vec<Promised> = Vec::new();
    while let Some(row) = rows.next()? {
        let Change { key, from, terms } = change(row)?;
        if let Some(last) = all.last_mut()
            && last.to.is_none()
            && self::key(&last.promise) == key
        {
            if terms.as_ref() == Some(&last.promise.terms) {
                // it got there by a renaming
                continue;
            }
            last.to = Some(from);
        }
        if let Some(terms) = terms {
            let (subject, kind, name) = key;
            all.push(Promised {
                promise: Promise {
                    subject,
                    kind,
                    name,
                    terms,
                },
                from,
                to: None,
            });
        }
    }
    Ok(all)
}

fn change(row: &SqlRow) -> Result<Change, StoreError> {
    let kind = numbered(PromiseKind::ALL, row.get::<_, u32>(2)?.into())?;
    Ok(Change {
        key: (subject::subject(row, 0)?, kind, row.get(3)?),
        from: UnixMillis(row.get(4)?),
        terms: row.get(5)?,
    })
}
