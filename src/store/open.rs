//! Opening a database file without ever harming one that is not ours.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::domain::time::UnixMillis;

use super::error::StoreError;
use super::lock::{Lock, beside};
use super::migrations::{self, APPLICATION_ID, MIGRATIONS};
use super::settings::Durability;
use super::whereabouts;

/// How long a statement waits for a lock of another process. Short, since the writer retries by
/// itself and must notice a shutdown.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// A write-ahead log longer than this is cut when it was written back.
const WAL_BYTES_KEPT: i64 = 32 << 20;

/// The first bytes of every SQLite database (<https://sqlite.org/fileformat.html>, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A command that adds a row beside a daemon has nothing else to do than to wait for its turn: the
/// daemon's longest transaction takes a fraction of this.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// Looks at each page that is read whether its rows fit into it: damage is found sooner, and nothing
/// is written after it.
const CELL_SIZE_CHECK: (&str, bool) = ("cell_size_check", true);

/// Opens for writing; makes a new database where there is no file at all.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    match inspect(path) {
        Err(StoreError::Missing { .. }) => create(path)?,
        other => other?,
    }
    writer_of_existing(path)
}

/// Opens for writing what was [inspected](inspect) before.
fn writer_of_existing(path: &Path) -> Result<Connection, StoreError> {
    version(path)?;
    let mut connection = writable(path, BUSY_TIMEOUT)?;
    migrations::migrate(&mut connection, path, MIGRATIONS)?;
    Ok(connection)
}

/// Opens to add rows, whoever else writes. An older database is migrated first; but if somebody holds
/// it, that is an older program, whose tables are not to be changed while it runs.
pub(super) fn beside_writer(path: &Path, now: UnixMillis) -> Result<Connection, StoreError> {
    inspect(path)?;
    let (found, known) = (version(path)?, migrations::latest(MIGRATIONS));
    if found < known {
        let _lock = match Lock::take(path, now) {
            Err(StoreError::Held { path, .. }) => {
                return Err(StoreError::HeldOlder { path, found, known });
            }
            other => other?,
        };
        writer_of_existing(path)?;
    }
    writable(path, TURN_TIMEOUT)
}

fn writable(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| explain(path, error))?;
    if connection.is_readonly("main")? {
        return Err(StoreError::ReadOnly {
            path: path.to_owned(),
        });
    }
    connection.busy_timeout(busy_timeout)?;
    set_up_writer(&connection).map_err(|error| explain(path, error))?;
    Ok(connection)
}

/// Opens for reading, in a transaction that shows the database as it is now until it ends. Not for
/// a process that has it open for writing: there [`second`] is.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    inspect(path)?;
    second(path)
}

/// As [`reader`], for a database that this process has open already. The file is left to `SQLite`:
/// closing any other descriptor of it would drop the locks that the writer holds
/// (<https://sqlite.org/howtocorrupt.html>, 2.2).
pub(super) fn second(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let plain = Connection::open_with_flags(path, flags).and_then(begin_reading);
    let connection = match plain {
        Ok(connection) => connection,
        // a folder that we cannot write to: nowhere to coordinate with a writer, which then cannot
        // be one of this user's either
        Err(error) if cannot_coordinate(&error) => {
            let wal = beside(path, "-wal");
            if file_length(&wal) > 0 {
                return Err(StoreError::UnreadableWal {
                    path: path.to_owned(),
                    wal,
                });
            }
            immutable(path)?
        }
        Err(error) => return Err(explain(path, error)),
    };
    check_version(path, &connection)?;
    Ok(connection)
}

/// Opens a file that nobody writes to, without a look at locks or a log.
pub(super) fn immutable(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(immutable_uri(path)?, flags)
        .and_then(begin_reading)
        .map_err(|error| explain(path, error))
}

fn begin_reading(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, CELL_SIZE_CHECK.0, CELL_SIZE_CHECK.1)?;
    keep_statements(&connection)?;
    // enough for the pages of an hour's staging, which are visited in no order
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.execute_batch("BEGIN")?;
    // the transaction begins with the first read
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn cannot_coordinate(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    )
}

fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    set_durability(connection, Durability::default())?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    connection.pragma_update(None, CELL_SIZE_CHECK.0, CELL_SIZE_CHECK.1)?;
    keep_statements(connection)?;
    // a file that is none inside shows itself here
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// They are the same couple of dozen for every probe. Without the guarantee that a plan is stable,
/// SQLite makes a new one whenever another number is bound, which takes longer than to run it.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) fn set_durability(
    connection: &Connection,
    durability: Durability,
) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", durability.as_str())
}

/// Looks at the file before SQLite does, since that would write to a foreign one, too.
pub(super) fn inspect(path: &Path) -> Result<(), StoreError> {
    let not_a_database = |what| StoreError::NotADatabase {
        path: path.to_owned(),
        what,
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::symlink_metadata(path).is_ok() {
                return Err(not_a_database(
                    "is a symbolic link to where there is nothing",
                ));
            }
            let (path, wal) = (path.to_owned(), beside(path, "-wal"));
            let saved = whereabouts::copies(&path).find(|copy| copy.exists());
            return Err(match saved {
                Some(saved) => StoreError::Saved { path, saved },
                None if file_length(&wal) > 0 => StoreError::Orphaned { path, wal },
                None => StoreError::Missing { path },
            });
        }
        Err(error) => {
            let path = path.to_owned();
            return Err(StoreError::Unreachable { path, error });
        }
    };
    if metadata.is_dir() {
        return Err(not_a_database("is a folder"));
    }
    if !metadata.is_file() {
        return Err(not_a_database("is not a regular file"));
    }
    // With a write-ahead log, pages that are missing here may be there. Looked at before and after,
    // since a writer may be writing its log back just now.
    let wal = beside(path, "-wal");
    let had_wal = file_length(&wal) > 0;
    let mut header = [0; 100];
    let mut file = File::open(path).map_err(StoreError::file(path))?;
    match file.read_exact(&mut header) {
        Ok(()) if header.starts_with(MAGIC) => {}
        Ok(()) => return Err(not_a_database("is not a SQLite database")),
        Err(_) if metadata.len() == 0 => {
            return Err(not_a_database(
                "is empty, and nothing is written into a file that outwatch did not make",
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(not_a_database("is too short for a database"));
        }
        Err(source) => return Err(StoreError::file(path)(source)),
    }
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let application_id = number(68).cast_signed();
    if application_id != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
            application_id,
        });
    }
    let bytes = file_length(path);
    if !had_wal && file_length(&wal) == 0 {
        let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            bytes => u64::from(bytes),
        };
        let expected = page_bytes * u64::from(number(28));
        if bytes < expected {
            return Err(StoreError::Truncated {
                path: path.to_owned(),
                bytes,
                expected,
            });
        }
    }
    Ok(())
}

/// Refuses a newer one. By a connection that writes nothing, not even when it is closed.
fn version(path: &Path) -> Result<i32, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| explain(path, error))?;
    let read = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    let found: i32 = match read {
        Ok(found) => found,
        // the file can be read: it is the folder, and the writer says so
        Err(error) if cannot_coordinate(&error) => {
            return Err(StoreError::ReadOnly {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(explain(path, error)),
    };
    let known = migrations::latest(MIGRATIONS);
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

/// The oldest version that a reader understands as it is: it cannot migrate. What came later is
/// only missing in it.
const READABLE_FROM: i32 = 1;

fn check_version(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let found = migrations::user_version(connection)?;
    let known = migrations::latest(MIGRATIONS);
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found < READABLE_FROM {
        return Err(StoreError::NotADatabase {
            path: path.to_owned(),
            what: "was written by an older outwatch; start the daemon once, it migrates it",
        });
    }
    Ok(())
}

/// Made under another name, so that a crash in between leaves no half of a database behind.
fn create(path: &Path) -> Result<(), StoreError> {
    // whoever left one there has ended: we hold the lock
    let part = beside(path, ".part");
    let remove = || {
        for name in [&part, &beside(&part, "-journal"), &beside(&part, "-wal")] {
            // best effort: the error that matters is another
            let _ = fs::remove_file(name);
        }
    };
    remove();
    let made = (|| {
        let mut connection = Connection::open(&part)?;
        migrations::create(&mut connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.close().map_err(|(_, error)| error)?;
        fs::rename(&part, path).map_err(StoreError::file(path))?;
        sync_folder_of(path);
        tracing::info!(db = %path.display(), "a new database");
        Ok(())
    })();
    if made.is_err() {
        remove();
    }
    made
}

/// Lets the name of a file survive a power cut as well; not every file system can.
pub(super) fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn explain(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ReadOnly) => StoreError::ReadOnly {
            path: path.to_owned(),
        },
        _ => match StoreError::from(error) {
            StoreError::Corrupt { what } => {
                StoreError::corrupt(format!("{}: {what}", path.display()))
            }
            other => other,
        },
    }
}

/// In bytes; 0 if there is none.
pub(super) fn file_length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// <https://sqlite.org/c3ref/open.html#urifilenamesinsqlite3open>
fn immutable_uri(path: &Path) -> Result<String, StoreError> {
    use std::fmt::Write;

    let path = fs::canonicalize(path).map_err(StoreError::file(path))?;
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            _ => write!(uri, "%{byte:02x}").expect("a String takes all"),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}

/// Two names of one database must meet at one lock.
pub(super) fn real_path(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
