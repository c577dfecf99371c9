//! One writer per database: a lock of the operating system, which ends with its process however
//! that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::open::real_path;
use crate::domain::time::UnixMillis;

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    /// The file stays: removing it could pull it from under the next holder.
    file: File,
}

/// Most of a holder's line that is read back.
const HOLDER_BYTES_MAX: u64 = 200;

impl Lock {
    /// Takes the lock or names its holder, at once.
    pub(super) fn take(database: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        let path = beside(database, ".lock");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false) // it may name a holder
            .open(&path);
        let mut file = opened.map_err(|error: std::io::Error| match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly {
                    path: database.to_owned(),
                }
            }
            _ => StoreError::Unreachable {
                path: database.to_owned(),
                error,
            },
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held {
                    path: database.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::File { path, error }),
        }
        let mut name = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "process {} since {now}", std::process::id())
        };
        // on a full disk there is no room for it, and the lock holds without
        let _ = name();
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would do, but for a child process that was forked just now: until it has become
        // another program, it holds what we hold.
        let _ = self.file.unlock();
    }
}

/// Who holds the lock of a database, if anybody does. Leaves no file where there was none.
pub(super) fn holder_of(database: &Path) -> Result<Option<String>, StoreError> {
    let path = beside(database, ".lock");
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::File { path, error }),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(holder(&mut file))),
        Err(TryLockError::Error(error)) => Err(StoreError::File { path, error }),
    }
}

/// Who holds a database for writing, or did last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    /// Whether it still does. `None` where the system does not tell.
    pub is_present: Option<bool>,
}

impl Holder {
    /// Looks without taking the lock, which could keep a daemon from starting just then. `None` if
    /// nobody ever held it.
    pub fn of(database: &Path) -> Option<Self> {
        let mut file = File::open(beside(&real_path(database), ".lock")).ok()?;
        let line = holder(&mut file);
        let pid = line.strip_prefix("process ")?.split(' ').next()?;
        Some(Self {
            pid: pid.parse().ok()?,
            is_present: is_locked(&file),
        })
    }
}

/// As the kernel lists its locks (`proc_locks(5)`): of the processes that this one can see.
#[cfg(target_os = "linux")]
fn is_locked(file: &File) -> Option<bool> {
    use std::os::linux::fs::MetadataExt;

    let inode = file.metadata().ok()?.st_ino().to_string();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    // "1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF"; the device has another number on some
    // file systems than files of it say
    Some(locks.lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        matches!(words[..], [_, "FLOCK", _, "WRITE", _, place, ..]
            if place.rsplit(':').next() == Some(&inode))
    }))
}

#[cfg(not(target_os = "linux"))]
fn is_locked(_: &File) -> Option<bool> {
    None
}

fn holder(file: &mut File) -> String {
    let mut line = String::new();
    let read = file.take(HOLDER_BYTES_MAX).read_to_string(&mut line);
    match read {
        Ok(_) if !line.trim().is_empty() => line.trim().to_owned(),
        // it has the lock, but has not said its name yet
        _ => "another process".to_owned(),
    }
}

/// The file beside the database with `suffix` added to its name.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
