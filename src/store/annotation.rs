//! What people said of outages. Rows are only added.

use std::sync::Arc;

use rusqlite::{Connection, Row as SqlRow, params};

use crate::domain::annotation::{Annotation, Remark, RemarkKind};
use crate::domain::outage_id::OutageId;
use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::renames::Renames;
use super::row::numbered;
use super::subject;

pub(super) fn insert(connection: &Connection, annotation: &Annotation) -> Result<(), StoreError> {
    let (scope, key) = subject::columns(&annotation.subject);
    connection
        .prepare_cached(
            "INSERT INTO annotation (outage, scope, subject, started_at_ms, ended_at_ms, kind, \
                 text, by, at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            annotation.outage.0.cast_signed(),
            scope,
            key,
            annotation.started_at.0,
            annotation.ended_at.map(|at| at.0),
            annotation.remark.kind() as u8,
            annotation.remark.text(),
            annotation.by,
            annotation.at.0
        ])?;
    Ok(())
}

/// In the order in which they were made; subjects and outages as they are called now.
pub(super) fn all(connection: &Connection) -> Result<Vec<Annotation>, StoreError> {
    let renames = Renames::read(connection)?;
    let mut statement = connection.prepare_cached(
        "SELECT id, scope, subject, started_at_ms, ended_at_ms, kind, text, by, at_ms, outage \
         FROM annotation ORDER BY at_ms, id",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let said_of = subject::subject(row, 1)?;
        let subject = renames.of_annotation(row.get(0)?, said_of.clone());
        let started_at = UnixMillis(row.get(3)?);
        let mut outage = OutageId(row.get::<_, i64>(9)?.cast_unsigned());
        if subject != said_of {
            outage = if outage == OutageId::of_incident(&said_of, started_at) {
                OutageId::of_incident(&subject, started_at)
            } else {
                OutageId::of(&subject, started_at)
            };
        }
        all.push(Annotation {
            outage,
            subject,
            started_at,
            ended_at: row.get::<_, Option<i64>>(4)?.map(UnixMillis),
            remark: remark(row)?,
            by: row.get(7)?,
            at: UnixMillis(row.get(8)?),
        });
    }
    Ok(all)
}

fn remark(row: &SqlRow) -> Result<Remark, StoreError> {
    let text: Option<Arc<str>> = row.get(6)?;
    let text = text.ok_or_else(|| StoreError::corrupt("an annotation has lost its text"));
    Ok(
        match numbered(RemarkKind::ALL, row.get::<_, u32>(5)?.into())? {
            RemarkKind::Planned => Remark::Planned,
            RemarkKind::Ignore => Remark::Ignore,
            RemarkKind::Counted => Remark::Counted,
            RemarkKind::Cause => Remark::Cause(text?),
            RemarkKind::Note => Remark::Note(text?),
        },
    )
}
