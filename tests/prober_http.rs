//! The prober against HTTP servers, good and bad ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};
use outwatch::domain::observation::{HttpVersion, Outcome};
use outwatch::domain::time::{Millis, Pace};
use outwatch::expect::{Expectations, LatencyPart, Rule};
use outwatch::prober::request::Request;
use outwatch::prober::secrets::Secrets;
use outwatch::prober::{Prober, Settings};
use support::{
    NOW, Server, ask, assert_outcome, contains, drain, impatient, print, prober, read_head,
    request, reset,
};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Barrier, mpsc};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Asks a server that answers with these bytes.
#[track_caller]
fn check(answer: impl Into<Vec<u8>>, expected: &str) {
    let answer = answer.into();
    let start = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
    let printed = run(async {
        let server = Server::answering(answer).await;
        let reply = ask(&request(&server.url("/"))).await;
        print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS")
    });
    assert_eq!(printed, expected, "answer {start:?}");
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

#[tokio::test]
async fn a_good_answer_is_ok_with_peer_version_and_phases() {
    let server = Server::answering(OK).await;
    let reply = ask(&request(&server.url("/"))).await;
    assert_eq!(reply.outcome, Outcome::Ok);
    let answer = reply.answer.clone();
    assert_eq!(
        (answer.status, answer.http_version, answer.peer),
        (Some(200), Some(HttpVersion::Http11), Some(server.address))
    );
    let timings = answer.timings;
    assert_eq!((timings.dns, timings.tls), (None, None));
    let phases = [timings.connect, timings.first_byte, timings.body];
    let sum: u64 = phases.iter().map(|phase| phase.unwrap().0).sum();
    assert!(sum <= reply.duration.0, "{reply:?}");
}

#[test]
fn what_an_answer_is_worth() {
    let large = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n", "a".repeat(1 << 20));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: a\r\n".repeat(10_000));
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(100_001));
    let fitting = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(100_000));
    for (answer, expected) in [
        (OK, "ok"),
        ("HTTP/1.0 200 OK\r\n\r\nhello", "ok"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "ok"),
        (
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "ok",
        ),
        (&fitting, "ok"),
        (
            "HTTP/1.1 503 Nope\r\nContent-Length: 0\r\n\r\n",
            "fail status verdict: 503 Service Unavailable",
        ),
        (
            "HTTP/1.1 304 Not Modified\r\n\r\n",
            "fail status verdict: 304 Not Modified",
        ),
        // the status decides before a body that is cut short
        (
            "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nab",
            "fail status verdict: 500 Internal Server Error",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
            "fail incomplete body: connection closed after 2 bytes of the body",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "fail incomplete body: connection closed after 3 bytes of the body",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel",
            "fail protocol body: Invalid chunk size line: missing size digit",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n",
            "fail too_large body: body is longer than 100000 bytes",
        ),
        (
            &long,
            "fail too_large body: body is longer than 100000 bytes",
        ),
        (&large, "fail too_large headers: headers are too long"),
        (&many, "fail too_large headers: headers are too long"),
        (
            "",
            "fail incomplete headers: connection closed before an answer",
        ),
        (
            "HTTP/1.1 200 OK\r\nX-A",
            "fail incomplete headers: connection closed before an answer",
        ),
        (
            "SSH-2.0-OpenSSH_9.2p1\r\n",
            "fail protocol headers: not an HTTP answer: invalid HTTP version parsed",
        ),
        (
            "<html>HTTP/0.9 says hello</html>",
            "fail protocol headers: not an HTTP answer: invalid HTTP version parsed",
        ),
        (
            "HTTP/1.1 2x0 OK\r\n\r\n",
            "fail protocol headers: not an HTTP answer: invalid HTTP status-code parsed",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "fail protocol headers: not an HTTP answer: invalid content-length parsed",
        ),
        (
            "\0\u{1}\u{2}\u{3}",
            "fail protocol headers: not an HTTP answer: invalid HTTP version parsed",
        ),
    ] {
        check(answer, expected);
    }
}

#[tokio::test]
async fn a_head_request_wants_no_body() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n").await;
    let head = Request {
        method: Method::HEAD,
        ..request(&server.url("/"))
    };
    assert_outcome(&ask(&head).await, &server, "ok");
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_limit() {
    let server = Server::start(async |mut stream| {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'a'; 4096]).await.is_ok() {}
    })
    .await;
    let reply = ask(&request(&server.url("/"))).await;
    assert_outcome(
        &reply,
        &server,
        "fail too_large body: body is longer than 100000 bytes",
    );
}

#[tokio::test]
async fn endless_headers_are_read_up_to_a_limit() {
    let server = Server::start(async |mut stream| {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"X-A: a\r\n").await.is_ok() {}
    })
    .await;
    let reply = ask(&request(&server.url("/"))).await;
    assert_outcome(
        &reply,
        &server,
        "fail too_large headers: headers are too long",
    );
}

#[tokio::test]
async fn a_body_must_contain_what_is_expected_and_a_late_answer_is_slow() {
    let server = Server::answering(OK).await;
    let request = request(&server.url("/"));
    let expect = |text: &str, max: Option<Millis>| {
        let slow_if = max.map(|max| Rule::LatencyMax(LatencyPart::Total, max));
        Expectations::new(vec![contains(text)], slow_if.into_iter().collect())
    };
    let prober = prober(&[]);
    let found = prober.ask(&request, &expect("ell", None), NOW).await;
    assert_outcome(&found, &server, "ok");
    let missing = prober.ask(&request, &expect("bye", None), NOW).await;
    assert_outcome(
        &missing,
        &server,
        "fail body verdict: body does not contain `bye`",
    );
    let late = prober
        .ask(&request, &expect("ell", Some(Millis(0))), NOW)
        .await;
    let detail = late.outcome.detail().unwrap();
    assert!(detail.ends_with(", longer than 0s"), "{detail}");
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let server = Server::start(async |_| {}).await;
    let address = server.address;
    drop(server);
    // aborted at its next turn
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let reply = ask(&request(&format!("http://{address}/"))).await;
    assert_eq!(
        print(&reply.outcome),
        format!("fail refused connect: connection refused by {address}")
    );
    assert!(reply.answer.timings.connect.is_some());
}

#[tokio::test]
async fn the_deadline_holds_wherever_the_server_dawdles() {
    async fn trickle(mut stream: TcpStream, start: &[u8]) {
        read_head(&mut stream).await;
        let mut sent = stream.write_all(start).await;
        while sent.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            sent = stream.write_all(b"a").await;
        }
    }
    async fn flood(mut stream: TcpStream) {
        read_head(&mut stream).await;
        while stream
            .write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            .await
            .is_ok()
        {}
    }
    let silent = Server::start(drain).await;
    let headers =
        Server::start(async |stream| trickle(stream, b"HTTP/1.1 200 OK\r\nX-").await).await;
    let body =
        Server::start(async |stream| trickle(stream, b"HTTP/1.1 200 OK\r\n\r\n").await).await;
    let hints = Server::start(flood).await;
    let prober = prober(&[]);
    for (server, scheme, expected) in [
        (
            &hints,
            "http",
            "fail timeout headers: no answer within 300ms",
        ),
        (
            &silent,
            "http",
            "fail timeout headers: no answer within 300ms",
        ),
        (
            &headers,
            "http",
            "fail timeout headers: no answer within 300ms",
        ),
        (
            &body,
            "http",
            "fail timeout body: no whole body within 300ms, only ",
        ),
        (
            &silent,
            "https",
            "fail timeout tls: no TLS handshake with ADDRESS within 300ms",
        ),
    ] {
        let request = impatient(&format!("{scheme}://{}/", server.address));
        let started = Instant::now();
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        let real = started.elapsed();
        let printed = print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS");
        assert!(printed.starts_with(expected), "{printed}");
        for took in [real, Duration::from_micros(reply.duration.0)] {
            assert!(
                (300..=400).contains(&took.as_millis()),
                "{expected}: {took:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_never_made_runs_into_the_deadline() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let _listener = socket.listen(1).unwrap();
    // more than the backlog holds, and nobody accepts: the next SYN gets no answer
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
    let reply = ask(&impatient(&format!("http://{address}/"))).await;
    assert_eq!(
        print(&reply.outcome),
        format!("fail timeout connect: no connection to {address} within 300ms")
    );
    let timings = reply.answer.timings;
    assert!(timings.connect.is_some() && timings.first_byte.is_none());
}

#[tokio::test]
async fn a_replay_waits_less_and_shows_more() {
    let server = Server::start(drain).await;
    let prober = Prober::new(Settings {
        pace: Pace(NonZeroU32::new(60).unwrap()),
        ..Settings::default()
    })
    .unwrap();
    let request = Request {
        timeout: Duration::from_secs(6),
        ..request(&server.url("/"))
    };
    let started = Instant::now();
    let reply = prober.ask(&request, &Expectations::default(), NOW).await;
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(reply.duration.0 >= 6_000_000);
    assert!(reply.answer.timings.first_byte.unwrap().0 >= 1_000_000);
    assert_outcome(&reply, &server, "fail timeout headers: no answer within 6s");
}

#[tokio::test]
async fn a_reset_is_told_with_the_phase_it_came_in() {
    async fn answer_and_reset(mut stream: TcpStream, answer: &str) {
        read_head(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        reset(&stream);
    }
    let headers = Server::start(async |stream| answer_and_reset(stream, "").await).await;
    assert_outcome(
        &ask(&request(&headers.url("/"))).await,
        &headers,
        "fail reset headers: connection reset by ADDRESS",
    );
    let tls = Server::start(async |mut stream| {
        let mut record = [0; 5];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut record)
            .await
            .unwrap();
        reset(&stream);
    })
    .await;
    assert_outcome(
        &ask(&request(&tls.https("127.0.0.1"))).await,
        &tls,
        "fail reset tls: connection reset by ADDRESS",
    );
    // more than all buffers between us hold, so that the client has read of it before the reset
    let body = Server::start(async |mut stream| {
        read_head(&mut stream).await;
        let start = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
        stream.write_all(start).await.unwrap();
        stream.write_all(&vec![b'a'; 32 << 20]).await.unwrap();
        reset(&stream);
    })
    .await;
    let request = Request {
        body_bytes_max: 100_000_000,
        ..request(&body.url("/"))
    };
    assert_outcome(
        &ask(&request).await,
        &body,
        "fail reset body: connection reset by ADDRESS",
    );
}

#[tokio::test]
async fn request_headers_are_sent_as_given_each_on_a_fresh_connection() {
    let (heads, mut received) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let heads = heads.clone();
        async move {
            heads.send(read_head(&mut stream).await).unwrap();
            // invites to keep the connection
            stream.write_all(OK.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    let mut request = request(&server.url("/path?q=1"));
    request.method = Method::POST;
    request.body = Some(b"hi".as_slice().into());
    for (name, value) in [
        ("x-a", "1"),
        ("x-a", "2"),
        ("user-agent", "me"),
        ("host", "other"),
    ] {
        request
            .headers
            .append(name, HeaderValue::from_static(value));
    }
    let prober = prober(&[]);
    for _ in 0..2 {
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, "ok");
        let mut lines: Vec<_> = received
            .try_recv()
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                "",
                "POST /path?q=1 HTTP/1.1",
                "accept: */*",
                "content-length: 2",
                "host: other",
                "user-agent: me",
                "x-a: 1",
                "x-a: 2"
            ]
        );
    }
}

#[tokio::test]
async fn secrets_are_masked_in_every_detail() {
    let server = Server::answering(OK).await;
    let mut request = request(&format!(
        "http://user:hunter2@{}/?key=hunter2",
        server.address
    ));
    request.secrets = Secrets::new(["hunter2".to_owned().into()]);
    let expect = Expectations::new(vec![contains("token hunter2")], Vec::new());
    let reply = prober(&[]).ask(&request, &expect, NOW).await;
    assert_outcome(
        &reply,
        &server,
        "fail body verdict: body does not contain `token ***`",
    );
    let examined = prober(&[]).examine(&request, &expect, NOW).await;
    assert!(!format!("{examined:?}").contains("hunter2"), "{examined:?}");
}

#[tokio::test]
async fn names_and_literal_addresses_are_reached_or_told() {
    let v4 = Server::answering(OK).await;
    let reply = ask(&request(&format!(
        "http://localhost:{}/",
        v4.address.port()
    )))
    .await;
    assert_outcome(&reply, &v4, "ok");
    assert!(reply.answer.timings.dns.is_some());

    let missing = ask(&request("http://nonexistent.invalid/")).await;
    assert_eq!(
        print(&missing.outcome),
        "fail dns dns: nonexistent.invalid does not exist (NXDOMAIN)"
    );
    assert!(missing.answer.timings.dns.is_some() && missing.answer.timings.connect.is_none());

    // a machine may have no IPv6
    if TcpListener::bind("[::1]:0").await.is_ok() {
        let v6 = Server::start_on("[::1]:0", async |mut stream| {
            read_head(&mut stream).await;
            stream.write_all(OK.as_bytes()).await.unwrap();
        })
        .await;
        let reply = ask(&request(&v6.url("/"))).await;
        assert_outcome(&reply, &v6, "ok");
        assert_eq!(reply.answer.peer, Some(v6.address));
    }
}

/// Even ones are kept waiting for their headers, odd ones for their body, all at the same time.
#[tokio::test]
async fn three_hundred_at_once_do_not_mix_up_their_answers_or_times() {
    const COUNT: u16 = 300;
    let all_here = Arc::new(Barrier::new(COUNT.into()));
    let server = Server::start(move |mut stream| {
        let all_here = Arc::clone(&all_here);
        async move {
            let head = read_head(&mut stream).await;
            let number: u16 = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
            let headers = format!("HTTP/1.1 {}\r\nContent-Length: 5\r\n\r\n", 400 + number);
            let (first, then) = match number % 2 {
                0 => ("", headers + "hello"),
                _ => (headers.as_str(), "hello".to_owned()),
            };
            stream.write_all(first.as_bytes()).await.unwrap();
            all_here.wait().await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            stream.write_all(then.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    let prober = prober(&[]);
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..COUNT {
        let request = request(&server.url(&format!("/{number}")));
        let prober = prober.clone();
        asking.spawn(async move {
            let status = Rule::Status("400-999".parse().unwrap());
            let expect = Expectations::new(vec![status, contains("hello")], Vec::new());
            (number, prober.ask(&request, &expect, NOW).await)
        });
    }
    for (number, reply) in asking.join_all().await {
        assert_eq!(reply.outcome, Outcome::Ok, "{number}");
        assert_eq!(reply.answer.status, Some(400 + number));
        let timings = reply.answer.timings;
        let (headers, body) = (timings.first_byte.unwrap().0, timings.body.unwrap().0);
        let waited = if number % 2 == 0 { headers } else { body };
        assert!(waited >= 150_000, "{number}: {timings:?}");
        assert!(number % 2 != 0 || body < headers, "{number}: {timings:?}");
    }
}
