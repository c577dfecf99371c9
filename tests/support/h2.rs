//! A HTTP/2 server that writes its frames itself, and so can write any that no library would.

use std::sync::Arc;

use outwatch::expect::Expectations;
use outwatch::prober::Prober;
use outwatch::prober::request::Request;
use outwatch::prober::transport::{TlsSettings, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{Identity, NOW, Server, impatient, print, prober};

/// Frame types (RFC 9113 §6).
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Flags (RFC 9113 §6). `ACK` is the same bit as `END_STREAM`.
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `:status: 200`, as HPACK's static table has it (RFC 7541, appendix A).
pub const STATUS_200: &[u8] = &[0x88];

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header that is neither compressed nor remembered; both parts shorter than 127 bytes.
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0];
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
    block
}

/// `error` as of RFC 9113 §7.
pub fn goaway(last_stream: u32, error: u32, debug: &str) -> Vec<u8> {
    let mut payload = last_stream.to_be_bytes().to_vec();
    payload.extend(error.to_be_bytes());
    payload.extend(debug.as_bytes());
    frame(GOAWAY, 0, 0, &payload)
}

/// `error` as of RFC 9113 §7.
pub fn rst_stream(error: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, 1, &error.to_be_bytes())
}

/// What a polite server sends first.
pub fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

/// How a raw server goes on once its bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Close,
    /// Until the client leaves.
    Wait,
    /// Sends the last so many bytes of its script again and again, until the client leaves.
    Repeat(usize),
}

/// Sends these bytes once the client's request headers are there.
pub async fn raw(identity: &Identity, script: Vec<u8>, then: Then) -> Server {
    let acceptor = identity.acceptor(&["h2"]);
    let script: Arc<[u8]> = script.into();
    Server::start(move |stream| {
        let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
        async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let _ = play(stream, &script, then).await;
        }
    })
    .await
}

async fn play(mut stream: TlsStream<TcpStream>, script: &[u8], then: Then) -> std::io::Result<()> {
    read_request(&mut stream).await?;
    let (mut reading, mut writing) = tokio::io::split(stream);
    // read all along: closing with unread bytes would send a reset
    let draining = tokio::spawn(async move {
        let mut bytes = [0; 4096];
        while matches!(reading.read(&mut bytes).await, Ok(1..)) {}
    });
    writing.write_all(script).await?;
    writing.flush().await?;
    match then {
        Then::Close => writing.shutdown().await?,
        Then::Wait => {}
        Then::Repeat(last) => loop {
            let many = script[script.len() - last..].repeat(1 + 4096 / last);
            writing.write_all(&many).await?;
        },
    }
    let _ = draining.await;
    Ok(())
}

/// The preface, then frames up to the request's HEADERS.
async fn read_request(stream: &mut TlsStream<TcpStream>) -> std::io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        if head[3] == HEADERS {
            return Ok(());
        }
    }
}

/// The headers of an answer, 200 and these.
pub fn headers(flags: u8, more: &[(&str, &str)]) -> Vec<u8> {
    let more = more.iter().flat_map(|(name, value)| header(name, value));
    let block: Vec<u8> = STATUS_200.iter().copied().chain(more).collect();
    frame(HEADERS, END_HEADERS | flags, 1, &block)
}

pub fn data(text: &str, flags: u8) -> Vec<u8> {
    frame(DATA, flags, 1, text.as_bytes())
}

pub struct Asking {
    pub identity: Identity,
    pub prober: Prober,
}

impl Asking {
    pub fn new() -> Self {
        let identity = Identity::new("localhost", |_| {});
        let prober = prober(&[&identity]);
        Self { identity, prober }
    }

    /// Asks a server that sends these frames, the settings first: over reqwest's connection, and
    /// over one made by hand, which must not differ.
    pub async fn check(&self, name: &str, frames: &[Vec<u8>], then: Then, expected: &str) {
        let script = [settings(), frames.concat()].concat();
        self.check_bytes(name, script, then, expected).await;
    }

    pub async fn check_bytes(&self, name: &str, script: Vec<u8>, then: Then, expected: &str) {
        let server = raw(&self.identity, script, then).await;
        let by_hand = Transport {
            tls: TlsSettings {
                // itself; that it is said is beyond reqwest
                server_name: Some("localhost".try_into().unwrap()),
                ..TlsSettings::default()
            },
            ..Transport::default()
        };
        for transport in [Transport::default(), by_hand] {
            let request = Request {
                transport: Arc::new(transport),
                ..impatient(&server.https("localhost"))
            };
            let reply = self
                .prober
                .ask(&request, &Expectations::default(), NOW)
                .await;
            assert_eq!(
                print(&reply.outcome),
                expected,
                "{name}, {:?}",
                request.transport
            );
        }
    }
}
