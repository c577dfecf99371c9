//! When the configuration is to be read again, and what it is then. Reading goes on aside, and
//! probing with it.

use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tracing::error;

use super::watch::Watch;
use crate::config::{self, Configuration, Errors};

/// Changes of files come in bursts: an editor writes, renames and touches.
const SETTLE: Duration = Duration::from_millis(200);

pub(super) struct Reload {
    paths: Vec<PathBuf>,
    watch: Watch,
    /// When to read, if that was asked for.
    due: Option<Instant>,
    reading: Option<JoinHandle<Result<Configuration, Errors>>>,
}

impl Reload {
    /// `sources`: the files and folders that the configuration in force came from.
    pub(super) fn new(paths: Vec<PathBuf>, sources: &[PathBuf]) -> Self {
        Self {
            paths,
            watch: Watch::new(sources),
            due: None,
            reading: None,
        }
    }

    /// Reads after so long, and after what is being read.
    pub(super) fn ask_in(&mut self, length: Duration) {
        self.due = Some(Instant::now() + length);
    }

    /// Nobody has asked, and nothing is being read.
    pub(super) fn is_idle(&self) -> bool {
        self.due.is_none() && self.reading.is_none()
    }

    /// The next configuration that is good, once somebody asks or a file changes. A bad one is
    /// told of, and leaves the one in force. May be dropped and called again.
    pub(super) async fn ready(&mut self) -> Configuration {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = reading.await;
                self.reading = None;
                match read {
                    Ok(Ok(configuration)) => {
                        self.watch.follow(&configuration.sources);
                        return configuration;
                    }
                    Ok(Err(errors)) => {
                        error!(
                            "the configuration stays as it was; the new one is refused:\n{errors}"
                        );
                    }
                    Err(failed) => error!("the configuration could not be read: {failed}"),
                }
            }
            let Some(due) = self.due else {
                self.watch.changed().await;
                self.due = Some(Instant::now() + SETTLE);
                continue;
            };
            sleep_until(due).await;
            self.due = None;
            self.watch.forget();
            let paths = self.paths.clone();
            self.reading = Some(tokio::task::spawn_blocking(move || config::load(&paths)));
        }
    }
}
