//! A subject as two columns: the number of its scope, and what names it there.

use rusqlite::Row as SqlRow;

use crate::domain::subject::{Scope, Subject};

use super::error::StoreError;
use super::row::numbered;

/// For the columns `scope` and `subject`.
pub(super) fn columns(subject: &Subject) -> (u8, String) {
    (subject.scope() as u8, subject.key())
}

/// Reads them; they begin at column `at`.
pub(super) fn subject(sql: &SqlRow, at: usize) -> Result<Subject, StoreError> {
    parse(sql.get::<_, u32>(at)?, &sql.get::<_, String>(at + 1)?)
}

pub(super) fn parse(scope: u32, key: &str) -> Result<Subject, StoreError> {
    Subject::parse(numbered(Scope::ALL, scope.into())?, key)
        .map_err(|error| StoreError::corrupt(error.to_string()))
}
