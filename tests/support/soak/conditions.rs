//! How endpoints answer: a file for each that does not answer well, which the servers look for at
//! every request. So a fault begins when its file is there, and ends when it is gone.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::diary::{FaultKind, Moment};
use super::settings::Settings;

#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    folder: PathBuf,
}

impl Conditions {
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("faults");
        fs::create_dir(&folder)?;
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What ends the name of the file.
    pub(crate) fn suffix(kind: FaultKind) -> &'static str {
        match kind {
            FaultKind::Status | FaultKind::Flapping => "status",
            FaultKind::Reset => "reset",
            FaultKind::Hang => "hang",
            FaultKind::Slow => "slow",
            FaultKind::Refused | FaultKind::Frozen => {
                unreachable!("what whole servers do is no condition of an endpoint")
            }
        }
    }

    fn file(&self, probe: usize, kind: FaultKind) -> PathBuf {
        let endpoint = Settings::endpoint(probe);
        self.folder
            .join(format!("{endpoint}.{}", Self::suffix(kind)))
    }

    pub(crate) fn begin(&self, probe: usize, kind: FaultKind) -> anyhow::Result<Moment> {
        let path = self.file(probe, kind);
        let (moment, created) = Moment::of(|| File::create(path));
        created?;
        Ok(moment)
    }

    pub(crate) fn end(&self, probe: usize, kind: FaultKind) -> anyhow::Result<Moment> {
        let path = self.file(probe, kind);
        let (moment, removed) = Moment::of(|| fs::remove_file(path));
        removed?;
        Ok(moment)
    }

    /// Of an endpoint that is asked for by its path.
    pub(crate) fn of(&self, endpoint: &str) -> Option<FaultKind> {
        let is_there = |kind| {
            let suffix = Self::suffix(kind);
            self.folder.join(format!("{endpoint}.{suffix}")).exists()
        };
        [
            FaultKind::Status,
            FaultKind::Reset,
            FaultKind::Hang,
            FaultKind::Slow,
        ]
        .into_iter()
        .find(|kind| is_there(*kind))
    }
}
