//! Looks now and then at what no answer and no beat tells.

use tracing::warn;

use super::archive::Archive;
use super::fleet::Fleet;
use super::reports::Reports;
use crate::domain::time::UnixMillis;
use crate::store::{Declarations, StoreError};

pub(super) struct Lookout {
    /// To be dropped before the writer is joined.
    declarations: Declarations,
    /// They could not be read, which was told.
    unread: bool,
    pub(super) reports: Reports,
}

impl Lookout {
    pub(super) fn new(declarations: Declarations, reports: Reports) -> Self {
        Self {
            declarations,
            unread: false,
            reports,
        }
    }

    /// What was declared, what time alone has turned, and which reports are due.
    pub(super) async fn look(
        &mut self,
        fleet: &mut Fleet<'_>,
        archive: &Archive,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        match self.declarations.changed() {
            Ok(declared) => {
                self.unread = false;
                fleet.declare(declared);
            }
            Err(_) if self.unread => {}
            Err(error) => {
                self.unread = true;
                warn!("what is declared cannot be read: {error}");
            }
        }
        // else its instants are worth nothing
        if fleet.is_in_epoch() {
            fleet.look_at_services(now);
            if self.reports.look(now) {
                return self.begin_reports(archive, now).await;
            }
        }
        Ok(())
    }

    /// If all that was seen before can be stored now; else it is tried at the next look.
    async fn begin_reports(
        &mut self,
        archive: &Archive,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        match archive.flush().await {
            Ok(()) => self.reports.begin(now),
            Err(ended @ StoreError::WriterEnded) => return Err(ended),
            Err(_) => {}
        }
        Ok(())
    }
}
