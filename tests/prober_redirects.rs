//! The prober and where servers send it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use http::{HeaderValue, Method};
use outwatch::expect::Expectations;
use outwatch::prober::request::{Redirects, Request};
use outwatch::prober::secrets::Secrets;
use support::{
    Identity, NOW, Server, ask, assert_outcome, drain, print, prober, read_head, request,
};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Redirects to one path less, `/3` to `/2`, until `/0` is ok.
async fn countdown() -> Server {
    Server::start(async |mut stream| {
        let head = read_head(&mut stream).await;
        let left: u32 = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        let answer = match left {
            0 => OK.to_owned(),
            left => redirect(302, &(left - 1).to_string()),
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
        drain(stream).await;
    })
    .await
}

/// Answers with `answer`, and tells the request's head.
async fn listening(answer: String) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (heads, received) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let (heads, answer) = (heads.clone(), answer.clone());
        async move {
            heads.send(read_head(&mut stream).await).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    (server, received)
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let server = countdown().await;
    for (path, redirects, expected) in [
        ("/3", Redirects::Follow { max: 3 }, "ok"),
        (
            "/4",
            Redirects::Follow { max: 3 },
            "fail redirect headers: more than 3 redirects; the next would go to http://ADDRESS/0",
        ),
        (
            "/1",
            Redirects::Follow { max: 0 },
            "fail redirect headers: more than 0 redirects; the next would go to http://ADDRESS/0",
        ),
        ("/1", Redirects::Off, "fail status verdict: 302 Found"),
    ] {
        let request = Request {
            redirects,
            ..request(&server.url(path))
        };
        assert_outcome(&ask(&request).await, &server, expected);
    }
    let examined = prober(&[])
        .examine(&request(&server.url("/2")), &Expectations::default(), NOW)
        .await;
    let to: Vec<_> = examined
        .redirects
        .iter()
        .map(|r| (r.status, r.to.as_str()))
        .collect();
    assert_eq!(
        to,
        [
            (302, server.url("/1").as_str()),
            (302, server.url("/0").as_str())
        ]
    );
}

#[tokio::test]
async fn a_location_that_cannot_be_followed_is_a_failure_of_the_redirect() {
    for (location, expected) in [
        (
            "file:///etc/passwd",
            "redirected to file:///etc/passwd, which is not HTTP",
        ),
        (
            "ftp://files.example/a",
            "redirected to ftp://files.example/a, which is not HTTP",
        ),
        (
            "data:text/html,hello",
            "redirected to data:text/html,hello, which is not HTTP",
        ),
        (
            "http://[::1/",
            "redirected to `http://[::1/`, which is no URL: invalid IPv6 address",
        ),
        (
            "javascript:alert(1)",
            "redirected to javascript:alert(1), which is not HTTP",
        ),
        (
            "http://",
            "redirected to `http://`, which is no URL: empty host",
        ),
        (
            "http://a:99999/",
            "redirected to `http://a:99999/`, which is no URL: invalid port number",
        ),
        (
            "http://{{host}}/",
            "redirected to a URL that cannot be asked",
        ),
    ] {
        let server = Server::answering(redirect(301, location)).await;
        let reply = ask(&request(&server.url("/"))).await;
        assert_outcome(
            &reply,
            &server,
            &format!("fail redirect headers: {expected}"),
        );
    }
    let nowhere = Server::answering(redirect(301, "http://nonexistent.invalid/")).await;
    assert_outcome(
        &ask(&request(&nowhere.url("/"))).await,
        &nowhere,
        "fail dns dns: nonexistent.invalid does not exist (NXDOMAIN)",
    );
    // without a Location, the 3xx is the answer
    let bare = Server::answering("HTTP/1.1 301 X\r\nContent-Length: 0\r\n\r\n").await;
    assert_outcome(
        &ask(&request(&bare.url("/"))).await,
        &bare,
        "fail status verdict: 301 Moved Permanently",
    );
}

#[tokio::test]
async fn a_location_may_be_relative_or_not_ascii() {
    for (location, path) in [
        ("//ADDRESS/a", "/a"),
        ("?q=1", "/dir/from?q=1"),
        ("to", "/dir/to"),
        ("/zażółć", "/za%C5%BC%C3%B3%C5%82%C4%87"),
    ] {
        let server = Server::start(move |mut stream| async move {
            let address = stream.local_addr().unwrap().to_string();
            let head = read_head(&mut stream).await;
            let answer = if head.starts_with("GET /dir/from HTTP") {
                redirect(302, &location.replace("ADDRESS", &address))
            } else {
                OK.to_owned()
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
            drain(stream).await;
        })
        .await;
        let examined = prober(&[])
            .examine(
                &request(&server.url("/dir/from")),
                &Expectations::default(),
                NOW,
            )
            .await;
        assert_eq!(print(&examined.reply.outcome), "ok", "{location}");
        assert_eq!(examined.redirects[0].to, server.url(path));
    }
}

#[tokio::test]
async fn what_proves_who_we_are_goes_to_no_other_origin() {
    let (other, mut at_other) = listening(OK.to_owned()).await;
    let (same, mut at_same) = listening(redirect(307, &other.url("/"))).await;
    let mut request = request(&format!("http://user:hunter2@{}/", same.address));
    request.secrets = Secrets::new(["s3cret-key".to_owned().into()]);
    for (name, value) in [
        ("cookie", "a=b"),
        ("x-api-key", "s3cret-key"),
        ("x-plain", "1"),
    ] {
        std::sync::Arc::make_mut(&mut request.headers)
            .insert(name, HeaderValue::from_static(value));
    }
    assert_outcome(&ask(&request).await, &other, "ok");
    let first = at_same.try_recv().unwrap();
    // base64 of user:hunter2
    for line in [
        "authorization: Basic dXNlcjpodW50ZXIy",
        "cookie: a=b",
        "x-api-key: s3cret-key",
    ] {
        assert!(first.contains(line), "{line} not in {first}");
    }
    let second = at_other.try_recv().unwrap();
    for name in ["authorization", "cookie", "x-api-key"] {
        assert!(!second.contains(name), "{name} in {second}");
    }
    assert!(second.contains("x-plain: 1"), "{second}");

    request.method = Method::POST;
    request.body = Some(b"key=s3cret-key".as_slice().into());
    let reply = ask(&request).await;
    assert_outcome(
        &reply,
        &other,
        "fail redirect headers: redirected to http://ADDRESS/, where a body with secrets is not sent",
    );
}

#[tokio::test]
async fn a_post_becomes_a_get_except_by_307_and_308() {
    for (status, method) in [
        (301, "GET"),
        (302, "GET"),
        (303, "GET"),
        (307, "POST"),
        (308, "POST"),
    ] {
        let (target, mut heads) = listening(OK.to_owned()).await;
        let (server, _heads) = listening(redirect(status, &target.url("/"))).await;
        let mut request = request(&server.url("/"));
        request.method = Method::POST;
        request.body = Some(b"{}".as_slice().into());
        let json = HeaderValue::from_static("application/json");
        std::sync::Arc::make_mut(&mut request.headers).insert("content-type", json);
        assert_outcome(&ask(&request).await, &target, "ok");
        let head = heads.try_recv().unwrap();
        assert!(head.starts_with(method), "{status}: {head}");
        assert_eq!(
            head.contains("content-"),
            method == "POST",
            "{status}: {head}"
        );
    }
}

#[tokio::test]
async fn redirects_in_a_circle_are_called_that() {
    // an empty Location is the same URL (RFC 3986 §5.2.2)
    for (location, next) in [("/a", "/a"), ("", "/"), ("?", "/"), ("/a?b", "/a")] {
        let server = Server::answering(redirect(302, location)).await;
        let reply = ask(&request(&server.url("/"))).await;
        let next = server.url(next);
        assert_outcome(
            &reply,
            &server,
            &format!("fail redirect headers: more than 3 redirects, in a circle; the next would go to {next}")
                .replace(&server.address.to_string(), "ADDRESS"),
        );
    }
}

#[tokio::test]
async fn an_endless_location_is_shown_in_part() {
    let location = format!("ftp://{}.example/", "a".repeat(300_000));
    let server = Server::answering(redirect(302, &location)).await;
    let reply = ask(&request(&server.url("/"))).await;
    let printed = print(&reply.outcome);
    assert!(
        printed.starts_with("fail redirect headers: redirected to "),
        "{printed}"
    );
    assert!(printed.chars().count() < 250, "{printed}");
}

#[tokio::test]
async fn from_https_to_http_it_is_followed_without_what_proves_who_we_are() {
    let (plain, mut heads) = listening(OK.to_owned()).await;
    let identity = Identity::new("localhost", |_| {});
    // it lives as long as the test process
    let answer: &'static str = redirect(301, &plain.url("/")).leak();
    let secure = Server::answering_tls(&identity, answer).await;
    let mut request = request(&format!(
        "https://me:hunter2@localhost:{}/",
        secure.address.port()
    ));
    let cookie = HeaderValue::from_static("a=b");
    std::sync::Arc::make_mut(&mut request.headers).insert("cookie", cookie);
    let prober = prober(&[&identity]);
    let reply = prober.ask(&request, &Expectations::default(), NOW).await;
    assert_outcome(&reply, &plain, "ok");
    let head = heads.try_recv().unwrap();
    assert!(
        !head.contains("authorization") && !head.contains("cookie"),
        "{head}"
    );
}

/// What breaks after a redirect is told of the server that it went to.
#[tokio::test]
async fn the_last_server_is_the_one_that_fails() {
    let last = Server::answering("SSH-2.0-x\r\n").await;
    let first = Server::answering(redirect(302, &last.url("/"))).await;
    let reply = ask(&request(&first.url("/"))).await;
    assert_outcome(
        &reply,
        &last,
        "fail protocol headers: not an HTTP answer: it begins with `SSH-2.0-x`",
    );
    assert_eq!(
        (reply.answer.peer, reply.answer.status),
        (Some(last.address), None)
    );
    // the body of a redirect is not waited for
    let dawdling = Server::start(move |mut stream| async move {
        let head = read_head(&mut stream).await;
        let answer = if head.starts_with("GET /next ") {
            OK
        } else {
            "HTTP/1.1 302 X\r\nLocation: /next\r\nContent-Length: 9\r\n\r\n"
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        drain(stream).await;
    })
    .await;
    assert_outcome(&ask(&request(&dawdling.url("/"))).await, &dawdling, "ok");
}
