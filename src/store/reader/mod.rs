//! The database as it was at one instant, for all who only read.

pub(super) mod catalog;
mod counted;
mod declared;
mod evidence;
mod history;
pub(super) mod lookup;
mod over_time;
mod replay;
mod resume;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;

pub use catalog::{StoredEpoch, StoredProbe};
pub use counted::InPeriod;
pub use over_time::OverTime;
pub use resume::Resumption;

use super::error::StoreError;
use super::open;
use lookup::Lookup;

/// A consistent view. Works beside a running daemon, and on a read-only copy.
///
/// As long as it lives, the writer's log cannot shrink: open one for each report, not for ever.
#[derive(Debug)]
pub struct Reader {
    pub(in crate::store) connection: Connection,
    lookup: Lookup,
    /// A database of an older version is read as it is, and has none.
    has_evidence: bool,
    /// As well.
    has_declarations: bool,
    /// As well.
    has_derived: bool,
    /// Filled when first asked for.
    index: RefCell<Option<history::Index>>,
    /// As soon as rows of many probes were asked for that are not packed, all of them, by probe.
    staged: RefCell<Option<HashMap<i64, Vec<u8>>>>,
    /// How often they were asked for.
    asked_staged: Cell<usize>,
}

impl Reader {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::new(open::reader(&open::real_path(path))?)
    }

    /// For the process that writes the database.
    pub(in crate::store) fn beside_writer(path: &Path) -> Result<Self, StoreError> {
        Self::new(open::second(path)?)
    }

    fn new(connection: Connection) -> Result<Self, StoreError> {
        let lookup = Lookup::new(&connection)?;
        let has_evidence = connection.table_exists(None, "evidence")?;
        let has_declarations = connection.table_exists(None, "renamed")?;
        let has_derived = connection.table_exists(None, "derived")?;
        Ok(Self {
            connection,
            lookup,
            has_evidence,
            has_declarations,
            has_derived,
            index: RefCell::new(None),
            staged: RefCell::new(None),
            asked_staged: Cell::new(0),
        })
    }
}
