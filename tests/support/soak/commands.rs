//! Commands that people run beside the daemon, at any time.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::faults::ms;
use super::site::Site;
use crate::truth::rng::Rng;

pub(crate) struct Commands {
    rng: Rng,
    begun: Instant,
    due: Instant,
    known: Vec<Beside>,
    /// How often each was run.
    pub(crate) runs: Vec<(&'static str, u64)>,
}

/// A command, and what it must print.
#[derive(Clone, Copy)]
struct Beside {
    arguments: &'static [&'static str],
    prints: Prints,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prints {
    Something,
    Json,
    /// One object a line.
    Lines,
    /// Anything, and makes a copy that reads like the database.
    Copy,
}

/// How the daemon fares, as JSON.
const SELF: [&str; 4] = ["status", "--self", "--format", "json"];

/// A daemon has told that for the first time by then.
const FIRST_TOLD_WITHIN: Duration = Duration::from_secs(20);

const COPY: &str = "copy.db";

const ALL: [Beside; 9] = [
    Beside {
        arguments: &["status"],
        prints: Prints::Something,
    },
    Beside {
        arguments: &["status", "--format", "json"],
        prints: Prints::Json,
    },
    Beside {
        arguments: &["outages", "--format", "json", "--last", "1h"],
        prints: Prints::Json,
    },
    Beside {
        arguments: &["report", "--format", "json", "--last", "1h"],
        prints: Prints::Json,
    },
    Beside {
        arguments: &["export", "--from", "2m"],
        prints: Prints::Lines,
    },
    Beside {
        arguments: &SELF,
        prints: Prints::Json,
    },
    Beside {
        arguments: &["db", "info"],
        prints: Prints::Something,
    },
    Beside {
        arguments: &["db", "check"],
        prints: Prints::Something,
    },
    Beside {
        arguments: &["db", "backup", COPY],
        prints: Prints::Copy,
    },
];

/// Of what a command printed that should have said something else.
const SHOWN_CHARS: usize = 4000;

/// From one to the next.
const PAUSE_MS: (i64, i64) = (1000, 9000);

impl Commands {
    /// Those that the binary knows.
    pub(crate) fn new(seed: u64, site: &Site) -> anyhow::Result<Self> {
        let mut known = Vec::new();
        for beside in ALL {
            // with all of them: one that lacks an option is not known
            if site.knows(beside.arguments)? {
                known.push(beside);
            }
        }
        Ok(Self {
            rng: Rng::of_part(seed, 2),
            begun: Instant::now(),
            due: Instant::now() + ms(PAUSE_MS.0),
            known,
            runs: Vec::new(),
        })
    }

    /// Runs one if it is time; says what was wrong with it.
    pub(crate) fn tick(&mut self, site: &Site) -> anyhow::Result<Option<String>> {
        if Instant::now() < self.due {
            return Ok(None);
        }
        let beside = self.known[self.rng.index(self.known.len())];
        if beside.arguments == SELF && self.begun.elapsed() < FIRST_TOLD_WITHIN {
            return Ok(None);
        }
        let wrong = beside.run(site)?;
        // a copy takes no other's place
        for suffix in ["", "-wal", "-shm"] {
            let copy = site.folder().join(format!("{COPY}{suffix}"));
            if copy.exists() {
                fs::remove_file(copy)?;
            }
        }
        let name = beside.arguments[0];
        match self.runs.iter_mut().find(|(of, _)| *of == name) {
            Some((_, runs)) => *runs += 1,
            None => self.runs.push((name, 1)),
        }
        self.due = Instant::now() + ms(self.rng.between(PAUSE_MS.0, PAUSE_MS.1));
        Ok(wrong)
    }
}

/// How the daemon fares, if the binary can tell.
pub(crate) fn own(site: &Site) -> anyhow::Result<Option<Value>> {
    if !site.knows(&SELF)? {
        return Ok(None);
    }
    // one that has just begun has not told anything
    let done = site.run(&SELF)?;
    Ok(serde_json::from_slice(&done.stdout).ok())
}

/// What the binary itself says of a database that nobody writes to, if it can tell.
pub(crate) fn check_db(site: &Site) -> anyhow::Result<Option<String>> {
    let check = Beside {
        arguments: &["db", "check"],
        prints: Prints::Something,
    };
    if site.knows(check.arguments)? {
        check.run(site)
    } else {
        Ok(None)
    }
}

impl Beside {
    fn run(self, site: &Site) -> anyhow::Result<Option<String>> {
        let done = site.run(self.arguments)?;
        let is_json = |text: &[u8]| serde_json::from_slice::<Value>(text).is_ok();
        let is_sane = match self.prints {
            Prints::Copy => {
                let list = site.run(&["outages", "--format", "json", "--db", COPY])?;
                list.code == Some(0) && is_json(&list.stdout)
            }
            Prints::Something => !done.stdout.is_empty(),
            Prints::Json => is_json(&done.stdout),
            Prints::Lines => {
                let mut lines = done.stdout.split(|byte| *byte == b'\n');
                lines.all(|line| line.is_empty() || is_json(line))
            }
        };
        if done.code == Some(0) && is_sane {
            return Ok(None);
        }
        let printed = String::from_utf8_lossy(&done.stdout);
        let printed: String = printed.chars().take(SHOWN_CHARS).collect();
        Ok(Some(format!(
            "{}: outwatch {}: exit {:?}, {}{printed}",
            site.shim.now(),
            self.arguments.join(" "),
            done.code,
            done.stderr
        )))
    }
}
