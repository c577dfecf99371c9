//! `outwatch status`: where every service, platform and endpoint stands.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;

use super::Exit;
use super::output::Output;
use super::period::{PresentArgs, positive_length};
use super::terminal::page;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::replay::{Extent, Filter, Selection, Source, WhatIf, read};
use crate::report::fares::{Fares, SelfStatus};
use crate::report::status::{SINCE_SPAN, Status};
use crate::report::{json, markdown, table, wording};
use crate::store::{Holder, Reader};

const EXAMPLES: &str = "\
Examples:
  outwatch status                           of all services
  outwatch status --platform web            of one platform
  outwatch status --service spotify --format json
  outwatch --db copy.db status --generated-at 2024-09-29T18:00:00Z
  outwatch status --self                    how the daemon itself fares
  outwatch status --self --within 3m        and 1 if it does not, as for containers

A platform's state comes from its endpoints, and a service's from its
platforms, by the policies configured as down_when. If a filter leaves out
some of the probes, it is not told. The exit code is 0 whatever the states
are; with --within it is 1 unless the daemon runs and stores what it sees. It
stores something of itself once a minute at least.";

/// Show where every service, platform and endpoint stands: up, degraded, down, unknown or
/// in maintenance
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    present: PresentArgs,
    /// How the daemon itself fares: whether it runs, how late it asks, how fast it stores, and what
    /// it takes
    #[arg(long = "self", conflicts_with_all = ["service", "platform", "probe"])]
    own: bool,
    /// With --self: exit with 1 unless it runs, and stored something of itself within this time
    #[arg(long, value_name = "LENGTH", requires = "own", value_parser = positive_length)]
    within: Option<Millis>,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For people, in documents
    #[value(alias = "md")]
    Markdown,
    /// For programs
    Json,
}

impl StatusArgs {
    /// Whether it is the daemon that is asked about.
    pub(super) fn is_of_daemon(&self) -> bool {
        self.own
    }

    /// How the daemon fares that has this database, or had it last.
    pub(super) fn run_of_daemon(
        &self,
        db: &Path,
        clock: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        // before the row, so that a daemon that stops meanwhile has not ended without a word
        let holder = Holder::of(db);
        let told = Reader::open(db)?.fares()?.with_context(|| {
            let db = db.display();
            format!(
                "no daemon has told anything of itself in {db} yet; it does soon after its start"
            )
        })?;
        let fares: Fares = serde_json::from_str(&told.data)
            .context("what the daemon told of itself cannot be read: it is of another version")?;
        let is_held = match holder {
            None => Some(false),
            Some(holder) if holder.pid != fares.pid => Some(false),
            Some(holder) => holder.is_present,
        };
        let status = SelfStatus::new(fares, told.at, is_held, self.present.or(clock));
        self.output.write(out, |out| {
            let document = || wording::self_status(&status);
            match self.format {
                Format::Table => table::render(&document(), page(&self.output), out)?,
                Format::Markdown => markdown::render(&document(), out)?,
                Format::Json => json::self_status(&status, out)?,
            }
            Ok(())
        })?;
        Ok(match self.within {
            Some(within) if !status.is_well(within) => Exit::Failing,
            _ => Exit::Done,
        })
    }

    pub(super) fn run(
        &self,
        source: &impl Source,
        clock: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let now = self.present.or(clock);
        let histories = read(
            source,
            Selection {
                filter: &self.filter,
                what_if: &WhatIf::default(),
                zone: &Zone::utc(),
                period: Period::new(now.saturating_sub(SINCE_SPAN), now),
                now,
                extent: Extent::Windows,
            },
        )?;
        let status = Status::new(&histories.judged, now);
        self.output.write(out, |out| {
            match self.format {
                Format::Table => {
                    table::render(&wording::status(&status), page(&self.output), out)?;
                }
                Format::Markdown => markdown::render(&wording::status(&status), out)?,
                Format::Json => json::status(&status, out)?,
            }
            Ok(())
        })?;
        Ok(Exit::Done)
    }
}
