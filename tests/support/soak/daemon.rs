//! The daemon that is tried.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc;

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::site::Site;

pub(crate) struct Daemon {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// The latest lines of its log.
    tail: Vec<String>,
    is_probing: bool,
}

/// Of its log, as much is shown when it ended by itself.
const TAIL_LINES: usize = 12;

impl Daemon {
    /// All that it logs is also in `daemon.log`.
    pub(crate) fn start(site: &Site) -> anyhow::Result<Self> {
        let mut log = File::options()
            .create(true)
            .append(true)
            .open(site.folder().join("daemon.log"))?;
        let mut child = site
            .command(&["run", "--log-format", "json"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("the daemon")?;
        let stderr = child.stderr.take().context("its stderr is a pipe")?;
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // for people; the run goes on without it
                let _ = writeln!(log, "{line}");
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            lines,
            tail: Vec::new(),
            is_probing: false,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        kill(pid, signal).with_context(|| format!("{signal} to the daemon"))
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it is gone.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// Whether it has said that it probes.
    pub(crate) fn is_probing(&mut self) -> bool {
        self.read();
        self.is_probing
    }

    /// The end of its log.
    pub(crate) fn tail(&mut self) -> String {
        self.read();
        self.tail.join("\n")
    }

    fn read(&mut self) {
        for line in self.lines.try_iter() {
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            self.is_probing |= said["message"] == "probing";
            self.tail.push(line);
        }
        let more = self.tail.len().saturating_sub(TAIL_LINES);
        self.tail.drain(..more);
    }

    /// Resident memory in KiB, where the system tells.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().split(' ').next()?.parse().ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
