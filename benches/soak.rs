//! The daemon in trouble, for as long as you like: `cargo bench --bench soak -- --for 1h --probes 60`.
//!
//! A real service that fails on a timer is watched by the real daemon, which is killed, stopped,
//! given a full disk and another clock on a timer of its own; docs/SOAK.md tells the rules. Prints
//! what was found, and fails if anything is not true.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark tells its figures"
)]

#[path = "../tests/support/soak/mod.rs"]
mod soak;
#[path = "../tests/support/truth/mod.rs"]
mod truth;

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use outwatch::domain::time::Millis;
use soak::Progress;
use soak::settings::{PLATFORMS, ServiceKind, Settings};

/// Watch a service that fails on a timer with a daemon in trouble, and compare.
#[derive(Parser)]
#[command(name = "soak", bin_name = "cargo bench --bench soak --")]
struct Options {
    /// For how long, as in 90s, 10m or 1h
    #[arg(long = "for", default_value = "10m", value_name = "LENGTH", value_parser = length)]
    length: Duration,
    /// How many probes, over all platforms
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=5000))]
    probes: u32,
    /// Interval of the probes; their timeout is half of it
    #[arg(long, default_value = "4s", value_name = "LENGTH", value_parser = length)]
    interval: Duration,
    /// What goes wrong, and when
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// What is probed; nginx if there is one
    #[arg(long, value_enum, value_name = "KIND")]
    service: Option<Kind>,
    /// From one trouble of the observer to the next, on average
    #[arg(long, default_value = "30s", value_name = "LENGTH", value_parser = length)]
    trouble_every: Duration,
    /// From one comparison on the way to the next
    #[arg(long, default_value = "5m", value_name = "LENGTH", value_parser = length)]
    compare_every: Duration,
    /// Another binary than the one that was built
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_outwatch"))]
    outwatch: PathBuf,
    /// Format of the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Nginx,
    BuiltIn,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn length(text: &str) -> Result<Duration, String> {
    let wrong = || "write a length of time, as in 90s, 10m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let each = match &text[digits.len()..] {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        _ => return Err(wrong()),
    };
    let count: u32 = digits.parse().map_err(|_| wrong())?;
    each.checked_mul(count)
        .filter(|all| !all.is_zero())
        .ok_or_else(wrong)
}

/// Tells this process from the one that it makes, which may mount what nobody else sees.
const APART: &str = "OUTWATCH_SOAK_APART";

/// From one line of progress to the next.
const SHOW_EVERY: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let options = Options::parse();
    match soak(&options) {
        Ok(is_good) => ExitCode::from(u8::from(!is_good)),
        Err(error) => {
            eprintln!("soak: {error:?}");
            ExitCode::from(2)
        }
    }
}

fn soak(options: &Options) -> anyhow::Result<bool> {
    if std::env::var_os(APART).is_none() && may_be_apart() {
        let own = std::env::current_exe()?;
        return Err(apart()
            .arg(own)
            .args(std::env::args_os().skip(1))
            .env(APART, "1")
            .exec()
            .into());
    }
    let settings = Settings {
        outwatch: options.outwatch.clone(),
        length: options.length,
        probes: usize::try_from(options.probes)?.max(PLATFORMS.len()),
        interval: Millis::from_duration(options.interval),
        seed: options.seed,
        service: options.service.map(|kind| match kind {
            Kind::Nginx => ServiceKind::Nginx,
            Kind::BuiltIn => ServiceKind::BuiltIn,
        }),
        may_mount: std::env::var_os(APART).is_some(),
        compare_every: options.compare_every,
        trouble_every: options.trouble_every,
    };
    let interrupted = interruptions()?;
    let is_terminal = std::io::stderr().is_terminal();
    let mut shown = Instant::now();
    let outcome = soak::run(&settings, &interrupted, |progress: &Progress<'_>| {
        if is_terminal && shown.elapsed() >= SHOW_EVERY {
            shown = Instant::now();
            let troubles: u64 = progress.diary.troubles.values().sum();
            eprint!(
                "\r{} of {}: {} faults, {troubles} troubles, {} comparisons, {} mismatches\x1b[K",
                Millis::from_duration(Duration::from_secs(progress.elapsed.as_secs())),
                Millis::from_duration(settings.length),
                progress.diary.faults.len(),
                progress.comparisons,
                progress.wrong,
            );
        }
    })?;
    if is_terminal {
        eprintln!();
    }
    match options.format {
        Format::Table => println!("{}", soak::telling::text(&settings, &outcome)),
        Format::Json => println!("{:#}", soak::telling::json(&settings, &outcome)),
    }
    Ok(outcome.wrong.is_empty())
}

/// Runs something with mounts of its own.
fn apart() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--"]);
    command
}

/// Needs privileges.
fn may_be_apart() -> bool {
    let tried = apart().arg("true").stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Says so when it is to end: Ctrl-C, or SIGTERM.
fn interruptions() -> anyhow::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (tell, told) = mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime")?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
            ) else {
                return std::future::pending().await;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
    });
    Ok(told)
}
