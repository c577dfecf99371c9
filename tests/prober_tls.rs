//! The prober against TLS servers, good ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use outwatch::domain::observation::HttpVersion;
use outwatch::expect::{Expectations, TlsVersion};
use support::{Identity, NOW, Server, assert_outcome, prober, request};

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

async fn h2_server(identity: &Identity) -> Server {
    let acceptor = identity.acceptor(&["h2", "http/1.1"]);
    Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let answer = http::Response::new(());
                let mut body = respond.send_response(answer, false).unwrap();
                body.send_data("hello".into(), true).unwrap();
            }
            // closing with unread bytes would send a reset, which can overtake the rest
            let _ = std::future::poll_fn(|context| connection.poll_closed(context)).await;
            std::future::pending::<()>().await;
        }
    })
    .await
}

#[tokio::test]
async fn http_2_is_negotiated() {
    let identity = Identity::new("localhost", |_| {});
    let server = h2_server(&identity).await;
    let request = request(&server.https("localhost"));
    let prober = prober(&[&identity]);
    let reply = prober.ask(&request, &Expectations::default(), NOW).await;
    assert_outcome(&reply, &server, "ok");
    assert_eq!(reply.answer.http_version, Some(HttpVersion::Http2));
}

#[tokio::test]
async fn a_hundred_at_once_over_http_2_have_each_their_own_connection() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    let server = h2_server(&identity).await;
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
