//! CPU time per probe on a fresh connection, over http and https, against an nginx on loopback,
//! next to `oha --disable-keepalive` in the same run. Both verify the certificate.
//!
//! nginx resumes no TLS session: oha would, and then neither verifies a certificate nor agrees on a
//! key anew, which a probe always does.
//!
//! `cargo bench --bench probe_cpu`; needs nginx, and for the comparison oha, on the PATH;
//! `-- http` leaves out https. Wall
//! clocks lie on shared machines, so this reads getrusage; the servers are other processes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, stops where it cannot go on, and counts few enough"
)]

#[path = "support/against.rs"]
mod against;

use std::sync::Arc;
use std::time::Duration;

use against::{Nginx, cpu, median, oha};
use nix::sys::resource::UsageWho;
use outwatch::domain::observation::Outcome;
use outwatch::domain::time::{Pace, UnixMillis};
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use outwatch::prober::{Prober, Settings};

const ROUNDS: usize = 5;
const CONCURRENT: usize = 8;
/// Per tool and round. The `TIME_WAIT`s of all rounds must fit into the ephemeral ports.
const HTTP_REQUESTS: usize = 2000;
const HTTPS_REQUESTS: usize = 1000;

fn main() {
    let nginx = Nginx::start();
    println!("CPU per request in µs, fresh connections, {CONCURRENT} at once, median of {ROUNDS}");
    for (scheme, port, requests) in [
        ("http", nginx.http, HTTP_REQUESTS),
        ("https", nginx.https, HTTPS_REQUESTS),
    ] {
        if std::env::args().any(|arg| arg == "http" || arg == "https")
            && std::env::args().all(|arg| arg != scheme)
        {
            continue;
        }
        let url = format!("{scheme}://127.0.0.1:{port}/");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(outwatch(&url, &nginx, requests));
            theirs.extend(oha(&url, &nginx, requests, CONCURRENT));
        }
        let ours_median = median(&mut ours);
        print!(
            "{scheme:5}  outwatch {ours_median:6.1} ({:.1}–{:.1})",
            ours[0],
            ours[ours.len() - 1]
        );
        if theirs.is_empty() {
            println!("  oha is not on the PATH");
        } else {
            let median = median(&mut theirs);
            println!(
                "  oha {median:6.1} ({:.1}–{:.1})  ratio {:.2}",
                theirs[0],
                theirs[theirs.len() - 1],
                ours_median / median
            );
        }
    }
}

fn outwatch(url: &str, nginx: &Nginx, requests: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let prober = Prober::new(Settings {
        pace: Pace::REAL,
        extra_roots: vec![nginx.root.clone()],
    })
    .unwrap();
    let request = Request::get(url.parse().unwrap(), Duration::from_secs(10));
    let request = Arc::new(request);
    let ask = |count: usize| {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONCURRENT {
            let (prober, request) = (prober.clone(), Arc::clone(&request));
            tasks.spawn_on(
                async move {
                    let expect = Expectations::default();
                    for _ in 0..count / CONCURRENT {
                        let reply = prober.ask(&request, &expect, UnixMillis(0)).await;
                        assert_eq!(reply.outcome, Outcome::Ok);
                    }
                },
                runtime.handle(),
            );
        }
        runtime.block_on(tasks.join_all());
    };
    ask(CONCURRENT * 10);
    let before = cpu(UsageWho::RUSAGE_SELF);
    ask(requests);
    (cpu(UsageWho::RUSAGE_SELF) - before) * 1e6 / requests as f64
}
