//! What a server can make the prober hold in memory. The only test of its process, which it
//! measures, the servers included.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::too_many_lines, reason = "tables")]

mod support;

use std::time::Duration;

use outwatch::expect::{Expectations, Rule, TextTest};
use outwatch::prober::request::{BODY_BYTES_MAX_DEFAULT, Request};
use support::h2::{CONTINUATION, DATA, END_HEADERS, HEADERS, PING, STATUS_200, Then};
use support::h2::{frame, header, raw, settings};
use support::{Identity, NOW, Server, print, prober, read_head, request};
use tokio::io::AsyncWriteExt;

/// Most that the process may grow by: a whole body (10 MiB), twice while it is moved to where it
/// can grow, and what the system's allocator holds back.
const GROWTH_BYTES_MAX: u64 = 32 << 20;

/// The most that this process ever held in memory at once (proc(5)).
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

/// Sends the start once, and the rest as long as anybody listens.
async fn endless(start: &'static str, rest: Vec<u8>) -> Server {
    // in large pieces, to send a lot
    let rest = rest.repeat(1 + (64 << 10) / rest.len());
    Server::start(move |mut stream| {
        let rest = rest.clone();
        async move {
            read_head(&mut stream).await;
            let mut sent = stream.write_all(start.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&rest).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn no_server_makes_the_prober_hold_more_than_a_body() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    let good = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let good_tls = Server::answering_tls(&identity, "HTTP/1.1 200 OK\r\n\r\n").await;
    for url in [good.url("/"), good_tls.https("localhost")] {
        prober
            .ask(&request(&url), &Expectations::default(), NOW)
            .await;
    }

    let answer = frame(HEADERS, END_HEADERS, 1, STATUS_200);
    let hint = frame(HEADERS, END_HEADERS, 1, &header(":status", "103"));
    let ping = frame(PING, 0, 0, &[0; 8]);
    let name = frame(CONTINUATION, 0, 1, &header("a", "b"));
    let data = frame(DATA, 0, 1, &[b'a'; 16_000]);
    let http2 = async |parts: &[&[u8]]| {
        let last = parts.last().unwrap().len();
        let script = [&settings(), &parts.concat()[..]].concat();
        raw(&identity, script, Then::Repeat(last)).await
    };
    let ok = "HTTP/1.1 200 OK\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let http1 = |server: Server| (server.url("/"), server);
    let tls = |server: Server| (server.https("localhost"), server);
    let servers = [
        ("headers", http1(endless(ok, b"A: b\r\n".to_vec()).await)),
        (
            "a header",
            http1(endless("HTTP/1.1 200 OK\r\nA: ", vec![b'a']).await),
        ),
        (
            "a status line",
            http1(endless("HTTP/1.1 200 ", vec![b'a']).await),
        ),
        ("empty lines", http1(endless("", vec![b'\n']).await)),
        (
            "hints",
            http1(endless("", b"HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n".to_vec()).await),
        ),
        ("no HTTP", http1(endless("", vec![b'a']).await)),
        (
            "a body",
            http1(endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'a']).await),
        ),
        (
            "chunks",
            http1(endless(chunked, b"1\r\na\r\n".to_vec()).await),
        ),
        ("an extension", http1(endless(chunked, vec![b'0']).await)),
        (
            "trailers",
            http1(
                endless(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                    b"A: b\r\n".to_vec(),
                )
                .await,
            ),
        ),
        (
            "a promised body",
            http1(
                endless(
                    "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n",
                    vec![b'a'],
                )
                .await,
            ),
        ),
        ("hints, HTTP/2", tls(http2(&[&hint]).await)),
        ("pings, HTTP/2", tls(http2(&[&ping]).await)),
        ("settings, HTTP/2", tls(http2(&[&settings()]).await)),
        (
            "continuations, HTTP/2",
            tls(http2(&[&frame(HEADERS, 0, 1, STATUS_200), &name]).await),
        ),
        ("a body, HTTP/2", tls(http2(&[&answer, &data]).await)),
        (
            "small pieces of a body, HTTP/2",
            tls(http2(&[&answer, &frame(DATA, 0, 1, b"a")]).await),
        ),
        (
            "unknown frames, HTTP/2",
            tls(http2(&[&frame(77, 0, 0, &[0; 1000])]).await),
        ),
    ];
    // so that the body is kept
    let keep = Rule::Body(TextTest::Contains("not to be found".into()));
    let expect = Expectations::new(vec![keep], Vec::new());
    let before = peak_bytes();
    for (name, (url, _server)) in servers {
        let request = Request {
            body_bytes_max: BODY_BYTES_MAX_DEFAULT,
            timeout: Duration::from_secs(1),
            ..request(&url)
        };
        let reply = prober.ask(&request, &expect, NOW).await;
        let grown = peak_bytes() - before;
        let printed = print(&reply.outcome);
        assert!(printed.starts_with("fail "), "{name}: {printed}");
        assert!(grown < GROWTH_BYTES_MAX, "{name}: grew by {grown} bytes");
    }
}
