//! The file layer with faults, compiled and loaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// When a process is killed, as seen from one of its calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Before,
    After,
    /// Half of what was to be written is.
    Torn,
}

/// What is to happen to calls that change files of a folder. Calls count from 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) kill: Option<(u64, Moment)>,
    /// The error (a word of `shim.c`), the first call that fails, and how many do.
    pub(crate) fail: Option<(&'static str, u64, u64)>,
    /// Nothing fails any more once this file exists.
    pub(crate) until: Option<PathBuf>,
    /// Every call is written there, with its bytes.
    pub(crate) log: Option<PathBuf>,
    /// What a process that ends by itself made of calls is written there.
    pub(crate) count: Option<PathBuf>,
    /// For what is killed or fails it makes no difference, but time.
    pub(crate) without_sync: bool,
}

impl Faults {
    /// Puts the layer between `command` and the files in `folder`. What is written to `promise`
    /// stands in the log, too.
    pub(crate) fn wrap(&self, command: &mut Command, folder: &Path, promise: &Path) {
        let Self {
            kill,
            fail,
            until,
            log,
            count,
            without_sync,
        } = self;
        command
            .env("LD_PRELOAD", library())
            .env("FAULTS_FOLDER", folder.canonicalize().unwrap())
            .env("FAULTS_PROMISE", promise);
        if let Some((at, moment)) = kill {
            let moment = format!("{moment:?}").to_lowercase();
            command.env("FAULTS_KILL", format!("{at}:{moment}"));
        }
        if let Some((error, first, times)) = fail {
            command.env("FAULTS_FAIL", format!("{error}:{first}:{times}"));
        }
        for (name, path) in [
            ("FAULTS_UNTIL", until),
            ("FAULTS_LOG", log),
            ("FAULTS_COUNT", count),
        ] {
            if let Some(path) = path {
                command.env(name, path);
            }
        }
        if *without_sync {
            command.env("FAULTS_NO_SYNC", "1");
        }
    }

    /// How many calls the process made that was last told to count, and ended by itself.
    pub(crate) fn counted(&self) -> u64 {
        let count = self.count.as_ref().expect("it was told to count");
        let count = std::fs::read_to_string(count).unwrap();
        count.parse().unwrap()
    }
}

/// Compiled once per run of the tests.
fn library() -> &'static Path {
    static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("shim.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/shim.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let built = Command::new(&compiler)
            .args(["-O1", "-Wall", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .args(["-ldl", "-lpthread"])
            .output();
        match built {
            Ok(output) if output.status.success() => (folder, library),
            Ok(output) => panic!(
                "`{compiler}` cannot compile {source}:\n{}",
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => panic!(
                "these tests need a C compiler, as SQLite does, but `{compiler}` does not start: {error}; CC names another"
            ),
        }
    });
    library
}
