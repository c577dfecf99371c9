//! Which files make up the configuration, and their text.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file;
use super::mistake::{Mistake, Mistakes};
use super::place::Source;

/// Largest file: a hundred times what ten thousand probes need.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Longest that all files may be together: their texts are held until everything is read.
pub(super) const ALL_BYTES_MAX: u64 = 256 << 20;

/// The files that the paths mean, each once: files as they are, of folders the `*.yaml` and
/// `*.yml` in them, sorted.
pub(super) fn files(paths: &[PathBuf], mistakes: &mut Mistakes) -> Vec<PathBuf> {
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for path in paths {
        let found = if path.is_dir() {
            folder(path).and_then(|files| {
                let none = || Mistake::path(path, "no *.yaml and no *.yml in this folder");
                if files.is_empty() {
                    Err(none())
                } else {
                    Ok(files)
                }
            })
        } else {
            Ok(vec![path.clone()])
        };
        match found {
            // `-c probes.yaml -c .` is no mistake
            Ok(found) => files.extend(found.into_iter().filter(|file| {
                let real = file.canonicalize().unwrap_or_else(|_| file.clone());
                seen.insert(real)
            })),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    files
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, Mistake> {
    let list = || -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let file = entry?.path();
            let hidden = file
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let yaml = file
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml");
            // hidden ones are what editors leave behind
            if yaml && !hidden && !file.is_dir() {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    };
    list().map_err(|error| Mistake::path(path, format!("cannot read this folder: {error}")))
}

/// Reads a file and adds it to the sources. `None` if there is nothing to parse, which is then
/// among the mistakes.
/// It takes its length from `bytes_left`.
pub(super) fn read(path: &Path, bytes_left: &mut u64, mistakes: &mut Mistakes) -> Option<u32> {
    // said once, with the first that is too much
    if *bytes_left == 0 {
        return None;
    }
    let mut bytes = match file::read(path, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => {
            let mistake = Mistake::path(path, format!("cannot read this file: {error}"));
            mistakes.push(match error.kind() {
                io::ErrorKind::NotFound => mistake.help(
                    "`-c PATH` names the configuration; `outwatch init` writes an example to start from",
                ),
                _ => mistake,
            });
            return None;
        }
    };
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let mistake = Mistake::path(path, "larger than 16 MiB");
        mistakes.push(mistake.help("split it into several files; `-c` takes a folder too"));
        return None;
    }
    *bytes_left = bytes_left.saturating_sub(bytes.len() as u64);
    if *bytes_left == 0 {
        let title = format!(
            "with this file, all are larger than {} MiB",
            ALL_BYTES_MAX >> 20
        );
        mistakes.push(Mistake::path(path, title));
        return None;
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let (text, bad_at) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(at),
            )
        }
    };
    // no process has four billion files open, one after the other, to configure it
    let file = u32::try_from(mistakes.sources.len()).ok()?;
    let source = Source {
        path: path.to_owned(),
        text,
    };
    // up to there the text is as it was, and there its first replacement stands
    let mistake = bad_at.map(|at| {
        let mistake = Mistake::at(source.place(file, at..at + 3), "this is not UTF-8")
            .label("from here on it cannot be read");
        if utf16 {
            mistake.help("it looks like UTF-16; save it as UTF-8")
        } else {
            mistake.help("save it as UTF-8")
        }
    });
    mistakes.sources.push(source);
    match mistake {
        Some(mistake) => {
            mistakes.push(mistake);
            None
        }
        None => Some(file),
    }
}
