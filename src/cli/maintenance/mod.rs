//! `outwatch maintenance`: what is maintained when, declared from the command line.

mod add;
mod list;

pub(super) use list::when;

use std::io::Write;
use std::path::Path;

use clap::Subcommand;

use super::Exit;
use super::by::ByArgs;

use crate::domain::maintenance::MaintenanceId;
use crate::domain::time::{Period, UnixMillis};
use crate::report::document::{Text, Tone};
use crate::report::text::{instant_after, instant_utc};
use crate::store::{Ledger, Reader};

const EXAMPLES: &str = "\
Examples:
  outwatch maintenance add --service spotify --for 2h --note 'database upgrade'
  outwatch maintenance list
  outwatch maintenance end 3

Maintained time counts neither as up nor as down, from when it is declared on; it is still watched,
and outages in it are still shown. All of this works while a daemon runs. What is maintained again
and again is better written in probes.yaml.";

/// Declare, list and end maintenance: time that counts neither as up nor as down
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Maintenance {
    #[command(subcommand)]
    command: MaintenanceCommand,
}

#[derive(Debug, Subcommand)]
enum MaintenanceCommand {
    Add(Box<add::Add>),
    List(list::List),
    End(End),
}

const END_EXAMPLES: &str = "\
Examples:
  outwatch maintenance end 3             it is done early
  outwatch maintenance end 3 --by ann

It ends now; what it covered until now stays covered. What stands in probes.yaml ends when it is
taken out of there.";

/// End what was declared with `outwatch maintenance add`, or take it back
#[derive(Debug, clap::Args)]
#[command(after_help = END_EXAMPLES)]
struct End {
    /// Its number, as `outwatch maintenance list` shows it
    #[arg(value_name = "ID")]
    id: u32,
    #[command(flatten)]
    by: ByArgs,
}

impl Maintenance {
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        match &self.command {
            MaintenanceCommand::Add(args) => args.run(db, now, out),
            MaintenanceCommand::List(args) => args.run(&Reader::open(db)?, now, out),
            MaintenanceCommand::End(args) => args.run(db, now, out),
        }
    }
}

impl End {
    fn run(&self, db: &Path, now: UnixMillis, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let by = self.by.name()?;
        let id = MaintenanceId(self.id);
        Ledger::open(db, now)?.end_maintenance(id, &by, now)?;
        writeln!(out, "maintenance {} has ended", id.0)?;
        Ok(Exit::Done)
    }
}

/// When it comes next, or until when it goes on.
pub(super) fn upcoming(next: Option<Period>, now: UnixMillis) -> Text {
    match next {
        None => "none".into(),
        Some(Period { from, to }) if from > now => Text::from(instant_utc(from))
            .then(" to ")
            .then(instant_after(from, to))
            .then("Z"),
        Some(next) => Text::toned(Tone::Warn, "now").then(match end(next) {
            Some(to) => format!(", until {}", instant_utc(to)),
            None => ", without an end".to_owned(),
        }),
    }
}

/// `None` if none is in sight.
pub(super) fn end(next: Period) -> Option<UnixMillis> {
    Some(next.to).filter(|to| to.0 < i64::MAX)
}
