//! The prober with settings of TLS of its own: roots, client certificates, names, versions.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::{Arc, Mutex};

use outwatch::expect::{Expectations, TlsVersion};
use outwatch::prober::transport::{TlsSettings, Transport};
use support::{Identity, NOW, Server, ask, assert_outcome, over, print, prober, read_head};
use tokio::io::AsyncWriteExt;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

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
            "fail certificate tls: certificate from an unknown issuer (CN=outwatch test root), whose certificate was not sent either",
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
