//! What a benchmark measures against: an nginx of its own, and oha.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use rustls::pki_types::CertificateDer;

/// `None` if there is no oha. What it takes to start is measured with one request and taken off.
pub(crate) fn oha(url: &str, nginx: &Nginx, requests: usize, concurrent: usize) -> Option<f64> {
    let run = |requests: usize| {
        let before = cpu(UsageWho::RUSAGE_CHILDREN);
        let output = Command::new("oha")
            .args(["--no-tui", "--disable-keepalive", "--output-format", "json"])
            .args(["-n", &requests.to_string(), "-c", &concurrent.to_string()])
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
pub(crate) fn cpu(who: UsageWho) -> f64 {
    let usage = getrusage(who).unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .sum()
}

/// Sorts.
pub(crate) fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// An nginx of our own on two free ports of loopback; ends with this value.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) http: u16,
    pub(crate) https: u16,
    #[allow(
        dead_code,
        reason = "one benchmark trusts it in-process, the other by its file"
    )]
    pub(crate) root: CertificateDer<'static>,
}

impl Nginx {
    pub(crate) fn start() -> Self {
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
