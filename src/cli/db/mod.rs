//! `outwatch db`: what is done to a database itself.

mod backup;
mod check;
mod info;
mod prune;
mod rebuild;
mod rename;
mod vacuum;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::Exit;
use crate::domain::time::UnixMillis;

const EXAMPLES: &str = "\
Examples:
  outwatch db info                       what it holds, and how much room that takes
  outwatch db backup /backup/monday.db   a copy, while the daemon runs
  outwatch db check                      whether all is as it should be

info, check and backup work beside a running daemon; the others need the database to themselves.";

/// Look into the database, check, copy, and put it in order
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Db {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, Subcommand)]
enum DbCommand {
    Info(info::Info),
    Check(check::Check),
    Backup(backup::Backup),
    Prune(prune::Prune),
    Vacuum(vacuum::Vacuum),
    Rebuild(rebuild::Rebuild),
    Rename(rename::Rename),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Db {
    pub(super) fn run(
        &self,
        config: &[PathBuf],
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        match &self.command {
            DbCommand::Info(args) => args.run(db, now, out),
            DbCommand::Check(args) => args.run(db, now, out),
            DbCommand::Backup(args) => args.run(db, out),
            DbCommand::Prune(args) => args.run(config, db, now, out),
            DbCommand::Vacuum(args) => args.run(db, now, out),
            DbCommand::Rebuild(args) => args.run(db, now, out),
            DbCommand::Rename(args) => args.run(db, now, out),
        }
    }
}
