//! `outwatch run`: the daemon.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use super::Exit;
use super::period::positive_length;
use crate::clock::Clock;
use crate::daemon::descriptors::{self, Wanted};
use crate::daemon::{self, Log, Settings, Signal, supervisor};
use crate::domain::time::Millis;

/// Watch: probe, store and judge until told to stop
///
/// SIGTERM and SIGINT stop it, SIGHUP reloads the configuration. Outages that open or close are
/// logged.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  outwatch run                              probes.yaml, into outwatch.db
  outwatch run -c /etc/outwatch --db /var/lib/outwatch/outwatch.db
  outwatch run --for 60s                    for a minute, then stop
  outwatch run -v --log-format json         more to read, for a program

A changed configuration is taken over by itself, and on SIGHUP; a bad one is
refused as a whole, and the old one stays in force.")]
pub struct Run {
    /// Stop by itself after this long
    #[arg(long = "for", value_name = "LENGTH", value_parser = positive_length)]
    stop_after: Option<Millis>,
    /// Most requests under way at once; others wait, and are late [default: as many as there are
    /// descriptors for (ulimit -n), up to 4096]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_in_flight: Option<usize>,
    /// Most requests under way at once to one host and port [default: 32]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_in_flight_per_host: Option<usize>,
    /// Most memory for what waits while the database takes nothing; what has no room is lost
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    backlog: usize,
}

fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    digits
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(unit?))
        .filter(|size| *size > 0)
        .ok_or_else(|| "write a size, as in 64MiB or 1GiB".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("write a whole number, at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

impl Run {
    pub(super) fn run(&self, config: &[PathBuf], db: &Path) -> anyhow::Result<Exit> {
        // one thread: a second one costs twice the CPU for each probe
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let watched = runtime.block_on(self.watch(config, db));
        // whatever is still being read may take its time
        runtime.shutdown_background();
        watched?;
        Ok(Exit::Done)
    }

    async fn watch(&self, config: &[PathBuf], db: &Path) -> anyhow::Result<()> {
        let wanted = Wanted {
            in_flight: self.max_in_flight,
            in_flight_per_host: self.max_in_flight_per_host,
        };
        let descriptors_max = descriptors::raise();
        let (limits, capped) = wanted.limits(descriptors_max);
        if let Some(capped) = capped {
            warn!("{capped}");
        }
        let settings = Settings {
            config: config.to_vec(),
            db: db.to_owned(),
            clock: Clock::system(),
            limits,
            descriptors_max,
            backlog_bytes: self.backlog,
            announcer: Box::new(Log),
            supervisor: supervisor::from_environment(|name| std::env::var_os(name)),
        };
        let [mut terminate, mut interrupt, mut hang_up] = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ]
        .map(signal);
        let end = self
            .stop_after
            .and_then(|length| tokio::time::Instant::now().checked_add(length.to_duration()));
        let stopping = Cell::new(false);
        // a second signal, not the end of the time, is impatience
        let stop = || {
            if stopping.replace(true) {
                Signal::StopNow
            } else {
                Signal::Stop
            }
        };
        let signals = async || {
            let over = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = received(&mut terminate) => stop(),
                () = received(&mut interrupt) => stop(),
                () = received(&mut hang_up) => Signal::Reload,
                () = over => {
                    stopping.set(true);
                    Signal::Stop
                }
            }
        };
        daemon::run(settings, signals).await?;
        Ok(())
    }
}

/// Waits for the signal; for ever if the system would not let us.
async fn received(signal: &mut std::io::Result<tokio::signal::unix::Signal>) {
    if let Ok(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}
