//! What the prober sends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use http::{HeaderName, HeaderValue, Method};
use outwatch::expect::Expectations;
use outwatch::prober::request::{Redirects, Request};
use support::{NOW, Server, drain, print, prober, read_head, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

#[tokio::test]
async fn a_request_goes_out_as_it_was_given() {
    let (sent, mut received) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let sent = sent.clone();
        async move {
            let head = read_head(&mut stream).await;
            let mut body = [0; 7];
            stream.read_exact(&mut body).await.unwrap();
            sent.send((head, body)).unwrap();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    // credentials take another way to the wire
    for credentials in ["", "user:pw@"] {
        let url = format!("http://{credentials}{}/a%2fb?x=%7e&&y", server.address);
        let mut request = Request {
            method: "PURGE".parse::<Method>().unwrap(),
            body: Some(b"\0\r\n\xff{}\"".as_slice().into()),
            ..request(&url)
        };
        for (name, value) in [
            ("x-a", "one"),
            ("x-b", ""),
            ("x-a", "two"),
            ("accept", "text/html"),
            ("cookie", "a=b; c=\"d e\""),
            ("user-agent", "mine"),
        ] {
            let name = HeaderName::from_static(name);
            std::sync::Arc::make_mut(&mut request.headers)
                .append(name, HeaderValue::from_static(value));
        }
        let reply = prober(&[])
            .ask(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(print(&reply.outcome), "ok");
        let (head, body) = received.recv().await.unwrap();
        assert_eq!(&body, b"\0\r\n\xff{}\"");
        let mut lines: Vec<_> = head.trim_end().lines().collect();
        assert_eq!(lines.remove(0), "PURGE /a%2fb?x=%7e&&y HTTP/1.1");
        lines.retain(|line| !line.starts_with("authorization: Basic "));
        lines.sort_unstable();
        let host = format!("host: {}", server.address);
        let expected = [
            "accept: text/html",
            "content-length: 7",
            "cookie: a=b; c=\"d e\"",
            &host,
            "user-agent: mine",
            "x-a: one",
            "x-a: two",
            "x-b: ",
        ];
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn a_parameter_against_caches_is_another_each_time_and_only_on_the_first_leg() {
    let (heads, mut received) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let heads = heads.clone();
        async move {
            let head = read_head(&mut stream).await;
            let answer = if head.starts_with("GET /from") {
                "HTTP/1.1 302 X\r\nLocation: /to?x=1\r\nContent-Length: 0\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            };
            heads.send(head).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    let request = Request {
        cache_bust: Some("_".into()),
        redirects: Redirects::Follow { max: 1 },
        ..request(&server.url("/from?a=b"))
    };
    let mut firsts = Vec::new();
    for _ in 0..2 {
        let reply = prober(&[])
            .ask(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(print(&reply.outcome), "ok");
        let first = received.recv().await.unwrap();
        assert!(first.starts_with("GET /from?a=b&_="), "{first}");
        let second = received.recv().await.unwrap();
        assert!(second.starts_with("GET /to?x=1 HTTP"), "{second}");
        firsts.push(first);
    }
    assert_ne!(firsts[0], firsts[1]);
}
