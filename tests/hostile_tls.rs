//! The prober against broken and hostile TLS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use outwatch::expect::Expectations;
use support::{Identity, NOW, Server, ask, assert_outcome, drain, print, prober, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

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
            "certificate from an unknown issuer (CN=outwatch test root), whose certificate was not sent either",
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
async fn a_chain_that_breaks_above_the_servers_own_certificate_says_where() {
    let good = Identity::with_intermediate("localhost", |_| {});
    let forgotten = Identity::with_intermediate("localhost", |_| {}).without_intermediate();
    let strange = Identity::with_intermediate("localhost", |_| {});
    let expired = Identity::with_intermediate("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    let trusting = prober(&[&good, &forgotten, &expired]);
    // a root of the same name would be taken for its issuer
    let knowing_no_root = prober(&[]);
    for (identity, start, end) in [
        (&good, "ok", ""),
        (
            &forgotten,
            "fail certificate tls: certificate from an unknown issuer (CN=outwatch test intermediate), whose certificate was not sent either",
            "",
        ),
        (
            &strange,
            "fail certificate tls: certificate from an unknown issuer (CN=outwatch test root)",
            "",
        ),
        (
            &expired,
            "fail certificate tls: issuer's certificate (CN=outwatch test intermediate) expired ",
            " days ago, on 2020-01-01T00:00:00.000Z",
        ),
    ] {
        let server = Server::answering_tls(identity, OK).await;
        let request = request(&server.https("localhost"));
        let known = !std::ptr::eq(identity, &raw const strange);
        let prober = if known { &trusting } else { &knowing_no_root };
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        let printed = print(&reply.outcome);
        assert!(
            printed.starts_with(start) && printed.ends_with(end),
            "{printed}"
        );
    }
}

/// Sends these bytes on the first of the client's.
async fn saying(bytes: Vec<u8>) -> Server {
    Server::start(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            let _ = stream.read_u8().await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            drain(stream).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_handshake_that_fails_says_why() {
    let alert = |code: u8| vec![0x15, 3, 3, 0, 2, 2, code];
    // as of a server that goes no further than TLS 1.0
    let mut old = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    old.extend([7; 32]);
    old.extend([0, 0xc0, 0x13, 0]);
    for (name, bytes, expected) in [
        (
            "nothing",
            vec![],
            "ADDRESS closed the connection during the TLS handshake",
        ),
        (
            "half a record",
            vec![0x16, 3, 3, 0],
            "ADDRESS closed the connection during the TLS handshake",
        ),
        (
            "HTTP",
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            "the server does not speak TLS on this port: use http:// if it is plain HTTP",
        ),
        (
            "SSH",
            b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(),
            "the server does not speak TLS on this port: use http:// if it is plain HTTP",
        ),
        (
            "TLS 1.0",
            old,
            "the server speaks no version of TLS that was offered (1.3, 1.2)",
        ),
        (
            "too long a record",
            vec![0x16, 3, 3, 0xff, 0xff],
            "broken TLS: MessageTooLarge",
        ),
        (
            "an empty handshake",
            vec![0x16, 3, 3, 0, 4, 2, 0, 0, 0],
            "broken TLS: MissingData(\"ProtocolVersion\")",
        ),
        (
            "data instead",
            vec![0x17, 3, 3, 0, 1, 0],
            "broken TLS: received unexpected message: got ApplicationData when expecting Handshake",
        ),
        (
            "handshake_failure",
            alert(40),
            "the server accepts none of the ciphers that were offered (alert HandshakeFailure)",
        ),
        (
            "bad_certificate",
            alert(42),
            "the server ended the TLS handshake (alert BadCertificate)",
        ),
        (
            "protocol_version",
            alert(70),
            "the server speaks no version of TLS that was offered (1.3, 1.2)",
        ),
        (
            "internal_error",
            alert(80),
            "the server failed at TLS on its own side (alert InternalError)",
        ),
        (
            "unrecognized_name",
            alert(112),
            "the server knows no site of this name (alert UnrecognisedName)",
        ),
        (
            "no_application_protocol",
            alert(120),
            "the server speaks none of the HTTP versions offered (alert NoApplicationProtocol)",
        ),
        (
            "unknown",
            alert(200),
            "the server ended the TLS handshake (alert AlertDescription(0xc8))",
        ),
    ] {
        let server = saying(bytes).await;
        let reply = ask(&request(&server.https("127.0.0.1"))).await;
        let printed = print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS");
        assert_eq!(printed, format!("fail tls tls: {expected}"), "{name}");
    }
}

/// Which TLS 1.3 tells only after the client thinks that all is well.
#[tokio::test]
async fn a_client_certificate_that_is_missed_is_asked_for() {
    let identity = Identity::new("localhost", |_| {});
    let acceptor = identity.acceptor_for_clients_of(&identity);
    let server = Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let (_, stream) = acceptor.accept(stream).into_fallible().await.unwrap_err();
            drain(stream).await;
        }
    })
    .await;
    let request = request(&server.https("localhost"));
    let prober = prober(&[&identity]);
    let reply = prober.ask(&request, &Expectations::default(), NOW).await;
    assert_outcome(
        &reply,
        &server,
        "fail tls tls: the server wants a client certificate (alert CertificateRequired)",
    );
}

#[tokio::test]
async fn tls_on_a_plain_port_is_told() {
    let identity = Identity::new("localhost", |_| {});
    let acceptor = identity.acceptor(&["http/1.1"]);
    let server = Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let (_, stream) = acceptor.accept(stream).into_fallible().await.unwrap_err();
            drain(stream).await;
        }
    })
    .await;
    assert_outcome(
        &ask(&request(&server.url("/"))).await,
        &server,
        "fail protocol headers: ADDRESS speaks TLS on this port: use https://",
    );
}

/// The connection is cut without a goodbye, as an attacker could: what was not announced to be
/// over is cut short.
#[tokio::test]
async fn an_end_without_a_close_notify_counts_only_if_the_length_is_known() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    for (answer, expected) in [
        (OK, "ok"),
        (
            "HTTP/1.1 200 OK\r\n\r\nhello",
            "fail incomplete body: connection closed after 5 bytes of the body",
        ),
    ] {
        let acceptor = identity.acceptor(&["http/1.1"]);
        let server = Server::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                support::read_head(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                let (mut stream, _) = stream.into_inner();
                stream.shutdown().await.unwrap();
                drain(stream).await;
            }
        })
        .await;
        let request = request(&server.https("localhost"));
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, expected);
    }
}
