//! What is kept of a failed asking, against servers on loopback.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use outwatch::domain::observation::Outcome;
use outwatch::evidence::{BODY_BYTES_MAX, Body, Evidence};
use outwatch::expect::Expectations;
use outwatch::prober::Reply;
use outwatch::prober::inquiry::{Inquiry, Step};
use outwatch::prober::oauth2::{ClientAuth, OAuth2};
use outwatch::prober::request::{Redirects, Request};
use outwatch::prober::secrets::Secrets;
use tokio::io::AsyncWriteExt;

use support::{Identity, NOW, Server, ask, contains, drain, impatient, prober, read_head, request};

async fn evidence(request: &Request) -> Evidence {
    let reply = ask(request).await;
    *reply
        .evidence
        .unwrap_or_else(|| panic!("{:?} is a failure", reply.outcome))
}

fn secretly(request: Request, secrets: &[&str]) -> Request {
    Request {
        secrets: Secrets::new(secrets.iter().map(|&secret| secret.into())),
        ..request
    }
}

fn text(body: Option<Body>) -> (String, u64, bool) {
    let body = body.expect("a body was kept");
    assert_eq!(body.hex, None);
    (body.text.unwrap(), body.bytes, body.cut)
}

#[tokio::test]
async fn a_refused_status_shows_the_answer_as_it_came() {
    let server = Server::answering(
        "HTTP/1.1 503 Gone Fishing\r\nContent-Type: application/json\r\nX-Two: a\r\nX-Two: b\r\n\
         Set-Cookie: sid=abcdef; Path=/; HttpOnly\r\nX-Auth-Token: abcdef\r\n\
         Location: /?token=abcdef&n=1\r\nContent-Length: 65\r\n\r\n\
         {\"error\":\"maintenance\",\r\n\"access_token\":\"abcdef\",\"is\":\"hunter2\"}\n",
    )
    .await;
    let evidence = evidence(&secretly(
        request(&server.url("/a?k=hunter2")),
        &["hunter2"],
    ))
    .await;
    assert_eq!(evidence.cause.as_deref(), Some("status"));
    assert_eq!(evidence.phase.as_deref(), Some("verdict"));
    assert_eq!(
        evidence.status_line.as_deref(),
        Some("HTTP/1.1 503 Gone Fishing")
    );
    assert_eq!(evidence.method, "GET");
    assert_eq!(evidence.url, server.url("/a?k=***"));
    assert_eq!(evidence.peer, Some(server.address.to_string()));
    let headers: Vec<_> = evidence
        .headers
        .iter()
        .map(|(n, v)| format!("{n}: {v}"))
        .collect();
    assert_eq!(
        headers,
        [
            "content-type: application/json",
            "x-two: a",
            "x-two: b",
            "set-cookie: sid=***; Path=/; HttpOnly",
            "x-auth-token: ***",
            "location: /?token=***&n=1",
            "content-length: 65",
        ]
    );
    let expected = "{\"error\":\"maintenance\",\n\"access_token\":\"***\",\"is\":\"***\"}\n";
    assert_eq!(text(evidence.body), (expected.to_owned(), 65, false));
    let timings = evidence.timings_us;
    assert!(timings.first_byte.is_some() && timings.total >= timings.first_byte);
    assert_eq!((timings.tls, timings.body), (None, None));
}

#[tokio::test]
async fn there_is_none_of_an_answer_that_is_fine() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let reply = ask(&request(&server.url("/"))).await;
    assert_eq!((reply.outcome, reply.evidence), (Outcome::Ok, None));
}

/// Refuses, with a body that stops coming.
async fn refusing_slowly() -> Server {
    Server::start(|mut stream| async move {
        read_head(&mut stream).await;
        let head = "HTTP/1.1 500 Broken\r\nContent-Length: 100\r\n\r\nonly so much";
        stream.write_all(head.as_bytes()).await.unwrap();
        drain(stream).await;
    })
    .await
}

fn assert_not_counted(reply: Reply) {
    // reading for the evidence ends after a second
    assert!(reply.duration.to_millis().0 < 800, "{:?}", reply.duration);
    let body = reply.answer.timings.body.unwrap_or_default();
    assert!(body.to_millis().0 < 800, "{body:?}");
    let evidence = reply.evidence.unwrap();
    assert_eq!(evidence.cause.as_deref(), Some("status"));
    assert_eq!(text(evidence.body), ("only so much".to_owned(), 12, false));
}

#[tokio::test]
async fn reading_for_the_evidence_counts_for_nothing_and_is_not_waited_for_long() {
    let server = refusing_slowly().await;
    for (request, at_most) in [
        (request(&server.url("/")), Duration::from_secs(10)),
        (impatient(&server.url("/")), Duration::from_secs(3)),
    ] {
        let begun = Instant::now();
        let reply = ask(&request).await;
        assert!(begun.elapsed() < at_most, "{:?}", begun.elapsed());
        assert_eq!(reply.answer.timings.body, None);
        assert_not_counted(reply);
    }
}

#[tokio::test]
async fn nor_does_it_count_in_a_journey_or_with_a_fetched_token() {
    let server = refusing_slowly().await;
    let fine = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let step = |name: &str, url: &str| Step {
        name: Some(name.into()),
        ..Inquiry::plain(request(url), Arc::default()).steps.remove(0)
    };
    let journey = Inquiry {
        timeout: Duration::from_secs(20),
        steps: vec![
            step("begin", &fine.url("/")),
            step("break", &server.url("/")),
        ],
    };
    assert_not_counted(prober(&[]).inquire(&journey, NOW).await);

    let token = r#"{"access_token":"token-0001","token_type":"Bearer"}"#;
    let length = token.len();
    let tokens = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{token}");
    let tokens = Server::answering(tokens).await;
    let oauth2 = OAuth2 {
        token_url: tokens.url("/").parse().unwrap(),
        client_id: "me".to_owned(),
        client_secret: "hunter2".to_owned().into(),
        scopes: Vec::new(),
        audience: None,
        client_auth: ClientAuth::default(),
    };
    assert_not_counted(
        ask(&Request {
            oauth2: Some(oauth2.into()),
            ..request(&server.url("/"))
        })
        .await,
    );
}

#[tokio::test]
async fn a_body_is_kept_as_far_as_it_came_whatever_stopped_it() {
    let broken_off =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf za\u{17c}").await;
    let hanging = Server::start(|mut stream| async move {
        read_head(&mut stream).await;
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-A: b\r\n\r\nhalf za\u{17c}";
        stream.write_all(head.as_bytes()).await.unwrap();
        drain(stream).await;
    })
    .await;
    for (request, cause) in [
        (request(&broken_off.url("/")), "incomplete"),
        (impatient(&hanging.url("/")), "timeout"),
    ] {
        let evidence = evidence(&request).await;
        assert_eq!(evidence.cause.as_deref(), Some(cause));
        assert_eq!(evidence.status_line.as_deref(), Some("HTTP/1.1 200 OK"));
        assert!(
            evidence
                .headers
                .iter()
                .any(|(name, _)| name == "content-length")
        );
        assert_eq!(text(evidence.body).0, "half za\u{17c}");
    }
}

#[tokio::test]
async fn a_long_body_is_cut_and_a_secret_at_the_cut_leaves_no_piece() {
    let filler = "x".repeat(BODY_BYTES_MAX - 6);
    let answer = format!("HTTP/1.1 500 No\r\n\r\n{filler}hunter2-and-more");
    let server = Server::answering(answer).await;
    let evidence = evidence(&secretly(request(&server.url("/")), &["hunter2-and-more"])).await;
    let (text, _, cut) = text(evidence.body);
    assert!(cut);
    assert_eq!(text, format!("{filler}***"));
}

#[tokio::test]
async fn what_is_no_text_is_shown_in_hex_without_secrets() {
    let mut answer = b"HTTP/1.1 500 No\r\n\r\n\xff\x00".to_vec();
    answer.extend_from_slice(b"hunter2");
    let server = Server::answering(answer).await;
    let evidence = evidence(&secretly(request(&server.url("/")), &["hunter2"])).await;
    let body = evidence.body.unwrap();
    assert_eq!((body.text, body.hex.as_deref()), (None, Some("ff002a2a2a")));
}

#[tokio::test]
async fn a_body_that_was_read_for_a_rule_is_shown() {
    let server = Server::answering("HTTP/1.1 200 OK\r\n\r\n\u{202e}evil \u{1b}[31m\ttab").await;
    let request = request(&server.url("/"));
    let expect = Expectations::new(vec![contains("good")], Vec::new());
    let reply = prober(&[]).ask(&request, &expect, NOW).await;
    let evidence = reply.evidence.unwrap();
    assert_eq!(evidence.cause.as_deref(), Some("body"));
    assert_eq!(text(evidence.body).0, "\\u{202e}evil \\u{1b}[31m\ttab");
}

/// So many headers of this name and number.
fn repeated(count: u32, name: &str, value: &str) -> String {
    let headers: Vec<_> = (0..count)
        .map(|n| format!("{name}-{n}: {value}\r\n"))
        .collect();
    headers.concat()
}

#[tokio::test]
async fn headers_are_bounded_in_number_and_length() {
    let many = repeated(80, "x", "v");
    let long = "y".repeat(5000);
    let huge = repeated(20, "z", &long);
    let server = Server::answering(format!("HTTP/1.1 500 No\r\n{many}\r\n")).await;
    let evidence_of_many = evidence(&request(&server.url("/"))).await;
    assert_eq!(evidence_of_many.headers.len(), 64);
    assert_eq!(evidence_of_many.headers_left_out, 16);
    let server = Server::answering(format!("HTTP/1.1 500 No\r\n{huge}\r\n")).await;
    let evidence = evidence(&request(&server.url("/"))).await;
    assert_eq!(evidence.headers[0].1.chars().count(), 1024);
    let shown: usize = evidence
        .headers
        .iter()
        .map(|(n, v)| n.len() + v.len())
        .sum();
    assert!(shown <= 8 << 10, "{shown}");
    assert_eq!(
        evidence.headers.len() + evidence.headers_left_out as usize,
        20
    );
}

#[tokio::test]
async fn redirects_are_told_with_the_method_that_they_led_to() {
    let last = Server::answering("HTTP/1.1 404 Not Found\r\n\r\n").await;
    let to = last.url("/end?password=abcdef");
    let first =
        Server::answering(format!("HTTP/1.1 303 See Other\r\nLocation: {to}\r\n\r\n")).await;
    let posted = Request {
        method: "POST".parse().unwrap(),
        ..request(&first.url("/"))
    };
    let evidence_of_last = evidence(&posted).await;
    assert_eq!(evidence_of_last.method, "GET");
    assert_eq!(evidence_of_last.url, last.url("/end?password=***"));
    let redirects: Vec<_> = evidence_of_last
        .redirects
        .iter()
        .map(|r| (r.status, r.to.as_str()))
        .collect();
    assert_eq!(redirects, [(303, &*last.url("/end?password=***"))]);
    // a redirect that is not followed is the answer
    let refused = Request {
        redirects: Redirects::Follow { max: 0 },
        ..request(&first.url("/"))
    };
    let evidence = evidence(&refused).await;
    assert_eq!(evidence.cause.as_deref(), Some("redirect"));
    assert_eq!(
        evidence.status_line.as_deref(),
        Some("HTTP/1.1 303 See Other")
    );
    let location = ("location".to_owned(), last.url("/end?password=***"));
    assert_eq!(evidence.headers, [location]);
}

#[tokio::test]
async fn a_certificate_is_told_of_also_if_it_was_refused() {
    let identity = Identity::new("other.example", |_| {});
    let server = Server::answering_tls(&identity, "HTTP/1.1 200 OK\r\n\r\n").await;
    let request = request(&server.https("localhost"));
    let reply = prober(&[&identity])
        .ask(&request, &Expectations::default(), NOW)
        .await;
    let evidence = reply.evidence.unwrap();
    assert_eq!(evidence.cause.as_deref(), Some("certificate"));
    let [certificate] = &evidence.certificates[..] else {
        panic!("{evidence:?}");
    };
    assert_eq!(certificate.subject, "CN=other.example");
    assert_eq!(certificate.issuer, "CN=outwatch test root");
    assert_eq!(certificate.names, ["other.example"]);
    assert_eq!(certificate.sha256.len(), 64);
    assert!(evidence.tls.is_some());
    assert!(
        evidence.addresses.contains(&"127.0.0.1".to_owned()),
        "{:?}",
        evidence.addresses
    );
    assert_eq!((evidence.status_line, evidence.body), (None, None));
}
