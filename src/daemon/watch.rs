//! Tells when the configuration may have changed on disk. SIGHUP works too: a watcher misses what
//! happens behind a symbolic link.

use std::path::{Path, PathBuf};

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Watches until it is dropped.
pub(super) struct Watch {
    sources: Vec<PathBuf>,
    /// `None` if the system would not watch; then only SIGHUP reloads.
    watcher: Option<notify::RecommendedWatcher>,
    tell: mpsc::Sender<()>,
    changed: mpsc::Receiver<()>,
}

impl Watch {
    pub(super) fn new(sources: &[PathBuf]) -> Self {
        // one pending change says it all
        let (tell, changed) = mpsc::channel(1);
        Self {
            sources: sources.to_owned(),
            watcher: watcher(sources, tell.clone()),
            tell,
            changed,
        }
    }

    /// Watches these from now on. A change that is pending stays so: it may have come after the
    /// files were read.
    pub(super) fn follow(&mut self, sources: &[PathBuf]) {
        if self.sources != sources {
            sources.clone_into(&mut self.sources);
            self.watcher = watcher(sources, self.tell.clone());
            // a new one may have changed before it was watched; full: that is told already
            let _ = self.tell.try_send(());
        }
    }

    /// Waits for a change; for ever if nothing is watched.
    pub(super) async fn changed(&mut self) {
        // it cannot be closed, since the other end is kept here
        self.changed.recv().await;
    }

    /// Forgets a change that is pending.
    pub(super) fn forget(&mut self) {
        while self.changed.try_recv().is_ok() {}
    }
}

/// Watches files, and the YAML files of folders. A file may be replaced rather than written, so
/// the folder that it is in is what the system watches.
fn watcher(sources: &[PathBuf], tell: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
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
    watcher.ok()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_change_that_came_while_the_files_were_read_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let [before, after] = ["before.yaml", "after.yaml"].map(|name| folder.path().join(name));
        for sources in [[before.clone()], [after]] {
            let mut watch = Watch::new(std::slice::from_ref(&before));
            watch.tell.try_send(()).unwrap();
            watch.follow(&sources);
            let told = tokio::time::timeout(Duration::from_secs(30), watch.changed());
            assert!(told.await.is_ok(), "{sources:?}");
        }
    }
}
