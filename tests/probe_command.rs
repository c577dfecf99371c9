//! `outwatch probe` as a person and a script meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::process::{Command, Output};

use serde_json::{Value, json};
use support::{Identity, Server, drain};

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

#[tokio::test]
async fn a_url_is_asked_and_told_for_people() {
    let good = Server::answering(OK).await;
    let bad = Server::answering("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").await;
    let mut command = outwatch();
    command.args(["probe", &good.url("/a?b=c"), &bad.url("/")]);
    let output = output(command).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text
        .lines()
        // times differ from run to run
        .filter(|line| !line.ends_with(" ms"))
        .collect();
    assert_eq!(
        lines.join("\n"),
        format!(
            "ok  http://{good}/a?b=c\n\
             \x20 answer      200, HTTP/1.1, from {good}, body 5 bytes\n\
             \x20 ✓ status 2xx (200 OK)\n\
             \n\
             fail  http://{bad}/\n\
             \x20 cause       status\n\
             \x20 phase       verdict\n\
             \x20 detail      503 Service Unavailable\n\
             \x20 answer      503, HTTP/1.1, from {bad}\n\
             \x20 ✗ status 2xx (503 Service Unavailable)",
            good = good.address,
            bad = bad.address
        )
    );
    assert_eq!(output.status.code(), Some(1));
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
            json!([{ "expectation": "status 200", "met": true, "came": "200 OK" }]),
        ),
    ] {
        assert_eq!(observation[key], expected, "{key}");
    }
    assert_eq!(observation["certificate"]["subject"], "CN=localhost");
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
            &["nonsense"],
            "`nonsense` is neither a configured probe id nor a URL",
        ),
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
