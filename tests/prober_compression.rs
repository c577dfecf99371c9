//! The prober and answers that come compressed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::{HeaderValue, Method};
use outwatch::expect::{Expectations, Rule};
use outwatch::prober::request::Request;
use support::{NOW, Server, contains, drain, print, prober, read_head, request};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

const TEXT: &str = "hello hello hello hello";

/// What `zstd --check` makes of [`TEXT`].
const ZSTD: &[u8] = &[
    0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x17, 0x65, 0x00, 0x00, 0x30, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20,
    0x01, 0x00, 0x99, 0x4b, 0x11, 0x17, 0x5e, 0xae, 0x0d,
];

/// What `zstd` makes of a megabyte of zeros.
const ZSTD_BOMB: &[u8] = &[
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x54, 0x00, 0x00, 0x10, 0x00, 0x00, 0x01, 0x00, 0xfb, 0xff,
    0x39, 0xc0, 0x02, 0x02, 0x00, 0x10, 0x00, 0x02, 0x00, 0x10, 0x00, 0x02, 0x00, 0x10, 0x00, 0x02,
    0x00, 0x10, 0x00, 0x02, 0x00, 0x10, 0x00, 0x02, 0x00, 0x10, 0x00, 0x03, 0x12, 0x0a, 0x00, 0xcc,
    0xae, 0xca, 0x39,
];

/// What brotli makes of [`TEXT`].
const BROTLI: &[u8] = &[
    0x1b, 0x16, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0x96, 0x6c, 0x20, 0x6f, 0x21,
    0x4f, 0x1c, 0xe0, 0x38,
];

/// The same with a window of 1 GiB, which is not of RFC 7932.
const BROTLI_LARGE: &[u8] = &[
    0x11, 0x5e, 0x58, 0x00, 0xe0, 0x37, 0x52, 0xba, 0x79, 0x13, 0x55, 0x19, 0x5a, 0xb2, 0x81, 0xbc,
    0x85, 0x3c, 0x71, 0x00, 0xc7, 0x01,
];

/// What brotli makes of a megabyte of zeros.
const BROTLI_BOMB: &[u8] = &[
    0x5b, 0xff, 0xff, 0x8f, 0x7f, 0x02, 0x20, 0x1e, 0x0b, 0x04, 0x72, 0xef, 0x1f, 0x00,
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// With `byte` flipped, counted from the end.
fn spoilt(bytes: &[u8], byte: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = bytes.len() - 1 - byte;
    bytes[at] ^= 0xff;
    bytes
}

async fn serving(encodings: &[&str], body: &[u8]) -> Server {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len());
    for encoding in encodings {
        answer = format!("{answer}Content-Encoding: {encoding}\r\n");
    }
    answer.push_str("\r\n");
    Server::answering([answer.as_bytes(), body].concat()).await
}

/// Asks for compressed answers of at most 100,000 bytes.
fn compressed(server: &Server) -> Request {
    Request {
        compression: true,
        ..request(&server.url("/"))
    }
}

fn expect_text() -> Expectations {
    Expectations::new(vec![contains(TEXT)], Vec::new())
}

/// What comes of this body, with compression on; once looked at, once not.
async fn check(encodings: &[&str], body: &[u8], expected: &str) {
    let server = serving(encodings, body).await;
    for expect in [expect_text(), Expectations::default()] {
        let reply = prober(&[]).ask(&compressed(&server), &expect, NOW).await;
        assert_eq!(print(&reply.outcome), expected, "{encodings:?} {body:x?}");
    }
}

#[tokio::test]
async fn every_encoding_that_is_asked_for_is_decoded() {
    let text = TEXT.as_bytes();
    let (first, second) = text.split_at(7);
    let two_members = [gzip(first), gzip(second)].concat();
    let two_frames = [ZSTD, b"\x50\x2a\x4d\x18\x03\0\0\0abc", ZSTD].concat();
    for (encodings, body) in [
        (&["gzip"][..], gzip(text)),
        (&["x-gzip"], gzip(text)),
        (&["GZip"], gzip(text)),
        (&["gzip"], two_members),
        (&["gzip"], [gzip(text), vec![0; 9]].concat()),
        (&["deflate"], zlib(text)),
        (&["deflate"], deflate(text)),
        (&["br"], BROTLI.to_vec()),
        (&["zstd"], ZSTD.to_vec()),
        (&["zstd"], two_frames),
        (&["identity"], text.to_vec()),
        (&[""], text.to_vec()),
        (&["deflate, gzip"], gzip(&zlib(text))),
        (&["zstd", "identity", "gzip"], gzip(ZSTD)),
        (&["br, deflate, gzip"], gzip(&zlib(BROTLI))),
    ] {
        check(encodings, &body, "ok").await;
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_decoded_is_a_failure() {
    let text = TEXT.as_bytes();
    // a window of 16 MiB, then one block of one byte
    let wide = b"\x28\xb5\x2f\xfd\x00\x70\x09\0\0a";
    for (encodings, body, expected) in [
        (
            &["gzip"][..],
            text.to_vec(),
            "protocol body: body is not the gzip it claims to be: invalid gzip header",
        ),
        (
            &["gzip"],
            gzip(text)[..20].to_vec(),
            "protocol body: body is not the gzip it claims to be: it ends too early",
        ),
        (
            &["gzip"],
            spoilt(&gzip(text), 5),
            "protocol body: body is not the gzip it claims to be: corrupt gzip stream does not have a matching checksum",
        ),
        (
            &["gzip"],
            vec![0x1f],
            "protocol body: body is not the gzip it claims to be: it ends too early",
        ),
        (
            &["deflate"],
            zlib(text)[..9].to_vec(),
            "protocol body: body is not the deflate it claims to be: it ends too early",
        ),
        (
            &["deflate"],
            deflate(text)[..6].to_vec(),
            "protocol body: body is not the deflate it claims to be: it ends too early",
        ),
        (
            &["deflate"],
            spoilt(&zlib(text), 0),
            "protocol body: body is not the deflate it claims to be: corrupt deflate stream",
        ),
        (
            &["br"],
            BROTLI[..12].to_vec(),
            "protocol body: body is not the br it claims to be: corrupt or cut short",
        ),
        (
            &["br"],
            BROTLI_LARGE.to_vec(),
            "protocol body: body is not the br it claims to be: corrupt or cut short",
        ),
        (
            &["zstd"],
            ZSTD[..12].to_vec(),
            "protocol body: body is not the zstd it claims to be: it ends too early",
        ),
        (
            &["zstd"],
            spoilt(ZSTD, 0),
            "protocol body: body is not the zstd it claims to be: its checksum does not match",
        ),
        (
            &["zstd"],
            wide.to_vec(),
            "protocol body: body is not the zstd it claims to be: its window of 16777216 bytes is larger than the 8388608 allowed",
        ),
        (
            &["compress"],
            text.to_vec(),
            "protocol body: cannot decode content-encoding `compress`",
        ),
        (
            &["gzip, gzip", "gzip", "gzip"],
            text.to_vec(),
            "protocol body: cannot decode more than 3 content-encodings one over the other",
        ),
    ] {
        check(encodings, &body, &format!("fail {expected}")).await;
    }
}

#[tokio::test]
async fn a_body_that_grows_without_end_is_stopped() {
    let zeros = vec![0; 1 << 20];
    let nothing = vec![gzip(b""); 50_000].concat();
    let fail = "fail too_large body: body decodes to more than 100000 bytes";
    let members =
        "fail protocol body: body is not the gzip it claims to be: more than 10000 members";
    for (encodings, body, expected) in [
        (&["gzip"][..], gzip(&zeros), fail),
        (&["deflate"], zlib(&zeros), fail),
        (&["deflate"], deflate(&zeros), fail),
        (&["br"], BROTLI_BOMB.to_vec(), fail),
        (&["zstd"], ZSTD_BOMB.to_vec(), fail),
        // what lies between is bounded too
        (&["gzip, gzip"], gzip(&gzip(&zeros)), fail),
        (&["gzip, gzip"], gzip(&nothing), fail),
        (&["gzip"], nothing[..90_000].to_vec(), "ok"),
    ] {
        let server = serving(encodings, &body).await;
        let request = compressed(&server);
        let reply = prober(&[])
            .ask(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(print(&reply.outcome), expected, "{encodings:?}");
    }
    let server = serving(&["gzip"], &nothing).await;
    let request = Request {
        body_bytes_max: 10 << 20,
        ..compressed(&server)
    };
    let reply = prober(&[])
        .ask(&request, &Expectations::default(), NOW)
        .await;
    assert_eq!(print(&reply.outcome), members);
}

#[tokio::test]
async fn a_body_on_the_limit_is_fine_and_counted_as_it_came() {
    let text = vec![b'a'; 100_000];
    let body = gzip(&text);
    let server = serving(&["gzip"], &body).await;
    let bytes_max = Rule::BodyBytesMax(body.len() as u64);
    let expect = Expectations::new(vec![contains("aaa"), bytes_max], Vec::new());
    let examined = prober(&[])
        .examine(&compressed(&server), &expect, NOW)
        .await;
    assert_eq!(print(&examined.reply.outcome), "ok");
    assert_eq!(examined.body_bytes, Some(body.len() as u64));
}

#[tokio::test]
async fn an_answer_without_a_body_has_nothing_to_decode() {
    for (method, answer) in [
        (Method::HEAD, "200 OK\r\nContent-Length: 99\r\n"),
        (Method::GET, "200 OK\r\nContent-Length: 0\r\n"),
        (Method::GET, "204 No Content\r\n"),
    ] {
        let answer = format!("HTTP/1.1 {answer}Content-Encoding: gzip\r\n\r\n");
        let server = Server::answering(answer).await;
        let request = Request {
            method,
            ..compressed(&server)
        };
        let reply = prober(&[])
            .ask(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(print(&reply.outcome), "ok");
    }
}

#[tokio::test]
async fn compression_that_was_not_asked_for_matters_only_to_who_reads_the_body() {
    for (body, expect, expected) in [
        (gzip(TEXT.as_bytes()), expect_text(), "ok"),
        (b"plain".to_vec(), Expectations::default(), "ok"),
        (
            b"plain".to_vec(),
            expect_text(),
            "fail protocol body: body is not the gzip it claims to be: it ends too early",
        ),
    ] {
        let server = serving(&["gzip"], &body).await;
        let reply = prober(&[])
            .ask(&request(&server.url("/")), &expect, NOW)
            .await;
        assert_eq!(print(&reply.outcome), expected);
    }
}

#[tokio::test]
async fn compressed_answers_are_asked_for_only_when_wanted() {
    let (heads, mut received) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let heads = heads.clone();
        async move {
            heads.send(read_head(&mut stream).await).unwrap();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    let mut own = compressed(&server);
    std::sync::Arc::make_mut(&mut own.headers)
        .insert("accept-encoding", HeaderValue::from_static("br"));
    for (request, sent) in [
        (compressed(&server), Some("gzip, br, zstd, deflate")),
        (own, Some("br")),
        (request(&server.url("/")), None),
    ] {
        let reply = prober(&[])
            .ask(&request, &Expectations::default(), NOW)
            .await;
        assert_eq!(print(&reply.outcome), "ok");
        let head = received.recv().await.unwrap();
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix("accept-encoding: "));
        assert_eq!(line, sent, "{head}");
    }
}
