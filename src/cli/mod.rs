//! The command line: one command per file. Commands write to the `Write` they are given.

mod check;
mod completions;
mod controlled;
#[cfg(test)]
mod dist_tests;
mod init;
mod man;
mod probe;
mod run;
mod schema;

mod db;
mod demo;
mod export;
mod import;
mod maintenance;

mod annotate;
mod evidence;
mod incident;
#[cfg(test)]
mod incident_tests;
mod outages;
#[cfg(test)]
mod outages_tests;
mod report;
mod status;

mod by;
mod filter;
#[cfg(test)]
mod histories_tests;
mod output;
mod period;
mod progress;
mod promised;
mod sought;
mod terminal;
mod what_if;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::daemon::DaemonError;
use crate::replay::BadUsage;
use crate::store::{Reader, StoreError};
use crate::{clock, config};

const FIRST_STEPS: &str = "\
First steps:
  outwatch demo                      see a scripted outage found and reported, in 40 seconds
  outwatch init && outwatch check    write a probes.yaml, and see what it asks of whom
  outwatch run                       watch; then outwatch status, outages and report tell

outwatch COMMAND --help shows the options of a command, with examples.";

const MORE: &str = "\
Exit codes:
  0  done; for probe: every outcome is ok or slow
  1  something probed is failing, or another error
  2  bad usage or configuration
  3  the database cannot be used
  4  another daemon holds the database

Environment:
  OUTWATCH_DB   the database, where --db names none
  OUTWATCH_LOG  what is logged, instead of -q and -v, as in outwatch::daemon=debug
  NO_COLOR      no colours, if it is set";

pub use terminal::colour_wanted;

/// A synthetic uptime prober that tells the truth about outages
///
/// It asks every endpoint of a service again and again, and tells which platform was down, from
/// when to when, how long at least and at most, and why. Time that nobody watched is neither up
/// nor down.
#[derive(Debug, Parser)]
#[command(
    name = "outwatch",
    version,
    max_term_width = 100,
    after_help = FIRST_STEPS,
    after_long_help = format!("{FIRST_STEPS}\n\n{MORE}")
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// The configuration that is read if none is named.
const CONFIG_DEFAULT: &str = "probes.yaml";

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Configuration file, or a folder of *.yaml and *.yml files; may be repeated
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        default_value = CONFIG_DEFAULT
    )]
    pub config: Vec<PathBuf>,
    /// Database file of the observations
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
    /// Log less to standard error: only warnings (-q), only errors (-qq)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub quiet: u8,
    /// Log more to standard error: debug (-v), trace (-vv)
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
    Run(run::Run),
    Demo(demo::Demo),
    Check(check::Check),
    Probe(Box<probe::ProbeArgs>),
    Status(status::StatusArgs),
    Outages(outages::OutagesArgs),
    Report(report::ReportArgs),
    Annotate(annotate::Annotate),
    Import(import::Import),
    Export(export::Export),
    Maintenance(maintenance::Maintenance),
    Db(db::Db),
    Init(init::Init),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::ManArgs),
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
    let Cli {
        common: Common { config, db, .. },
        command,
    } = cli;
    let now = clock::system_now();
    let read = || Reader::open(&db);
    match command {
        Command::Run(args) => args.run(&config, &db),
        Command::Demo(args) => args.run(out),
        Command::Check(args) => args.run(&config, now, out).map(|()| Exit::Done),
        Command::Probe(args) => probe::run(&args, &config, out),
        Command::Status(args) if args.is_of_daemon() => args.run_of_daemon(&db, now, out),
        Command::Status(args) => args.run(&read()?, now, out),
        Command::Outages(args) => args.run(&read()?, now, out),
        Command::Report(args) => args.run(&read()?, now, out),
        Command::Annotate(args) => args.run(&db, now, out),
        Command::Import(args) => import::run(&args, &config, &db, now, out),
        Command::Export(args) => export::run(&args, &db, now, out),
        Command::Maintenance(args) => args.run(&db, now, out),
        Command::Db(args) => args.run(&config, &db, now, out),
        Command::Init(args) => args.run(out).map(|()| Exit::Done),
        Command::Schema(args) => args.run(out).map(|()| Exit::Done),
        Command::Completions(args) => args.run(out).map(|()| Exit::Done),
        Command::Man(args) => args.run(out).map(|()| Exit::Done),
    }
}

/// The exit code that an error asks for.
pub fn exit_for(error: &anyhow::Error) -> Exit {
    let store = |error: &StoreError| match error {
        StoreError::Held { .. } => Exit::Held,
        error if error.is_refusal() => Exit::Usage,
        _ => Exit::Database,
    };
    if error.is::<config::Errors>() || error.is::<BadUsage>() {
        return Exit::Usage;
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return store(error);
    }
    match error.downcast_ref::<DaemonError>() {
        Some(DaemonError::Config(_)) => Exit::Usage,
        Some(DaemonError::Store(error)) => store(error),
        Some(DaemonError::Prober(_) | DaemonError::EndedAtOnce { .. }) | None => Exit::Failing,
    }
}
