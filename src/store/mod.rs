//! Observations in a SQLite file: one writer, many readers. The only place that knows SQL.
//!
//! Two tiers. New observations are appended to `staging`, which costs the same however many probes
//! there are; when an hour is over, the writer packs its rows into `chunk`, one blob per hour and
//! probe. A row may stand in both for a while; readers drop the repeat, and so a crash at any
//! moment loses and doubles nothing.
//!
//! Beside them, of the first and the last failure of each outage, stands what was seen; and what
//! people declared and said, and the observer's own trouble, to which is only ever added.

mod error;
mod lock;
mod migrations;
mod open;
mod settings;

mod bits;
mod checksum;
mod chunk;
mod chunk_v1;
mod column;
mod merge;
mod row;
mod staging;
mod text;
mod varint;
mod word_counts;

mod checkpoint;
mod derive;
mod housekeeping;
mod phases;
mod prune;
mod prune_counts;
mod rounds;
mod told;

mod annotation;
mod configuration;
mod maintenance;
mod promise;
mod renames;
mod rollup;
mod subject;
mod trouble;

mod append;
mod counted;
mod declarations;
mod evidence;
mod failures;
mod fares;
mod import;
mod latency;
mod ledger;
mod pack;
mod queue;
mod reader;
mod register;
mod rename;
pub mod upkeep;
mod waiting;
mod whereabouts;
mod workload;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;

pub use declarations::Declarations;
pub use error::StoreError;
pub use evidence::EvidenceChange;
pub use fares::Fares;
pub use import::Imported;
pub use ledger::Ledger;
pub use lock::Holder;
pub use queue::{BACKLOG_BYTES, Backlog, Counts, Sender};
pub use reader::{InPeriod, OverTime, Reader, Resumption, StoredEpoch, StoredProbe};
pub use register::{Configured, ProbeRecord, Registered};
pub use rename::Renamed;
pub use settings::{Durability, Settings};
pub use whereabouts::Astray;
pub use workload::Workload;
pub use writer::{Readers, Writer};

use lock::Lock;
use text::TextCache;
use whereabouts::Whereabouts;

/// The database, open for writing. Nobody else writes to it as long as this lives.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    /// `probe.id` of every probe that was ever registered.
    probes: HashMap<ProbeId, i64>,
    texts: TextCache,
    whereabouts: Whereabouts,
    /// Released last.
    _lock: Lock,
}

/// A probe's number within a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeKey(i64);

impl Store {
    /// Opens the database, or makes one where there is no file. Whatever else is at `path` is
    /// refused and left as it is. `now` is what a second writer is told this one runs since.
    pub fn create_or_open(path: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        let path = open::real_path(path);
        // before the lock, which leaves a file
        match open::inspect(&path) {
            Ok(()) | Err(StoreError::Missing { .. }) => {}
            Err(refused) => return Err(refused),
        }
        let lock = Lock::take(&path, now)?;
        let connection = open::writer(&path)?;
        let probes = register::known(&connection)?;
        Ok(Self {
            whereabouts: Whereabouts::of(&path),
            path,
            connection,
            probes,
            texts: TextCache::default(),
            _lock: lock,
        })
    }

    /// As [`create_or_open`](Self::create_or_open), but makes no database.
    pub fn open(path: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        open::inspect(&open::real_path(path))?;
        Self::create_or_open(path, now)
    }

    /// What is committed so far. In the process that writes, this is the way to read:
    /// [`Reader::open`] would loosen the writer's hold on the file.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::beside_writer(&self.path)
    }

    /// From the next commit on. Until it is set, it is [`Durability::Full`].
    pub fn set_durability(&self, durability: Durability) -> Result<(), StoreError> {
        Ok(open::set_durability(&self.connection, durability)?)
    }

    /// Writes the log back into the database and closes it.
    pub fn close(self) -> Result<(), StoreError> {
        // a reader may be in the way: then the log stays, and the next writer takes it up
        self.write_log_back()?;
        self.connection.close().map_err(|(_, error)| error)?;
        Ok(())
    }

    fn write_log_back(&self) -> Result<(), StoreError> {
        let mode = "PRAGMA wal_checkpoint(TRUNCATE)";
        Ok(self.connection.query_row(mode, [], |_| Ok(()))?)
    }
}
