//! Tells when the configuration may have changed on disk. SIGHUP works too: a watcher misses what
//! happens behind a symbolic link.

use std::path::{Path, PathBuf};

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Watches until it is dropped.
pub(super) struct Watch {
    /// `None` if the system would not watch; then only SIGHUP reloads.
    _watcher: Option<notify::RecommendedWatcher>,
    changed: mpsc::Receiver<()>,
}

impl Watch {
    /// Watches files, and the YAML files of folders. A file may be replaced rather than written,
    /// so the folder that it is in is what the system watches.
    pub(super) fn new(sources: &[PathBuf]) -> Self {
        // one pending change says it all
        let (tell, changed) = mpsc::channel(1);
        let wanted: Vec<PathBuf> = sources.iter().map(|path| absolute(path)).collect();
        let folders: Vec<PathBuf> = wanted
            .iter()
            .map(|path| {
                if path.is_dir() {
                    path.clone()
                } else {
                    path.parent().map_or_else(|| path.clone(), Path::to_owned)
                }
            })
            .collect();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = event.is_ok_and(|event| {
                !matches!(event.kind, EventKind::Access(_))
                    && event.paths.iter().any(|path| is_wanted(path, &wanted))
            });
            if matters {
                // full: a change is pending already
                let _ = tell.try_send(());
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            for folder in &folders {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        if let Err(error) = &watcher {
            tracing::warn!(%error, "changed files are not noticed; send SIGHUP to reload");
        }
        Self {
            _watcher: watcher.ok(),
            changed,
        }
    }

    /// Waits for a change; for ever if nothing is watched.
    pub(super) async fn changed(&mut self) {
        if self.changed.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Forgets a change that is pending.
    pub(super) fn forget(&mut self) {
        while self.changed.try_recv().is_ok() {}
    }
}

fn is_wanted(path: &Path, wanted: &[PathBuf]) -> bool {
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    wanted.iter().any(|source| {
        source == path || (is_yaml && path.parent() == Some(source) && !source.is_file())
    })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
