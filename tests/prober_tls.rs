//! The prober against TLS servers, good and bad ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use outwatch::domain::observation::{HttpVersion, Outcome};
use std::sync::{Arc, Mutex};

use outwatch::expect::{Expectations, TlsVersion};
use outwatch::prober::transport::{TlsSettings, Transport};
use support::{
    Identity, NOW, Server, ask, assert_outcome, over, print, prober, read_head, request,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

fn trusting(root: &Identity) -> TlsSettings {
    TlsSettings {
        roots: Some(Arc::from([root.root.clone()])),
        ..TlsSettings::default()
    }
}

fn with(tls: TlsSettings) -> Transport {
    Transport {
        tls,
        ..Transport::default()
    }
}

#[tokio::test]
async fn roots_of_its_own_are_trusted_instead_of_all_others() {
    let good = Identity::new("localhost", |_| {});
    let other = Identity::self_signed("another root", rcgen::IsCa::NoCa);
    let server = Server::answering_tls(&good, OK).await;
    let url = server.https("localhost");
    // even where the system trusts the server
    let prober = prober(&[&good]);
    for (root, expected) in [
        (&good, "ok"),
        (
            &other,
            "fail certificate tls: certificate from an unknown issuer (CN=outwatch test root)",
        ),
    ] {
        let request = over(&url, with(trusting(root)));
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, expected);
    }
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_the_root() {
    for ca in [
        rcgen::IsCa::NoCa,
        rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
    ] {
        let identity = Identity::self_signed("localhost", ca);
        let server = Server::answering_tls(&identity, OK).await;
        let transport = with(trusting(&identity));
        let reply = ask(&over(&server.https("localhost"), transport)).await;
        assert_outcome(&reply, &server, "ok");
        let reply = ask(&over(&server.https("127.0.0.1"), with(trusting(&identity)))).await;
        let printed = print(&reply.outcome);
        assert!(printed.starts_with("fail certificate tls: "), "{printed}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_servers_that_want_one() {
    let identity = Identity::new("localhost", |_| {});
    let client = Identity::new("client", |_| {});
    let stranger = Identity::new("client", |_| {});
    for version in rustls::ALL_VERSIONS {
        let acceptor = identity.acceptor_with(&["http/1.1"], &[version], Some(&client));
        let server = Server::accepting_tls(acceptor, OK).await;
        for (shown, expected) in [
            (Some(client.of_client()), "ok"),
            (
                None,
                "fail tls tls: the server wants a client certificate (alert ",
            ),
            (
                Some(stranger.of_client()),
                "fail tls tls: the server refused the client certificate (alert ",
            ),
        ] {
            let tls = TlsSettings {
                identity: shown,
                ..trusting(&identity)
            };
            let reply = ask(&over(&server.https("localhost"), with(tls))).await;
            let printed = print(&reply.outcome);
            assert!(printed.starts_with(expected), "{version:?} {printed}");
        }
    }
}

#[tokio::test]
async fn an_insecure_request_takes_any_certificate_and_tells_what_is_wrong_with_it() {
    let expired = Identity::new("other.example", |params| {
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    let good = Identity::new("localhost", |_| {});
    for (identity, wrong) in [(&good, None), (&expired, Some("certificate expired "))] {
        let server = Server::answering_tls(identity, OK).await;
        let tls = TlsSettings {
            insecure: true,
            ..trusting(identity)
        };
        let request = over(&server.https("localhost"), with(tls));
        let examined = prober(&[])
            .examine(&request, &Expectations::default(), NOW)
            .await;
        assert_outcome(&examined.reply, &server, "ok");
        assert_eq!(examined.certificates.len(), 1);
        match (examined.distrust, wrong) {
            (None, None) => {}
            (Some(told), Some(wrong)) => assert!(told.starts_with(wrong), "{told}"),
            (told, wrong) => panic!("{told:?} {wrong:?}"),
        }
    }
}

/// Answers over HTTP/1.1, and keeps the name asked for in the handshake and the Host.
async fn naming(identity: &Identity, answer: String) -> (Server, Arc<Mutex<Vec<String>>>) {
    let names = Arc::new(Mutex::new(Vec::new()));
    let (notes, acceptor) = (Arc::clone(&names), identity.acceptor(&["http/1.1"]));
    let server = Server::start(move |stream| {
        let (acceptor, notes, answer) = (acceptor.clone(), Arc::clone(&notes), answer.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let head = read_head(&mut stream).await;
            let host = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("host: ")
                    .map(str::to_owned)
            });
            let name = stream.get_ref().1.server_name().unwrap_or("-").to_owned();
            notes
                .lock()
                .unwrap()
                .push(format!("{name} {}", host.unwrap()));
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, names)
}

#[tokio::test]
async fn the_server_name_is_asked_for_and_verified_and_the_host_stays() {
    let identity = Identity::new("shop.example", |_| {});
    let (server, names) = naming(&identity, OK.to_owned()).await;
    let by_name = |name: &str| {
        with(TlsSettings {
            server_name: Some(name.to_owned().try_into().unwrap()),
            ..trusting(&identity)
        })
    };
    let reply = ask(&over(&server.https("localhost"), by_name("shop.example"))).await;
    assert_outcome(&reply, &server, "ok");
    assert_eq!(reply.answer.peer, Some(server.address));
    let expected = format!("shop.example localhost:{}", server.address.port());
    assert_eq!(*names.lock().unwrap(), [expected]);

    let reply = ask(&over(&server.https("localhost"), by_name("localhost"))).await;
    assert_outcome(
        &reply,
        &server,
        "fail certificate tls: certificate is not for localhost, but for shop.example",
    );
    // one of several addresses was talked to, and it is known which
    assert_eq!(reply.answer.peer, Some(server.address));
}

#[tokio::test]
async fn the_server_name_stays_behind_when_a_redirect_leads_to_another_host() {
    let home = Identity::new("localhost", |_| {});
    let (last, last_names) = naming(&home, OK.to_owned()).await;
    let shop = Identity::new("shop.example", |_| {});
    let location = last.https("localhost");
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let (first, first_names) = naming(&shop, answer).await;
    let transport = with(TlsSettings {
        roots: Some(Arc::from([home.root.clone(), shop.root.clone()])),
        server_name: Some("shop.example".try_into().unwrap()),
        ..TlsSettings::default()
    });
    let reply = ask(&over(&first.https("127.0.0.1"), transport)).await;
    assert_outcome(&reply, &last, "ok");
    let expected = format!("shop.example 127.0.0.1:{}", first.address.port());
    assert_eq!(*first_names.lock().unwrap(), [expected]);
    let expected = format!("localhost localhost:{}", last.address.port());
    assert_eq!(*last_names.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn only_versions_of_tls_within_the_bounds_are_offered() {
    let identity = Identity::new("localhost", |_| {});
    let (v12, v13) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for (spoken, min, max, expected) in [
        (
            &[v12, v13][..],
            None,
            Some(TlsVersion::Tls12),
            Ok(TlsVersion::Tls12),
        ),
        (
            &[v12, v13],
            Some(TlsVersion::Tls12),
            None,
            Ok(TlsVersion::Tls13),
        ),
        (&[v12], Some(TlsVersion::Tls13), None, Err("1.3")),
        (&[v13], None, Some(TlsVersion::Tls12), Err("1.2")),
    ] {
        let acceptor = identity.acceptor_with(&["http/1.1"], spoken, None);
        let server = Server::accepting_tls(acceptor, OK).await;
        let tls = TlsSettings {
            version_min: min,
            version_max: max,
            ..trusting(&identity)
        };
        let request = over(&server.https("localhost"), with(tls));
        let examined = prober(&[])
            .examine(&request, &Expectations::default(), NOW)
            .await;
        match expected {
            Ok(version) => {
                assert_outcome(&examined.reply, &server, "ok");
                assert_eq!(examined.tls_version, Some(version));
            }
            Err(offered) => {
                let expected = format!(
                    "fail tls tls: the server speaks no version of TLS that was offered ({offered})"
                );
                assert_outcome(&examined.reply, &server, &expected);
            }
        }
    }
}

#[tokio::test]
async fn a_transport_that_cannot_be_set_up_is_our_own_trouble() {
    let tls = TlsSettings {
        version_min: Some(TlsVersion::Tls13),
        version_max: Some(TlsVersion::Tls12),
        ..TlsSettings::default()
    };
    let reply = ask(&over("https://127.0.0.1/", with(tls))).await;
    assert_eq!(
        print(&reply.outcome),
        "inconclusive local_resources: TLS cannot be set up: unexpected error: version_min and version_max leave no version of TLS"
    );
}
