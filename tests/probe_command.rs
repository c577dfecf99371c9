//! `outwatch probe` as a person and a script meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outwatch::domain::time::{Millis, UnixMillis};
use serde_json::{Value, json};
use support::{Identity, Server, drain, read_head};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn outwatch() -> Command {
    Command::new(env!("CARGO_BIN_EXE_outwatch"))
}

/// Lets the servers of the test run on while the command does.
async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn observations(output: &Output) -> Vec<Value> {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is on the screen, with `NAME …` for each row of a waterfall, since times differ from run to
/// run, and `ADDRESS` for the server's.
fn screen(output: &Output, server: &Server) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().map(|line| {
        let phase = ["dns", "connect", "tls", "first byte", "body", "total"]
            .into_iter()
            .find(|phase| line.contains(" ms") && line.starts_with(&format!("  {phase} ")));
        match phase {
            Some(phase) if line.ends_with('✗') => format!("  {phase} … ✗"),
            Some(phase) => format!("  {phase} …"),
            None => line.replace(&server.address.to_string(), "ADDRESS"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Answers each request with itself, as the body.
async fn echo() -> Server {
    Server::start(|mut stream| async move {
        let head = read_head(&mut stream).await;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        let echoed = head + std::str::from_utf8(&body).unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{echoed}");
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        drain(stream).await;
    })
    .await
}

#[tokio::test]
async fn a_url_is_asked_and_told_for_people() {
    let good = Server::answering(OK).await;
    let mut command = outwatch();
    command.args(["probe", &good.url("/a?b=c")]);
    let output = output(command).await;
    insta::assert_snapshot!(screen(&output, &good), @r"
    ok  http://ADDRESS/a?b=c
      answer      200 OK, HTTP/1.1, body 5 bytes, from ADDRESS over IPv4

      connect …
      first byte …
      body …
      total …

      ✓ status 2xx (200 OK)
    ");
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn what_is_wrong_comes_first() {
    let bad = Server::answering("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").await;
    let mut command = outwatch();
    command.args(["probe", &bad.url("/")]);
    let answered = output(command).await;
    insta::assert_snapshot!(screen(&answered, &bad), @r"
    fail  http://ADDRESS/
      status: 503 Service Unavailable
      answer      503 Service Unavailable, HTTP/1.1, from ADDRESS over IPv4

      connect …
      first byte …
      total …

      ✗ status 2xx (503 Service Unavailable)
    ");
    assert_eq!(answered.status.code(), Some(1));

    let silent = Server::start(drain).await;
    let mut command = outwatch();
    command.args(["probe", &silent.url("/"), "--timeout", "200ms"]);
    let timed_out = output(command).await;
    insta::assert_snapshot!(screen(&timed_out, &silent), @r"
    fail  http://ADDRESS/
      timeout in headers: no answer within 200ms
      peer        ADDRESS over IPv4

      connect …
      first byte … ✗
      total …
    ");
    assert_eq!(timed_out.status.code(), Some(1));
}

#[tokio::test]
async fn headers_and_body_are_shown_and_secrets_are_not() {
    let server = echo().await;
    let body = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(body.path(), "from=a-file").unwrap();
    let mut command = outwatch();
    command
        .args(["probe", &server.url("/x"), "-X", "PUT", "-u", "me:${PW}"])
        .args([
            "-H",
            "User-Agent: me",
            "-H",
            "X-Custom: plain",
            "-H",
            "X-Api-Key: open-s3same",
        ])
        .args([
            "-d",
            &format!("@{}", body.path().display()),
            "-d",
            "pw=${PW}",
        ])
        .args(["--show", "headers,body"])
        .env("PW", "hunter2!");
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let screen = screen(&output, &server);
    let from = screen.find("  HTTP/1.1 200 OK").unwrap();
    insta::assert_snapshot!(&screen[from..], @r"
    HTTP/1.1 200 OK
    connection: close

    PUT /x HTTP/1.1
    accept: */*
    content-type: application/x-www-form-urlencoded
    authorization: ***
    user-agent: me
    x-custom: plain
    x-api-key: ***
    host: ADDRESS
    content-length: 23

    from=a-file&pw=***
    ");
}

#[tokio::test]
async fn redirects_are_told_and_summed() {
    let end = Server::answering(OK).await;
    let location = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        end.url("/end")
    );
    let start = Server::answering(location).await;
    let mut command = outwatch();
    command.args(["probe", &start.url("/")]);
    let followed = output(command).await;
    let text = screen(&followed, &end);
    assert!(
        text.contains("  redirects   302 to http://ADDRESS/end\n")
            || text.ends_with("  redirects   302 to http://ADDRESS/end"),
        "{text}"
    );
    assert!(
        text.contains("  each phase is the sum over 2 requests\n"),
        "{text}"
    );

    let mut command = outwatch();
    command.args([
        "probe",
        &start.url("/"),
        "--no-redirects",
        "--expect-status",
        "302",
    ]);
    assert_eq!(output(command).await.status.code(), Some(0));
    let mut command = outwatch();
    command.args(["probe", &start.url("/"), "--max-redirects", "0"]);
    let refused = String::from_utf8(output(command).await.stdout).unwrap();
    assert!(refused.contains("\n  redirect in "), "{refused}");
}

#[tokio::test]
async fn a_slow_answer_is_told_and_lets_a_script_go_on() {
    let slow = Server::start(|mut stream| async move {
        read_head(&mut stream).await;
        // more than the limit, whatever else holds things up
        tokio::time::sleep(Duration::from_millis(5)).await;
        let _ = stream.write_all(OK.as_bytes()).await;
        drain(stream).await;
    })
    .await;
    let mut command = outwatch();
    command.args(["probe", &slow.url("/"), "--slow-if-latency-max", "1ms"]);
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let screen = screen(&output, &slow);
    let mut lines = screen.lines();
    assert_eq!(lines.next(), Some("slow  http://ADDRESS/"));
    assert!(lines.next().unwrap().contains("1ms"), "{screen}");
    let last = screen.lines().last().unwrap();
    assert!(last.starts_with("  ✗ ") && last.contains("1ms"), "{screen}");
}

#[tokio::test]
async fn a_host_alone_is_asked_over_https() {
    let plain = Server::start(|mut stream| async move {
        // a ClientHello has no end of headers to wait for
        let _ = stream.read_u8().await;
        let _ = stream.write_all(b"HTTP/1.1 400 No\r\n\r\n").await;
        drain(stream).await;
    })
    .await;
    let mut command = outwatch();
    command.args(["probe", "--format", "ndjson"]);
    command.arg(plain.address.to_string());
    // the folder holds no configuration, and none is needed
    command.current_dir(std::env::temp_dir());
    let output = output(command).await;
    let observation: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(observation["url"], plain.https("127.0.0.1"));
    assert_eq!(observation["cause"], "tls", "{observation}");
}

#[tokio::test]
async fn asked_again_each_answer_is_a_line_and_all_are_summed_up() {
    let good = Server::answering(OK).await;
    let bad = Server::answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").await;
    let mut command = outwatch();
    command.args(["probe", &good.url("/"), &bad.url("/"), "--repeat", "3"]);
    command.args(["--every", "20ms"]);
    let text = output(command).await;
    assert_eq!(text.status.code(), Some(1));
    let screen = screen(&text, &good).replace(&bad.address.to_string(), "BAD");
    let count = |part: &str| screen.matches(part).count();
    assert_eq!(count("http://ADDRESS/  ok    200 "), 3, "{screen}");
    assert_eq!(count("      status: 404 Not Found"), 3, "{screen}");
    assert!(
        screen.contains("\nhttp://ADDRESS/\n  asked 3: 3 ok; 0.0 % lost\n"),
        "{screen}"
    );
    let lost = "\nhttp://BAD/\n  asked 3: 0 ok, 3 fail; 100.0 % lost\n  causes      status 3\n";
    assert!(screen.contains(lost), "{screen}");
    assert_eq!(
        count("  of 3 whole answers; percentiles by nearest rank"),
        2
    );

    let mut command = outwatch();
    command.args(["probe", &good.url("/"), &bad.url("/"), "--repeat", "2"]);
    command.args(["--every", "20ms", "--format", "json"]);
    let whole: Value = serde_json::from_slice(&output(command).await.stdout).unwrap();
    assert_eq!(whole["observations"].as_array().unwrap().len(), 4);
    let [of_good, of_bad] = [0, 1].map(|at| &whole["summaries"][at]);
    assert_eq!(of_good["url"], good.url("/"));
    assert_eq!(of_good["loss_percent"], 0.0);
    let spread = &of_good["spread_us"]["total"];
    let [min, median, p95, max] =
        ["min", "median", "p95", "max"].map(|name| spread[name].as_u64().unwrap());
    assert!(min <= median && median <= p95 && p95 <= max);
    assert_eq!(
        (&of_bad["fail"], &of_bad["causes"]),
        (&json!(2), &json!({ "status": 2 }))
    );
}

#[tokio::test]
async fn a_slow_answer_does_not_hold_up_the_next_asking() {
    let silent = Server::start(drain).await;
    let mut command = outwatch();
    command.args([
        "probe",
        &silent.url("/"),
        "--timeout",
        "2s",
        "--format",
        "ndjson",
    ]);
    command.args(["--repeat", "3", "--every", "50ms"]);
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let starts: Vec<UnixMillis> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|observation| observation["ts"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(starts.len(), 3);
    let (first, last) = (starts.iter().min().unwrap(), starts.iter().max().unwrap());
    assert!(*last - *first < Millis(2000), "{starts:?}");
}

#[tokio::test]
async fn an_interrupt_ends_it_with_the_summary() {
    let server = Server::answering(OK).await;
    let mut command = outwatch();
    command
        .args(["probe", &server.url("/"), "--every", "20ms"])
        .stdout(Stdio::piped());
    let rest = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let asked = lines
            .by_ref()
            .find(|line| line.as_ref().unwrap().contains(" ok "));
        assert!(asked.is_some());
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        kill(pid, Signal::SIGINT).unwrap();
        let rest: Vec<_> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        rest.join("\n")
    })
    .await
    .unwrap();
    assert!(rest.contains(" ok; 0.0 % lost\n"), "{rest}");
}

#[tokio::test]
async fn options_for_urls_are_refused_beside_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("probes.yaml");
    let yaml = "service: a.example\nplatforms:\n  web:\n    endpoints:\n      \
                - { name: b, url: 'http://127.0.0.1:1/' }\n";
    std::fs::write(&config, yaml).unwrap();
    for (arguments, expected) in [
        (
            &["a.example/web/b", "-k"][..],
            "`a.example/web/b` is asked as it is configured; options about the connection are for URLs",
        ),
        (
            &["a.example/web/b", "http://127.0.0.1:1/", "-X", "PUT"],
            "options about the request are for URLs",
        ),
        (
            &["--expect-status", "200"],
            "without a URL, all configured probes are asked",
        ),
    ] {
        let mut command = outwatch();
        command.arg("probe").arg("-c").arg(&config).args(arguments);
        let output = output(command).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(2));
    }
    // without any, what looks like a host is the probe of that name
    let mut command = outwatch();
    command.args(["probe", "a.example/web/b", "--format", "json", "-c"]);
    command.arg(&config);
    let [observation] = observations(&output(command).await).try_into().unwrap();
    assert_eq!(observation["probe_id"], "a.example/web/b");
}

#[tokio::test]
async fn json_is_an_observation_with_all_that_is_known() {
    let identity = Identity::new("localhost", |_| {});
    let server = Server::answering_tls(&identity, OK).await;
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), &identity.root_pem).unwrap();
    let mut command = outwatch();
    command
        .args(["probe", "--format", "json", "--expect-status", "200"])
        .arg(server.https("localhost"))
        .env("SSL_CERT_FILE", root.path());
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let [observation] = observations(&output).try_into().unwrap();
    for (key, expected) in [
        ("probe_id", Value::Null),
        ("url", json!(server.https("localhost"))),
        ("outcome", json!("ok")),
        ("cause", Value::Null),
        ("reason", Value::Null),
        ("phase", Value::Null),
        ("detail", Value::Null),
        ("status", json!(200)),
        ("http_version", json!("1.1")),
        ("peer", json!(server.address.to_string())),
        ("redirects", json!([])),
        ("tls", json!({ "version": "1.3" })),
        ("chain", json!([])),
        ("body_bytes", json!(5)),
        (
            "expectations",
            json!([{
                "expectation": "status 200", "met": true, "came": "200 OK", "slow_if": false,
            }]),
        ),
        ("method", json!("GET")),
        ("family", json!("v4")),
        ("captured", json!([])),
        ("steps", json!([])),
        // only if it was asked for
        ("response", Value::Null),
    ] {
        assert_eq!(observation[key], expected, "{key}");
    }
    let certificate = &observation["certificate"];
    assert_eq!(certificate["subject"], "CN=localhost");
    assert_eq!(certificate["names"], json!(["localhost"]));
    assert_eq!(certificate["key"], "EC 256");
    assert_eq!(certificate["sha256"].as_str().unwrap().len(), 64);
    assert!(certificate["days_left"].as_i64().unwrap() > 1000);
    let timings = observation["timings_us"].as_object().unwrap();
    for phase in ["dns", "connect", "tls", "first_byte", "body", "total"] {
        assert!(timings[phase].is_u64(), "{phase}: {timings:?}");
    }
    assert!(observation["duration_ms"].is_f64());
    assert!(observation["ts"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn running_out_of_descriptors_says_nothing_about_the_endpoint() {
    let silent = Server::start(drain).await;
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 16; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_outwatch"))
        .args(["probe", "--format", "json", "--timeout", "300ms"])
        .args(vec![silent.url("/"); 16]);
    let output = output(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let observations = observations(&output);
    assert_eq!(observations.len(), 16);
    let mut local = 0;
    for observation in observations {
        if observation["outcome"] == "inconclusive" {
            local += 1;
            assert_eq!(observation["reason"], "local_resources");
            assert_eq!(
                observation["detail"],
                "cannot open a connection: Too many open files"
            );
        } else {
            assert_eq!(observation["cause"], "timeout", "{observation}");
        }
    }
    assert!(local > 0);
}

#[tokio::test]
async fn bad_usage_is_told() {
    for (arguments, expected) in [
        (
            &["ftp://example.com/"][..],
            "only http and https can be asked",
        ),
        (&["http://"], "`http://` is not a URL"),
        (
            &["http://{{host}}/"],
            "`http://{{host}}/` has no host that can be asked",
        ),
        (
            &["--timeout", "0s", "http://localhost/"],
            "must be longer than zero",
        ),
        (
            &["--timeout", "9us", "http://localhost/"],
            "must be at least 1ms",
        ),
        (
            &["--timeout", "soon", "http://localhost/"],
            "write a duration as in 10s or 500ms",
        ),
        (
            &["-H", "nothing", "http://localhost/"],
            "write a header as in `Accept: text/html`",
        ),
        (
            &["--expect-status", "ok", "http://localhost/"],
            "`ok` is no status",
        ),
        (
            &["-c", "/no/such/file.yaml", "nonsense"],
            "/no/such/file.yaml",
        ),
        (
            &["-u", "me", "http://localhost/"],
            "--basic: write USER:PASSWORD",
        ),
        (
            &["--bearer", "${NO_SUCH_TOKEN}", "http://localhost/"],
            "the environment variable NO_SUCH_TOKEN is not set",
        ),
        (
            &["-k", "--cacert", "x", "http://localhost/"],
            "'--insecure' cannot be used with '--cacert <FILE>'",
        ),
        (
            &["--data", "x", "--json", "{}", "http://localhost/"],
            "cannot be used with",
        ),
        (
            &["-X", "HEAD", "--expect-body", "x", "http://localhost/"],
            "an answer to HEAD has no body",
        ),
        (
            &["--resolve", "localhost:81:127.0.0.1", "http://localhost/"],
            "another port of localhost than the URL",
        ),
        (
            &["--cert", "/no/such.pem", "http://localhost/"],
            "cannot read /no/such.pem",
        ),
        (
            &[
                "--tls-version-min",
                "1.3",
                "--tls-version-max",
                "1.2",
                "http://localhost/",
            ],
            "no version of TLS is at least 1.3 and at most 1.2",
        ),
        (
            &["--expression", "status ==", "http://localhost/"],
            "--expression `status ==`",
        ),
        (
            &["--show", "body", "--repeat", "2", "http://localhost/"],
            "--show is for answers that are asked for once",
        ),
        (&["--every", "1ms", "http://localhost/"], "at least 10ms"),
    ] {
        let mut command = outwatch();
        command.arg("probe").args(arguments);
        let output = output(command).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(expected), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}
