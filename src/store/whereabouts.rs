//! Whether the database that is open is still the file that its name leads to. Writing into a file
//! that nobody can find any more would lose all of it without a word.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::StoreError;
use super::lock::beside;
use super::{Store, open};

/// Which files are open. They are looked at by name alone: closing another descriptor of them would
/// drop the locks that are held (<https://sqlite.org/howtocorrupt.html>, 2.2).
#[derive(Debug)]
pub(super) struct Whereabouts {
    database: Option<FileId>,
    log: Option<FileId>,
    looked: Instant,
}

/// Device and inode.
type FileId = (u64, u64);

/// What became of the files that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Astray {
    Removed,
    /// There is another file of its name.
    Replaced,
    /// The database is there, but not its write-ahead log.
    LogRemoved,
}

/// Looking costs two system calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Copies that are kept beside one another; there is one, unless nobody tidies up.
const COPIES_MAX: u32 = 9;

impl Whereabouts {
    /// Of a database that was opened just now.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            database: file_id(path).ok(),
            log: file_id(&log_of(path)).ok(),
            looked: Instant::now(),
        }
    }

    /// Looks, unless it has lately.
    pub(super) fn look(&mut self, path: &Path) -> Option<Astray> {
        if self.looked.elapsed() < LOOK_EVERY {
            return None;
        }
        self.looked = Instant::now();
        match stands(path, self.database) {
            Stands::Same => {}
            Stands::Nothing => return Some(Astray::Removed),
            Stands::Other => return Some(Astray::Replaced),
        }
        match stands(&log_of(path), self.log) {
            Stands::Same => None,
            Stands::Nothing | Stands::Other => Some(Astray::LogRemoved),
        }
    }
}

enum Stands {
    /// Or nobody can tell.
    Same,
    Nothing,
    Other,
}

fn stands(path: &Path, known: Option<FileId>) -> Stands {
    use io::ErrorKind::{NotADirectory, NotFound};
    match (file_id(path), known) {
        (Ok(found), Some(known)) if found != known => Stands::Other,
        (Err(error), Some(_)) if matches!(error.kind(), NotFound | NotADirectory) => {
            Stands::Nothing
        }
        _ => Stands::Same,
    }
}

fn file_id(path: &Path) -> io::Result<FileId> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Where copies of a database that was removed or replaced stand, whether there are any or not.
pub(super) fn copies(path: &Path) -> impl Iterator<Item = PathBuf> {
    let suffix = |number| match number {
        1 => ".saved".to_owned(),
        _ => format!(".saved-{number}"),
    };
    (1..=COPIES_MAX).map(move |number| beside(path, &suffix(number)))
}

impl Store {
    pub(super) fn astray(&mut self) -> Option<Astray> {
        self.whereabouts.look(&self.path)
    }

    /// What is open has lost its name: goes on in a copy of it beside where it was, and gives the
    /// path of that.
    pub(super) fn go_on_in_copy(&mut self) -> Result<PathBuf, StoreError> {
        let free = copies(&self.path).find(|copy| !copy.exists());
        let copy = free.ok_or_else(|| {
            StoreError::file(&self.path)(io::Error::other("too many copies of it were saved"))
        })?;
        // under its name the log must not be taken for that of the file that is there now
        let _ = self.write_log_back();
        let name = copy.to_string_lossy();
        self.connection.execute("VACUUM INTO ?1", [&name])?;
        fs::File::open(&copy)
            .and_then(|copy| copy.sync_all())
            .map_err(StoreError::file(&copy))?;
        self.connection = open::writer(&copy)?;
        self.texts.clear();
        self.whereabouts = Whereabouts::of(&copy);
        self.path.clone_from(&copy);
        Ok(copy)
    }

    /// Nobody else can read the log that is written: the database is made whole without it.
    pub(super) fn go_on_without_log(&mut self) -> Result<(), StoreError> {
        self.whereabouts.log = None;
        self.write_log_back()
    }
}

/// In words, with what to do about it.
pub(super) fn told(path: &Path, astray: Astray, saved: &Result<PathBuf, String>) -> String {
    let path = path.display();
    let what = match astray {
        Astray::LogRemoved => {
            return match saved {
                Ok(_) => format!(
                    "{path}-wal: was removed while it was in use; nothing is lost, all of it is in the database: start again"
                ),
                Err(why) => format!(
                    "{path}-wal: was removed while it was in use, and what was in it could not be written into the database: {why}; restore a backup if `outwatch db check` finds fault with it"
                ),
            };
        }
        Astray::Removed => "was removed while it was in use",
        Astray::Replaced => "was replaced by another file while it was in use",
    };
    match saved {
        Ok(saved) => {
            let saved = saved.display();
            let or_else = match astray {
                Astray::Replaced => ", or start again to go on with the other file",
                _ => "",
            };
            format!(
                "{path}: {what}; all that was in it is saved: `mv {saved} {path}` puts it back{or_else}"
            )
        }
        Err(why) => {
            format!("{path}: {what}, and could not be saved beside it: {why}; restore a backup")
        }
    }
}
