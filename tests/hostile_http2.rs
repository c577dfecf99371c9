//! The prober against HTTP/2 that ends early, or never.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::too_many_lines, reason = "tables")]

mod support;

use support::h2::{
    Asking, END_HEADERS, END_STREAM, HEADERS, PING, SETTINGS, STATUS_200, Then, data, frame,
    goaway, header, headers, rst_stream, settings,
};

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
