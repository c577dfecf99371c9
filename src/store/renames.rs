//! What subjects are called now that were called otherwise before.

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
/// judged by, until `new` got parameters of its own.
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
    connection
        .prepare_cached(
            "UPDATE OR IGNORE rollup SET subject = ?3 WHERE scope = ?1 AND subject = ?2",
        )?
        .execute(params![scope, old, new])?;
    connection
        .prepare_cached("DELETE FROM rollup WHERE scope = ?1 AND subject = ?2")?
        .execute(params![scope, old])?;
    Ok(())
}
