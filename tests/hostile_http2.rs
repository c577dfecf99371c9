//! The prober against broken and hostile HTTP/2.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::Arc;

use http::Method;
use outwatch::expect::Expectations;
use outwatch::prober::Prober;
use outwatch::prober::request::Request;
use outwatch::prober::transport::{TlsSettings, Transport};
use support::h2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PUSH_PROMISE, SETTINGS, STATUS_200,
    Then, WINDOW_UPDATE, frame, goaway, header, raw, rst_stream, settings,
};
use support::{Identity, NOW, impatient, print, prober};

/// The headers of an answer, 200 and these.
fn headers(flags: u8, more: &[(&str, &str)]) -> Vec<u8> {
    let more = more.iter().flat_map(|(name, value)| header(name, value));
    let block: Vec<u8> = STATUS_200.iter().copied().chain(more).collect();
    frame(HEADERS, END_HEADERS | flags, 1, &block)
}

fn data(text: &str, flags: u8) -> Vec<u8> {
    frame(DATA, flags, 1, text.as_bytes())
}

struct Asking {
    identity: Identity,
    prober: Prober,
}

impl Asking {
    fn new() -> Self {
        let identity = Identity::new("localhost", |_| {});
        let prober = prober(&[&identity]);
        Self { identity, prober }
    }

    /// Asks a server that sends these frames, the settings first: over reqwest's connection, and
    /// over one made by hand, which must not differ.
    #[track_caller]
    async fn check(&self, name: &str, frames: &[Vec<u8>], then: Then, expected: &str) {
        let script = [settings(), frames.concat()].concat();
        self.check_bytes(name, script, then, expected).await;
    }

    async fn check_bytes(&self, name: &str, script: Vec<u8>, then: Then, expected: &str) {
        let server = raw(&self.identity, script, then).await;
        let by_hand = Transport {
            tls: TlsSettings {
                // itself; that it is said is beyond reqwest
                server_name: Some("localhost".try_into().unwrap()),
                ..TlsSettings::default()
            },
            ..Transport::default()
        };
        for transport in [Transport::default(), by_hand] {
            let request = Request {
                transport: Arc::new(transport),
                ..impatient(&server.https("localhost"))
            };
            let reply = self
                .prober
                .ask(&request, &Expectations::default(), NOW)
                .await;
            assert_eq!(
                print(&reply.outcome),
                expected,
                "{name}, {:?}",
                request.transport
            );
        }
    }
}

#[tokio::test]
async fn answers_and_ends() {
    let asking = Asking::new();
    let no_answer = "fail incomplete headers: connection closed before an answer";
    let silent = "fail timeout headers: no answer within 300ms";
    let early = |code: &str| {
        format!(
            "fail reset headers: the server ended the connection before it took the request (GOAWAY {code})"
        )
    };
    let early_no_error = early("NO_ERROR");
    let early_calm = early("ENHANCE_YOUR_CALM, `too many`");
    let hello = || [headers(0, &[]), data("hello", END_STREAM)].concat();
    let hints = frame(HEADERS, END_HEADERS, 1, &header(":status", "103"));
    for (name, frames, then, expected) in [
        ("an answer", vec![hello()], Then::Wait, "ok"),
        (
            "early hints",
            vec![hints.clone(), hello()],
            Then::Wait,
            "ok",
        ),
        (
            "trailers",
            vec![
                headers(0, &[]),
                data("hello", 0),
                frame(HEADERS, END_HEADERS | END_STREAM, 1, &header("a", "b")),
            ],
            Then::Wait,
            "ok",
        ),
        (
            "frames of an unknown type",
            vec![frame(77, 0, 1, &[1, 2, 3]), hello()],
            Then::Wait,
            "ok",
        ),
        (
            "going away, but answering",
            vec![goaway(1, 0, ""), hello()],
            Then::Wait,
            "ok",
        ),
        (
            "going away without us",
            vec![goaway(0, 0, "")],
            Then::Close,
            &early_no_error,
        ),
        (
            "going away with a reason",
            vec![goaway(0, 11, "too many")],
            Then::Wait,
            &early_calm,
        ),
        // h2 tells the GOAWAY only to the task of the connection, not to the stream
        (
            "going away after all",
            vec![goaway(1, 11, "")],
            Then::Close,
            no_answer,
        ),
        (
            "going away in the body",
            vec![headers(0, &[]), data("he", 0), goaway(1, 2, "")],
            Then::Close,
            "fail incomplete body: connection closed after 2 bytes of the body",
        ),
        ("closed at once", vec![], Then::Close, no_answer),
        (
            "closed within a frame",
            vec![vec![0, 0, 5, 1]],
            Then::Close,
            no_answer,
        ),
        (
            "closed in the body",
            vec![headers(0, &[]), data("he", 0)],
            Then::Close,
            "fail incomplete body: connection closed after 2 bytes of the body",
        ),
        ("silent", vec![], Then::Wait, silent),
        (
            "silent in the headers",
            vec![frame(HEADERS, 0, 1, STATUS_200)],
            Then::Wait,
            silent,
        ),
        (
            "silent in the body",
            vec![headers(0, &[]), data("he", 0)],
            Then::Wait,
            "fail timeout body: no whole body within 300ms, only 2 bytes",
        ),
        (
            "no stream allowed",
            vec![frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 0])],
            Then::Wait,
            silent,
        ),
        (
            "endless pings",
            vec![frame(PING, 0, 0, &[0; 8])],
            Then::Repeat(17),
            silent,
        ),
        (
            "endless settings",
            vec![settings()],
            Then::Repeat(9),
            silent,
        ),
        (
            "endless hints",
            vec![hints.clone()],
            Then::Repeat(hints.len()),
            silent,
        ),
    ] {
        asking.check(name, &frames, then, expected).await;
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_tells_its_code() {
    let asking = Asking::new();
    for (code, name) in [
        (0, "NO_ERROR)"),
        (1, "PROTOCOL_ERROR)"),
        (2, "INTERNAL_ERROR)"),
        (7, "REFUSED_STREAM), before it looked at the request"),
        (8, "CANCEL)"),
        (11, "ENHANCE_YOUR_CALM)"),
        (13, "HTTP_1_1_REQUIRED): use http_version: 1.1"),
        (99, "code 0x63)"),
    ] {
        let expected =
            format!("fail reset headers: the server reset the stream (RST_STREAM {name}");
        asking
            .check(name, &[rst_stream(code)], Then::Wait, &expected)
            .await;
    }
    let body = [headers(0, &[]), data("he", 0)].concat();
    asking
        .check(
            "in the body",
            &[body.clone(), rst_stream(2)],
            Then::Wait,
            "fail reset body: the server reset the stream (RST_STREAM INTERNAL_ERROR)",
        )
        .await;
    // which hyper takes for the end
    asking.check(
        "without an error in the body",
        &[body, rst_stream(0)],
        Then::Wait,
        "fail incomplete body: the server closed the stream after 2 bytes of the body (RST_STREAM NO_ERROR)",
    ).await;
    let whole = [headers(0, &[]), data("hello", END_STREAM), rst_stream(0)];
    asking
        .check("after the body", &whole, Then::Wait, "ok")
        .await;
}

#[tokio::test]
async fn breaches_of_the_protocol() {
    let asking = Asking::new();
    let broken = |what: &str| format!("fail protocol headers: broken HTTP/2: {what}");
    let malformed = &broken(
        "a malformed frame, or headers that are malformed or far too long (PROTOCOL_ERROR)",
    );
    let wrong_size =
        &broken("a frame of a wrong size, as if it were not HTTP/2 at all (FRAME_SIZE_ERROR)");
    let flow = &broken("more data than was allowed (FLOW_CONTROL_ERROR)");
    let flood = &broken("a flood of frames (ENHANCE_YOUR_CALM, `too_many_continuations`)");
    let length = "fail protocol body: broken HTTP/2: a malformed frame, or a body unlike its Content-Length (PROTOCOL_ERROR)";
    let continued = |payload: &[u8]| {
        vec![
            frame(HEADERS, 0, 1, STATUS_200),
            frame(CONTINUATION, 0, 1, payload),
        ]
    };
    let name = header("a", "b");
    for (name, frames, then, expected) in [
        (
            "settings of a wrong length",
            vec![frame(SETTINGS, 0, 0, &[0; 5])],
            Then::Wait,
            malformed.as_str(),
        ),
        (
            "settings of a stream",
            vec![frame(SETTINGS, 0, 1, &[])],
            Then::Wait,
            malformed,
        ),
        (
            "a frame size of 0",
            vec![frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 0])],
            Then::Wait,
            malformed,
        ),
        (
            "a window beyond the largest",
            vec![frame(SETTINGS, 0, 0, &[0, 4, 255, 255, 255, 255])],
            Then::Wait,
            malformed,
        ),
        (
            "too large a frame",
            vec![frame(HEADERS, END_HEADERS, 1, &[0; 20_000])],
            Then::Wait,
            wrong_size,
        ),
        (
            "a body before the headers",
            vec![data("he", 0)],
            Then::Wait,
            malformed,
        ),
        (
            "broken compression",
            vec![frame(HEADERS, END_HEADERS, 1, &[255; 20])],
            Then::Wait,
            malformed,
        ),
        (
            "no status",
            vec![frame(HEADERS, END_HEADERS, 1, &name)],
            Then::Wait,
            malformed,
        ),
        (
            "no numeric status",
            vec![frame(HEADERS, END_HEADERS, 1, &header(":status", "2x0"))],
            Then::Wait,
            malformed,
        ),
        (
            "upper case",
            vec![headers(END_STREAM, &[("Ab", "c")])],
            Then::Wait,
            malformed,
        ),
        (
            "a header of HTTP/1",
            vec![headers(END_STREAM, &[("connection", "close")])],
            Then::Wait,
            malformed,
        ),
        (
            "two lengths",
            vec![headers(
                0,
                &[("content-length", "1"), ("content-length", "2")],
            )],
            Then::Wait,
            malformed,
        ),
        (
            "too short a body",
            vec![
                headers(0, &[("content-length", "9")]),
                data("he", END_STREAM),
            ],
            Then::Wait,
            length,
        ),
        (
            "too long a body",
            vec![
                headers(0, &[("content-length", "1")]),
                data("he", END_STREAM),
            ],
            Then::Wait,
            length,
        ),
        (
            "a stream that nobody asked for",
            vec![frame(HEADERS, END_HEADERS, 3, STATUS_200)],
            Then::Wait,
            malformed,
        ),
        (
            "a stream of the server",
            vec![frame(HEADERS, END_HEADERS, 2, STATUS_200)],
            Then::Wait,
            malformed,
        ),
        (
            "a push",
            vec![frame(
                PUSH_PROMISE,
                END_HEADERS,
                1,
                &[0, 0, 0, 2, 0x82, 0x87, 0x84],
            )],
            Then::Wait,
            malformed,
        ),
        (
            "an overflowing window",
            vec![frame(WINDOW_UPDATE, 0, 0, &[127, 255, 255, 255])],
            Then::Wait,
            flow,
        ),
        (
            "no increment",
            vec![frame(WINDOW_UPDATE, 0, 1, &[0; 4])],
            Then::Wait,
            malformed,
        ),
        (
            "a continuation of nothing",
            vec![frame(CONTINUATION, END_HEADERS, 1, STATUS_200)],
            Then::Wait,
            malformed,
        ),
        (
            "endless continuations",
            continued(&name),
            Then::Repeat(9 + name.len()),
            flood,
        ),
        (
            "endless empty continuations",
            continued(&[]),
            Then::Repeat(9),
            flood,
        ),
        (
            "endless empty data",
            vec![headers(0, &[]), data("", 0)],
            Then::Repeat(9),
            "fail protocol body: broken HTTP/2: a flood of frames (ENHANCE_YOUR_CALM, `too_many_data_frames`)",
        ),
    ] {
        asking.check(name, &frames, then, expected).await;
    }
    let http1 = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    asking
        .check_bytes("HTTP/1.1", http1, Then::Close, wrong_size)
        .await;
}

#[tokio::test]
async fn headers_are_limited_as_those_of_http_1_are() {
    let asking = Asking::new();
    let too_large = "fail too_large headers: more than 200 headers, or 408 KiB of them";
    let value = "b".repeat(100);
    // in frames of less than 16 KiB, the first of which says that no body follows
    let many = |headers: usize, each: usize| {
        let block = header("a", &value[..each]).repeat(headers);
        let block = [STATUS_200, &block].concat();
        let mut kind = (HEADERS, END_STREAM);
        let chunks = block.chunks(16_000);
        let last = chunks.len() - 1;
        let frames = chunks.enumerate().map(|(at, chunk)| {
            let end = if at == last { END_HEADERS } else { 0 };
            let (kind, flags) = std::mem::replace(&mut kind, (CONTINUATION, 0));
            frame(kind, flags | end, 1, chunk)
        });
        frames.collect::<Vec<_>>()
    };
    asking.check("200", &many(200, 100), Then::Wait, "ok").await;
    asking
        .check("201", &many(201, 1), Then::Wait, too_large)
        .await;
    asking
        .check("500 KiB", &many(5000, 100), Then::Wait, too_large)
        .await;
}

#[tokio::test]
async fn a_window_that_never_opens_runs_into_the_deadline() {
    let asking = Asking::new();
    // SETTINGS_INITIAL_WINDOW_SIZE of 0
    let closed = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let server = raw(&asking.identity, closed, Then::Wait).await;
    let request = Request {
        method: Method::POST,
        body: Some(vec![b'a'; 1 << 20].into()),
        ..impatient(&server.https("localhost"))
    };
    let reply = asking
        .prober
        .ask(&request, &Expectations::default(), NOW)
        .await;
    assert_eq!(
        print(&reply.outcome),
        "fail timeout headers: no answer within 300ms"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_read_up_to_the_limit() {
    let asking = Asking::new();
    let acceptor = asking.identity.acceptor(&["h2"]);
    let server = support::Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let mut bodies = Vec::new();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let answer = http::Response::new(());
                let mut body = respond.send_response(answer, false).unwrap();
                // sent as far as the window lets it
                for _ in 0..1000 {
                    body.send_data(vec![b'a'; 10_000].into(), false).unwrap();
                }
                // dropping it would reset the stream
                bodies.push(body);
            }
        }
    })
    .await;
    let request = impatient(&server.https("localhost"));
    let reply = asking
        .prober
        .ask(&request, &Expectations::default(), NOW)
        .await;
    assert_eq!(
        print(&reply.outcome),
        "fail too_large body: body is longer than 100000 bytes"
    );
}
