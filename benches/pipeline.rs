//! CPU time per probe of the whole daemon: scheduling, asking on a fresh connection, verdict,
//! reducer and store; next to `oha --disable-keepalive` in the same run.
//!
//! `cargo bench --bench pipeline`; needs nginx and oha on the PATH, and takes three minutes. Two
//! comparisons for http and for https: at the same rate, where both sleep and wake for every
//! request; and flat out, oha as fast as it can and the daemon at a rate that fills most of a core.
//! Both run for two lengths of time, and the difference is what counts, so that starting is left
//! out.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, stops where it cannot go on, and counts few enough"
)]

#[path = "support/against.rs"]
mod against;

use std::fs;
use std::process::{Command, Stdio};

use against::{Nginx, cpu, median, oha};
use nix::sys::resource::UsageWho;
use outwatch::domain::observation::Outcome;
use outwatch::domain::time::{Period, UnixMillis};
use outwatch::store::Reader;

const ROUNDS: usize = 3;
const SHORT_SECONDS: u32 = 2;
const LONG_SECONDS: u32 = 6;
/// oha's requests at once.
const CONCURRENT: usize = 8;

#[derive(Clone, Copy)]
enum Oha {
    AtTheSameRate,
    FlatOut,
}

fn main() {
    let nginx = Nginx::start();
    println!("CPU per request in µs, fresh connections, median of {ROUNDS}");
    println!("                     outwatch run    oha   ratio");
    for (scheme, port, rate, mode) in [
        ("http", nginx.http, 1000, Oha::AtTheSameRate),
        ("http", nginx.http, 6000, Oha::FlatOut),
        ("https", nginx.https, 250, Oha::AtTheSameRate),
        ("https", nginx.https, 1500, Oha::FlatOut),
    ] {
        let url = format!("{scheme}://127.0.0.1:{port}/");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (short, few) = daemon(&url, &nginx, rate, SHORT_SECONDS);
            let (long, many) = daemon(&url, &nginx, rate, LONG_SECONDS);
            ours.push((long - short) * 1e6 / (many - few) as f64);
            theirs.extend(match mode {
                Oha::AtTheSameRate => paced_oha(&url, &nginx, rate),
                Oha::FlatOut => oha(&url, &nginx, rate * 2, CONCURRENT),
            });
        }
        let ours = median(&mut ours);
        let mode = match mode {
            Oha::AtTheSameRate => "same rate",
            Oha::FlatOut => "flat out",
        };
        print!("{scheme:5} {rate:5}/s {mode:9} {ours:9.1}");
        if theirs.is_empty() {
            println!("   oha is not on the PATH");
        } else {
            let theirs = median(&mut theirs);
            println!("{theirs:8.1}  {:6.2}", ours / theirs);
        }
    }
}

/// CPU microseconds for each request of an oha that keeps the rate. `None` if there is none.
fn paced_oha(url: &str, nginx: &Nginx, rate: usize) -> Option<f64> {
    let run = |seconds: u32| {
        let before = cpu(UsageWho::RUSAGE_CHILDREN);
        let output = Command::new("oha")
            .args(["--no-tui", "--disable-keepalive", "--output-format", "json"])
            .args(["-q", &rate.to_string(), "-z", &format!("{seconds}s")])
            .args(["-c", &CONCURRENT.to_string()])
            .arg(url)
            .env("SSL_CERT_FILE", nginx.dir.path().join("root.pem"))
            .output()
            .ok()?;
        assert!(output.status.success());
        Some(cpu(UsageWho::RUSAGE_CHILDREN) - before)
    };
    let requests = (LONG_SECONDS - SHORT_SECONDS) as usize * rate;
    Some((run(LONG_SECONDS)? - run(SHORT_SECONDS)?) * 1e6 / requests as f64)
}

/// CPU seconds of a daemon that runs this long, and how many observations it stored.
fn daemon(url: &str, nginx: &Nginx, probes: usize, seconds: u32) -> (f64, usize) {
    let dir = tempfile::tempdir().unwrap();
    let endpoints: Vec<_> = (0..probes)
        .map(|n| format!("    - {{ name: \"{n}\", url: \"{url}\" }}"))
        .collect();
    let endpoints = endpoints.join("\n");
    let config = format!(
        "defaults: {{ interval: 1s, timeout: 1s, confirm_interval: 1s }}\nplatforms:\n  bench:\n{endpoints}\n"
    );
    let (yaml, db) = (dir.path().join("bench.yaml"), dir.path().join("bench.db"));
    fs::write(&yaml, config).unwrap();
    let before = cpu(UsageWho::RUSAGE_CHILDREN);
    let status = Command::new(env!("CARGO_BIN_EXE_outwatch"))
        .args(["run", "-q", "--for", &format!("{seconds}s"), "-c"])
        .arg(&yaml)
        .arg("--db")
        .arg(&db)
        .env("SSL_CERT_FILE", nginx.dir.path().join("root.pem"))
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let spent = cpu(UsageWho::RUSAGE_CHILDREN) - before;
    let reader = Reader::open(&db).unwrap();
    let mut observations = 0;
    let mut failed = 0;
    let always = Period::new(UnixMillis(0), UnixMillis(i64::MAX));
    for probe in reader.probes().unwrap() {
        reader
            .sightings(probe.key, always, |sighting| {
                observations += 1;
                failed += usize::from(matches!(sighting.outcome, Outcome::Fail(_)));
            })
            .unwrap();
    }
    assert_eq!(failed, 0, "the server is well");
    (spent, observations)
}
