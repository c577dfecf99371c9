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

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use outwatch::domain::observation::Outcome;
use outwatch::domain::time::Pace;
use outwatch::domain::verdict::Expectations;
use outwatch::prober::request::{BODY_BYTES_MAX_DEFAULT, Redirects, Request};
use outwatch::prober::secrets::Secrets;
use outwatch::prober::{Prober, Settings};
use rustls::pki_types::CertificateDer;

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
            theirs.extend(oha(&url, &nginx, requests));
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
    let request = Arc::new(Request {
        method: http::Method::GET,
        url: url.parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(10),
        redirects: Redirects::Follow { max: 10 },
        body_bytes_max: BODY_BYTES_MAX_DEFAULT,
        secrets: Secrets::default(),
    });
    let ask = |count: usize| {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..CONCURRENT {
            let (prober, request) = (prober.clone(), Arc::clone(&request));
            tasks.spawn_on(
                async move {
                    let expect = Expectations::default();
                    for _ in 0..count / CONCURRENT {
                        let sighting = prober.ask(&request, &expect).await;
                        assert_eq!(sighting.outcome, Outcome::Ok);
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

/// `None` if there is no oha. What it takes to start is measured with one request and taken off.
fn oha(url: &str, nginx: &Nginx, requests: usize) -> Option<f64> {
    let run = |requests: usize| {
        let before = cpu(UsageWho::RUSAGE_CHILDREN);
        let output = Command::new("oha")
            .args(["--no-tui", "--disable-keepalive", "--output-format", "json"])
            .args(["-n", &requests.to_string(), "-c", &CONCURRENT.to_string()])
            .arg(url)
            .env("SSL_CERT_FILE", nginx.dir.path().join("root.pem"))
            .output()
            .ok()?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["summary"]["successRate"], 1.0, "{report}");
        Some(cpu(UsageWho::RUSAGE_CHILDREN) - before)
    };
    Some((run(requests + 1)? - run(1)?) * 1e6 / requests as f64)
}

/// Seconds, user and system, of all threads.
fn cpu(who: UsageWho) -> f64 {
    let usage = getrusage(who).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .sum()
}

/// Sorts.
fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// An nginx of our own on two free ports of loopback; ends with this value.
struct Nginx {
    child: Child,
    dir: tempfile::TempDir,
    http: u16,
    https: u16,
    root: CertificateDer<'static>,
}

impl Nginx {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = write_certificates(dir.path());
        let (http, https) = (free_port(), free_port());
        let path = dir.path().display();
        let config = format!(
            "daemon off; worker_processes 1; pid {path}/pid; error_log {path}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n\
               access_log off; client_body_temp_path {path}/b; proxy_temp_path {path}/p;\n\
               fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;\n\
               ssl_session_tickets off; ssl_session_cache off;\n\
               ssl_certificate {path}/leaf.pem; ssl_certificate_key {path}/leaf.key;\n\
               server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;\n\
                 location / {{ return 200 'ok'; }} }}\n\
             }}\n"
        );
        fs::write(dir.path().join("nginx.conf"), config).unwrap();
        let child = Command::new("nginx")
            .arg("-c")
            .arg(dir.path().join("nginx.conf"))
            .args(["-e", "stderr"])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is on the PATH");
        let nginx = Self {
            child,
            dir,
            http,
            https,
            root,
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, https));
        while TcpStream::connect(address).is_err() {
            std::thread::yield_now();
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // the master passes on a TERM, but not a KILL, to its workers
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A root, and a leaf for 127.0.0.1 signed by it, both P-256 as most of the web is.
fn write_certificates(dir: &Path) -> CertificateDer<'static> {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let root_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&root_key).unwrap();
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&leaf_key, &Issuer::new(params, root_key))
        .unwrap();
    fs::write(dir.join("root.pem"), root.pem()).unwrap();
    fs::write(dir.join("leaf.pem"), leaf.pem()).unwrap();
    fs::write(dir.join("leaf.key"), leaf_key.serialize_pem()).unwrap();
    root.der().clone()
}
