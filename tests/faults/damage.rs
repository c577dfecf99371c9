//! A database that is damaged anywhere: commands say what is true, or that it is damaged and what
//! to do. None panics, hangs, or makes a new file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use outwatch::cli::{self, Cli, Exit};
use outwatch::store::{Store, StoreError, upkeep};

use crate::dice::{Dice, long};
use crate::kills::was_killed;
use crate::sequence::{NOW, configured, id, nth};
use crate::shim::{Faults, Moment};
use crate::verdict::{Evident, Stock, judge};
use crate::worker::{Site, Work};

/// What nothing takes as long as.
const DEADLINE: Duration = Duration::from_secs(30);

const PAGE: usize = 4096;

const INSTANTS: [&str; 6] = [
    "--generated-at",
    "2024-10-01T00:00:00Z",
    "--from",
    "2024-09-29T00:00:00Z",
    "--to",
    "2024-10-01T00:00:00Z",
];

/// Commands that read, in a form that gives the same each time.
fn commands() -> Vec<Vec<&'static str>> {
    let mut all = vec![
        vec!["status", "--format", "json"],
        vec!["outages", "--format", "json"],
        vec!["report", "--format", "json"],
        vec!["export", "--to", "2024-10-01T00:00:00Z"],
        vec!["maintenance", "list"],
    ];
    all[0].extend(&INSTANTS[..2]);
    all[1].extend(INSTANTS);
    all[2].extend(INSTANTS);
    all
}

/// What a command made of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Said(String),
    Refused(String),
}

fn ask(database: &Path, command: &[&str]) -> Answer {
    let database = database.to_str().unwrap();
    let arguments = ["outwatch", "--db", database].into_iter();
    let cli = Cli::try_parse_from(arguments.chain(command.iter().copied())).unwrap();
    let mut out = Vec::new();
    match cli::run(cli, &mut out) {
        Ok(Exit::Done | Exit::Failing) => Answer::Said(String::from_utf8(out).unwrap()),
        Ok(exit) => panic!("{command:?}: {exit:?}"),
        Err(error) => {
            let message = format!("{error:#}");
            let exit = cli::exit_for(&error);
            assert_eq!(exit, Exit::Database, "{command:?}: {message}");
            Answer::Refused(message)
        }
    }
}

/// All that is asked of one database, in order.
fn ask_all(database: &Path) -> Vec<Answer> {
    let commands = commands().into_iter();
    commands.map(|command| ask(database, &command)).collect()
}

/// Within the deadline, and without a panic.
fn in_time<T: Send + 'static>(what: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || done.send(act()));
    match wait.recv_timeout(DEADLINE) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            thread.join().unwrap().unwrap();
            unreachable!("{what}: it panicked, and so did we");
        }
    }
}

/// Observations of the [whole](Whole) database, and those that were sent to its log.
const CLOSED: usize = 1000;
const LOGGED: usize = 400;

/// A database that has something in every table, and its log, if it was not written back.
struct Whole {
    database: Vec<u8>,
    log: Option<Vec<u8>>,
}

fn whole(with_log: bool) -> Whole {
    let site = Site::new();
    let quietly = Faults {
        without_sync: true,
        ..Faults::default()
    };
    for work in [
        Work::Write {
            from: 0,
            count: CLOSED - 100,
        },
        Work::Import { nth: 0 },
        Work::Declare { from: 0, count: 3 },
        Work::Write {
            from: CLOSED - 100,
            count: 100,
        },
    ] {
        assert!(!was_killed(&site.work(work, &quietly)));
    }
    annotate(&site.database());
    let mut log = None;
    if with_log {
        // killed, so that it cannot write it back
        let killed = Faults {
            kill: Some((120, Moment::After)),
            ..quietly
        };
        let work = Work::Write {
            from: CLOSED,
            count: LOGGED,
        };
        assert!(was_killed(&site.work(work, &killed)));
        log = Some(fs::read(site.folder().join("outwatch.db-wal")).unwrap());
        assert!(log.as_ref().is_some_and(|log| log.len() > 5 * PAGE));
    }
    Whole {
        database: fs::read(site.database()).unwrap(),
        log,
    }
}

/// Of the first outage.
fn annotate(database: &Path) {
    let Answer::Said(outages) = ask(database, &commands()[1]) else {
        panic!("the whole database is refused");
    };
    let at = outages.find("\"id\": \"").unwrap() + 7;
    let id = outages[at..].split('"').next().unwrap();
    let annotate = ["annotate", id, "--by", "ann", "--note", "seen"];
    ask(database, &[&annotate, &INSTANTS[2..]].concat());
}

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// A page of zeros.
    Zero(usize),
    /// A page of noise.
    Noise(usize),
    /// One bit of that byte.
    Flip(usize, u8),
    /// The file ends there.
    Cut(usize),
}

impl Damage {
    fn of(self, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_owned();
        let page = |nth: usize| nth * PAGE..((nth + 1) * PAGE).min(file.len());
        match self {
            Self::Zero(nth) => {
                let page = page(nth);
                file[page].fill(0);
            }
            Self::Noise(nth) => {
                let mut dice = Dice(nth as u64);
                let page = page(nth);
                file[page].fill_with(|| dice.roll().to_le_bytes()[0]);
            }
            Self::Flip(at, bit) => file[at] ^= 1 << bit,
            Self::Cut(length) => file.truncate(length),
        }
        file
    }
}

/// Of each page some, and of each kind.
fn damages(length: usize, dice: &mut Dice) -> Vec<Damage> {
    let pages = length.div_ceil(PAGE);
    let mut all: Vec<_> = (0..pages)
        .flat_map(|page| [Damage::Zero(page), Damage::Noise(page)])
        .collect();
    for page in (0..pages).flat_map(|page| [page; 4]) {
        let at = (page * PAGE + dice.index(PAGE)).min(length - 1);
        all.push(Damage::Flip(at, dice.below(8).try_into().unwrap()));
    }
    // what each page begins with says how to read it
    for page in 0..pages {
        let at = (page * PAGE + dice.index(12)).min(length - 1);
        all.push(Damage::Flip(at, dice.below(8).try_into().unwrap()));
    }
    all.extend((0..pages).map(|page| Damage::Cut(page * PAGE)));
    all.extend((0..pages).map(|_| Damage::Cut(dice.index(length))));
    all
}

fn put(folder: &Path, database: &[u8], log: Option<&[u8]>) -> PathBuf {
    let path = folder.join("outwatch.db");
    fs::write(&path, database).unwrap();
    if let Some(log) = log {
        fs::write(folder.join("outwatch.db-wal"), log).unwrap();
    }
    path
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

/// What was made of a damaged database, in all.
#[derive(Debug, Default)]
struct Tally {
    /// As if nothing had happened: nobody reads what is damaged.
    right: usize,
    refused: usize,
    /// `outwatch db check` tells.
    wrong_but_found: usize,
    wrong: Vec<String>,
}

/// Opens it to write, adds a row, and closes it.
fn write(database: &Path) -> Result<(), StoreError> {
    let mut store = Store::create_or_open(database, NOW)?;
    store.register(&configured(), NOW)?;
    let (endpoint, observation) = nth(5000);
    store.append(&[(id(endpoint), observation)])?;
    store.close()
}

fn is_found(database: &Path) -> bool {
    upkeep::check(database, 1, &mut |_| {}).map_or(true, |checked| !checked.findings.is_empty())
}

/// Asks and writes to a damaged database.
fn check(what: &str, database: &[u8], log: Option<&[u8]>, expected: &[Answer], tally: &mut Tally) {
    let folder = tempfile::tempdir().unwrap();
    let path = put(folder.path(), database, log);
    let asked = path.clone();
    let answers = in_time(what, move || ask_all(&asked));
    assert_eq!(names(folder.path()), ["outwatch.db"], "{what}");
    for ((answer, expected), command) in answers.iter().zip(expected).zip(commands()) {
        match answer {
            Answer::Refused(message) => {
                assert!(message.contains("outwatch db"), "{what}: {message}");
                tally.refused += 1;
            }
            Answer::Said(_) if answer == expected => tally.right += 1,
            Answer::Said(_) if is_found(&path) => tally.wrong_but_found += 1,
            Answer::Said(_) => tally.wrong.push(format!("{what}: {command:?}")),
        }
    }
    let written = in_time(what, move || write(&path));
    if let Err(error) = written {
        let message = error.to_string();
        assert!(message.contains("outwatch db"), "{what}: {message}");
    }
    let lock = "outwatch.db.lock".to_owned();
    let made = names(folder.path());
    assert!(
        made.iter()
            .all(|name| *name == lock || name == "outwatch.db"),
        "{what}: {made:?}"
    );
}

/// A sample of `damages`, each done to one of the two files.
fn sample(mut damages: Vec<Damage>, dice: &mut Dice) -> Vec<Damage> {
    let count = long("OUTWATCH_DAMAGES", 40).min(damages.len());
    for at in 0..count {
        let other = at + dice.index(damages.len() - at);
        damages.swap(at, other);
    }
    damages.truncate(count);
    damages
}

#[test]
fn commands_say_what_is_true_or_that_it_is_damaged() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    for with_log in [false, true] {
        let whole = whole(with_log);
        let folder = tempfile::tempdir().unwrap();
        let path = put(folder.path(), &whole.database, whole.log.as_deref());
        let expected = ask_all(&path);
        for answer in &expected {
            assert!(matches!(answer, Answer::Said(_)), "{answer:?}");
        }
        let mut tallies = [(); 2].map(|()| Tally::default());
        for damage in sample(damages(whole.database.len(), &mut dice), &mut dice) {
            let what = format!("{damage:?}");
            // SQLite takes what is missing of a page for zeros, which may be rows of nobody; that the
            // last page is not whole says nothing while there is a log that may have it
            let is_within_a_page = match damage {
                Damage::Flip(..) => true,
                Damage::Cut(length) => with_log && !length.is_multiple_of(PAGE),
                Damage::Zero(_) | Damage::Noise(_) => false,
            };
            let tally = &mut tallies[usize::from(is_within_a_page)];
            let damaged = damage.of(&whole.database);
            check(&what, &damaged, whole.log.as_deref(), &expected, tally);
        }
        let [gross, flips] = tallies;
        println!("pages: {gross:?}; within pages: {flips:?}");
        assert!(gross.refused > 0 && gross.right > 0);
        assert_eq!(gross.wrong_but_found, 0);
        assert!(gross.wrong.is_empty(), "{:?}", gross.wrong);
        // a letter of a name is one like any other
        let wrong = flips.wrong.len();
        assert!(wrong <= flips.right / 50 + 5, "{:?}", flips.wrong);
    }
}

/// Where the log is damaged, what was committed after that is lost, as a log cut short by a crash
/// looks the same; but what was before is not.
#[test]
fn of_a_damaged_log_what_is_before_the_damage_is_read() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    let whole = whole(true);
    let log = whole.log.unwrap();
    let closed = Stock {
        written: CLOSED,
        told: CLOSED,
        imports: 1,
        declared: 3,
    };
    let sent = Stock {
        written: CLOSED + LOGGED,
        ..closed
    };
    let mut lengths = BTreeSet::new();
    for damage in sample(damages(log.len(), &mut dice), &mut dice) {
        let folder = tempfile::tempdir().unwrap();
        let path = put(folder.path(), &whole.database, Some(&damage.of(&log)));
        let what = format!("{damage:?}");
        let found = in_time(&what, move || judge(&path, closed, sent, Evident::Always));
        match found {
            Ok(found) => lengths.insert(found.written),
            Err(wrong) => panic!("{what}: {wrong}"),
        };
    }
    assert!(lengths.len() > 2, "{lengths:?}");
}

/// In a process of its own, whose exit code scripts go by.
#[test]
fn a_disk_that_cannot_be_read_is_told_by_exit_code_3() {
    let site = Site::new();
    let quietly = Faults {
        without_sync: true,
        ..Faults::default()
    };
    let (from, count) = (0, 900);
    assert!(!was_killed(
        &site.work(Work::Write { from, count }, &quietly)
    ));
    let run = |faults: &Faults| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
        command
            .arg("--db")
            .arg(site.database())
            .args(&commands()[2]);
        faults.wrap(&mut command, &site.folder(), &site.outside("promises"));
        command.output().unwrap()
    };
    let failing = |first, times| Faults {
        fail: Some(("read", first, times)),
        count: Some(site.outside("count")),
        ..Faults::default()
    };
    let whole = run(&failing(1, 0));
    assert_eq!(whole.status.code(), Some(0));
    let reads = failing(1, 0).counted();
    assert!(reads > 5, "{reads}");
    for first in 1..=reads {
        let output = run(&failing(first, 1 << 40));
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "read {first}: {message}");
        assert!(message.starts_with("outwatch: "), "{message}");
        assert!(output.stdout.is_empty(), "read {first}");
    }
}
