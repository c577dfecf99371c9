//! What the database did not take in the end, saved beside it in a form that can be imported.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tracing::error;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::exchange::{Record, ndjson};

/// Saves the observations, if there are any, and tells of it. `url` names what a probe asks.
pub(super) fn save<'u>(
    unsaved: &[(ProbeId, Observation)],
    db: &Path,
    now: UnixMillis,
    url: impl Fn(&ProbeId) -> &'u str,
) {
    if unsaved.is_empty() {
        return;
    }
    let observations = unsaved.len();
    match write(unsaved, db, now, url) {
        Ok(file) => error!(
            observations,
            "what the database did not take is saved: `outwatch import {}` adds it",
            file.display()
        ),
        Err(error) => error!(
            observations,
            "lost: the database did not take them, and they could not be saved beside it: {error}"
        ),
    }
}

fn write<'u>(
    unsaved: &[(ProbeId, Observation)],
    db: &Path,
    now: UnixMillis,
    url: impl Fn(&ProbeId) -> &'u str,
) -> io::Result<PathBuf> {
    let mut name = db.as_os_str().to_owned();
    name.push(format!(".unsaved-{}.ndjson", now.0));
    let path = PathBuf::from(name);
    let mut out = BufWriter::new(File::create_new(&path)?);
    for (probe, observation) in unsaved {
        let record = Record {
            probe,
            url: url(probe),
            observation,
            set_aside: false,
        };
        ndjson::write(&mut out, record)?;
    }
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(path)
}
