//! Servers on loopback that misbehave on demand, and short ways to ask them.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub mod dns;
pub mod h2;
pub mod proxies;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outwatch::domain::observation::Outcome;
use outwatch::domain::time::UnixMillis;
use outwatch::expect::{Expectations, Rule, TextTest};
use outwatch::prober::identity::ClientIdentity;
use outwatch::prober::request::{Redirects, Request};
use outwatch::prober::transport::Transport;
use outwatch::prober::{Prober, Reply, Settings};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Serves every connection with the same script, until dropped.
pub struct Server {
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Runs `script` for each connection; the connection closes when it ends.
    pub async fn start<F, Fut>(script: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::start_on("127.0.0.1:0", script).await
    }

    pub async fn start_on<F, Fut>(address: &str, script: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            let mut scripts = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                // what is written in pieces is to arrive in pieces, at once
                stream.set_nodelay(true).unwrap();
                scripts.spawn(script(stream));
            }
        });
        Self { address, accepting }
    }

    /// Answers each request with these bytes, then closes.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                read_head(&mut stream).await;
                // it may have been closed on us, which is what some tests are about
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                drain(stream).await;
            }
        })
        .await
    }

    /// Speaks TLS with this certificate, and answers each HTTP/1.1 request with these bytes.
    pub async fn answering_tls(identity: &Identity, answer: &'static str) -> Self {
        Self::accepting_tls(identity.acceptor(&["http/1.1"]), answer).await
    }

    /// As that, the way this acceptor shakes hands.
    pub async fn accepting_tls(acceptor: tokio_rustls::TlsAcceptor, answer: &'static str) -> Self {
        Self::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = match acceptor.accept(stream).into_fallible().await {
                    Ok(stream) => stream,
                    // a client that does not trust us ends the handshake; one that we do not trust
                    // learns why only if no reset overtakes the alert
                    Err((_, stream)) => return drain(stream).await,
                };
                read_head(&mut stream).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn https(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.address.port())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The request line and headers; what came of them if the client went away.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Waits until the client closes: closing with its bytes unread would send a reset.
pub async fn drain(mut stream: impl AsyncRead + Unpin) {
    let mut bytes = [0; 1024];
    while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
}

/// Closes with a reset.
pub fn reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}

/// A certificate, and the root that one has to trust for it.
pub struct Identity {
    pub root: CertificateDer<'static>,
    pub root_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// For this host; `adjust` makes it bad.
    pub fn new(host: &str, adjust: impl FnOnce(&mut rcgen::CertificateParams)) -> Self {
        use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
        let root_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "outwatch test root");
        let root = params.self_signed(&root_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new([host.to_owned()]).unwrap();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, host);
        adjust(&mut leaf);
        let leaf = leaf
            .signed_by(&key, &Issuer::new(params, root_key))
            .unwrap();
        Self {
            root: root.der().clone(),
            root_pem: root.pem(),
            chain: vec![leaf.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    /// As [`Identity::new`], with a certificate between the root and the host's, which `adjust`
    /// makes bad. Both are sent.
    pub fn with_intermediate(
        host: &str,
        adjust: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> Self {
        use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
        let ca = |name: &str| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let root_key = KeyPair::generate().unwrap();
        let root_params = ca("outwatch test root");
        let root = root_params.self_signed(&root_key).unwrap();
        let middle_key = KeyPair::generate().unwrap();
        let mut middle_params = ca("outwatch test intermediate");
        adjust(&mut middle_params);
        let middle = middle_params
            .signed_by(&middle_key, &Issuer::new(root_params, root_key))
            .unwrap();
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new([host.to_owned()]).unwrap();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, host);
        let leaf = leaf
            .signed_by(&key, &Issuer::new(middle_params, middle_key))
            .unwrap();
        Self {
            root: root.der().clone(),
            root_pem: root.pem(),
            chain: vec![leaf.der().clone(), middle.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    /// Sends the host's certificate only.
    pub fn without_intermediate(mut self) -> Self {
        self.chain.truncate(1);
        self
    }

    /// Lets only those in who have a certificate from this root.
    pub fn acceptor_for_clients_of(&self, root: &Self) -> tokio_rustls::TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root.root.clone()).unwrap();
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::clone(&provider),
        );
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap();
        Arc::new(config).into()
    }

    pub fn self_signed(host: &str, is_ca: rcgen::IsCa) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        params.is_ca = is_ca;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, host);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            root: certificate.der().clone(),
            root_pem: certificate.pem(),
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    pub fn acceptor(&self, alpn: &[&str]) -> tokio_rustls::TlsAcceptor {
        self.acceptor_with(alpn, rustls::ALL_VERSIONS, None)
    }

    /// Wants a certificate from this one's root of its clients.
    pub fn acceptor_with(
        &self,
        alpn: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
        clients: Option<&Identity>,
    ) -> tokio_rustls::TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(clients.root.clone()).unwrap();
                let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
                    roots.into(),
                    provider,
                );
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let mut config = builder
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config).into()
    }

    /// As a client shows it.
    pub fn of_client(&self) -> Arc<ClientIdentity> {
        let key = rcgen::KeyPair::try_from(self.key.secret_der()).unwrap();
        let leaf = pem("CERTIFICATE", &self.chain[0]);
        ClientIdentity::try_new(leaf.as_bytes(), key.serialize_pem().as_bytes())
            .unwrap()
            .into()
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    // rcgen writes PEM only of what it made itself
    let mut text = format!("-----BEGIN {kind}-----\n");
    for line in base64(der).as_bytes().chunks(64) {
        text += std::str::from_utf8(line).unwrap();
        text.push('\n');
    }
    text + &format!("-----END {kind}-----\n")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() { digit.into() } else { '=' });
        }
    }
    text
}

/// As [`request`], over this transport.
pub fn over(url: &str, transport: Transport) -> Request {
    Request {
        transport: transport.into(),
        ..request(url)
    }
}

/// A GET with a timeout that no test on loopback reaches unless it is about it.
pub fn request(url: &str) -> Request {
    Request {
        redirects: Redirects::Follow { max: 3 },
        body_bytes_max: 100_000,
        ..Request::get(url.parse().unwrap(), Duration::from_secs(20))
    }
}

/// The body must contain the text.
pub fn contains(text: &str) -> Rule {
    Rule::Body(TextTest::Contains(text.into()))
}

/// When all tests ask.
pub const NOW: UnixMillis = UnixMillis(1_727_620_220_000);

/// As [`request`], with a timeout that a test waits for.
pub fn impatient(url: &str) -> Request {
    Request {
        timeout: Duration::from_millis(300),
        ..request(url)
    }
}

/// Trusts these roots.
pub fn prober(extra_roots: &[&Identity]) -> Prober {
    Prober::new(Settings {
        extra_roots: extra_roots.iter().map(|i| i.root.clone()).collect(),
        ..Settings::default()
    })
    .unwrap()
}

pub async fn ask(request: &Request) -> Reply {
    prober(&[])
        .ask(request, &Expectations::default(), NOW)
        .await
}

/// `outcome cause phase: detail`, empty parts left out.
pub fn print(outcome: &Outcome) -> String {
    let mut words = vec![outcome.kind().to_string()];
    match outcome {
        Outcome::Fail(failure) => {
            words.extend(failure.cause.map(|cause| cause.to_string()));
            words.extend(failure.phase.map(|phase| phase.to_string()));
        }
        Outcome::Inconclusive { reason, .. } => {
            words.extend(reason.map(|reason| reason.to_string()));
        }
        Outcome::Ok | Outcome::Slow { .. } => {}
    }
    let detail = outcome.detail().map_or(String::new(), |d| format!(": {d}"));
    words.join(" ") + &detail
}

/// The request's outcome, with the server's address written as `ADDRESS`.
#[track_caller]
pub fn assert_outcome(reply: &Reply, server: &Server, expected: &str) {
    let printed = print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS");
    assert_eq!(printed, expected);
}
