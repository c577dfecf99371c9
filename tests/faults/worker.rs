//! The process that works on a database until a fault ends it, or its work is done: this test
//! binary once more, told by its environment what to do.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use outwatch::domain::retention::Retention;
use outwatch::domain::time::UnixMillis;
use outwatch::store::{Durability, Ledger, Sender, Settings, Store, StoreError, Writer, upkeep};
use rusqlite::{Connection, OpenFlags};

use crate::dice::Dice;
use crate::sequence::{
    IMPORT, NOW, configured, declaration, evidence_change, id, nth, nth_imported, trouble,
};
use crate::shim::Faults;

/// What is done to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Opens and closes it, which migrates an older one.
    Open,
    /// Sends that many observations, from that one on, through the writer's thread.
    Write {
        from: usize,
        count: usize,
    },
    /// The import of that number.
    Import {
        nth: usize,
    },
    /// Declares maintenance from that one on.
    Declare {
        from: usize,
        count: usize,
    },
    /// Copies it, in place of the copy that may be there.
    Backup,
    Vacuum,
    /// Makes what follows from observations again, when so many were written.
    Rebuild {
        written: usize,
    },
}

/// What a worker prints before how often it had to try again, and before why it could not.
pub(crate) const RETRIES: &str = "retries: ";
pub(crate) const REFUSED: &str = "refused: ";

const COPY: &str = "copy.db";

const WORK: &str = "FAULTS_WORK";
const DATABASE: &str = "FAULTS_DATABASE";
const DURABILITY: &str = "FAULTS_DURABILITY";
const PROMISE: &str = "FAULTS_PROMISE";
const UNTIL: &str = "FAULTS_UNTIL";

/// A folder that faults happen in, and beside it what faults do not reach.
pub(crate) struct Site {
    outside: tempfile::TempDir,
    pub(crate) durability: Durability,
}

impl Site {
    pub(crate) fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir(outside.path().join("data")).unwrap();
        Self {
            outside,
            durability: Durability::Full,
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.outside.path().join("data")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("outwatch.db")
    }

    /// Of the database.
    pub(crate) fn copy(&self) -> PathBuf {
        self.folder().join(COPY)
    }

    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.outside.path().join(name)
    }

    /// Leaves it where it is, to be looked at.
    pub(crate) fn keep(&mut self) -> &Path {
        self.outside.disable_cleanup(true);
        self.outside.path()
    }

    /// Lets a process work; what it promised is in the file `promises`.
    pub(crate) fn work(&self, work: Work, faults: &Faults) -> Output {
        let text = match work {
            Work::Open => "open 0 0".to_owned(),
            Work::Write { from, count } => format!("write {from} {count}"),
            Work::Import { nth } => format!("import {nth} 0"),
            Work::Declare { from, count } => format!("declare {from} {count}"),
            Work::Backup => "backup 0 0".to_owned(),
            Work::Vacuum => "vacuum 0 0".to_owned(),
            Work::Rebuild { written } => format!("rebuild {written} 0"),
        };
        let promise = self.outside("promises");
        let _ = std::fs::remove_file(&promise);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "worker::works_as_it_is_told", "--nocapture"])
            .env(WORK, text)
            .env(DATABASE, self.database())
            .env(DURABILITY, self.durability.as_str())
            .stdin(Stdio::null());
        faults.wrap(&mut command, &self.folder(), &promise);
        command.output().unwrap()
    }

    /// What was promised by the last that worked: how far the thing it did is committed.
    pub(crate) fn promised(&self) -> Option<usize> {
        let said = std::fs::read_to_string(self.outside("promises")).unwrap_or_default();
        last_promise(&said)
    }

    /// What the database says to a question whose answer is a truth value; false if there is none.
    pub(crate) fn is_so(&self, sql: &str) -> bool {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(self.database(), flags);
        connection.is_ok_and(|connection| {
            connection
                .query_row(sql, [], |row| row.get(0))
                .unwrap_or(false)
        })
    }
}

/// Each line is a number; the last one counts.
pub(crate) fn last_promise(said: &str) -> Option<usize> {
    let whole = &said[..said.rfind('\n')?];
    whole.lines().last()?.parse().ok()
}

/// The worker. Does nothing among the tests.
#[tokio::test]
async fn works_as_it_is_told() {
    let Ok(work) = std::env::var(WORK) else {
        return;
    };
    let database = PathBuf::from(std::env::var(DATABASE).unwrap());
    let promise = std::env::var(PROMISE).unwrap();
    let mut promise = OpenOptions::new()
        .create(true)
        .append(true)
        .open(promise)
        .unwrap();
    let words: Vec<_> = work.split(' ').collect();
    let [what, from, count] = words[..] else {
        panic!("{work}");
    };
    let (from, count) = (from.parse().unwrap(), count.parse().unwrap());
    let done = match what {
        "open" => Store::create_or_open(&database, NOW).and_then(Store::close),
        "write" => write(&database, from, count, &mut promise).await,
        "import" => import(&database, from, &mut promise),
        "declare" => declare(&database, from, count, &mut promise),
        "backup" => {
            let copy = database.with_file_name(COPY);
            let made = upkeep::backup(&database, &copy, true, &mut |_| {});
            made.map(|_| promise_that(&mut promise, 1))
        }
        "vacuum" => Store::open(&database, NOW)
            .and_then(Store::vacuum)
            .map(drop),
        "rebuild" => rebuild(&database, from),
        _ => panic!("{work}"),
    };
    if let Err(error) = done {
        println!("{REFUSED}{error}");
    }
}

fn opened(database: &Path) -> Result<Store, StoreError> {
    let mut store = Store::create_or_open(database, NOW)?;
    while let Err(error) = store.register(&configured(), NOW) {
        is_of_the_disk(error)?;
    }
    Ok(store)
}

/// Where the disk is at fault, what is tried only once gives this error, and may be tried again.
fn is_of_the_disk(error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::Sqlite(_) | StoreError::Busy => Ok(()),
        other => Err(other),
    }
}

/// In one write, so that it is whole or not there.
fn promise_that(promise: &mut File, number: usize) {
    promise.write_all(format!("{number}\n").as_bytes()).unwrap();
}

async fn write(
    database: &Path,
    from: usize,
    count: usize,
    promise: &mut File,
) -> Result<(), StoreError> {
    let mut dice = Dice(from as u64);
    let (writer, sender) = Writer::start(opened(database)?)?;
    let retention = Retention {
        observations: Some(Retention::OBSERVATIONS_MIN),
        ..Retention::default()
    };
    let settings = Settings {
        durability: durability(),
        retention,
    };
    sender.settle(settings).await?;
    // in the future, so that it sets nothing aside
    while let Err(error) = sender.begin_epoch(UnixMillis(i64::MAX / 2)).await {
        is_of_the_disk(error)?;
    }
    let mut flush_at = from;
    // what goes with the one before may not have got through
    if let Some(last) = from.checked_sub(1) {
        tell(&sender, last).await?;
    }
    for n in from..from + count {
        let (endpoint, observation) = nth(n);
        sender.send(id(endpoint), observation).await?;
        tell(&sender, n).await?;
        if n >= flush_at {
            flush_at = n + 1 + dice.index(60);
            flush(&sender).await?;
            promise_that(promise, n + 1);
        }
    }
    flush(&sender).await?;
    promise_that(promise, from + count);
    println!("{RETRIES}{}", sender.counts().retries);
    drop(sender);
    // all is committed: only the log may not be written back
    writer.join().map(drop)
}

fn durability() -> Durability {
    let said = std::env::var(DURABILITY).unwrap();
    let mut all = Durability::ALL.into_iter();
    all.find(|each| each.as_str() == said).unwrap()
}

/// What goes with the n-th observation.
async fn tell(sender: &Sender, n: usize) -> Result<(), StoreError> {
    if let Some(change) = evidence_change(n) {
        sender.send_evidence(id(nth(n).0), change).await?;
    }
    if let Some(trouble) = trouble(n) {
        sender.record_trouble(trouble).await?;
    }
    Ok(())
}

/// If the disk is at fault until somebody takes notice, does that.
async fn flush(sender: &Sender) -> Result<(), StoreError> {
    let flushed = sender.flush();
    let Ok(until) = std::env::var(UNTIL) else {
        return flushed.await;
    };
    let noticed = async {
        while sender.counts().retries < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        File::create(until).unwrap();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        flushed = flushed => flushed,
        () = noticed => Ok(()),
    }
}

fn import(database: &Path, number: usize, promise: &mut File) -> Result<(), StoreError> {
    let mut store = opened(database)?;
    let observations = (number * IMPORT..(number + 1) * IMPORT).map(nth_imported);
    let imported = store.import(
        observations.map(|observation| Ok::<_, StoreError>((id("imported"), observation))),
    )?;
    assert_eq!(imported.added, IMPORT as u64);
    promise_that(promise, number + 1);
    store.close()
}

fn rebuild(database: &Path, written: usize) -> Result<(), StoreError> {
    let mut store = Store::open(database, NOW)?;
    store.rebuild(nth(written).1.ts, &mut |_| {})?;
    store.close()
}

fn declare(
    database: &Path,
    from: usize,
    count: usize,
    promise: &mut File,
) -> Result<(), StoreError> {
    let mut ledger = Ledger::open(database, NOW)?;
    for n in from..from + count {
        ledger.declare(&declaration(n), "ann", NOW)?;
        promise_that(promise, n + 1);
    }
    Ok(())
}
