//! Parses arguments, starts tracing, runs the command; an error goes to standard error and into the
//! exit code.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use outwatch::cli::{self, Cli, Command, Common, LogFormat};
use outwatch::config;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_tracing(&cli);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = cli::run(cli, &mut out);
    let flushed = out.flush();
    match (result, flushed) {
        (Ok(exit), Ok(())) => exit.into(),
        (Ok(_), Err(error)) => fail(&error.into()),
        (Err(error), _) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    // the reader has seen enough (`outwatch outages | head`): nothing to complain of
    if error.chain().any(broken_pipe) {
        return cli::Exit::Done.into();
    }
    let text = match error.downcast_ref::<config::Errors>() {
        Some(mistakes) => mistakes.render(io::stderr().is_terminal() && cli::colour_wanted()),
        None => format!("{error:#}"),
    };
    // standard error may be closed; there is nowhere left to say so
    let _ = writeln!(io::stderr(), "outwatch: {text}");
    cli::exit_for(error).into()
}

fn start_tracing(cli: &Cli) {
    let Common {
        quiet,
        verbose,
        log_format,
        ..
    } = cli.common;
    let level = match (quiet, verbose) {
        // the demo tells its own story, by the clock of its own day
        (0, 0) if matches!(cli.command, Command::Demo(_)) => "warn",
        (0, 0) => "outwatch=info,warn",
        (1, _) => "warn",
        (_, 0) => "error",
        (_, 1) => "outwatch=debug,info",
        // libraries log hosts, and more, as they are: with secrets in them
        (_, _) => "outwatch=trace,info",
    };
    // it logs every refused certificate as an error of ours, but that is an observation
    let silenced = "rustls_platform_verifier=off";
    let filter = EnvFilter::try_from_env("OUTWATCH_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},{silenced}")));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // it would say on standard error that standard error is closed or full, and panic
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal() && cli::colour_wanted())
        .with_target(false);
    match log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
