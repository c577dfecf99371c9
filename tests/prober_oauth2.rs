//! Access tokens by the client credentials grant: fetched, shared, dropped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use outwatch::expect::Expectations;
use outwatch::prober::Prober;
use outwatch::prober::oauth2::{ClientAuth, OAuth2};
use outwatch::prober::request::{Redirects, Request};
use support::{NOW, Server, drain, print, prober, read_head, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SECRET: &str = "p:ss w%rd";

fn oauth2(token_url: &str) -> OAuth2 {
    OAuth2 {
        token_url: token_url.parse().unwrap(),
        client_id: "me:too".to_owned(),
        client_secret: SECRET.to_owned().into(),
        scopes: Vec::new(),
        audience: None,
        client_auth: ClientAuth::Header,
    }
}

fn with_token(request: Request, oauth2: OAuth2) -> Request {
    Request {
        oauth2: Some(Arc::new(oauth2)),
        ..request
    }
}

async fn ask(prober: &Prober, request: &Request) -> String {
    let reply = prober.ask(request, &Expectations::default(), NOW).await;
    print(&reply.outcome)
}

/// Everything that a server was sent, head and body.
type Log = Arc<Mutex<Vec<String>>>;

fn json(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Gives the tokens `token-0001`, `token-0002` and so on, with `rest` in each answer.
async fn token_server(rest: &'static str) -> (Server, Log) {
    let log = Log::default();
    let server = logging(&log, move |count, _| {
        json(
            "200 OK",
            &format!("{{\"access_token\": \"token-{count:04}\"{rest}}}"),
        )
    })
    .await;
    (server, log)
}

/// Answers by how many requests there were, and what came.
async fn logging<F>(log: &Log, answer: F) -> Server
where
    F: Fn(usize, &str) -> String + Clone + Send + 'static,
{
    let log = Arc::clone(log);
    Server::start(move |mut stream| {
        let (log, answer) = (Arc::clone(&log), answer.clone());
        async move {
            let mut came = read_head(&mut stream).await;
            let length = came
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut body).await.unwrap();
            came.push_str(std::str::from_utf8(&body).unwrap());
            let count = {
                let mut log = log.lock().unwrap();
                log.push(came.clone());
                log.len()
            };
            let _ = stream.write_all(answer(count, &came).as_bytes()).await;
            drain(stream).await;
        }
    })
    .await
}

/// Lets in whoever has this token.
async fn guarded(good: &'static str) -> (Server, Log) {
    let log = Log::default();
    let server = logging(&log, move |_, came| {
        if came.contains(&format!("authorization: Bearer {good}\r\n")) {
            json("200 OK", "in")
        } else {
            json("401 Unauthorized", "out")
        }
    })
    .await;
    (server, log)
}

#[tokio::test]
async fn a_token_is_fetched_once_for_all_probes_that_share_it() {
    let (tokens, fetched) =
        token_server(", \"token_type\": \"bearer\", \"expires_in\": 3600").await;
    let (server, asked) = guarded("token-0001").await;
    let prober = prober(&[]);
    let oauth2 = OAuth2 {
        scopes: vec!["read".to_owned(), "play/all".to_owned()],
        audience: Some("https://api.example/".to_owned()),
        ..oauth2(&tokens.url("/token?tenant=1"))
    };
    // each probe has its own copy, as a configuration may
    let requests: Vec<_> = (0..20)
        .map(|_| with_token(request(&server.url("/")), oauth2.clone()))
        .collect();
    let outcomes = join_all(requests.iter().map(|request| ask(&prober, request))).await;
    assert_eq!(outcomes, vec!["ok"; 20]);
    assert_eq!(asked.lock().unwrap().len(), 20);
    let fetched = fetched.lock().unwrap();
    assert_eq!(fetched.len(), 1);
    let (head, body) = fetched[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /token?tenant=1 HTTP/1.1\r\n"),
        "{head}"
    );
    for line in [
        // base64 of me%3Atoo:p%3Ass+w%25rd
        "authorization: Basic bWUlM0F0b286cCUzQXNzK3clMjVyZA==",
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
    ] {
        assert!(head.contains(line), "{line} not in {head}");
    }
    assert_eq!(
        body,
        "grant_type=client_credentials&scope=read+play%2Fall&audience=https%3A%2F%2Fapi.example%2F"
    );
}

#[tokio::test]
async fn a_client_may_prove_itself_in_the_form() {
    let (tokens, fetched) = token_server("").await;
    let (server, _asked) = guarded("token-0001").await;
    let oauth2 = OAuth2 {
        client_auth: ClientAuth::Body,
        ..oauth2(&tokens.url("/"))
    };
    let request = with_token(request(&server.url("/")), oauth2);
    assert_eq!(ask(&prober(&[]), &request).await, "ok");
    let fetched = fetched.lock().unwrap();
    assert!(!fetched[0].contains("authorization"), "{}", fetched[0]);
    let body = "grant_type=client_credentials&client_id=me%3Atoo&client_secret=p%3Ass+w%25rd";
    assert!(fetched[0].ends_with(body), "{}", fetched[0]);
}

#[tokio::test]
async fn a_refused_token_is_fetched_anew_the_next_time() {
    let (tokens, fetched) = token_server(", \"expires_in\": \"3600\"").await;
    let (server, _asked) = guarded("token-0002").await;
    let request = with_token(request(&server.url("/")), oauth2(&tokens.url("/")));
    let prober = prober(&[]);
    let refused = "fail status verdict: 401 Unauthorized";
    assert_eq!(ask(&prober, &request).await, refused);
    assert_eq!(ask(&prober, &request).await, "ok");
    assert_eq!(ask(&prober, &request).await, "ok");
    assert_eq!(fetched.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_told_as_such() {
    let (server, asked) = guarded("none").await;
    let long = json("200 OK", &"x".repeat(70_000));
    let refusing_at_length = json("503 Service Unavailable", &"x".repeat(70_000));
    for (answer, expected) in [
        (
            json("401 Unauthorized", "{\"error\": \"invalid_client\"}"),
            "status request: 401 Unauthorized (invalid_client)",
        ),
        (
            json("400 Bad Request", "no"),
            "status request: 400 Bad Request",
        ),
        (
            refusing_at_length,
            "status request: 503 Service Unavailable",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "status request: 302 Found",
        ),
        (json("200 OK", "hi"), "json request: the answer is not JSON"),
        (
            json("200 OK", "{}"),
            "json request: the answer has no `access_token`",
        ),
        (
            json(
                "200 OK",
                "{\"access_token\": \"a\", \"token_type\": \"mac\"}",
            ),
            "json request: `token_type` is `mac`, not Bearer",
        ),
        (
            json("200 OK", "{\"access_token\": \"a\\r\\nb: c\"}"),
            "json request: `access_token` cannot stand in a header",
        ),
        (long, "too_large request: body is longer than 65536 bytes"),
        (
            "SSH-2.0\r\n".to_owned(),
            "protocol request: not an HTTP answer: it begins with `SSH-2.0`",
        ),
        (String::new(), "timeout request: no answer within 400ms"),
    ] {
        let patience = if answer.is_empty() { 400 } else { 20_000 };
        let tokens = logging(&Log::default(), move |_, _| answer.clone()).await;
        let url = tokens.url("/token");
        let mut request = with_token(request(&server.url("/")), oauth2(&format!("{url}?a=b")));
        request.timeout = Duration::from_millis(patience);
        let (kind, why) = expected.split_once(": ").unwrap();
        let expected = format!("fail {kind}: no access token from {url}: {why}");
        let outcome = ask(&prober(&[]), &request).await;
        assert_eq!(outcome, expected);
    }
    let gone = with_token(
        request(&server.url("/")),
        oauth2("http://nonexistent.invalid/"),
    );
    assert_eq!(
        ask(&prober(&[]), &gone).await,
        "fail dns request: no access token from http://nonexistent.invalid/: nonexistent.invalid does not exist (NXDOMAIN)"
    );
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn those_who_waited_for_a_failure_do_not_try_one_after_the_other() {
    let log = Log::default();
    let tokens = logging(&log, |_, _| json("500 Internal Server Error", "")).await;
    let (server, _asked) = guarded("none").await;
    let request = with_token(request(&server.url("/")), oauth2(&tokens.url("/")));
    let prober = prober(&[]);
    let outcomes = join_all((0..20).map(|_| ask(&prober, &request))).await;
    let expected = format!(
        "fail status request: no access token from {}: 500 Internal Server Error",
        tokens.url("/")
    );
    assert_eq!(outcomes, vec![expected.clone(); 20]);
    assert_eq!(log.lock().unwrap().len(), 1);
    // but the next asking tries again
    assert_eq!(ask(&prober, &request).await, expected);
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_is_never_shown() {
    let (tokens, _fetched) = token_server("").await;
    let server = logging(&Log::default(), |_, _| {
        "HTTP/1.1 302 X\r\nLocation: /saw/token-0001\r\nContent-Length: 0\r\n\r\n".to_owned()
    })
    .await;
    let mut request = with_token(request(&server.url("/")), oauth2(&tokens.url("/")));
    request.redirects = Redirects::Follow { max: 1 };
    let examined = prober(&[])
        .examine(&request, &Expectations::default(), NOW)
        .await;
    let expected = format!(
        "fail redirect headers: more than 1 redirects, in a circle; the next would go to {}",
        server.url("/saw/***")
    );
    assert_eq!(print(&examined.reply.outcome), expected);
    assert!(!format!("{examined:?}").contains("token-0001"));
}
