//! The command line: one command per file. Commands write to the `Write` they are given.

mod filter;
mod histories;
mod outages;
mod output;
mod period;
mod report;
mod status;
mod terminal;
mod what_if;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::domain::time::UnixMillis;
use crate::store::{Reader, StoreError};

/// A synthetic uptime prober that tells the truth about outages.
#[derive(Debug, Parser)]
#[command(name = "outwatch", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Configuration file, or a folder of *.yaml and *.yml files; may be repeated
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        default_value = "probes.yaml"
    )]
    pub config: Vec<PathBuf>,
    /// Database file
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "OUTWATCH_DB",
        default_value = "outwatch.db"
    )]
    pub db: PathBuf,
    /// How log lines are written to standard error
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
    /// Log less: only warnings (-q), only errors (-qq)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub quiet: u8,
    /// Log more: debug (-v), trace (-vv)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Status(status::StatusArgs),
    Outages(outages::OutagesArgs),
    Report(report::ReportArgs),
}

/// What the process exits with; part of the contract of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// Something probed is failing, or another error.
    Failing = 1,
    /// Bad usage or configuration.
    Usage = 2,
    /// The database cannot be used.
    Database = 3,
    /// Another daemon holds the database.
    Held = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the command; what it prints goes to `out`.
pub fn run(cli: Cli, out: &mut dyn Write) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Status(args) => args.run(&Reader::open(&cli.common.db)?, now(), out),
        Command::Outages(args) => args.run(&Reader::open(&cli.common.db)?, now(), out),
        Command::Report(args) => args.run(&Reader::open(&cli.common.db)?, now(), out),
    }
}

/// What the wall clock says.
fn now() -> UnixMillis {
    UnixMillis(jiff::Timestamp::now().as_millisecond())
}

/// The exit code that an error asks for.
pub fn exit_for(error: &anyhow::Error) -> Exit {
    if error.is::<BadUsage>() {
        return Exit::Usage;
    }
    match error.chain().find_map(|cause| cause.downcast_ref()) {
        Some(StoreError::Held { .. }) => Exit::Held,
        Some(_) => Exit::Database,
        None => Exit::Failing,
    }
}

/// An argument that only the command itself can find wrong; in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct BadUsage(String);
