//! What the system knows of a running daemon.

use std::fs;

/// What it holds at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings {
    pub(crate) rss_kib: u64,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
}

impl Holdings {
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            rss_kib: status(pid, "RssAnon:"),
            descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64,
            threads: status(pid, "Threads:"),
        }
    }
}

/// The number in a line of `/proc/PID/status`; sizes are in KiB.
pub(crate) fn status(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}
