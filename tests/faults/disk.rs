//! What a power cut leaves of files, from a log of all calls that changed them.
//!
//! What was synced is there. Of the rest any part may be: of each write any of its pieces, also of a
//! later one without an earlier one. Names (creating, removing, renaming) are a journal of their
//! own: a beginning of it survives, at least as far as the folder was synced; syncing a file does
//! not sync its name. That is what POSIX promises, and less than any journalling file system keeps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::dice::Dice;
use crate::worker::last_promise;

/// One call, in the order they were made.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Open {
        number: u32,
        path: PathBuf,
        truncates: bool,
    },
    Write {
        number: u32,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        number: u32,
        length: usize,
    },
    Sync {
        number: u32,
    },
    /// It failed: what was to be synced is not on the disk, nor will another sync put it there,
    /// since the kernel holds it for clean (<https://lwn.net/Articles/752063/>).
    FailedSync {
        number: u32,
    },
    Unlink {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    /// Not about a file: what is said to be safe from here on.
    Promise(usize),
}

/// As `shim.c` writes it.
pub(crate) fn calls(log: &Path) -> Vec<Call> {
    let log = std::fs::read(log).unwrap();
    let mut rest = &log[..];
    let mut calls = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(17) {
        let number = u32::from_le_bytes(head[1..5].try_into().unwrap());
        let a = i64::from_le_bytes(head[5..13].try_into().unwrap());
        let length = u32::from_le_bytes(head[13..].try_into().unwrap());
        let (bytes, after) = after.split_at(usize::try_from(length).unwrap());
        rest = after;
        let text = || String::from_utf8(bytes.to_owned()).unwrap();
        let size = || usize::try_from(a).unwrap();
        calls.push(match head[0] {
            b'O' => Call::Open {
                number,
                path: text().into(),
                truncates: a & i64::from(libc::O_TRUNC) != 0,
            },
            b'W' => Call::Write {
                number,
                at: size(),
                bytes: bytes.to_owned(),
            },
            b'T' => Call::Truncate {
                number,
                length: size(),
            },
            b'S' => Call::Sync { number },
            b'U' => Call::Unlink {
                path: text().into(),
            },
            b'R' => {
                let both = text();
                let (from, to) = both.split_once('\0').unwrap();
                Call::Rename {
                    from: from.into(),
                    to: to.into(),
                }
            }
            b'P' => Call::Promise(last_promise(&text()).unwrap()),
            b'F' => Call::FailedSync { number },
            b'C' => continue,
            other => panic!("{other} in the log"),
        });
    }
    assert!(rest.is_empty(), "the log is cut short");
    calls
}

/// Whether syncing is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syncs {
    Kept,
    /// As by a disk that lies: what it said was safe is not.
    Ignored,
}

#[derive(Clone, Debug)]
enum Change {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    synced: Vec<u8>,
    /// Since then.
    pending: Vec<Change>,
}

/// Which file a name is of; `None` if of none any more.
type Naming = (PathBuf, Option<usize>);

/// The files of one folder, as far as they are safe, and what is on its way.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    syncs: Syncs,
    files: Vec<File>,
    /// By the number of the opening.
    open: BTreeMap<u32, Option<usize>>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<Naming>,
    promised: Option<usize>,
}

/// The smallest part of a write that a disk does whole.
const PIECES: [usize; 2] = [512, 4096];

impl Disk {
    /// What is in the folder now is safe.
    pub(crate) fn of(folder: &Path, syncs: Syncs) -> Self {
        let mut disk = Self {
            folder: folder.canonicalize().unwrap(),
            syncs,
            files: Vec::new(),
            open: BTreeMap::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            pending_names: Vec::new(),
            promised: None,
        };
        for entry in std::fs::read_dir(&disk.folder).unwrap() {
            let path = entry.unwrap().path();
            disk.names.insert(path.clone(), disk.files.len());
            disk.files.push(File {
                synced: std::fs::read(&path).unwrap(),
                pending: Vec::new(),
            });
        }
        disk.synced_names = disk.names.clone();
        disk
    }

    /// What was promised last.
    pub(crate) fn promised(&self) -> Option<usize> {
        self.promised
    }

    pub(crate) fn apply(&mut self, call: &Call) {
        match call {
            Call::Open {
                number,
                path,
                truncates,
            } => {
                if *path == self.folder {
                    self.open.insert(*number, None);
                    return;
                }
                let file = self.names.get(path).copied().unwrap_or_else(|| {
                    self.files.push(File::default());
                    self.name(path, Some(self.files.len() - 1));
                    self.files.len() - 1
                });
                if *truncates {
                    self.files[file].pending.push(Change::Length(0));
                }
                self.open.insert(*number, Some(file));
            }
            Call::Write { number, at, bytes } => {
                let change = Change::Bytes(*at, bytes.clone());
                self.file(*number).pending.push(change);
            }
            Call::Truncate { number, length } => {
                self.file(*number).pending.push(Change::Length(*length));
            }
            Call::Sync { .. } if self.syncs == Syncs::Ignored => {}
            Call::Sync { number } => {
                if let Some(file) = self.open[number] {
                    let File { synced, pending } = &mut self.files[file];
                    pending.drain(..).for_each(|change| change.apply(synced));
                } else {
                    self.pending_names.clear();
                    self.synced_names.clone_from(&self.names);
                }
            }
            Call::FailedSync { number } => {
                if let Some(file) = self.open[number] {
                    self.files[file].pending.clear();
                }
            }
            Call::Unlink { path } => self.name(path, None),
            Call::Rename { from, to } => {
                let file = self.names.get(from).copied();
                // one step in a journal of names
                self.name(to, file);
                self.name(from, None);
            }
            Call::Promise(number) => self.promised = Some(*number),
        }
    }

    fn file(&mut self, number: u32) -> &mut File {
        let file = self.open[&number].expect("only files are written to");
        &mut self.files[file]
    }

    fn name(&mut self, path: &Path, file: Option<usize>) {
        match file {
            Some(file) => self.names.insert(path.to_owned(), file),
            None => self.names.remove(path),
        };
        self.pending_names.push((path.to_owned(), file));
    }

    /// Writes what is left after a cut right now into another, empty folder. The luckier, the more
    /// of what was not synced survives: of ten parts that many.
    pub(crate) fn cut(&self, into: &Path, luck: u64, dice: &mut Dice) {
        let mut names = self.synced_names.clone();
        let mut survivors = 0;
        while survivors < self.pending_names.len() && dice.below(10) < luck {
            survivors += 1;
        }
        for (path, file) in &self.pending_names[..survivors] {
            match file {
                Some(file) => names.insert(path.clone(), *file),
                None => names.remove(path),
            };
        }
        for (path, file) in names {
            let File { synced, pending } = &self.files[file];
            let mut content = synced.clone();
            let piece = PIECES[dice.index(PIECES.len())];
            for change in pending {
                change.apply_in_part(&mut content, piece, || dice.below(10) < luck);
            }
            std::fs::write(into.join(path.file_name().unwrap()), content).unwrap();
        }
        if luck > 1 {
            // the index of the log is not for later: whatever is left of it means nothing
            let noise: Vec<_> = (0..4096).flat_map(|_| dice.roll().to_ne_bytes()).collect();
            std::fs::write(into.join("outwatch.db-shm"), noise).unwrap();
        }
    }
}

impl Change {
    fn apply(self, content: &mut Vec<u8>) {
        self.apply_in_part(content, usize::MAX, || true);
    }

    fn apply_in_part(
        &self,
        content: &mut Vec<u8>,
        piece: usize,
        mut survives: impl FnMut() -> bool,
    ) {
        match self {
            Self::Length(length) => {
                if survives() {
                    content.resize(*length, 0);
                }
            }
            Self::Bytes(at, bytes) => {
                // pieces of the disk, not of the write
                let mut from = 0;
                while from < bytes.len() {
                    let begin = at + from;
                    let end = ((begin / piece).saturating_add(1)).saturating_mul(piece);
                    let length = (end - begin).min(bytes.len() - from);
                    if survives() {
                        content.resize(content.len().max(begin + length), 0);
                        content[begin..begin + length].copy_from_slice(&bytes[from..from + length]);
                    }
                    from += length;
                }
            }
        }
    }
}
