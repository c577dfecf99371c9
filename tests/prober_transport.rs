//! Over what the prober travels: addresses, name servers, versions of HTTP.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::HeaderValue;
use outwatch::domain::observation::{HttpVersion, Outcome};
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use outwatch::prober::transport::{HttpVersions, IpFamily, Transport};
use support::dns::{NameServer, Say};
use support::{
    Identity, NOW, Server, ask, assert_outcome, over, print, prober, read_head, request,
};
use tokio::io::AsyncWriteExt;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn resolving(name: &str, addresses: &[IpAddr]) -> Transport {
    Transport {
        resolve: [(name.to_owned(), addresses.to_vec())].into(),
        ..Transport::default()
    }
}

fn asking(name_servers: &[&NameServer]) -> Transport {
    Transport {
        dns_servers: name_servers.iter().map(|server| server.address).collect(),
        ..Transport::default()
    }
}

fn url(host: &str, server: &Server) -> String {
    format!("http://{host}:{}/", server.address.port())
}

#[tokio::test]
async fn addresses_that_are_given_are_not_looked_up_for_redirects_neither() {
    let home = Server::answering(OK).await;
    let location = url("b.example", &home);
    let away = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ))
    .await;
    let mut transport = resolving("a.example", &[V4]);
    transport.resolve.insert("b.example".to_owned(), vec![V4]);
    let request = over(&url("a.example", &away), transport);
    let examined = prober(&[])
        .examine(&request, &Expectations::default(), NOW)
        .await;
    assert_eq!(examined.reply.outcome, Outcome::Ok);
    assert_eq!(examined.reply.answer.peer, Some(home.address));
    assert_eq!(examined.reply.answer.timings.dns, None);
    assert_eq!(examined.addresses, [V4]);
    assert_eq!(examined.redirects.len(), 1);
}

#[tokio::test]
async fn a_literal_address_can_be_given_another() {
    let server = Server::answering(OK).await;
    // nobody has it (RFC 5737 §3)
    let transport = resolving("192.0.2.1", &[V4]);
    let reply = ask(&over(&url("192.0.2.1", &server), transport)).await;
    assert_outcome(&reply, &server, "ok");
    assert_eq!(reply.answer.peer, Some(server.address));
}

/// Two servers on the same port of both loopback addresses.
async fn on_both() -> (Server, Server) {
    loop {
        let v6 = Server::start_on("[::1]:0", answer_ok).await;
        let v4 = SocketAddr::new(V4, v6.address.port());
        if tokio::net::TcpListener::bind(v4).await.is_ok() {
            return (v6, Server::start_on(&v4.to_string(), answer_ok).await);
        }
    }
}

async fn answer_ok(mut stream: tokio::net::TcpStream) {
    read_head(&mut stream).await;
    let _ = stream.write_all(OK.as_bytes()).await;
}

#[tokio::test]
async fn the_family_decides_which_address_is_talked_to() {
    let (v6, v4) = on_both().await;
    for (family, peer) in [
        (IpFamily::Any, v6.address),
        (IpFamily::V6, v6.address),
        (IpFamily::V4, v4.address),
    ] {
        let transport = Transport {
            ip: family,
            ..resolving("a.example", &[V6, V4])
        };
        let reply = ask(&over(&url("a.example", &v4), transport)).await;
        assert_outcome(&reply, &v4, "ok");
        assert_eq!(reply.answer.peer, Some(peer), "{family:?}");
    }
}

#[tokio::test]
async fn where_ipv6_is_closed_ipv4_answers() {
    let server = Server::answering(OK).await;
    let transport = resolving("a.example", &[V6, V4]);
    let request = over(&url("a.example", &server), transport);
    let examined = prober(&[])
        .examine(&request, &Expectations::default(), NOW)
        .await;
    assert_outcome(&examined.reply, &server, "ok");
    assert_eq!(examined.reply.answer.peer, Some(server.address));
    assert_eq!(examined.addresses, [V6, V4]);
}

#[tokio::test]
async fn an_address_of_another_family_is_not_talked_to() {
    let server = Server::answering(OK).await;
    for (url, transport, expected) in [
        (
            server.url("/"),
            Transport::default(),
            "fail unreachable connect: 127.0.0.1 is no IPv6 address, and the probe uses only those",
        ),
        (
            url("a.example", &server),
            resolving("a.example", &[V4]),
            "fail dns dns: a.example has no IPv6 address",
        ),
    ] {
        let transport = Transport {
            ip: IpFamily::V6,
            ..transport
        };
        assert_outcome(&ask(&over(&url, transport)).await, &server, expected);
    }
}

#[tokio::test]
async fn name_servers_of_its_own_are_asked_each_time() {
    let server = Server::answering(OK).await;
    let names = NameServer::start(|name, _| match name {
        "a.example" => Say::Addresses(vec![V4]),
        _ => Say::Code(3),
    })
    .await;
    let request = over(&url("a.example", &server), asking(&[&names]));
    let prober = prober(&[]);
    for count in [2, 4] {
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, "ok");
        assert_eq!(reply.answer.peer, Some(server.address));
        assert!(reply.answer.timings.dns.is_some());
        assert_eq!(names.asked(), count);
    }
}

#[tokio::test]
async fn what_name_servers_say_is_told_with_their_address() {
    let say = |code: u8| NameServer::start(move |_, _| Say::Code(code));
    for (code, expected) in [
        (0, "a.example has no address"),
        (2, "name server DNS failed to look up a.example (SERVFAIL)"),
        (3, "a.example does not exist (NXDOMAIN from DNS)"),
        (5, "name server DNS failed to look up a.example (REFUSED)"),
    ] {
        let names = say(code).await;
        let reply = ask(&over("http://a.example/", asking(&[&names]))).await;
        let printed = print(&reply.outcome).replace(&names.address.to_string(), "DNS");
        assert_eq!(printed, format!("fail dns dns: {expected}"));
    }

    let silent = NameServer::start(|_, _| Say::Nothing).await;
    let request = Request {
        timeout: Duration::from_millis(300),
        ..over("http://a.example/", asking(&[&silent]))
    };
    let printed = print(&ask(&request).await.outcome);
    let expected = format!(
        "fail timeout dns: no answer from name server {} within 300ms",
        silent.address
    );
    assert_eq!(printed, expected);
}

#[tokio::test]
async fn the_next_name_server_is_asked_when_one_cannot_tell() {
    let server = Server::answering(OK).await;
    let broken = NameServer::start(|_, _| Say::Code(2)).await;
    let good = NameServer::start(|_, _| Say::Addresses(vec![V4])).await;
    let silent = NameServer::start(|_, _| Say::Nothing).await;
    for first in [&broken, &silent] {
        let transport = asking(&[first, &good]);
        let reply = ask(&over(&url("a.example", &server), transport)).await;
        assert_outcome(&reply, &server, "ok");
    }
    let printed = print(
        &ask(&over("http://a.example/", asking(&[&broken, &broken])))
            .await
            .outcome,
    );
    assert_eq!(printed.matches("(SERVFAIL)").count(), 2, "{printed}");
}

#[tokio::test]
async fn an_answer_too_long_for_a_datagram_is_fetched_over_tcp() {
    let server = Server::answering(OK).await;
    let names = NameServer::start(|_, _| Say::TooLong(vec![V4])).await;
    let reply = ask(&over(&url("a.example", &server), asking(&[&names]))).await;
    assert_outcome(&reply, &server, "ok");
}

#[tokio::test]
async fn a_bad_answer_about_ipv6_does_not_hurt_a_good_one_about_ipv4() {
    let server = Server::answering(OK).await;
    let silent: fn() -> Say = || Say::Nothing;
    let broken: fn() -> Say = || Say::Code(2);
    for about_v6 in [silent, broken] {
        let names = NameServer::start(move |_, v6| {
            if v6 {
                about_v6()
            } else {
                Say::Addresses(vec![V4])
            }
        })
        .await;
        let request = over(&url("a.example", &server), asking(&[&names]));
        let examined = prober(&[])
            .examine(&request, &Expectations::default(), NOW)
            .await;
        assert_outcome(&examined.reply, &server, "ok");
        assert_eq!(examined.addresses, [V4]);
        let dns = examined.reply.answer.timings.dns.unwrap();
        // far from the 5 s that a name server is waited for
        assert!(dns.0 < 2_000_000, "{dns:?}");
    }
}

#[tokio::test]
async fn silence_about_ipv4_does_not_hurt_a_good_answer_about_ipv6() {
    let server = Server::start_on("[::1]:0", answer_ok).await;
    let names = NameServer::start(|_, v6| {
        if v6 {
            Say::Addresses(vec![V6])
        } else {
            Say::Nothing
        }
    })
    .await;
    let reply = ask(&over(&url("a.example", &server), asking(&[&names]))).await;
    assert_outcome(&reply, &server, "ok");
    assert_eq!(reply.answer.peer, Some(server.address));
    let dns = reply.answer.timings.dns.unwrap();
    assert!(dns.0 < 2_000_000, "{dns:?}");
}

#[tokio::test]
async fn a_thousand_probes_of_a_silent_name_server_hold_up_no_other() {
    let silent = NameServer::start(|_, _| Say::Nothing).await;
    let server = Server::answering(OK).await;
    let prober = prober(&[]);
    let transport = Arc::new(Transport {
        ip: IpFamily::V4,
        ..asking(&[&silent])
    });
    let began = Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let prober = prober.clone();
        let request = Request {
            timeout: Duration::from_secs(3),
            transport: Arc::clone(&transport),
            ..request(&format!("http://host-{number}.example/"))
        };
        asking.spawn(async move { prober.ask(&request, &Expectations::default(), NOW).await });
    }
    // the others have begun to wait
    while silent.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let reply = prober
        .ask(&request(&server.url("/")), &Expectations::default(), NOW)
        .await;
    assert_outcome(&reply, &server, "ok");
    assert!(
        !asking.is_empty() && asking.try_join_next().is_none(),
        "it was held up"
    );
    for reply in asking.join_all().await {
        let printed = print(&reply.outcome);
        assert!(
            printed.starts_with("fail timeout dns: no answer"),
            "{printed}"
        );
        assert!(reply.duration.0 < 5_000_000, "{:?}", reply.duration);
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Answers each request over HTTP/2, and keeps what the requests call the host.
async fn h2_server(
    acceptor: Option<tokio_rustls::TlsAcceptor>,
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let hosts = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&hosts);
    let server = Server::start(move |stream| {
        let (acceptor, notes) = (acceptor.clone(), Arc::clone(&notes));
        async move {
            match acceptor {
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve_h2(stream, &notes).await;
                    }
                }
                None => serve_h2(stream, &notes).await,
            }
        }
    })
    .await;
    (server, hosts)
}

async fn serve_h2(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    hosts: &Mutex<Vec<String>>,
) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let host = request.headers().get("host");
        hosts.lock().unwrap().push(format!(
            "{} {}",
            request.uri().authority().unwrap(),
            host.map_or("-", |host| host.to_str().unwrap())
        ));
        let answer = http::Response::new(());
        let mut body = respond.send_response(answer, false).unwrap();
        body.send_data("hello".into(), true).unwrap();
    }
}

fn speaking(versions: HttpVersions) -> Transport {
    Transport {
        http_version: versions,
        ..Transport::default()
    }
}

#[tokio::test]
async fn the_version_of_http_is_the_one_that_was_asked_for() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    let (over_tls, _) = h2_server(Some(identity.acceptor(&["h2"]))).await;
    let (plain, _) = h2_server(None).await;
    let old = Server::answering(OK).await;
    let old_tls = Server::answering_tls(&identity, OK).await;
    for (url, versions, expected) in [
        (
            over_tls.https("localhost"),
            HttpVersions::Auto,
            HttpVersion::Http2,
        ),
        (
            over_tls.https("localhost"),
            HttpVersions::Http2,
            HttpVersion::Http2,
        ),
        (plain.url("/"), HttpVersions::Http2, HttpVersion::Http2),
        (old.url("/"), HttpVersions::Auto, HttpVersion::Http11),
        (old.url("/"), HttpVersions::Http11, HttpVersion::Http11),
        (
            old_tls.https("localhost"),
            HttpVersions::Auto,
            HttpVersion::Http11,
        ),
        (
            old_tls.https("localhost"),
            HttpVersions::Http11,
            HttpVersion::Http11,
        ),
    ] {
        let request = over(&url, speaking(versions));
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_eq!(reply.outcome, Outcome::Ok, "{url} {versions:?}");
        assert_eq!(reply.answer.http_version, Some(expected));
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_the_version_asked_for_is_told() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    let (only_2, _) = h2_server(Some(identity.acceptor(&["h2"]))).await;
    let only_11 = Server::answering_tls(&identity, OK).await;
    let without_alpn = Server::accepting_tls(identity.acceptor(&[]), OK).await;
    let plain = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    for (url, versions, expected) in [
        (
            only_2.https("localhost"),
            HttpVersions::Http11,
            "fail tls tls: the server speaks none of the HTTP versions offered (alert NoApplicationProtocol)",
        ),
        (
            only_11.https("localhost"),
            HttpVersions::Http2,
            "fail tls tls: the server does not speak HTTP/2 (alert NoApplicationProtocol)",
        ),
        (
            without_alpn.https("localhost"),
            HttpVersions::Http2,
            "fail protocol tls: the server does not speak HTTP/2: it did not agree to it during the TLS handshake",
        ),
        (
            plain.url("/"),
            HttpVersions::Http2,
            "fail protocol headers: the server does not speak HTTP/2 without TLS (FRAME_SIZE_ERROR)",
        ),
    ] {
        let request = over(&url, speaking(versions));
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_eq!(print(&reply.outcome), expected);
    }
}

#[tokio::test]
async fn another_host_is_said_as_the_authority_over_http_2() {
    let identity = Identity::new("localhost", |_| {});
    let prober = prober(&[&identity]);
    for (server, hosts, versions) in [
        {
            let (server, hosts) = h2_server(Some(identity.acceptor(&["h2", "http/1.1"]))).await;
            (server, hosts, HttpVersions::Auto)
        },
        {
            let (server, hosts) = h2_server(None).await;
            (server, hosts, HttpVersions::Http2)
        },
    ] {
        let url = match versions {
            HttpVersions::Auto => server.https("localhost"),
            _ => server.url("/"),
        };
        let mut request = over(&url, speaking(versions));
        let host = HeaderValue::from_static("shop.example");
        std::sync::Arc::make_mut(&mut request.headers).insert(http::header::HOST, host);
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, "ok");
        assert_eq!(reply.answer.http_version, Some(HttpVersion::Http2));
        assert_eq!(*hosts.lock().unwrap(), ["shop.example -"]);
    }
}
