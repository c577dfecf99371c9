//! The prober against HTTP servers, good and bad ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};
use outwatch::domain::observation::{HttpVersion, Outcome};
use outwatch::domain::time::{Millis, Pace};
use outwatch::expect::{Expectations, LatencyPart, Rule};
use outwatch::prober::request::Request;
use outwatch::prober::secrets::Secrets;
use outwatch::prober::{Prober, Settings};
use support::{
    NOW, Server, ask, assert_outcome, contains, drain, print, prober, read_head, request,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

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
        std::sync::Arc::make_mut(&mut request.headers)
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
