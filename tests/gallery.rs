//! The gallery in docs/reports: what the demo's database, which is kept there, gives in each format.
//! With `OUTWATCH_GALLERY=write` its files are made anew from that database.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use outwatch::report::format::Format;
use tempfile::TempDir;

/// The demo's four hours.
const PERIOD: &[&str] = &[
    "--from",
    "2024-09-29T13:50:00Z",
    "--to",
    "2024-09-29T17:50:00Z",
    "--generated-at",
    "2024-09-29T17:50:00Z",
];

fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reports")
}

/// Reads a copy of the demo's database: reading leaves files beside it.
struct Demo(TempDir);

impl Demo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(gallery().join("demo.db"), folder.path().join("demo.db")).unwrap();
        Self(folder)
    }

    fn outwatch(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
        command.env_clear().args(arguments).args(PERIOD);
        command.arg("--db").arg(self.0.path().join("demo.db"));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output.stdout
    }

    /// The id of the incident in which a platform was down the longest.
    fn incident(&self) -> String {
        let list = self.outwatch(&["outages", "--scope", "incident", "--format", "json"]);
        let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
        let incidents = list["incidents"].as_array().unwrap().iter();
        let worst = incidents.max_by_key(|one| one["any_down_ms"].as_i64());
        worst.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// Holds the file to what is made now, or replaces it. Of one that is no text only that it is there:
/// another machine may reckon a coordinate otherwise.
fn hold(name: &str, made: &[u8], is_text: bool) {
    let path = gallery().join(name);
    if std::env::var_os("OUTWATCH_GALLERY").is_some_and(|word| word == "write") {
        fs::write(&path, made).unwrap();
        return;
    }
    let kept = fs::read(&path).unwrap_or_default();
    let is_held = if is_text {
        kept == made
    } else {
        kept.get(..4) == made.get(..4)
    };
    assert!(
        is_held,
        "docs/reports/{name} is not what is made now; OUTWATCH_GALLERY=write cargo test --test \
         gallery makes it anew"
    );
}

#[test]
fn the_gallery_shows_what_reports_are() {
    let demo = Demo::new();
    for format in Format::ALL {
        let made = demo.outwatch(&["report", "--format", format.as_str()]);
        let name = format!("report.{}", format.extension());
        hold(&name, &made, !format.is_binary());
    }
    let id = demo.incident();
    let made = demo.outwatch(&["report", "--incident", &id]);
    hold("post-mortem.md", &made, true);
}
