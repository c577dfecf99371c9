//! The prober against broken and hostile HTTP/1.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use http::Method;
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use outwatch::prober::transport::Transport;
use support::{NOW, Server, ask, assert_outcome, print, prober, read_head, request};
use tokio::io::AsyncWriteExt;

/// Asks a server that answers with these bytes and then closes: over reqwest's connection, and over
/// one made by hand, which must not differ.
async fn check(rows: &[(&str, impl AsRef<[u8]>, &str)]) {
    let prober = prober(&[]);
    let by_hand = Arc::new(Transport {
        // itself; that a literal address is replaced is beyond reqwest
        resolve: [("127.0.0.1".to_owned(), vec![Ipv4Addr::LOCALHOST.into()])].into(),
        ..Transport::default()
    });
    for (name, answer, expected) in rows {
        let server = Server::answering(answer.as_ref()).await;
        for transport in [Arc::default(), Arc::clone(&by_hand)] {
            let request = Request {
                transport,
                ..request(&server.url("/"))
            };
            let reply = prober.ask(&request, &Expectations::default(), NOW).await;
            let printed = print(&reply.outcome).replace(&server.address.to_string(), "ADDRESS");
            assert_eq!(printed, *expected, "{name}, {:?}", request.transport);
        }
    }
}

#[tokio::test]
async fn what_does_not_speak_http_is_told_by_what_it_says() {
    let not = |start: &str| {
        format!("fail protocol headers: not an HTTP answer: it begins with `{start}`")
    };
    let begins = [
        ("SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", "SSH-2.0-OpenSSH_9.2p1"),
        (
            "HTTP/0.9",
            "<html>says hello</html>",
            "<html>says hello</html>",
        ),
        ("HTTP/2 as text", "HTTP/2 200 OK\r\n\r\n", "HTTP/2 200 OK"),
        (
            "a minor version to come",
            "HTTP/1.2 200 OK\r\n\r\n",
            "HTTP/1.2 200 OK",
        ),
        ("lower case", "http/1.1 200 OK\r\n\r\n", "http/1.1 200 OK"),
        ("Shoutcast", "ICY 200 OK\r\n\r\n", "ICY 200 OK"),
        ("no status", "HTTP/1.1\r\n\r\n", "HTTP/1.1"),
        ("binary", "\0\u{1}\u{1b}[31m", "\\u{0}\\u{1}\\u{1b}[31m"),
        (
            "after an interim answer",
            "HTTP/1.1 103 Early\r\n\r\nSSH-2.0\r\n",
            "SSH-2.0",
        ),
    ];
    let rows: Vec<_> = begins
        .iter()
        .map(|(name, answer, start)| (*name, answer, not(start)))
        .collect();
    for (name, answer, expected) in &rows {
        check(&[(name, answer, expected)]).await;
    }
    check(&[
        (
            "TLS",
            b"\x15\x03\x01\x00\x02\x02\x46".as_slice(),
            "fail protocol headers: ADDRESS speaks TLS on this port: use https://",
        ),
        (
            "HTTP/2",
            b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64",
            "fail protocol headers: ADDRESS speaks only HTTP/2 on this port: use http_version: 2",
        ),
    ])
    .await;
}

/// Who speaks first may be heard before or after the request is sent.
#[tokio::test]
async fn a_server_that_greets_first_is_no_http_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    let prober = prober(&[]);
    let request = request(&format!("http://{address}/"));
    for _ in 0..20 {
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        let printed = print(&reply.outcome);
        let expected = [
            "fail protocol headers: not an HTTP answer: it begins with `220 mail.example ESMTP`",
            "fail protocol headers: not an HTTP server: it speaks before it is asked",
        ];
        assert!(expected.contains(&printed.as_str()), "{printed}");
    }
}

#[tokio::test]
async fn status_lines() {
    let broken = "fail protocol headers: broken HTTP answer: a malformed status line";
    check(&[
        ("four digits", "HTTP/1.1 2000 OK\r\n\r\n", broken),
        ("letters", "HTTP/1.1 2x0 OK\r\n\r\n", broken),
        ("zero", "HTTP/1.1 000 OK\r\n\r\n", broken),
        (
            "a bare CR",
            "HTTP/1.1 200 OK\rContent-Length: 0\r\r",
            broken,
        ),
        (
            "999",
            "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
            "fail status verdict: 999",
        ),
        (
            "no reason",
            "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
            "ok",
        ),
        (
            "a reason in UTF-8",
            "HTTP/1.1 200 zażółć\r\nContent-Length: 0\r\n\r\n",
            "ok",
        ),
        ("bare LFs", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "ok"),
        (
            "empty lines first",
            "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "ok",
        ),
        (
            "503",
            "HTTP/1.1 503 Nope\r\nContent-Length: 0\r\n\r\n",
            "fail status verdict: 503 Service Unavailable",
        ),
        ("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn interim_answers() {
    check(&[
        ("103", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "ok"),
        ("a hundred", &format!("{}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100)), "ok"),
        ("nothing else", "HTTP/1.1 100 Continue\r\n\r\n", "fail incomplete headers: connection closed before an answer"),
        ("101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", "fail status verdict: 101 Switching Protocols"),
    ])
    .await;
}

#[tokio::test]
async fn headers() {
    let broken = "fail protocol headers: broken HTTP answer: a malformed header line";
    let answer = |line: &str| format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 0\r\n\r\n");
    check(&[
        ("no colon", answer("abc"), broken),
        ("a space before the colon", answer("A : b"), "ok"),
        ("NUL", answer("A: b\0c"), broken),
        ("folded", answer("A: b\r\n c"), "ok"),
        ("no name", answer(": b"), broken),
        ("not ASCII", answer("A: é"), "ok"),
        ("no value", answer("A:"), "ok"),
        (
            "cut off",
            "HTTP/1.1 200 OK\r\nX-A".to_owned(),
            "fail incomplete headers: connection closed before an answer",
        ),
        (
            "nothing",
            String::new(),
            "fail incomplete headers: connection closed before an answer",
        ),
    ])
    .await;
    let too_large = "fail too_large headers: more than 200 headers, or 408 KiB of them";
    check(&[
        (
            "1 MiB",
            answer(&format!("A: {}", "a".repeat(1 << 20))),
            too_large,
        ),
        (
            "10,000",
            answer(&vec!["A: a"; 10_000].join("\r\n")),
            too_large,
        ),
        ("201", answer(&["A: a"; 200].join("\r\n")), too_large),
        ("200", answer(&["A: a"; 199].join("\r\n")), "ok"),
        (
            "300 KiB",
            answer(&format!("A: {}", "a".repeat(300 << 10))),
            "ok",
        ),
    ])
    .await;
}

#[tokio::test]
async fn content_length_and_transfer_encoding() {
    let broken =
        "fail protocol headers: broken HTTP answer: a Content-Length that is no number, or several";
    let answer = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\nhello");
    check(&[
        ("two", answer("Content-Length: 5\r\nContent-Length: 6"), broken),
        ("a list", answer("Content-Length: 5, 6"), broken),
        ("negative", answer("Content-Length: -5"), broken),
        ("signed", answer("Content-Length: +5"), broken),
        ("empty", answer("Content-Length: "), broken),
        ("beyond numbers", answer(&format!("Content-Length: {}", "9".repeat(30))), broken),
        // RFC 9110 §8.6: the same number twice is one
        ("twice the same", answer("Content-Length: 5\r\nContent-Length: 5"), "ok"),
        ("shorter than the body", answer("Content-Length: 2"), "ok"),
        ("longer than the body", answer("Content-Length: 9"), "fail incomplete body: connection closed after 5 bytes of the body"),
        ("beyond the limit", answer("Content-Length: 100001"), "fail too_large body: body is longer than 100000 bytes"),
        ("almost endless", answer(&format!("Content-Length: {}", u64::MAX - 2)), "fail too_large body: body is longer than 100000 bytes"),
        ("neither", answer("A: b"), "ok"),
        ("an unknown coding", answer("Transfer-Encoding: x\r\nContent-Length: 9"), "ok"),
        // RFC 9112 §6.3: Transfer-Encoding overrides
        ("both", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_owned(), "ok"),
        ("chunked HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(), "fail protocol headers: broken HTTP answer: a Transfer-Encoding in HTTP/1.0"),
        // which have no body, whatever follows (RFC 9112 §6.3)
        ("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello".to_owned(), "ok"),
        ("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nhello".to_owned(), "fail status verdict: 304 Not Modified"),
        // the status decides before a body that is cut short
        ("500, cut short", "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nab".to_owned(), "fail status verdict: 500 Internal Server Error"),
        ("fitting", format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(100_000)), "ok"),
        ("too long", format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(100_001)), "fail too_large body: body is longer than 100000 bytes"),
    ])
    .await;
}

#[tokio::test]
async fn chunks() {
    let answer =
        |chunks: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    let broken = |why: &str| format!("fail protocol body: broken body after {why}");
    let no_digit = broken("0 bytes: invalid chunk size line: missing size digit");
    check(&[
        ("good", answer("5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n"), "ok"),
        ("no size", answer("\r\nhello\r\n0\r\n\r\n"), &no_digit),
        ("letters", answer("zz\r\nhello"), &no_digit),
        ("negative", answer("-1\r\nhello"), &no_digit),
        (
            "overflowing",
            answer("fffffffffffffffff\r\nhello"),
            &broken("0 bytes: invalid chunk size: overflow"),
        ),
        (
            "largest",
            answer("ffffffffffffffff\r\nhello"),
            "fail incomplete body: connection closed after 5 bytes of the body",
        ),
        (
            "longer than its size",
            answer("2\r\nhello\r\n0\r\n\r\n"),
            &broken("2 bytes: invalid chunk body CR"),
        ),
        (
            "no LF",
            answer("5\rhello\r\n0\r\n\r\n"),
            &broken("0 bytes: invalid chunk size LF"),
        ),
        (
            "cut short",
            answer("5\r\nhel"),
            "fail incomplete body: connection closed after 3 bytes of the body",
        ),
        (
            "without end",
            answer("5\r\nhello\r\n"),
            "fail incomplete body: connection closed after 5 bytes of the body",
        ),
        (
            "without trailers' end",
            answer("5\r\nhello\r\n0\r\n"),
            "fail incomplete body: connection closed after 5 bytes of the body",
        ),
        (
            "long extensions",
            answer(&format!("5;{}", "a".repeat(100_000))),
            &broken("0 bytes: chunk extensions over limit"),
        ),
        (
            "many trailers",
            answer(&format!("0\r\n{}", "A: b\r\n".repeat(10_000))),
            &broken("0 bytes: chunk trailers count overflow"),
        ),
        (
            "a broken trailer",
            answer("5\r\nhello\r\n0\r\nab\r\n\r\n"),
            &broken("5 bytes: invalid header name"),
        ),
    ])
    .await;
}

/// It says no without having read what is being sent, and closes, which resets the connection.
#[tokio::test]
async fn an_answer_before_the_request_was_read_is_heard() {
    let server = Server::start(async |mut stream| {
        read_head(&mut stream).await;
        let answer =
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let request = Request {
        method: Method::POST,
        body: Some(vec![b'a'; 8 << 20].into()),
        ..request(&server.url("/"))
    };
    for _ in 0..5 {
        assert_outcome(
            &ask(&request).await,
            &server,
            "fail status verdict: 413 Payload Too Large",
        );
    }
}

#[tokio::test]
async fn what_never_ends_is_read_up_to_a_limit() {
    let endless = async |start: &'static str, then: &'static [u8]| {
        Server::start(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(start.as_bytes()).await;
            while stream.write_all(then).await.is_ok() {}
        })
        .await
    };
    let ok = "HTTP/1.1 200 OK\r\n";
    let too_long = "fail too_large body: body is longer than 100000 bytes";
    let too_large = "fail too_large headers: more than 200 headers, or 408 KiB of them";
    let prober = prober(&[]);
    for (start, then, expected) in [
        (ok, &b"A: a\r\n"[..], too_large),
        ("HTTP/1.1 200 OK\r\nA: ", &[b'a'; 4096], too_large),
        ("HTTP/1.1 200 ", &[b'a'; 4096], too_large),
        ("", &[b'\n'; 4096], too_large),
        ("HTTP/1.1 200 OK\r\n\r\n", &[b'a'; 4096], too_long),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\na\r\n",
            too_long,
        ),
        (
            "HTTP/1.1 500 OK\r\n\r\n",
            &[b'a'; 4096],
            "fail status verdict: 500 Internal Server Error",
        ),
    ] {
        let server = endless(start, then).await;
        let request = request(&server.url("/"));
        let reply = prober.ask(&request, &Expectations::default(), NOW).await;
        assert_outcome(&reply, &server, expected);
    }
}
