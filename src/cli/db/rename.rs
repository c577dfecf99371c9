//! `outwatch db rename`: a probe goes on under another id.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::by::one_name;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::replay::unknown;
use crate::store::Store;

const EXAMPLES: &str = "\
Examples:
  outwatch db rename spotify/web/player spotify/web/web-player
  outwatch db rename --by ann --db copy.db spotify/web/player player

A probe is its id, made from the names of its service, platform and endpoint unless `id:` says
otherwise. Another name makes it another probe, and its history ends. This makes the history of the
old one go on as that of the new one, whether the daemon has met the new one yet or not. Outages get
new ids, since these are made from the probe's; annotations follow them.

Stop the daemon before, and let probes.yaml call the probe by its new id when it starts again.";

/// Let the history of a probe go on under another id, if `id:` was forgotten
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Rename {
    /// What the probe was called
    #[arg(value_name = "OLD")]
    old: ProbeId,
    /// What it is called now
    #[arg(value_name = "NEW")]
    new: ProbeId,
    /// Who renames it; kept with the renaming
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Rename {
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let Self { old, new, by } = self;
        let by = by.as_deref().map(|name| one_name(name, "--by"));
        let by = by.transpose()?;
        let mut store = Store::open(db, now)?;
        let known: BTreeSet<&str> = store.probe_ids().map(ProbeId::as_str).collect();
        if !known.contains(old.as_str()) {
            return Err(unknown("OLD", old.as_str(), &known).into());
        }
        let renamed = store.rename(old, new, by.as_deref(), now)?;
        store.close()?;
        if renamed.merged {
            writeln!(out, "{old} is {new} now, and both histories are one")?;
        } else {
            writeln!(out, "{old} is {new} now")?;
        }
        if renamed.still_configured {
            writeln!(
                out,
                "let probes.yaml call it so before the daemon starts, or it begins anew as {old}"
            )?;
        }
        Ok(Exit::Done)
    }
}
