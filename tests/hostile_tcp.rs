//! The prober against servers that refuse, reset or dawdle, and its deadline.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::SocketAddr;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::Method;
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use outwatch::prober::{Prober, Reply};
use support::{
    NOW, Server, ask, assert_outcome, drain, impatient, print, prober, read_head, request, reset,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Most that an asking may end after its timeout.
const LATE_MAX: Duration = Duration::from_millis(100);

/// Asks, and holds the prober to the request's timeout. What a busy machine delays gets another
/// chance; what is early does not.
async fn ask_in_time(prober: &Prober, request: &Request) -> Reply {
    let mut tries = 0..5;
    loop {
        let started = Instant::now();
        let reply = prober.ask(request, &Expectations::default(), NOW).await;
        let shown = Duration::from_micros(reply.duration.0);
        for took in [started.elapsed(), shown] {
            assert!(took >= request.timeout, "{took:?}: {reply:?}");
        }
        if started.elapsed() <= request.timeout + LATE_MAX {
            return reply;
        }
        assert!(tries.next().is_some(), "always late: {reply:?}");
    }
}

async fn trickle(mut stream: TcpStream, start: &[u8], drip: &[u8]) {
    read_head(&mut stream).await;
    let mut sent = stream.write_all(start).await;
    while sent.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        sent = stream.write_all(drip).await;
    }
}

async fn flood(mut stream: TcpStream, start: &[u8], then: &[u8]) {
    read_head(&mut stream).await;
    let mut sent = stream.write_all(start).await;
    while sent.is_ok() {
        sent = stream.write_all(then).await;
    }
}

#[tokio::test]
async fn the_deadline_holds_wherever_the_server_dawdles() {
    const HINT: &[u8] = b"HTTP/1.1 103 Early Hints\r\n\r\n";
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let silent = Server::start(drain).await;
    let headers = Server::start(async |s| trickle(s, b"HTTP/1.1 200 OK\r\nX-", b"a").await).await;
    let lines =
        Server::start(async |s| trickle(s, b"HTTP/1.1 200 OK\r\n", b"A: b\r\n").await).await;
    let body = Server::start(async |s| trickle(s, b"HTTP/1.1 200 OK\r\n\r\n", b"a").await).await;
    let chunks = Server::start(async |s| trickle(s, CHUNKED, b"1\r\na\r\n").await).await;
    let extension = Server::start(async |s| trickle(s, CHUNKED, b"1;aaaaa").await).await;
    let unended = Server::start(async |s| trickle(s, CHUNKED, b"").await).await;
    let hints = Server::start(async |s| flood(s, b"", HINT).await).await;
    let slow_hints = Server::start(async |s| trickle(s, b"", HINT).await).await;
    // a handshake record of 500 bytes that never comes whole
    let handshake = Server::start(async |mut stream| {
        let _ = stream.write_all(&[0x16, 3, 3, 1, 0xf4]).await;
        while stream.write_all(&[2]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let no_answer = "fail timeout headers: no answer within 300ms";
    let no_body = "fail timeout body: no whole body within 300ms, only ";
    let no_tls = "fail timeout tls: no TLS handshake with ADDRESS within 300ms";
    let prober = prober(&[]);
    for (name, server, scheme, expected) in [
        ("silent", &silent, "http", no_answer),
        ("headers trickle", &headers, "http", no_answer),
        ("lines of headers trickle", &lines, "http", no_answer),
        ("hints flood", &hints, "http", no_answer),
        ("hints trickle", &slow_hints, "http", no_answer),
        ("body trickles", &body, "http", no_body),
        ("chunks trickle", &chunks, "http", no_body),
        ("a chunk's extension trickles", &extension, "http", no_body),
        (
            "no chunk ever",
            &unended,
            "http",
            "fail timeout body: no whole body within 300ms, only 0 bytes",
        ),
        ("silent, TLS", &silent, "https", no_tls),
        ("handshake trickles", &handshake, "https", no_tls),
    ] {
        let request = impatient(&format!("{scheme}://{}/", server.address));
        let reply = ask_in_time(&prober, &request).await;
        let printed = print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS");
        assert!(printed.starts_with(expected), "{name}: {printed}");
    }
}

/// A listener whose queue is full, and what fills it: the next SYN gets no answer.
async fn deaf() -> (SocketAddr, impl Sized) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let listener = socket.listen(1).unwrap();
    let mut filling: Vec<_> = (0..8)
        .map(|_| Box::pin(TcpStream::connect(address)))
        .collect();
    std::future::poll_fn(|context| {
        for connect in &mut filling {
            let _ = connect.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    (address, (listener, filling))
}

#[tokio::test]
async fn a_connection_that_is_never_made_runs_into_the_deadline() {
    let (address, _filling) = deaf().await;
    let prober = prober(&[]);
    for scheme in ["http", "https"] {
        let request = impatient(&format!("{scheme}://{address}/"));
        let reply = ask_in_time(&prober, &request).await;
        assert_eq!(
            print(&reply.outcome),
            format!("fail timeout connect: no connection to {address} within 300ms")
        );
        let timings = reply.answer.timings;
        assert!(timings.connect.is_some() && timings.first_byte.is_none());
    }
}

#[tokio::test]
async fn the_deadline_spans_all_redirects() {
    let (address, _filling) = deaf().await;
    let server = Server::start(move |mut stream| async move {
        read_head(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let answer = format!("HTTP/1.1 302 X\r\nLocation: http://{address}/\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
        drain(stream).await;
    })
    .await;
    let reply = ask_in_time(&prober(&[]), &impatient(&server.url("/"))).await;
    assert_eq!(
        print(&reply.outcome),
        format!("fail timeout connect: no connection to {address} within 300ms")
    );
}

#[tokio::test]
async fn the_deadline_holds_while_the_request_is_sent() {
    let server = Server::start(async |_stream| std::future::pending().await).await;
    let request = Request {
        method: Method::POST,
        body: Some(vec![b'a'; 16 << 20].into()),
        ..impatient(&server.url("/"))
    };
    let reply = ask_in_time(&prober(&[]), &request).await;
    assert_outcome(
        &reply,
        &server,
        "fail timeout headers: no answer within 300ms",
    );
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    for scheme in ["http", "https"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let reply = ask(&request(&format!("{scheme}://{address}/"))).await;
        assert_eq!(
            print(&reply.outcome),
            format!("fail refused connect: connection refused by {address}")
        );
        assert!(reply.answer.timings.connect.is_some());
    }
}

#[tokio::test]
async fn a_reset_is_told_with_the_phase_it_came_in() {
    async fn answer_and_reset(mut stream: TcpStream, answer: &str) {
        read_head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        reset(&stream);
    }
    let at_once = Server::start(async |stream| reset(&stream)).await;
    let request_sent = Server::start(async |stream| answer_and_reset(stream, "").await).await;
    let headers =
        Server::start(async |stream| answer_and_reset(stream, "HTTP/1.1 200 OK\r\nA").await).await;
    let in_tls = Server::start(async |mut stream| {
        let mut record = [0; 5];
        stream.read_exact(&mut record).await.unwrap();
        reset(&stream);
    })
    .await;
    // more than all buffers between us hold, so that the client has read of it before the reset
    let body = Server::start(async |mut stream| {
        read_head(&mut stream).await;
        let start = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
        stream.write_all(start).await.unwrap();
        stream.write_all(&vec![b'a'; 32 << 20]).await.unwrap();
        reset(&stream);
    })
    .await;
    for (server, scheme, expected) in [
        (
            &at_once,
            "http",
            "fail reset headers: connection reset by ADDRESS",
        ),
        (
            &at_once,
            "https",
            "fail reset tls: connection reset by ADDRESS",
        ),
        (
            &request_sent,
            "http",
            "fail reset headers: connection reset by ADDRESS",
        ),
        (
            &headers,
            "http",
            "fail reset headers: connection reset by ADDRESS",
        ),
        (
            &in_tls,
            "https",
            "fail reset tls: connection reset by ADDRESS",
        ),
        (
            &body,
            "http",
            "fail reset body: connection reset by ADDRESS",
        ),
    ] {
        let request = Request {
            body_bytes_max: 100_000_000,
            ..request(&format!("{scheme}://{}/", server.address))
        };
        assert_outcome(&ask(&request).await, server, expected);
    }
}

/// `localhost` is both loopback addresses, and IPv6 is tried first.
#[tokio::test]
async fn a_name_whose_first_address_is_broken_is_reached_by_the_next() {
    let v4 = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let url = format!("http://localhost:{}/", v4.address.port());
    // refused by IPv6 at once
    let reply = ask(&request(&url)).await;
    assert_outcome(&reply, &v4, "ok");
    assert_eq!(reply.answer.peer, Some(v4.address));
    // and with both broken, both are told of
    let port = v4.address.port();
    drop(v4);
    while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let reply = ask(&request(&url)).await;
    assert_eq!(
        print(&reply.outcome),
        format!("fail refused connect: connection refused by localhost:{port} (2 addresses)")
    );
}
