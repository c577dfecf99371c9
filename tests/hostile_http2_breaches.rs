//! The prober against HTTP/2 that is malformed, or too much.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::too_many_lines, reason = "tables")]

mod support;

use http::Method;
use outwatch::expect::Expectations;
use outwatch::prober::request::Request;
use support::h2::{
    Asking, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PUSH_PROMISE, SETTINGS, STATUS_200,
    Then, WINDOW_UPDATE, data, frame, header, headers, raw,
};
use support::{NOW, impatient, print};

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
