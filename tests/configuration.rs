//! The configuration as people meet it: files in, messages and probes out.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use outwatch::config;

fn outwatch(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
    command.current_dir(folder);
    command
}

/// Standard output, standard error and the exit code.
fn run(folder: &Path, args: &[&str]) -> (String, String, i32) {
    let output = outwatch(folder).args(args).output().unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn fixtures() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir("tests/config")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    files
}

#[test]
fn each_mistake_is_shown_at_its_place_with_what_would_be_right() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("config");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let files = fixtures();
    assert!(files.len() > 50, "the fixtures are where they were");
    for file in files {
        let errors = config::load(std::slice::from_ref(&file)).unwrap_err();
        let name = file.file_stem().unwrap().to_str().unwrap();
        settings.bind(|| insta::assert_snapshot!(name, errors));
    }
}

#[test]
fn the_mistakes_of_all_files_are_shown_at_once() {
    let files = fixtures();
    let each: usize = files
        .iter()
        .map(|file| {
            config::load(std::slice::from_ref(file))
                .unwrap_err()
                .count()
        })
        .sum();
    let together = config::load(&files).unwrap_err();
    assert_eq!(together.count(), each);
    let text = together.to_string();
    for file in files {
        assert!(
            text.contains(&format!("{}", file.display())),
            "{}",
            file.display()
        );
    }
}

#[test]
fn what_cannot_be_read_is_named_with_all_the_rest() {
    let folder = folder_with(&[("a.yaml", "platform: {}")]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let (out, err, code) = run(
        folder.path(),
        &["check", "-c", "none.yaml", "-c", "empty", "-c", "a.yaml"],
    );
    assert_eq!((&*out, code), ("", 2));
    insta::assert_snapshot!(err);
}

#[test]
fn check_prints_the_probes_and_the_load() {
    let (out, err, code) = run(Path::new("."), &["check"]);
    assert_eq!((&*err, code), ("", 0));
    insta::assert_snapshot!(out);
}

const SHOP: &str = r#"
service: Shop
platforms:
  web:
    - https://shop.example/
    - name: login
      url: https://me:${PASSWORD}@shop.example/login?key=${KEY}
      interval: 500ms
      body: "{}"
  app:
    - name: api
      url: https://${HOST}/
      expect: { status: [200, 3xx] }
      slow_if: { latency_max: 400ms }
"#;

#[test]
fn check_shows_the_controls_of_each_set_once() {
    let controls = "controls: { endpoints: [\"https://192.0.2.1/?key=${KEY}\", { url: 'http://b.example/', expect: { body: well } }], quorum: 2 }";
    let file = |service: &str, controls: &str| {
        format!(
            "service: {service}\n{controls}\nplatforms: {{ web: ['https://{service}.example/', 'https://b.{service}.example/'] }}\n"
        )
    };
    let (a, b) = (file("a", controls), file("b", controls));
    let (on, off) = (file("on", "controls: on"), file("off", "controls: off"));
    let files = [
        ("a.yaml", &*a),
        ("b.yaml", &*b),
        ("off.yaml", &*off),
        ("on.yaml", &*on),
    ];
    let folder = folder_with(&files);
    let check = |format: &str| {
        let mut command = outwatch(folder.path());
        command
            .env("KEY", "sesame")
            .args(["check", "-c", ".", "--format", format]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let table = check("table");
    let lines: Vec<_> = table
        .split("\n\n")
        .filter(|it| it.starts_with("when"))
        .collect();
    insta::assert_snapshot!(lines.join("\n\n"));
    let json: serde_json::Value = serde_json::from_str(&check("json")).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["controls"][0]).unwrap());
    assert_eq!(json["controls"][1]["services"], serde_json::json!(["on"]));
    assert_eq!(json["controls"].as_array().unwrap().len(), 2);
}

#[test]
fn check_prints_json_without_secrets() {
    let folder = folder_with(&[("shop.yaml", SHOP)]);
    let output = outwatch(folder.path())
        .env("PASSWORD", "hunter2")
        .env("KEY", "sesame")
        .env("HOST", "hidden.example")
        .args([
            "check",
            "-c",
            "shop.yaml",
            "--format",
            "json",
            "-o",
            "probes.json",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.stdout, b"");
    let json = fs::read_to_string(folder.path().join("probes.json")).unwrap();
    for secret in ["hunter2", "sesame", "hidden"] {
        assert!(!json.contains(secret), "{secret}");
    }
    insta::assert_snapshot!(json);
}

const JOURNEY: &str = r#"
service: Shop
platforms:
  web:
    - name: buy
      url: https://shop.example/
      interval: 2s
      timeout: 2s
      steps:
        - { name: log in, url: /login, method: POST, capture: { id: $.id } }
        - { name: look, url: "/lists/{{id}}" }
        - { name: log out, url: /logout, always: true, expect: { status: 204 } }
    - https://shop.example/
"#;

#[test]
fn check_shows_how_many_steps_a_journey_has() {
    let folder = folder_with(&[("shop.yaml", JOURNEY)]);
    let (out, err, code) = run(folder.path(), &["check", "-c", "shop.yaml"]);
    assert_eq!((&*err, code), ("", 0));
    insta::assert_snapshot!(out);
    let (out, ..) = run(
        folder.path(),
        &["check", "-c", "shop.yaml", "--format", "json"],
    );
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        json["probes"][0]["steps"],
        serde_json::json!(["log in", "look", "log out"])
    );
    assert_eq!(json["probes"][1]["steps"], serde_json::json!([]));
}

#[test]
fn schema_prints_what_an_editor_needs() {
    let folder = folder_with(&[]);
    let (out, err, code) = run(folder.path(), &["schema"]);
    assert_eq!((&*err, code), ("", 0));
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let interval = schema
        .pointer("/$defs/settings/properties/interval")
        .unwrap();
    assert_eq!(interval["default"], "30s");
    assert!(
        interval["description"]
            .as_str()
            .unwrap()
            .starts_with("How often")
    );

    let args = ["schema", "-o", "probes.schema.json"];
    assert_eq!(run(folder.path(), &args), (String::new(), String::new(), 0));
    let written = fs::read_to_string(folder.path().join("probes.schema.json")).unwrap();
    assert_eq!(written, out);
}

#[test]
fn a_folder_is_all_its_yaml_files_each_once() {
    let file = |service| format!("service: {service}\nplatforms: {{ web: [https://a.example/] }}");
    let folder = folder_with(&[
        ("b.yaml", &file("b")),
        ("a.yml", &file("a")),
        (".hidden.yaml", "!"),
        ("notes.txt", "!"),
    ]);
    let path = |name: &str| folder.path().join(name);
    let configuration = config::load(&[path("b.yaml"), folder.path().to_owned()]).unwrap();
    let ids: Vec<_> = configuration
        .probes
        .iter()
        .map(|probe| probe.probe.id.as_str())
        .collect();
    assert_eq!(ids, ["b/web/a.example", "a/web/a.example"]);
    assert_eq!(
        configuration.sources,
        [folder.path().to_owned(), path("b.yaml")]
    );
}

#[test]
fn one_id_in_two_files_is_shown_in_both() {
    let file = "service: shop\nplatforms: { web: [https://a.example/] }";
    let folder = folder_with(&[("a.yaml", file), ("b.yaml", file)]);
    let (_, err, code) = run(folder.path(), &["check", "-c", "."]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(err);
}

#[test]
fn init_writes_a_file_that_is_right_and_replaces_none_unasked() {
    let folder = folder_with(&[]);
    let written = folder.path().join("probes.yaml");
    let (out, _, code) = run(folder.path(), &["init"]);
    assert_eq!(
        (&*out, code),
        ("wrote probes.yaml: edit it, then `outwatch check`\n", 0)
    );
    assert_eq!(run(folder.path(), &["check"]).2, 0);

    fs::write(&written, "mine").unwrap();
    let (_, err, code) = run(folder.path(), &["init"]);
    assert_eq!(
        err,
        "outwatch: probes.yaml exists already; --force replaces it\n"
    );
    assert_eq!((code, &*fs::read_to_string(&written).unwrap()), (1, "mine"));

    assert_eq!(run(folder.path(), &["init", "--force"]).2, 0);
    assert_ne!(fs::read_to_string(&written).unwrap(), "mine");

    let (_, err, code) = run(folder.path(), &["init", "none/probes.yaml"]);
    assert_eq!(code, 1);
    assert!(
        err.starts_with("outwatch: cannot write none/probes.yaml"),
        "{err}"
    );
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half written is left behind");
}

const DECLARED: &str = r#"
service: Shop
down_when: 50%
maintenance:
  - { from: 2099-12-01T02:00:00Z, duration: 2h, note: database upgrade }
  - { from: 2024-12-01T02:00:00Z, duration: 2h, note: long over }
platforms:
  web:
    down_when: { quorum: 2 }
    weight: 0.5
    endpoints:
      - https://shop.example/
      - { name: login, url: https://shop.example/login, weight: 2 }
  app:
    - name: api
      url: https://api.example/
      maintenance: [{ cron: "* * * * *", duration: 5m, timezone: Europe/Berlin }]
"#;

#[test]
fn check_shows_policies_weights_and_what_is_maintained_next() {
    let folder = folder_with(&[("shop.yaml", DECLARED)]);
    let (out, err, code) = run(folder.path(), &["check", "-c", "shop.yaml"]);
    assert_eq!((&*err, code), ("", 0));
    insta::assert_snapshot!(out);
    let args = ["check", "-c", "shop.yaml", "--format", "json"];
    let (out, ..) = run(folder.path(), &args);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        json["rollups"][1],
        serde_json::json!({
            "scope": "platform", "subject": "shop/web", "down_when": "2", "weight": 0.5,
            "merge_gap_ms": null,
        })
    );
    assert_eq!(
        json["maintenance"][0],
        serde_json::json!({
            "scope": "service", "subject": "shop",
            "schedule": "2099-12-01T02:00:00.000Z to 2099-12-01T04:00:00.000Z",
            "note": "database upgrade",
            "next_from": "2099-12-01T02:00:00.000Z", "next_to": "2099-12-01T04:00:00.000Z",
        })
    );
    assert_eq!(json["maintenance"][1]["next_from"], serde_json::Value::Null);
}

const PROMISED: &str = r"
service: Shop
slo: [{ target: 99.9% }, { name: strict, target: 99.95%, over: 30d, degraded: down }]
sla: { name: gold, outage_min: 5m, partial_minutes: dropped, credits: [{ below: 99.9%, credit: 10% }, { below: 99%, credit: 25% }] }
reports:
  - { every: month, timezone: Europe/Berlin, formats: [html, pdf], folder: reports, keep: 24 }
  - { every: week, formats: csv, folder: /srv/reports, services: [shop] }
platforms:
  web:
    slo: { target: 99% }
    endpoints: [https://shop.example/]
";

#[test]
fn check_shows_what_is_promised_and_what_is_reported() {
    let folder = folder_with(&[("shop.yaml", PROMISED)]);
    let (out, err, code) = run(folder.path(), &["check", "-c", "shop.yaml"]);
    assert_eq!((&*err, code), ("", 0));
    insta::assert_snapshot!(out);
    let args = ["check", "-c", "shop.yaml", "--format", "json"];
    let (out, ..) = run(folder.path(), &args);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        json["promises"][3],
        serde_json::json!({
            "scope": "platform", "subject": "shop/web", "kind": "slo", "name": "slo",
            "terms": "99% over each month in UTC",
        })
    );
    assert_eq!(
        json["reports"],
        serde_json::json!([{
            "name": "monthly", "every": "month", "timezone": "Europe/Berlin",
            "formats": ["html", "pdf"], "folder": "reports", "keep": 24, "services": null,
        }, {
            "name": "weekly", "every": "week", "timezone": "UTC", "formats": ["csv"],
            "folder": "/srv/reports", "keep": null, "services": ["shop"],
        }])
    );
}
