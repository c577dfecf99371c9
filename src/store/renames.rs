//! What subjects are called now that were called otherwise before.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::subject;

/// In the order in which they happened.
#[derive(Debug)]
pub(super) struct Renames(Vec<Rename>);

#[derive(Debug)]
struct Rename {
    old: Subject,
    new: Subject,
    /// The newest of each that were there then.
    last_maintenance: i64,
    last_annotation: i64,
}

impl Renames {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT scope, old, new, last_maintenance, last_annotation FROM renamed ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut renames = Vec::new();
        while let Some(row) = rows.next()? {
            let named = |column| -> Result<Subject, StoreError> {
                subject::parse(row.get(0)?, &row.get::<_, String>(column)?)
            };
            renames.push(Rename {
                old: named(1)?,
                new: named(2)?,
                last_maintenance: row.get(3)?,
                last_annotation: row.get(4)?,
            });
        }
        Ok(Self(renames))
    }

    /// What the subject of that maintenance is called now.
    pub(super) fn of_maintenance(&self, id: i64, subject: Subject) -> Subject {
        self.follow(subject, |rename| id <= rename.last_maintenance)
    }

    /// What the subject of that annotation is called now.
    pub(super) fn of_annotation(&self, id: i64, subject: Subject) -> Subject {
        self.follow(subject, |rename| id <= rename.last_annotation)
    }

    fn follow(&self, subject: Subject, concerned: impl Fn(&Rename) -> bool) -> Subject {
        self.0.iter().fold(subject, |subject, rename| {
            if concerned(rename) && subject == rename.old {
                rename.new.clone()
            } else {
                subject
            }
        })
    }
}

/// From now on what was said of `old` so far is meant of `new`, and it is judged by what `old` was
/// judged by, until `new` got parameters of its own. So it is with what was promised.
pub(super) fn rename(
    connection: &Connection,
    old: &Subject,
    new: &Subject,
    by: Option<&str>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let ((scope, old), (_, new)) = (subject::columns(old), subject::columns(new));
    connection
        .prepare_cached(
            "INSERT INTO renamed (scope, old, new, last_maintenance, last_annotation, at_ms, by) \
             SELECT ?1, ?2, ?3, (SELECT coalesce(max(id), 0) FROM maintenance), \
                    (SELECT coalesce(max(id), 0) FROM annotation), ?4, ?5",
        )?
        .execute(params![scope, old, new, now.0, by])?;
    for sql in [
        "UPDATE OR IGNORE rollup SET subject = ?3 WHERE scope = ?1 AND subject = ?2",
        "UPDATE OR IGNORE promise SET subject = ?3 WHERE scope = ?1 AND subject = ?2",
    ] {
        let named = params![scope, old, new];
        connection.prepare_cached(sql)?.execute(named)?;
    }
    for sql in [
        "DELETE FROM rollup WHERE scope = ?1 AND subject = ?2",
        "DELETE FROM promise WHERE scope = ?1 AND subject = ?2",
    ] {
        connection
            .prepare_cached(sql)?
            .execute(params![scope, old])?;
    }
    Ok(())
}

/// Which platform and which service each probe is of, by its number.
#[derive(Debug)]
pub(super) struct Members(HashMap<i64, [Subject; 2]>);

impl Members {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement =
            connection.prepare_cached("SELECT id, service_slug, platform_slug FROM probe")?;
        let members = statement.query_map([], |row| {
            let (service, platform): (Arc<str>, Arc<str>) = (row.get(1)?, row.get(2)?);
            let of = [
                Subject::Platform {
                    service: Arc::clone(&service),
                    platform,
                },
                Subject::Service(service),
            ];
            Ok((row.get(0)?, of))
        })?;
        Ok(Self(members.collect::<Result<_, _>>()?))
    }

    /// The platform and service that the probe was the last of, and those it is of now. Whatever was
    /// said of them would be said of nothing.
    pub(super) fn left_by(&self, probe: i64, now: &Self) -> Vec<(Subject, Subject)> {
        let (Some(old), Some(new)) = (self.0.get(&probe), now.0.get(&probe)) else {
            return Vec::new();
        };
        let both = old.iter().zip(new);
        let left = both.filter(|(old, _)| !now.0.values().flatten().any(|of| of == *old));
        left.map(|(old, new)| (old.clone(), new.clone())).collect()
    }

    /// The platforms and services that got another name: all probes of the old one are of the new
    /// one now, and no other probe was before.
    pub(super) fn renamed(&self, now: &Self) -> Vec<(Subject, Subject)> {
        let still: HashSet<&Subject> = now.0.values().flatten().collect();
        let before: HashSet<&Subject> = self.0.values().flatten().collect();
        let mut moved = HashMap::<&Subject, Option<&Subject>>::new();
        for (probe, old) in &self.0 {
            let Some(new) = now.0.get(probe) else {
                continue;
            };
            for (old, new) in old.iter().zip(new) {
                let to = moved.entry(old).or_insert(Some(new));
                *to = to.filter(|to| *to == new);
            }
        }
        let renamed = moved.into_iter().filter_map(|(old, new)| {
            let new = new.filter(|new| !before.contains(new))?;
            (!still.contains(old)).then(|| (old.clone(), new.clone()))
        });
        let mut renamed: Vec<_> = renamed.collect();
        renamed.sort_unstable();
        renamed
    }
}
