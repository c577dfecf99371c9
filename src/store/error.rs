//! Why a database cannot be used, and what to do about it.

use std::io;
use std::path::PathBuf;

use crate::domain::maintenance::MaintenanceId;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;

use super::whereabouts::{self, Astray};

/// Trouble with the database itself. A failing endpoint is none of these. Each says all there is to
/// say, and so has no source: a chain of errors would repeat it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "{}: held by {holder}; stop that one first, or name another database with --db",
        path.display()
    )]
    Held { path: PathBuf, holder: String },
    #[error(
        "{}: there is no database here; `outwatch run` makes one, --db names another",
        path.display()
    )]
    Missing { path: PathBuf },
    #[error(
        "{}: {what}; name a database file with --db, or put a copy that `outwatch db backup` made in its place",
        path.display()
    )]
    NotADatabase { path: PathBuf, what: &'static str },
    #[error(
        "{}: is a database of another program (application id {application_id:#x}); name another file with --db, or put a copy that `outwatch db backup` made in its place",
        path.display()
    )]
    Foreign { path: PathBuf, application_id: i32 },
    #[error(
        "{}: was written by a newer outwatch (format {found}, this one knows up to {known}); use that version, or put the backup that it made beside it in its place",
        path.display()
    )]
    Newer {
        path: PathBuf,
        found: i32,
        known: i32,
    },
    #[error(
        "{}: is held by an older outwatch (format {found}, this one writes {known}); restart the daemon with this version first",
        path.display()
    )]
    HeldOlder {
        path: PathBuf,
        found: i32,
        known: i32,
    },
    #[error(
        "{}: is cut short ({bytes} bytes, its header says {expected}); put a copy that `outwatch db backup` made in its place, or move it away to start a new one",
        path.display()
    )]
    Truncated {
        path: PathBuf,
        bytes: u64,
        expected: u64,
    },
    #[error(
        "{}: is missing, but {} holds observations of it; put the database back, or move that file away to start a new one",
        path.display(),
        wal.display()
    )]
    Orphaned { path: PathBuf, wal: PathBuf },
    #[error(
        "{}: cannot be written; give this user write access to the file and its folder",
        path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "{}: {} cannot be read in a folder without write access; copy both files elsewhere and read them there",
        path.display(),
        wal.display()
    )]
    UnreadableWal { path: PathBuf, wal: PathBuf },
    #[error("{}: {error}; mount its disk or make its folder, or name another database with --db", path.display())]
    Unreachable { path: PathBuf, error: io::Error },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error(
        "the database is damaged: {what}; `outwatch db check` tells what is, `outwatch export` saves what is not, and a copy that `outwatch db backup` made can take its place"
    )]
    Corrupt { what: String },
    #[error("probe `{probe}` is not in the database; register it first")]
    UnknownProbe { probe: ProbeId },
    #[error("maintenance {} is not in the database; `outwatch maintenance list` shows what there is", id.0)]
    NoMaintenance { id: MaintenanceId },
    #[error("maintenance {} ended already, at {at}", id.0)]
    MaintenanceEnded { id: MaintenanceId, at: UnixMillis },
    #[error("maintenance {} stands in the configuration; take it out of probes.yaml to end it", id.0)]
    MaintenanceConfigured { id: MaintenanceId },
    #[error("`{0}` would be renamed to itself; name its old id and then its new one")]
    SameId(ProbeId),
    #[error(
        "`{old}` and `{new}` are both configured, and each goes on by itself; take one of them out of probes.yaml and let the daemon read that, then stop it and rename"
    )]
    BothConfigured { old: ProbeId, new: ProbeId },
    #[error(
        "an observation of {ts} cannot be taken: those before {before} were pruned, and what is known of that time cannot change any more"
    )]
    Pruned { ts: UnixMillis, before: UnixMillis },
    #[error(
        "`{new}` has windows and counts of a time whose observations were pruned, and these cannot become those of `{old}`; rename `{new}` to `{old}` instead, or leave both as they are"
    )]
    NewPruned { old: ProbeId, new: ProbeId },
    #[error("{}: is there already; name another file, or replace it with --force", path.display())]
    Exists { path: PathBuf },
    #[error("{}: {why}; name another file", path.display())]
    NoTarget { path: PathBuf, why: &'static str },
    #[error(
        "{}: there may be too little room: it takes up to {needed} bytes for a while, and {free} are free; make room first",
        path.display()
    )]
    NoRoom {
        path: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error("the database cannot be used: {0}; {remedy}", remedy = remedy(.0))]
    Sqlite(rusqlite::Error),
    #[error(
        "{}: is missing, but {} holds all that was in it; `mv` it back, or move it away to start a new one",
        path.display(),
        saved.display()
    )]
    Saved { path: PathBuf, saved: PathBuf },
    #[error("{}", whereabouts::told(path, *astray, saved))]
    Astray {
        path: PathBuf,
        astray: Astray,
        /// Where all of it is now, or why it could not be saved.
        saved: Result<PathBuf, String>,
    },
    #[error("the database takes nothing at present")]
    Busy,
    #[error("the thread that writes the database has ended")]
    WriterEnded,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_of_damage(&error) {
            Self::corrupt(error.to_string())
        } else {
            Self::Sqlite(error)
        }
    }
}

/// Whether only a file that is not as it was written can give it.
fn is_of_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::{Error, ErrorCode};
    match error {
        Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            // the last: a statement that does not fit the tables, and all of ours do
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown
        ),
        Error::SqlInputError { .. }
        // not what we wrote there, or nothing where something was found before
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::QueryReturnedNoRows => true,
        _ => false,
    }
}

/// What to do about trouble of the disk, or with other programs.
fn remedy(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(DiskFull) => "make room on its disk",
        Some(DatabaseBusy | DatabaseLocked) => "end the program that holds it, or wait for that",
        Some(CannotOpen | ReadOnly) => "give this user write access to the file and its folder",
        Some(SystemIoFailure) => {
            "see whether its disk is full, or broken by the log of the system; `outwatch db check` tells then whether it is whole"
        }
        _ => "`outwatch db check` tells whether it is whole",
    }
}

impl StoreError {
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { path, error }
    }

    pub(super) fn is_disk_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }

    /// Whether it is about what was asked for, and not about the database.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoMaintenance { .. }
                | Self::MaintenanceEnded { .. }
                | Self::MaintenanceConfigured { .. }
                | Self::SameId(_)
                | Self::BothConfigured { .. }
                | Self::Pruned { .. }
                | Self::NewPruned { .. }
                | Self::Exists { .. }
                | Self::NoTarget { .. }
        )
    }

    /// Whether waiting may help: the disk is full or the file is locked, not the data broken.
    pub(super) fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed,
            OutOfMemory, ReadOnly, SystemIoFailure,
        };
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    CannotOpen
                        | DatabaseBusy
                        | DatabaseLocked
                        | DiskFull
                        | FileLockingProtocolFailed
                        | OutOfMemory
                        | ReadOnly
                        | SystemIoFailure
                )
            ),
            _ => false,
        }
    }
}
