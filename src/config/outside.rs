//! What `${…}` reaches: environment variables and files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file;
use super::mistake::Mistake;
use super::place::Place;

/// Where the environment is asked for a variable; tests bring their own.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// What `${…}` can reach.
pub(super) struct Outside<'e> {
    pub(super) environment: Environment<'e>,
    /// Relative paths start in the folder of the configuration file.
    pub(super) folder: PathBuf,
    /// Files that were read, or should have been: a changed secret is a changed configuration.
    pub(super) files: Vec<PathBuf>,
    /// What was in them: thousands of probes may name the same one.
    known: HashMap<PathBuf, Arc<[u8]>>,
    /// Bytes that may still come from outside.
    left: usize,
}

/// Most that comes from outside altogether, each use of a value and each file counted.
const BYTES_MAX: usize = 128 << 20;

/// Largest secret file; keys and certificates are far smaller.
const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a `${…}` could not be filled in. Never says what was found.
pub(super) struct Bad {
    /// As it stands in the file.
    pub(super) part: String,
    pub(super) title: String,
    pub(super) label: String,
    pub(super) help: String,
}

impl Bad {
    /// At `place`, which is the value that the part stands in.
    pub(super) fn at(self, place: Place) -> Mistake {
        Mistake::at(place, self.title)
            .label(self.label)
            .help(self.help)
    }
}

/// What is filled in.
pub(super) enum Found<'t> {
    Outside(String),
    Default(&'t str),
}

impl<'e> Outside<'e> {
    pub(super) fn new(environment: Environment<'e>) -> Self {
        Self {
            environment,
            folder: PathBuf::new(),
            files: Vec::new(),
            known: HashMap::new(),
            left: BYTES_MAX,
        }
    }

    /// So much more comes from outside; `Err` if that is too much.
    fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            let max = BYTES_MAX >> 20;
            format!("more than {max} MiB would come from outside altogether")
        })?;
        Ok(())
    }

    /// `inside` is what stands between the braces.
    pub(super) fn get<'t>(&mut self, inside: &'t str) -> Result<Found<'t>, Bad> {
        if let Some(path) = inside.strip_prefix("file:") {
            return self.file(path).map(Found::Outside);
        }
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(named)
        {
            return Err(bad(
                format!("`{name}` is not the name of an environment variable"),
                "letters, digits and `_` only",
                "write ${NAME}, ${NAME:-default} or ${file:PATH}; `$${` stands for a plain `${`",
            ));
        }
        let value = match (self.environment)(name).map(OsString::into_string) {
            Some(Err(_)) => {
                let title = format!("the environment variable {name} is not UTF-8");
                return Err(bad(title, "cannot be used", "set it to text in UTF-8"));
            }
            Some(Ok(value)) => Some(value),
            None => None,
        };
        // as in a shell, a variable set to nothing takes the default too
        match (value.filter(|value| !value.is_empty()), default) {
            (Some(value), _) => {
                self.take(value.len()).map_err(|why| {
                    bad(
                        format!("cannot fill in {name}: {why}"),
                        "nothing to fill in",
                        "set it to something shorter, or use it less often",
                    )
                })?;
                Ok(Found::Outside(value))
            }
            (None, Some(default)) => Ok(Found::Default(default)),
            (None, None) => Err(bad(
                format!("the environment variable {name} is not set, or empty"),
                "nothing to fill in",
                &format!("set {name}, or write ${{{name}:-default}}"),
            )),
        }
    }

    fn file(&mut self, path: &str) -> Result<String, Bad> {
        let path = self.folder.join(path);
        let problem = |why: String| {
            let title = format!("cannot fill in {}: {why}", path.display());
            let help = "a relative path starts in the folder of this file";
            bad(title, "nothing to fill in", help)
        };
        let bytes = self.bytes(&path, SECRET_FILE_BYTES_MAX).map_err(problem)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| problem("it is not UTF-8".to_owned()))?;
        // editors and `echo` end a file with a newline that is no part of a secret
        let text = text.trim_end_matches(['\r', '\n']);
        self.take(text.len()).map_err(problem)?;
        if text.is_empty() {
            return Err(problem("the file is empty".to_owned()));
        }
        Ok(text.to_owned())
    }

    /// What is in the file, which is watched from now on. `Err` says why it cannot be read.
    /// A relative path starts in the folder of the configuration file.
    pub(super) fn bytes(&mut self, path: &Path, bytes_max: u64) -> Result<Arc<[u8]>, String> {
        let path = self.folder.join(path);
        let bytes = match self.known.get(&path) {
            Some(bytes) => Arc::clone(bytes),
            None => self.first_bytes(path, bytes_max)?,
        };
        if bytes.len() as u64 > bytes_max {
            return Err(format!("it is larger than {} MiB", bytes_max >> 20));
        }
        Ok(bytes)
    }

    fn first_bytes(&mut self, path: PathBuf, bytes_max: u64) -> Result<Arc<[u8]>, String> {
        self.files.push(path.clone());
        let bytes = file::read(&path, bytes_max).map_err(|error| error.to_string())?;
        self.take(bytes.len())?;
        let bytes: Arc<[u8]> = bytes.into();
        // of a longer one only the beginning is known
        if bytes.len() as u64 <= bytes_max {
            self.known.insert(path, Arc::clone(&bytes));
        }
        Ok(bytes)
    }
}

fn bad(title: String, label: &str, help: &str) -> Bad {
    Bad {
        part: String::new(),
        title,
        label: label.to_owned(),
        help: help.to_owned(),
    }
}
