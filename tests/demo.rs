//! `outwatch demo`, the first thing that a newcomer runs. It plays for 40 seconds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::net::{SocketAddr, TcpStream};

use assert_cmd::Command;
use serde_json::Value;

#[test]
fn the_demo_finds_what_its_script_says_and_leaves_nothing_but_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let outwatch = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
        command
            .env_clear()
            .env("TMPDIR", &temporary)
            .current_dir(folder.path());
        command
    };
    // returns when the pipes are closed, so when no child holds them either
    let shown = outwatch()
        .args(["demo", "--report", "sunday.md", "--keep", "kept"])
        .assert()
        .success();
    let shown = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    for line in [
        "The script is synthetic",
        "✓ melody/web/player 14:30:14 – 17:24:41",
        "✓ melody/mobile/web-api 14:37:03 – 17:09:26",
        "✓ melody/desktop/login 14:33:50 – 17:31:09",
        "Every window holds the truth",
    ] {
        let words: Vec<_> = shown.split_whitespace().collect();
        assert!(
            words.join(" ").contains(line),
            "{line} is missing:\n{shown}"
        );
    }

    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["kept", "sunday.md", "temporary"]);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    let configuration = fs::read_to_string(folder.path().join("kept/demo.yaml")).unwrap();
    let address = configuration.split("http://").nth(1).unwrap();
    let address: SocketAddr = address.split('/').next().unwrap().parse().unwrap();
    assert!(TcpStream::connect(address).is_err(), "it still serves");

    let report = fs::read_to_string(folder.path().join("sunday.md")).unwrap();
    assert!(report.starts_with("# Outage report\n"), "{report}");
    for platform in ["desktop", "mobile", "web"] {
        assert!(report.contains(platform), "{report}");
    }

    // the very example of the command's own help
    let day = ["--from", "2024-09-29", "--to", "2024-09-30"];
    let windows = outwatch()
        .args(["outages", "--db", "kept/demo.db", "--format", "json"])
        .args(day)
        .assert()
        .success();
    let windows: Value = serde_json::from_slice(&windows.get_output().stdout).unwrap();
    let windows = windows["outages"].as_array().unwrap();
    let mut platforms: Vec<_> = windows
        .iter()
        .map(|window| {
            assert_eq!(window["state"], "closed", "{window}");
            window["platform"].as_str().unwrap()
        })
        .collect();
    platforms.sort_unstable();
    assert_eq!(platforms, ["desktop", "mobile", "web"]);
}
