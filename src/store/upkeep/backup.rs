//! A copy of a database as it was at one instant, while others write to it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup as Copying, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{Progress, Told};
use crate::store::error::StoreError;
use crate::store::lock::{self, beside};
use crate::store::open;

/// 4 MB a step.
const STEP_PAGES: i32 = 1024;

/// A copy that was checked and is safe on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    pub bytes: u64,
}

/// Copies `database` to `to`, which is there whole or not at all. What is there already is replaced
/// only if `replace` says so.
///
/// One transaction reads it all, so that a daemon that writes meanwhile neither waits nor makes the
/// copy begin anew; its log grows by what it writes until the copy is done.
pub fn backup(database: &Path, to: &Path, replace: bool, told: Told) -> Result<Backup, StoreError> {
    let database = open::real_path(database);
    let source = open::reader(&database)?;
    let target = Target::choose(&database, to, replace)?;
    let copied = (|| {
        copy(&source, &target.part, told)?;
        drop(source);
        let permissions = fs::metadata(&database).map_err(StoreError::file(&database))?;
        let made = target.file.set_permissions(permissions.permissions());
        made.map_err(StoreError::file(&target.part))?;
        target
            .file
            .sync_all()
            .map_err(StoreError::file(&target.part))?;
        told(Progress {
            what: "checking the copy",
            done: 0,
            of: 0,
        });
        inspect(&target.part)?;
        target.put_in_place(replace)
    })();
    if copied.is_err() {
        // best effort: the error that matters is the first
        let _ = fs::remove_file(&target.part);
    }
    copied
}

/// Where a copy grows.
struct Target {
    to: PathBuf,
    /// Beside it, since only within one file system a rename is atomic.
    part: PathBuf,
    /// Locked, so that two copies never grow in one file.
    file: File,
}

impl Target {
    fn choose(database: &Path, to: &Path, replace: bool) -> Result<Self, StoreError> {
        let to = open::real_path(to);
        let refuse = |why: &'static str| {
            let path = to.clone();
            Err(StoreError::NoTarget { path, why })
        };
        let own = ["-wal", "-shm", "-journal", ".lock"].map(|suffix| beside(database, suffix));
        if is_same_file(database, &to) || own.contains(&to) {
            return refuse("belongs to the database itself");
        }
        match fs::metadata(&to) {
            Ok(there) if !there.is_file() => return refuse("is not a regular file"),
            Ok(_) if !replace => return Err(StoreError::Exists { path: to }),
            Ok(_) | Err(_) => {}
        }
        if let Some(holder) = lock::holder_of(&to)? {
            return Err(StoreError::Held { path: to, holder });
        }
        if open::file_length(&beside(&to, "-wal")) > 0 {
            // SQLite would take it for the log of the copy, and write it back into it
            return refuse(
                "has a log beside it (its name with -wal), which is of another database",
            );
        }
        let part = beside(&to, ".part");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false) // somebody may be writing it
            .open(&part);
        let file = opened.map_err(StoreError::file(&part))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = part;
                let why = "is being written by another backup";
                return Err(StoreError::NoTarget { path, why });
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::File { path: part, error }),
        }
        // what an earlier one left that was killed
        file.set_len(0).map_err(StoreError::file(&part))?;
        Ok(Self { to, part, file })
    }

    fn put_in_place(&self, replace: bool) -> Result<Backup, StoreError> {
        let Self { to, part, file } = self;
        let bytes = file.metadata().map_err(StoreError::file(part))?.len();
        if !replace && to.exists() {
            return Err(StoreError::Exists { path: to.clone() });
        }
        fs::rename(part, to).map_err(StoreError::file(to))?;
        open::sync_folder_of(to);
        Ok(Backup { bytes })
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let number = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
        number(one).is_some_and(|one| Some(one) == number(other))
    }
    #[cfg(not(unix))]
    {
        one == other
    }
}

fn copy(source: &Connection, part: &Path, told: Told) -> Result<(), StoreError> {
    let mut copy = Connection::open_with_flags(
        part,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // it counts only when it is whole, and is synced then
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    {
        let copying = Copying::new(source, &mut copy)?;
        loop {
            let step = copying.step(STEP_PAGES)?;
            let pages = copying.progress();
            let number = |pages: i32| u64::try_from(pages).unwrap_or(0);
            told(Progress {
                what: "pages copied",
                done: number(pages.pagecount.saturating_sub(pages.remaining)),
                of: number(pages.pagecount),
            });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // of a file that nobody else has: it cannot last, nor happen
                _ => return Err(StoreError::file(part)(io::ErrorKind::ResourceBusy.into())),
            }
        }
    }
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Whether a copy is a sound database, so that a damaged one does not take the place of a good one.
fn inspect(part: &Path) -> Result<(), StoreError> {
    open::inspect(part)?;
    let copy = open::immutable(part)?;
    let found: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(StoreError::corrupt(found))
    }
}
