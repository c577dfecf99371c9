//! For commands that add a row or two, whether a daemon is running or not.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::domain::annotation::Annotation;
use crate::domain::maintenance::{Declaration, MaintenanceId, Origin};
use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::{annotation, maintenance, open};

/// A database that there is, open to be added to. A daemon may write to it at the same time; this
/// one waits for its turn, and each of its transactions is short.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
}

impl Ledger {
    /// Makes no database. Takes no lock, so that it is in the way of no daemon that starts just then;
    /// but an older database is migrated first, which only works while nobody holds it.
    pub fn open(path: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        let connection = open::beside_writer(&open::real_path(path), now)?;
        Ok(Self { connection })
    }

    /// All of them, or none. Committed when this returns.
    pub fn annotate(&mut self, annotations: &[Annotation]) -> Result<(), StoreError> {
        self.add(|transaction| {
            let mut each = annotations.iter();
            each.try_for_each(|annotation| annotation::insert(transaction, annotation))
        })
    }

    /// Committed when this returns. In force from `now` on.
    pub fn declare(
        &mut self,
        declaration: &Declaration,
        by: &str,
        now: UnixMillis,
    ) -> Result<MaintenanceId, StoreError> {
        self.add(|transaction| maintenance::declare(transaction, declaration, Some(by), now))
    }

    /// Committed when this returns. Refused if there is none, if it ended already, and if it stands
    /// in the configuration.
    pub fn end_maintenance(
        &mut self,
        id: MaintenanceId,
        by: &str,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.add(|transaction| {
            let declared = maintenance::all(transaction)?;
            let found = declared.iter().find(|declared| declared.id == id);
            let declared = found.ok_or(StoreError::NoMaintenance { id })?;
            if let Some(at) = declared.until {
                return Err(StoreError::MaintenanceEnded { id, at });
            }
            if declared.origin == Origin::Configured {
                return Err(StoreError::MaintenanceConfigured { id });
            }
            maintenance::end(transaction, declared, Some(by), now)
        })
    }

    fn add<T>(
        &mut self,
        rows: impl FnOnce(&Transaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let added = rows(&transaction)?;
        transaction.commit()?;
        Ok(added)
    }
}
