//! The prober against TLS servers, good and bad ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use outwatch::domain::observation::{HttpVersion, Outcome};
use outwatch::expect::{Expectations, TlsVersion};
use support::{Identity, NOW, Server, ask, assert_outcome, print, prober, request};
use tokio::io::AsyncReadExt;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn a_certificate_from_a_trusted_root_is_ok_and_told_in_full() {
    let identity = Identity::new("localhost", |_| {});
    let server = Server::answering_tls(&identity, OK).await;
    let request = request(&server.https("localhost"));
    let prober = prober(&[&identity]);
    let reply = prober.ask(&request, &Expectations::default(), NOW).await;
    assert_outcome(&reply, &server, "ok");
    let timings = reply.answer.timings;
    assert!(timings.dns.is_some() && timings.connect.is_some() && timings.tls.is_some());

    let examined = prober
        .examine(&request, &Expectations::default(), NOW)
        .await;
    assert_eq!(examined.tls_version, Some(TlsVersion::Tls13));
    assert_eq!(examined.body_bytes, Some(5));
    let names: Vec<_> = examined
        .certificates
        .iter()
        .map(|c| (c.subject.as_str(), c.issuer.as_str()))
        .collect();
    assert_eq!(names, [("CN=localhost", "CN=outwatch test root")]);
    assert!(examined.addresses.contains(&server.address.ip()));
}

#[tokio::test]
async fn a_bad_certificate_is_told_apart() {
    let good = Identity::new("localhost", |_| {});
    let expired = Identity::new("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    let early = Identity::new("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    });
    let other = Identity::new("example.com", |_| {});
    let (trusting, knowing_no_root) = (prober(&[&expired, &early, &other]), prober(&[]));
    for (identity, start, end) in [
        (
            &good,
            "certificate from an unknown issuer (CN=outwatch test root)",
            "",
        ),
        (
            &expired,
            "certificate expired ",
            " days ago, on 2020-01-01T00:00:00.000Z",
        ),
        (
            &early,
            "certificate is valid only in ",
            " days, from 4000-01-01T00:00:00.000Z",
        ),
        (
            &other,
            "certificate is not for localhost, but for example.com",
            "",
        ),
    ] {
        let server = Server::answering_tls(identity, OK).await;
        let request = request(&server.https("localhost"));
        let known = !std::ptr::eq(identity, &raw const good);
        let prober = if known { &trusting } else { &knowing_no_root };
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        let printed = print(&reply.outcome);
        let start = format!("fail certificate tls: {start}");
        assert!(
            printed.starts_with(&start) && printed.ends_with(end),
            "{printed}"
        );
        assert_eq!(reply.answer.status, None);
        // one of several addresses of localhost, and nobody tells which
        assert_eq!(reply.answer.peer, None);
        assert!(reply.answer.timings.tls.is_some());
        let examined = prober
            .examine(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(examined.reply.outcome, reply.outcome);
        assert_eq!(examined.certificates.len(), 1);
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_called_that() {
    for ca in [
        rcgen::IsCa::NoCa,
        rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
    ] {
        let identity = Identity::self_signed("127.0.0.1", ca);
        let server = Server::answering_tls(&identity, OK).await;
        let reply = ask(&request(&server.https("127.0.0.1"))).await;
        assert_outcome(
            &reply,
            &server,
            "fail certificate tls: certificate is self-signed (CN=127.0.0.1)",
        );
        assert_eq!(reply.answer.peer, Some(server.address));
    }
}

#[tokio::test]
async fn http_on_a_tls_port_and_the_reverse() {
    let plain = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    // it waits for the end of the headers, which a ClientHello does not have
    let at_once = Server::start(async |mut stream| {
        use tokio::io::AsyncWriteExt;
        let _ = stream.read_u8().await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        support::drain(stream).await;
    })
    .await;
    assert_outcome(
        &ask(&request(&at_once.https("127.0.0.1"))).await,
        &at_once,
        "fail tls tls: the server does not speak TLS on this port",
    );
    drop(plain);

    let identity = Identity::new("localhost", |_| {});
    let tls = Server::answering_tls(&identity, OK).await;
    let reply = ask(&request(&tls.url("/"))).await;
    let printed = print(&reply.outcome);
    assert!(printed.starts_with("fail "), "{printed}");
    assert!(!printed.contains("tls:"), "{printed}");
}

#[tokio::test]
async fn a_connection_closed_in_the_handshake_is_a_failure_of_tls() {
    let server = Server::start(async |mut stream| {
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
    })
    .await;
    assert_outcome(
        &ask(&request(&server.https("127.0.0.1"))).await,
        &server,
        "fail tls tls: ADDRESS closed the connection during the TLS handshake",
    );
}

/// How a HTTP/2 server ends each stream.
#[derive(Clone, Copy)]
enum Ending {
    Answer,
    ResetStream,
    GoAway,
}

async fn h2_server(identity: &Identity, ending: Ending) -> Server {
    let acceptor = identity.acceptor(&["h2", "http/1.1"]);
    Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                match ending {
                    Ending::Answer => {
                        let mut body = respond
                            .send_response(http::Response::new(()), false)
                            .unwrap();
                        body.send_data("hello".into(), true).unwrap();
                    }
                    Ending::ResetStream => respond.send_reset(h2::Reason::REFUSED_STREAM),
                    Ending::GoAway => connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM),
                }
            }
            // closing with unread bytes would send a reset, which can overtake the rest
            let _ = std::future::poll_fn(|context| connection.poll_closed(context)).await;
            std::future::pending::<()>().await;
        }
    })
    .await
}

#[tokio::test]
async fn http_2_is_negotiated_and_its_failures_told() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    for (ending, expected) in [
        (Ending::Answer, "ok"),
        (
            Ending::ResetStream,
            "fail reset headers: stream reset by the server: refused stream before processing any application logic",
        ),
        (
            Ending::GoAway,
            "fail incomplete headers: connection closed before an answer",
        ),
    ] {
        let server = h2_server(&identity, ending).await;
        let reply = prober
            .ask(
                &request(&server.https("localhost")),
                &Expectations::default(),
                NOW,
            )
            .await;
        assert_outcome(&reply, &server, expected);
        if reply.outcome == Outcome::Ok {
            assert_eq!(reply.answer.http_version, Some(HttpVersion::Http2));
        }
    }
}

#[tokio::test]
async fn a_hundred_at_once_over_http_2_have_each_their_own_connection() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    let server = h2_server(&identity, Ending::Answer).await;
    let url = server.https("localhost");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (prober, request) = (prober.clone(), request(&url));
        asking.spawn(async move { prober.ask(&request, &Expectations::default(), NOW).await });
    }
    for reply in asking.join_all().await {
        assert_outcome(&reply, &server, "ok");
        assert_eq!(reply.answer.peer, Some(server.address));
        assert!(reply.answer.timings.tls.is_some());
    }
}
