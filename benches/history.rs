//! What a long history costs those who read it, and a daemon that starts:
//! `cargo bench --bench history -- --probes 10000 --observations 30000000`.
//!
//! It fills a database as the daemon does, and then starts the real `outwatch` over it. `--folder`
//! names one in which the database stays, and is taken up again if it is there.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on need not")]
#![expect(clippy::cast_precision_loss, reason = "shown with few digits")]

#[path = "support/filling.rs"]
mod filling;
#[path = "support/observations.rs"]
mod observations;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use filling::Filling;
use observations::{Random, observation, record};

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

fn main() {
    let number = |flag: &str, default: i64| {
        let mut arguments = std::env::args().skip_while(|argument| argument != flag);
        arguments
            .nth(1)
            .map_or(default, |text| text.parse().unwrap())
    };
    let probes = number("--probes", 10_000);
    let observations = number("--observations", 5_000_000);
    let interval_ms = number("--interval-ms", 10_000);
    a_year_of_one_probe();
    let mut arguments = std::env::args().skip_while(|argument| argument != "--folder");
    let temporary = tempfile::tempdir().unwrap();
    let named = arguments.nth(1).map(std::path::PathBuf::from);
    let folder = named.as_deref().unwrap_or(temporary.path());
    many_probes(folder, probes, observations, interval_ms);
}

fn now() -> i64 {
    outwatch::clock::system_now().0
}

/// Every 30 s for a year; one in two hundred failed, twice in a row now and then.
fn a_year_of_one_probe() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("outwatch.db");
    let rows = YEAR_MS / 30_000;
    let from = now() - YEAR_MS;
    let filling = Filling {
        probes: 1,
        rounds: rows,
        interval_ms: 30_000,
        from,
    };
    fill(&db, filling);
    println!("a year of one probe, {rows} observations:");
    for arguments in [
        &["outages", "--last", "366d", "--format", "json"][..],
        &["report", "--last", "366d", "--format", "json"],
        &["status", "--format", "json"],
    ] {
        time(folder.path(), arguments);
    }
}

fn many_probes(folder: &Path, probes: i64, observations: i64, interval_ms: i64) {
    let db = folder.join("outwatch.db");
    let rounds = observations / probes;
    let from = now() - rounds * interval_ms;
    fs::create_dir_all(folder).unwrap();
    if !db.exists() {
        let filling = Filling {
            probes,
            rounds,
            interval_ms,
            from,
        };
        fill(&db, filling);
    }
    println!(
        "{probes} probes, {} observations each, {:.1} days:",
        rounds,
        (rounds * interval_ms) as f64 / 86_400_000.0
    );
    time(folder, &["status", "--format", "json"]);
    time(folder, &["outages", "--last", "1d", "--format", "json"]);
    let yaml = configuration(probes, interval_ms);
    fs::write(folder.join("probes.yaml"), yaml).unwrap();
    for _ in 0..3 {
        let (wall, rss) = until_probing(folder);
        println!("  outwatch run, until it is probing: {wall:?}, then {rss} kB resident");
    }
}

/// With the observations of [`observation`].
fn fill(db: &Path, filling: Filling) {
    let mut random = Random(1);
    filling::fill(db, filling, |_, ts| observation(ts, &mut random));
}

/// Five runs, of which the median counts.
fn time(folder: &Path, arguments: &[&str]) {
    let mut runs: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_outwatch"))
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        runs.push(begun.elapsed());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }
    runs.sort();
    println!("  outwatch {}: {:?}", arguments.join(" "), runs[2]);
}

/// Ended by SIGKILL.
fn until_probing(folder: &Path) -> (Duration, u64) {
    let begun = Instant::now();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_outwatch"))
        .arg("run")
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(daemon.stderr.take().unwrap());
    let is_probing = |line: &String| line.contains(" probing ");
    let line = log.lines().map(Result::unwrap).find(is_probing);
    let wall = begun.elapsed();
    assert!(line.is_some(), "it ended before it was probing");
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap_or_default();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let rss = rss.and_then(|rss| rss.trim().trim_end_matches(" kB").parse().ok());
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    (wall, rss.unwrap_or(0))
}

/// The probes of [`record`]; nobody answers them.
fn configuration(probes: i64, interval_ms: i64) -> String {
    let mut yaml =
        format!("service: Music\ndefaults: {{ interval: {interval_ms}ms }}\nplatforms:\n");
    for platform in ["desktop", "mobile", "web"] {
        writeln!(yaml, "  {platform}:").unwrap();
        for record in (0..probes).map(record) {
            if record.probe.platform.slug() == platform {
                let name = record.probe.endpoint.display();
                writeln!(
                    yaml,
                    "    - {{ name: {name}, url: \"http://127.0.0.1:9/\" }}"
                )
                .unwrap();
            }
        }
    }
    yaml
}
