//! The prober through proxies, good and bad ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use outwatch::domain::observation::HttpVersion;
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use outwatch::prober::transport::{HttpVersions, Proxy, TlsSettings, Transport};
use outwatch::prober::{Prober, Reply};
use support::{
    Identity, NOW, Server, ask, assert_outcome, drain, over, print, prober, proxies, read_head,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn through(scheme: &str, credentials: &str, proxy: &Server) -> Transport {
    let url = format!("{scheme}://{credentials}{}", proxy.address);
    Transport {
        proxy: Some(Proxy {
            url: url.parse().unwrap(),
        }),
        ..Transport::default()
    }
}

async fn ask_with(prober: &Prober, request: &Request) -> Reply {
    prober.ask(request, &Expectations::default(), NOW).await
}

/// With the proxy's address written as `PROXY`.
#[track_caller]
fn assert_told(reply: &Reply, proxy: &Server, expected: &str) {
    let printed = print(&reply.outcome).replace(&proxy.address.to_string(), "PROXY");
    assert_eq!(printed, expected);
}

#[tokio::test]
async fn a_plain_request_is_passed_on() {
    let endpoint = Server::answering(OK).await;
    let (proxy, came) = proxies::http().await;
    // nobody but the proxy knows the name
    let url = format!("http://shop.example:{}/path?q", endpoint.address.port());
    let reply = ask(&over(&url, through("http", "user:p%40ss@", &proxy))).await;
    assert_outcome(&reply, &endpoint, "ok");
    let timings = reply.answer.timings;
    assert_eq!((timings.dns, timings.tls), (None, None));
    assert!(timings.connect.is_some() && timings.first_byte.is_some());
    // the proxy's is not the endpoint's
    assert_eq!(reply.answer.peer, None);
    let [head] = &came.all()[..] else { panic!() };
    let head = head.to_lowercase();
    assert!(
        head.starts_with(&format!("get {url} http/1.1\r\n")),
        "{head}"
    );
    let host = format!("\r\nhost: shop.example:{}\r\n", endpoint.address.port());
    assert!(head.contains(&host), "{head}");
    // user:p@ss
    assert!(
        head.contains("\r\nproxy-authorization: basic dxnlcjpwqhnz\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_and_its_phases_are_told() {
    let identity = Identity::new("shop.example", |_| {});
    let endpoint = Server::answering_tls(&identity, OK).await;
    let (proxy, came) = proxies::http().await;
    let transport = through("http", "user:pass@", &proxy);
    let request = over(&endpoint.https("shop.example"), transport);
    let prober = prober(&[&identity]);
    let examined = prober
        .examine(&request, &Expectations::default(), NOW)
        .await;
    assert_outcome(&examined.reply, &endpoint, "ok");
    let timings = examined.reply.answer.timings;
    assert_eq!(timings.dns, None);
    assert!(timings.connect.is_some() && timings.tls.is_some() && timings.first_byte.is_some());
    assert_eq!(examined.certificates[0].subject, "CN=shop.example");
    let [head] = &came.all()[..] else { panic!() };
    let port = endpoint.address.port();
    assert!(head.starts_with(&format!("CONNECT shop.example:{port} HTTP/1.1\r\n")));
    assert!(
        head.contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"),
        "{head}"
    );
    // what is said to the endpoint is not said to the proxy
    assert!(!head.contains("GET"));
}

#[tokio::test]
async fn an_endpoint_behind_a_proxy_fails_as_itself() {
    let identity = Identity::new("other.example", |_| {});
    let endpoint = Server::answering_tls(&identity, OK).await;
    let (proxy, _) = proxies::http().await;
    let url = endpoint.https("shop.example");
    let request = over(&url, through("http", "", &proxy));
    let reply = ask_with(&prober(&[&identity]), &request).await;
    assert_outcome(
        &reply,
        &endpoint,
        "fail certificate tls: certificate is not for shop.example, but for other.example",
    );
}

#[tokio::test]
async fn a_proxy_that_is_spoken_to_over_tls() {
    let (of_proxy, of_endpoint) = (
        Identity::new("127.0.0.1", |_| {}),
        Identity::new("shop.example", |_| {}),
    );
    let endpoint = Server::answering_tls(&of_endpoint, OK).await;
    let (proxy, came) = proxies::https(of_proxy.acceptor(&["http/1.1"])).await;
    let request = over(
        &endpoint.https("shop.example"),
        through("https", "", &proxy),
    );
    let trusting = prober(&[&of_proxy, &of_endpoint]);
    let examined = trusting
        .examine(&request, &Expectations::default(), NOW)
        .await;
    assert_outcome(&examined.reply, &endpoint, "ok");
    assert_eq!(examined.certificates[0].subject, "CN=shop.example");
    assert_eq!(came.all().len(), 1);

    let reply = ask_with(&prober(&[]), &request).await;
    assert_told(
        &reply,
        &proxy,
        "fail proxy connect: no TLS handshake with proxy PROXY: certificate from an unknown issuer (CN=outwatch test root), whose certificate was not sent either",
    );
}

#[tokio::test]
async fn the_failures_of_an_http_proxy_are_told_as_its_own() {
    for (answer, given, expected) in [
        (
            "HTTP/1.1 407 Auth\r\n\r\n",
            "",
            "fail proxy connect: proxy PROXY wants credentials (407)",
        ),
        (
            "HTTP/1.1 407 Auth\r\n\r\n",
            "user:hunter2@",
            "fail proxy connect: proxy PROXY does not accept the credentials (407)",
        ),
        (
            "HTTP/1.1 502 \x1b[31mhunter2\r\n\r\n",
            "user:hunter2@",
            "fail proxy connect: proxy PROXY cannot reach the endpoint: 502 Bad Gateway",
        ),
        (
            "HTTP/1.1 403 No\r\n\r\n",
            "",
            "fail proxy connect: proxy PROXY does not connect to the endpoint: 403 Forbidden",
        ),
        (
            "SSH-2.0-OpenSSH\r\n\r\n",
            "",
            "fail proxy connect: proxy PROXY does not answer as an HTTP proxy",
        ),
        (
            "",
            "",
            "fail proxy connect: proxy PROXY closed the connection",
        ),
    ] {
        let proxy = Server::answering(answer).await;
        let request = over("https://shop.example/", through("http", given, &proxy));
        assert_told(&ask(&request).await, &proxy, expected);
    }
    let endless =
        Server::answering("HTTP/1.1 200 OK\r\nX-A: ".to_owned() + &"a".repeat(1 << 16)).await;
    let request = over("https://shop.example/", through("http", "", &endless));
    assert_told(
        &ask(&request).await,
        &endless,
        "fail proxy connect: proxy PROXY answers with too long a head",
    );

    let proxy = Server::answering("HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n").await;
    let request = over("http://shop.example/", through("http", "", &proxy));
    assert_told(
        &ask(&request).await,
        &proxy,
        "fail proxy headers: proxy PROXY wants credentials (407)",
    );
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_told_for_every_kind() {
    // bound but not listened on, so nobody else gets it
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    for scheme in ["http", "https", "socks5", "socks5h"] {
        let transport = Transport {
            proxy: Some(Proxy {
                url: format!("{scheme}://u:hunter2@{address}").parse().unwrap(),
            }),
            ..Transport::default()
        };
        let printed = print(&ask(&over("https://127.0.0.1/", transport)).await.outcome);
        let expected = format!("fail proxy connect: proxy {address} refused the connection");
        assert_eq!(printed, expected, "{scheme}");
    }
    let nobody = Transport {
        proxy: Some(Proxy {
            url: "http://nobody.invalid:3128".parse().unwrap(),
        }),
        resolve: [("nobody.invalid".to_owned(), vec!["::1".parse().unwrap()])].into(),
        ip: outwatch::prober::transport::IpFamily::V4,
        ..Transport::default()
    };
    assert_eq!(
        print(&ask(&over("http://shop.example/", nobody)).await.outcome),
        "fail proxy connect: proxy nobody.invalid:3128: nobody.invalid has no IPv4 address"
    );
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_told_apart_from_the_endpoint() {
    let silent = Server::start(async |stream| drain(stream).await).await;
    for scheme in ["http", "socks5h"] {
        let request = Request {
            timeout: Duration::from_millis(300),
            ..over("https://shop.example/", through(scheme, "", &silent))
        };
        assert_told(
            &ask(&request).await,
            &silent,
            "fail timeout connect: proxy PROXY did not reach the endpoint within 300ms",
        );
    }
    // TLS that is not answered is not the endpoint's either
    let request = Request {
        timeout: Duration::from_millis(300),
        ..over("https://shop.example/", through("https", "", &silent))
    };
    assert_told(
        &ask(&request).await,
        &silent,
        "fail proxy connect: no connection to proxy PROXY within 300ms",
    );
}

#[tokio::test]
async fn socks5_looks_names_up_here_and_socks5h_there() {
    let identity = Identity::new("localhost", |_| {});
    let endpoint = Server::answering_tls(&identity, OK).await;
    let prober = prober(&[&identity]);
    for (scheme, host, given) in [
        ("socks5", "127.0.0.1", None),
        ("socks5h", "localhost", None),
        ("socks5h", "localhost", Some(("user", "p@ss"))),
    ] {
        let (proxy, came) = proxies::socks5(given, 0).await;
        let credentials = if given.is_some() { "user:p%40ss@" } else { "" };
        let transport = through(scheme, credentials, &proxy);
        let reply = ask_with(&prober, &over(&endpoint.https("localhost"), transport)).await;
        assert_outcome(&reply, &endpoint, "ok");
        let timings = reply.answer.timings;
        assert_eq!(timings.dns.is_some(), scheme == "socks5");
        assert!(timings.connect.is_some() && timings.tls.is_some());
        assert_eq!(came.all(), [format!("{host}:{}", endpoint.address.port())]);
        let known = (scheme == "socks5").then_some(endpoint.address);
        assert_eq!(reply.answer.peer, known);
    }
}

#[tokio::test]
async fn the_failures_of_a_socks5_proxy_are_told_as_its_own() {
    for (wanted, given, code, expected) in [
        (Some(("a", "b")), "", 0, "wants credentials"),
        (
            Some(("a", "b")),
            "a:hunter2@",
            0,
            "does not accept the credentials",
        ),
        (None, "", 5, "cannot reach the endpoint: connection refused"),
        (
            None,
            "a:b@",
            2,
            "does not connect to the endpoint: not allowed by its rules",
        ),
        (
            None,
            "",
            77,
            "cannot reach the endpoint: general failure (77)",
        ),
    ] {
        let (proxy, _) = proxies::socks5(wanted, code).await;
        let request = over("http://shop.example/", through("socks5h", given, &proxy));
        let expected = format!("fail proxy connect: proxy PROXY {expected}");
        assert_told(&ask(&request).await, &proxy, &expected);
    }
    let not_socks = Server::start(async |mut stream| {
        let _ = stream.read_u8().await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        drain(stream).await;
    })
    .await;
    let request = over("http://shop.example/", through("socks5h", "", &not_socks));
    assert_told(
        &ask(&request).await,
        &not_socks,
        "fail proxy connect: proxy PROXY does not answer as a SOCKS5 proxy",
    );
}

#[tokio::test]
async fn an_address_that_is_given_is_what_proxies_connect_to() {
    let endpoint = Server::answering(OK).await;
    let port = endpoint.address.port();
    for scheme in ["http", "socks5", "socks5h"] {
        let (proxy, came) = match scheme {
            "http" => proxies::http().await,
            _ => proxies::socks5(None, 0).await,
        };
        let transport = Transport {
            resolve: [("shop.example".to_owned(), vec![[127, 0, 0, 1].into()])].into(),
            ..through(scheme, "", &proxy)
        };
        let reply = ask(&over(&format!("http://shop.example:{port}/"), transport)).await;
        assert_outcome(&reply, &endpoint, "ok");
        let came = came.all();
        assert!(came[0].contains(&format!("127.0.0.1:{port}")), "{came:?}");
    }
}

#[tokio::test]
async fn http_2_goes_through_proxies_too() {
    let identity = Identity::new("shop.example", |_| {});
    let acceptor = identity.acceptor(&["h2"]);
    let endpoint = Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let answer = http::Response::new(());
                respond.send_response(answer, true).unwrap();
            }
        }
    })
    .await;
    let (proxy, _) = proxies::http().await;
    for version in [HttpVersions::Auto, HttpVersions::Http2] {
        let transport = Transport {
            http_version: version,
            tls: TlsSettings {
                roots: Some(Arc::from([identity.root.clone()])),
                ..TlsSettings::default()
            },
            ..through("http", "", &proxy)
        };
        let reply = ask(&over(&endpoint.https("shop.example"), transport)).await;
        assert_outcome(&reply, &endpoint, "ok");
        assert_eq!(reply.answer.http_version, Some(HttpVersion::Http2));
    }
}

#[tokio::test]
async fn redirects_go_through_the_proxy_too() {
    let home = Server::answering(OK).await;
    let location = format!("http://b.example:{}/", home.address.port());
    let away = Server::start(move |mut stream| {
        let location = location.clone();
        async move {
            read_head(&mut stream).await;
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let (proxy, came) = proxies::http().await;
    let url = format!("http://a.example:{}/", away.address.port());
    let reply = ask(&over(&url, through("http", "", &proxy))).await;
    assert_outcome(&reply, &home, "ok");
    assert_eq!(came.all().len(), 2);
}
